"""Structured logs: JSON for machines, coloured lines for people; ids bound once, secrets hidden everywhere."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config.settings import Settings
from model.secrets import Masker


def configure(settings: Settings) -> None:
    """Set the process's logging up."""
    given = (settings.github_webhook_secret, settings.github_token, settings.github_app_private_key)
    masker = Masker(secret.get_secret_value() for secret in given)

    def masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: masker.mask(value) if isinstance(value, str) else value for key, value in event.items()}

    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    renderer = structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
