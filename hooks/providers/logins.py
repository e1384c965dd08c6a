"""Passwords of the users that are made for a feature, as they stand in the addresses that its pods get. Pure."""

import secrets
from collections.abc import Collection, Mapping
from urllib.parse import unquote, urlsplit


def password(user: str, schemes: Collection[str], values: Mapping[str, str]) -> str:
    """The one that the pods have for this user already, so that they need not be restarted; else a new one."""
    return next(filter(None, (_password(value, user, schemes) for value in values.values())), "") or new_password()


def new_password() -> str:
    """40 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(30)


def _password(address: str, user: str, schemes: Collection[str]) -> str:
    try:
        parts = urlsplit(address)
        found, secret = parts.username, parts.password
    except ValueError:
        return ""
    return unquote(secret) if parts.scheme in schemes and secret and unquote(found or "") == user else ""
