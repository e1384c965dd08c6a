"""Where a script comes from: a file of the repository, or an object in a bucket."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from hooks import files
from hooks.contract import Problem
from hooks.sql.spec import Script
from model import names

if TYPE_CHECKING:
    from hooks.world import World

HASH_LENGTH = 16
_GZIP = b"\x1f\x8b"
_CUSTOM = b"PGDMP"
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchBucket"})
_PLAIN = "pg_dump writes plain SQL with --format=plain, mysqldump and mariadb-dump always."


@dataclass(frozen=True, slots=True)
class Source:
    """`shown` names it to people, `digest` changes with what is in it."""

    world: "World"
    script: Script

    @property
    def shown(self) -> str:
        """Path or URL."""
        return self.script.file or self.script.s3 or ""

    @property
    def provider(self) -> str:
        """The AWS that holds it, where it is in a bucket."""
        return self.script.provider or "aws"

    def digest(self) -> str:
        """Of a bucket's object as the server tells it: it is not read for this. Problem where there is none."""
        if self.script.file:
            return names.short_hash(files.read(self.world, self.script.file), HASH_LENGTH)
        told = _asked(self, "head_object")
        return names.short_hash(f"{self.shown} {told['ETag']}", HASH_LENGTH)

    @contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Its lines, each with its end. What is in a bucket is read while it is used: it may be large."""
        if self.script.file:
            yield io.StringIO(files.read(self.world, self.script.file), newline="\n")
            return
        body = _asked(self, "get_object")["Body"]
        try:
            yield self._read(body)
        finally:
            body.close()

    def _read(self, body: Any) -> Iterator[str]:
        with _asking(self):
            raw = io.BufferedReader(cast("io.RawIOBase", body))
            begin = raw.peek(8)[:8]
        if begin.startswith(_CUSTOM):
            raise Problem(f"`{self.shown}` is in pg_dump's own format, not plain SQL", _PLAIN)
        plain: IO[bytes] = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if begin.startswith(_GZIP) else raw
        text = iter(io.TextIOWrapper(plain, encoding="utf-8", newline="\n"))
        while True:
            with _asking(self):  # not around the `yield`: what fails there is the reader's
                line = next(text, None)
            if line is None:
                return
            yield line


@contextmanager
def _asking(source: Source) -> Iterator[None]:
    """What AWS answers, and what cannot be read, as sentences for people."""
    from hooks.providers import aws_errors

    try:
        with aws_errors.translated(source.world, source.provider, "s3"):
            yield
    except UnicodeDecodeError as error:
        raise Problem(f"`{source.shown}` is no text in UTF-8", _PLAIN) from error
    except (EOFError, OSError, zlib.error) as error:
        raise Problem(f"`{source.shown}` cannot be read: is it cut off?", "Make it anew.") from error


def _asked(source: Source, operation: str) -> Any:
    from hooks.providers import aws, aws_errors

    bucket, _, key = source.shown.removeprefix("s3://").partition("/")
    with _asking(source):
        client = aws.client(source.world, source.provider, "s3")
        found = aws_errors.unless(_MISSING, getattr(client, operation), Bucket=bucket, Key=key)
    if found is None:
        raise Problem(f"there is no `{source.shown}`", "Correct `s3`, or put it there.")
    return found
