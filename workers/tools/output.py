"""What a tool prints: the bounded end of it, without colours, progress bars and secrets."""

import re
from collections import deque
from collections.abc import Callable
from typing import TextIO

TAIL_BYTES = 48 * 1024
LINE_BYTES = 16 * 1024  # a line that is longer is taken in pieces

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Mask = Callable[[str], str]


def plain(line: str) -> str:
    """A line as a terminal would leave it: no escape sequences, and of a progress bar only its last state."""
    shown = _ESCAPES.sub("", line).rstrip("\r").rpartition("\r")[2]
    return _CONTROLS.sub("", shown)


class Tail:
    """Takes output as it comes, passes whole lines on, and keeps the last `limit` bytes of them."""

    def __init__(
        self,
        mask: Mask = str,
        limit: int = TAIL_BYTES,
        on_line: Callable[[str], None] | None = None,
        log: TextIO | None = None,
    ) -> None:
        self.mask = mask
        self.limit = limit
        self.on_line = on_line
        self.log = log
        self.lines: deque[str] = deque()
        self.size = 0
        self.pending = b""

    def feed(self, data: bytes) -> None:
        """More output."""
        *whole, self.pending = (self.pending + data).split(b"\n")
        for line in whole:
            self._take(line)
        while len(self.pending) > LINE_BYTES:
            self._take(self.pending[:LINE_BYTES])
            self.pending = self.pending[LINE_BYTES:]

    def close(self) -> None:
        """No more output: what is left is a line too."""
        if self.pending:
            self._take(self.pending)
            self.pending = b""

    @property
    def text(self) -> str:
        """The kept lines. Masked once more as a whole, for secrets that have several lines."""
        return self.mask("\n".join(self.lines))

    def _take(self, raw: bytes) -> None:
        line = self.mask(plain(raw.decode(errors="replace")))
        self.lines.append(line)
        self.size += len(line) + 1
        while self.size > self.limit and len(self.lines) > 1:
            self.size -= len(self.lines.popleft()) + 1
        if self.log is not None:
            self.log.write(line + "\n")
        if self.on_line is not None:
            self.on_line(line)
