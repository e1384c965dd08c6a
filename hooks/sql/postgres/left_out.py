"""What pg_dump writes into a script that has no place in a feature's database. Pure."""

import re
from collections.abc import Collection

QUIETLY = "quietly"
OWNERS = "owners"

# Its own limits would stand above the run's; the script is sent in UTF-8 whatever it was.
_LIMITS = re.compile(
    r"SET\s+(SESSION\s+)?(statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout"
    r"|client_encoding)\b",
    re.IGNORECASE,
)
_SET = re.compile(r"SET\s+(?:SESSION\s+|LOCAL\s+)?([a-z_]+)\s*(?:=|\bTO\b)", re.IGNORECASE)
_THERE = re.compile(r'CREATE\s+SCHEMA\s+"?public"?\s*$|COMMENT\s+ON\s+EXTENSION\b', re.IGNORECASE)
_OWNERS = re.compile(
    r"ALTER\s+(?!ROLE\b|USER\b)[A-Z]+\b.*\bOWNER\s+TO\s+\S+\s*$|GRANT\b|REVOKE\b|ALTER\s+DEFAULT\s+PRIVILEGES\b"
    r"|SET\s+(SESSION\s+AUTHORIZATION|ROLE)\b|RESET\s+(SESSION\s+AUTHORIZATION|ROLE)\b",
    re.IGNORECASE | re.DOTALL,
)


def reason(statement: str, settings: Collection[str]) -> str:
    """Why a statement is left out; empty where it is not. `settings`: the names of those that the server knows, in
    lower case: newer pg_dumps write settings that older servers do not have."""
    if _LIMITS.match(statement) or _THERE.match(statement):
        return QUIETLY
    if _OWNERS.match(statement):
        return OWNERS
    found = _SET.match(statement)
    return QUIETLY if found and found[1].lower() not in settings else ""


def warning(shown: str, skipped: Collection[str]) -> list[str]:
    """What people should know of it."""
    if OWNERS not in skipped:
        return []
    return [f"What `{shown}` says of owners and rights was left out: all belongs to the database's own role."]
