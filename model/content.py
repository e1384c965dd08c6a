"""The hash of all that goes into a build, so that the same content is built once."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Protocol

SALT = "devstack-image-1"  # raised when the way of building changes what comes out


class Entry(Protocol):
    """A file in git's tree: mode, blob id, path."""

    @property
    def mode(self) -> str: ...
    @property
    def blob(self) -> str: ...
    @property
    def path(self) -> str: ...


def key(entries: Iterable[Entry], *, dockerfile: str, target: str, args: Mapping[str, str]) -> str:
    """64 hex digits over files, the Dockerfile's path, its target and the build arguments."""
    files = sorted((entry.path, entry.mode, entry.blob) for entry in entries)
    facts = [SALT, files, dockerfile, target, sorted(args.items())]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()
