"""GitHub's signature: HMAC-SHA256 over the raw body. Source: GitHub's documentation, "Validating webhook deliveries"."""

import hmac
import re

_FORM = re.compile(rb"sha256=([0-9a-f]{64})")


def signature(header: bytes) -> bytes | None:
    """The 64 hex digits of the header `X-Hub-Signature-256`; None where it holds no such signature."""
    found = _FORM.fullmatch(header)
    return found.group(1) if found else None


def valid(secret: bytes, body: bytes, given: bytes) -> bool:
    """Whether the hex digits sign exactly this body; compared in constant time."""
    return hmac.compare_digest(hmac.digest(secret, body, "sha256").hex().encode(), given)
