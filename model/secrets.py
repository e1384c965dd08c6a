"""Takes secrets out of whatever is shown: logs, comments, the output of tools."""

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6  # characters; a shorter value would blacken ordinary words
STARS = "***"
LEARNED_MOST = 500  # an hour's tokens of as many repositories

# What is a secret by its form alone, whoever brought it.
_FORMS = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{20,}"
    r"|github_pat_[A-Za-z0-9_]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@\"']{1,256}:[^/\s@\"']{1,512}(?=@)"
)


def spellings(secret: str) -> Iterator[str]:
    """The ways in which a secret can stand in a text: raw, in JSON, URL-encoded, base64 wherever it begins in there."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for encoded in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), encoded)
    raw = secret.encode()
    for shift in range(3):
        # With other bytes before and after it, all but the sextets that they share stays the same.
        text = base64.b64encode(b"\0" * shift + raw).decode()
        start = (0, 2, 3)[shift]
        end = len(text) - (0, 3, 2)[(shift + len(raw)) % 3]
        yield text[start:end]
        yield text[start:end].translate(str.maketrans("+/", "-_"))


class Masker:
    """Replaces the given secrets by `***`, however they are spelled. Secrets under six characters are not looked for.

    Those that become known later (tokens that are made for an hour) are learned; the newest of them are remembered.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple({secret for given in secrets for secret in _lines(given) if len(secret) >= SHORTEST})
        self._given = _spelled(self._secrets)
        self._learned: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()
        self._spellings = _longest_first(self._given)

    def also(self, secrets: Iterable[str]) -> "Masker":
        """A masker for these secrets too."""
        return Masker((*self._secrets, *self._learned, *secrets))

    def learn(self, secret: str) -> None:
        """From now on this is a secret too. Threads may call it."""
        lines = {line: _spelled([line]) for line in _lines(secret) if len(line) >= SHORTEST}
        with self._lock:
            self._learned = dict(list({**self._learned, **lines}.items())[-LEARNED_MOST:])
            self._spellings = _longest_first(self._given.union(*self._learned.values()))

    def mask(self, text: str) -> str:
        """The text without secrets. Masking twice changes nothing more."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, STARS)
        return _FORMS.sub(STARS, text)


def _spelled(secrets: Iterable[str]) -> frozenset[str]:
    return frozenset(each for secret in secrets for each in spellings(secret) if len(each) >= SHORTEST)


def _longest_first(found: Iterable[str]) -> list[str]:
    return sorted(found, key=len, reverse=True)


def _lines(secret: str) -> Iterator[str]:
    """A secret of several lines (a key in PEM) is also secret line by line, since output is indented and cut."""
    yield secret.strip()
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if not line.startswith("-----"))
