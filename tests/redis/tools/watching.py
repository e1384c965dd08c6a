"""Looking at the machine: processes, ports, and waiting for something to hold."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def processes(words: str) -> list[int]:
    """Ids of the processes whose command line holds `words`."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder.name.isdigit() and words in line and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def eventually(holds: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it came to hold within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return bool(holds())
