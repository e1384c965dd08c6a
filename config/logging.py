"""Logs: structlog and the standard library in one stream of lines, as JSON or for a terminal, without secrets."""

import base64
import json
import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

from config.plain import structlog
from config.settings import Settings
from model.secrets import Masker

Event = MutableMapping[str, Any]

_BEFORE = (
    structlog.contextvars.merge_contextvars,  # ids are bound once, where the work begins
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
QUIET = ("kubernetes.client.rest", "urllib3", "httpx", "httpcore", "asyncio", "kombu", "amqp")  # shown from WARNING on


class Masked:
    """Renders an event and takes the secrets out of the finished line: whatever brought them, they are not in it."""

    def __init__(self, render: structlog.typing.Processor, masker: Masker) -> None:
        self._render = render
        self._masker = masker

    def __call__(self, logger: Any, method: str, event: Event) -> str:
        return self._masker.mask(str(self._render(logger, method, event)))


@cache
def masker(settings: Settings) -> Masker:
    """The masker of these settings: one for logs and all else, so that what one learns the other hides."""
    secrets = [
        settings.github_webhook_secret,
        settings.github_token,
        settings.github_app_private_key,
        settings.label_secret,
    ]
    known = [secret.get_secret_value() for secret in secrets]
    return Masker([*known, _password(settings.redis_url), *registry_secrets(settings.registry_auth_file)])


def registry_secrets(auth_file: Path | None) -> list[str]:
    """The passwords and tokens in a Docker `config.json`; none where it cannot be read, which whoever needs it tells."""
    try:
        entries = json.loads(auth_file.read_text())["auths"].values() if auth_file is not None else ()
        return [secret for entry in entries for secret in _of_entry(entry)]
    except (OSError, ValueError, KeyError, AttributeError):
        return []


def _of_entry(entry: Mapping[str, str]) -> Iterator[str]:
    """`auth` is the name and the password, encoded: the password stands in logs by itself too."""
    encoded = entry.get("auth", "")
    with suppress(ValueError):
        yield base64.b64decode(encoded).decode().partition(":")[2]
    yield from (encoded, entry.get("password", ""), entry.get("identitytoken", ""), entry.get("registrytoken", ""))


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Set up all logging of this process, to stderr unless told otherwise. Can be called again."""
    out = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer = Masked(_renderer(settings, out), masker(settings))
    structlog.configure(
        processors=[*_BEFORE, *_tracebacks(settings), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_BEFORE, structlog.stdlib.add_logger_name, *_tracebacks(settings)],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _tracebacks(settings: Settings) -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info] if settings.log_format == "json" else []


def _renderer(settings: Settings, out: TextIO) -> structlog.typing.Processor:
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")
