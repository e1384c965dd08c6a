"""One stream of lines for all that logs, with ids bound once and without secrets."""

import base64
import io
import json
import logging as standard
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from config import logging
from config.settings import Settings

TOKEN = "tok-1234567890+/x"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = standard.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configured(**changes: Any) -> io.StringIO:
    stream = io.StringIO()
    given = {"github_token": TOKEN, "redis_url": "redis://:pass%20word1@127.0.0.1/0", **changes}
    logging.configure(Settings(**given), stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_ours_and_foreign_lines_are_json_with_the_bound_ids() -> None:
    stream = configured()
    structlog.contextvars.bind_contextvars(run="abc")
    structlog.get_logger("ours").info("built", service="web")
    standard.getLogger("celery.worker").warning("lost %s", "connection")
    ours, foreign = lines(stream)
    assert (ours["event"], ours["service"], ours["run"], ours["level"]) == ("built", "web", "abc", "info")
    assert (foreign["event"], foreign["run"], foreign["logger"]) == ("lost connection", "abc", "celery.worker")
    assert ours["timestamp"].endswith("Z")


def test_secrets_are_masked_wherever_they_come_from() -> None:
    stream = configured()
    structlog.get_logger().info(f"a {TOKEN}", key="pass word1", nested={"deep": [TOKEN]})
    try:
        {}[f"cannot use {TOKEN}"]
    except KeyError:
        structlog.get_logger().exception("ours")
        standard.getLogger("x").exception("theirs")
    assert len(lines(stream)) == 3
    assert TOKEN not in stream.getvalue()
    assert "pass word1" not in stream.getvalue()
    assert "cannot use ***" in stream.getvalue()


def test_passwords_of_registries_are_masked(tmp_path: Path) -> None:
    encoded = base64.b64encode(b"builder:in-base64:1").decode()
    auth = tmp_path / "config.json"
    auth.write_text(json.dumps({"auths": {
        "a": {"auth": encoded}, "b": {"username": "x", "password": "in-the-clear"}, "c": {"identitytoken": "a-token"}, "d": {},
    }}))  # fmt: skip
    stream = configured(registry_auth_file=auth)
    structlog.get_logger().info(f"in-base64:1, in-the-clear, a-token, {encoded}, Basic {encoded}")
    assert lines(stream)[0]["event"] == "***, ***, ***, ***, Basic ***"
    assert logging.registry_secrets(tmp_path / "none") == []
    auth.write_text('{"auths": []}')
    assert logging.registry_secrets(auth) == []


def test_levels_hold_and_chatter_is_quiet() -> None:
    stream = configured(log_level="warning")
    structlog.get_logger().info("no")
    standard.getLogger("a").info("no")
    standard.getLogger("urllib3").debug("no")
    structlog.get_logger().warning("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_the_console_is_for_people() -> None:
    stream = configured(log_format="console")
    structlog.get_logger().info("built", service=TOKEN)
    assert "built" in stream.getvalue()
    assert "service=***" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_a_second_call_replaces_the_first() -> None:
    first, second = configured(), configured()
    standard.getLogger("x").warning("once")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1
