"""GitHub's signature: HMAC-SHA256 over the raw body. Source: GitHub's documentation, "Validating webhook deliveries"."""

import hashlib
import hmac

PREFIX = "sha256="


def valid(secret: bytes, body: bytes, header: str | None) -> bool:
    """Whether `header` (`X-Hub-Signature-256`) signs exactly this body; compared in constant time."""
    if header is None or not header.startswith(PREFIX) or not header.isascii():
        return False
    return hmac.compare_digest(hmac.digest(secret, body, hashlib.sha256).hex(), header.removeprefix(PREFIX))
