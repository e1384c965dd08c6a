"""Processes that outlive us: started with a record on disk, known again later, ended without hitting a stranger.

A process id alone says nothing: the kernel gives it to another process one day. The record holds the process's start
time and the machine's boot id too. Every process also carries a mark in its environment, which its children inherit, so
that even one whose record was lost is found.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "DEVSTACK_PLAYGROUND_STATE"
PROC = Path("/proc")


@dataclass(frozen=True)
class Record:
    """One process: `started` in clock ticks since boot, `fingerprint` of what it was started with."""

    pid: int
    started: int
    boot: str
    fingerprint: str


def boot_id() -> str:
    """This boot of the machine."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def started_at(pid: int, proc: Path = PROC) -> int | None:
    """When a process started, in clock ticks since boot; None where it is gone or a zombie."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field, the program's name in brackets, may hold anything, brackets and spaces included.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def alive(record: Record | None, proc: Path = PROC) -> bool:
    """Whether the very process of this record runs: same id, same start, same boot."""
    return record is not None and record.boot == boot_id() and started_at(record.pid, proc) == record.started


def read(directory: Path, name: str) -> Record | None:
    """A process's record; None where there is none that can be read."""
    try:
        return Record(**json.loads((directory / f"{name}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def fingerprint(argv: Sequence[str], files: Iterable[Path] = ()) -> str:
    """A hash of a command line and of the contents of the files it reads at its start."""
    digest = hashlib.sha256("\0".join(argv).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def spawn(
    directory: Path,
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    mark: str,
    print_of: str = "",
    env: Mapping[str, str] | None = None,
) -> Record:
    """Start a process in a session of its own, its output appended to `log`, its record in `directory`.

    FileNotFoundError where the program is missing.
    """
    directory.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        started = subprocess.Popen(
            list(argv),
            env={**(os.environ if env is None else env), MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    _children.append(started)
    record = Record(started.pid, started_at(started.pid) or 0, boot_id(), print_of)
    scratch = directory / f".{name}.json"
    scratch.write_text(json.dumps(asdict(record)))
    scratch.replace(directory / f"{name}.json")
    return record


def stop(directory: Path, name: str, seconds: float = 10.0) -> None:
    """Ask a process to end, make it after `seconds`, and remove its record."""
    record = read(directory, name)
    if record is not None:
        with contextlib.suppress(ProcessLookupError):
            if alive(record):
                os.kill(record.pid, signal.SIGTERM)
            if not _gone([record], seconds):
                os.kill(record.pid, signal.SIGKILL)
                _gone([record], seconds)
    (directory / f"{name}.json").unlink(missing_ok=True)


def marked(mark: str, proc: Path = PROC) -> Iterator[int]:
    """The ids of all processes, ours and their children, that carry this mark."""
    wanted = f"{MARK}={mark}".encode()
    for folder in proc.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if wanted in environment.split(b"\0"):
                yield int(folder.name)


def kill_all(pids: Iterable[int], seconds: float = 10.0) -> list[int]:
    """Kill -9 these processes and wait until they are gone; gives those that are not, after `seconds`."""
    records = [Record(pid, started, boot_id(), "") for pid in pids if (started := started_at(pid)) is not None]
    for record in records:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGKILL)
    _gone(records, seconds)
    return [record.pid for record in records if alive(record)]


def _gone(records: Sequence[Record], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(record) for record in records):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    _reap()
    return True


_children: list["subprocess.Popen[bytes]"] = []


def _reap() -> None:
    """Collect those of our own children that have ended, so that no zombie stays while we run on."""
    _children[:] = [child for child in _children if child.poll() is None]
