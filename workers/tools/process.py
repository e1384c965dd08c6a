"""The one place where a worker starts another program: argv only, an allow-listed environment, ended by its group."""

import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.faults import Fault, OurFault, Superseded

TAIL_BYTES = 64 * 1024
POLL_SECONDS = 0.2
GRACE_SECONDS = 2.0
INHERITED = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_RUNTIME_DIR", "HTTP_PROXY", "HTTPS_PROXY",
             "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")  # fmt: skip
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Cancelled(Protocol):
    """Whatever can say that the work is no longer wanted."""

    def is_set(self) -> bool:
        """Whether to stop now."""


class ToolFailed(Fault):
    """A program ended with a code other than 0, or took too long (`code` is None then). `tail` is its last output."""

    def __init__(self, tool: str, code: int | None, tail: str) -> None:
        how = f"ended with code {code}" if code is not None else "took too long"
        super().__init__(f"{tool} {how}: {tail[-2000:]}")
        self.tool = tool
        self.code = code
        self.tail = tail


@dataclass(frozen=True, slots=True)
class Result:
    """What a program that ended well said: standard output, and the end of both streams together."""

    out: str
    tail: str
    seconds: float


def environment(path_first: str = "", extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The few variables that a tool is given, our tools' folder first on PATH."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    kept["PATH"] = os.pathsep.join(part for part in (path_first, kept.get("PATH", os.defpath)) if part)
    return {**kept, **(extra or {})}


def _die_with_parent() -> None:
    """In the child: end when the worker's thread ends, so that a killed worker leaves no build behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    timeout: float,
    cancelled: Cancelled | None = None,
    grace: float = GRACE_SECONDS,
    stdin: bytes | None = None,
    mask: Callable[[str], str] = str,
) -> Result:
    """Run a program to its end. ToolFailed where it fails or takes longer than `timeout` seconds, Superseded where it
    was cancelled; the whole process group is gone then: SIGTERM, `grace` seconds, SIGKILL."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  one system call, no lock can be held by it
        )
    except FileNotFoundError as error:
        raise OurFault(f"`{argv[0]}` is not installed where the worker looks for it ({env.get('PATH')})") from error
    out = bytearray()
    tail = bytearray()
    try:
        if stdin is not None and process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        ended = _drain(process, out, tail, started + timeout, cancelled)
    except BaseException:
        _end(process, grace)
        raise
    said = mask(tail.decode(errors="replace"))
    if ended is None:
        _end(process, grace)
        if cancelled is not None and cancelled.is_set():
            raise Superseded(f"{argv[0]} was stopped")
        raise ToolFailed(Path(argv[0]).name, None, said)
    if ended != 0:
        raise ToolFailed(Path(argv[0]).name, ended, said)
    return Result(out.decode(errors="replace"), said, time.monotonic() - started)


def _drain(
    process: subprocess.Popen[bytes], out: bytearray, tail: bytearray, deadline: float, cancelled: Cancelled | None
) -> int | None:
    """Read both streams until the program has ended; its code, or None where it must be ended."""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            if time.monotonic() > deadline or (cancelled is not None and cancelled.is_set()):
                return None
            for key, _ in selector.select(POLL_SECONDS):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                    continue
                if key.fileobj is process.stdout:
                    out += chunk
                tail += chunk
                del tail[:-TAIL_BYTES]
    while process.poll() is None:
        if time.monotonic() > deadline or (cancelled is not None and cancelled.is_set()):
            return None
        time.sleep(0.01)
    return process.returncode


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End the whole group: asked first, made after `grace` seconds."""
    for signal_number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        if not _group_alive(process.pid):
            break
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
