"""What a script for MySQL must not do in a feature's database, or cannot. Pure."""

import re

_START = r"(?:/\*M?!\d*\s*)?"
_QUIETLY = re.compile(
    _START + r"SET\s+(?:@@(?:GLOBAL|SESSION)\.|GLOBAL\s+|SESSION\s+)?(?:GTID_PURGED|SQL_LOG_BIN)\b"
    "|" + _START + r"SET\s+@MYSQLDUMP_TEMP_LOG_BIN\b",
    re.IGNORECASE,
)
_LIMITS = re.compile(
    _START + r"SET\s+(?:@@SESSION\.|SESSION\s+)?(?:max_statement_time|lock_wait_timeout)\b", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    _START + r"(?:USE\b|(?:CREATE|DROP|ALTER)\s+(?:/\*.*?\*/\s*)?(?:DATABASE|SCHEMA)\b)", re.IGNORECASE
)


def reason(statement: str) -> str:
    """Why a statement is left out; empty where it is not."""
    return "needs rights on the whole server" if _QUIETLY.match(statement) or _LIMITS.match(statement) else ""


def elsewhere(statement: str) -> bool:
    """Whether it is about another database than the feature's."""
    return _ELSEWHERE.match(statement) is not None
