"""Hides secrets in text that people or logs get to see: as they are, in base64, and URL-encoded."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
LENGTH_LEAST = 6  # shorter ones would blot out ordinary words


class Masker:
    """Knows the secrets of this process."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            for each in (secret, *secret.splitlines()):
                if len(each.strip()) >= LENGTH_LEAST:
                    forms |= _forms(each.strip())
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def mask(self, text: str) -> str:
        """The text with every secret hidden."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, encoded, encoded.rstrip("="), quote(secret, safe=""), quote_plus(secret)}
