"""The one way to run a tool: argv only, a small environment, a deadline, and an end that leaves no process behind."""

import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.settings import Settings
from workers.faults import OurFault, Superseded
from workers.tools.output import Mask, Tail

GUARD = Path(__file__).with_name("guard.py")
POLL = 0.1  # seconds between two looks at `cancelled`
GRACE = 3.0  # seconds from SIGTERM to SIGKILL
AFTER_KILL = 8.0  # seconds that the guard gets beyond the grace
READ_BYTES = 65536
CAPTURE_BYTES = 64 * 1024 * 1024

PASSED_ON = (
    "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip

PACKAGES = {
    "git": "apt-get install git",
    "buildah": "apt-get install buildah",
    "buildctl": "github.com/moby/buildkit/cmd/buildctl",
    "helm": "https://helm.sh/docs/intro/install",
    "helmfile": "https://helmfile.readthedocs.io/en/latest/#installation",
}


class Cancelled(Protocol):
    """What tells that a run is to stop: a `threading.Event`, or the lease of a run."""

    def is_set(self) -> bool:
        """Whether to stop now."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """How a tool ended. `tail` is the masked end of what it printed; `output` its standard output where that was asked
    for separately (then `tail` is standard error alone)."""

    code: int
    tail: str
    seconds: float
    output: bytes = b""


class ToolFailed(OurFault):
    """A tool ended with a code that was not expected. `tail` is the masked end of its output."""

    def __init__(self, tool: str, code: int, tail: str) -> None:
        super().__init__(f"{tool} ended with code {code}: {last_line(tail)}")
        self.tool = tool
        self.code = code
        self.tail = tail


class ToolTimeout(OurFault):
    """A tool was ended because it took longer than `seconds`."""

    def __init__(self, tool: str, seconds: float, tail: str) -> None:
        super().__init__(f"{tool} was ended after {seconds:.0f} s: {last_line(tail)}")
        self.tool = tool
        self.seconds = seconds
        self.tail = tail


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output")


@dataclass(frozen=True)
class Runner:
    """Where tools are found (`path` as in PATH), where they may keep things (`home`), and what must not be shown."""

    home: Path
    path: str = field(default_factory=lambda: os.environ.get("PATH", os.defpath))
    mask: Mask = str

    @classmethod
    def of(cls, settings: Settings, mask: Mask = str) -> "Runner":
        """Tools of the configured folder first, then those on PATH; what they keep lies in the work folder."""
        path = os.pathsep.join(part for part in (settings.tools_path, os.environ.get("PATH", os.defpath)) if part)
        return cls(settings.work_dir / "tools", path, mask)

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        cancelled: Cancelled | None = None,
        grace: float = GRACE,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        separate: bool = False,
        on_line: Callable[[str], None] | None = None,
        log: Path | None = None,
    ) -> Result:
        """Run a tool to its end.

        `timeout` and `grace` are seconds; `grace` is what the tool gets between SIGTERM and SIGKILL. `log` is
        appended to. Raises ToolFailed for a code that is not in `ok`, ToolTimeout, Superseded once `cancelled` is
        set, and OurFault where the tool is not installed. In every case no process of the tool is left.
        """
        name = argv[0]
        if cancelled is not None and cancelled.is_set():
            raise superseded(cancelled)
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-I", "-S", str(GUARD), str(grace), self.found(name), *argv[1:]]
        started = time.monotonic()
        with ExitStack() as stack:
            file = stack.enter_context(log.open("a", encoding="utf-8")) if log is not None else None
            tail = Tail(self.mask, on_line=on_line, log=file)
            child = _Child(command, cwd, self.environment(env or {}), separate)
            stack.callback(child.end, grace)
            while child.goes_on(tail, POLL):
                seconds = time.monotonic() - started
                if cancelled is not None and cancelled.is_set():
                    child.end(grace)
                    raise superseded(cancelled)
                if seconds > timeout:
                    child.end(grace, tail)
                    raise ToolTimeout(name, timeout, tail.text)
            code = child.process.returncode
            tail.close()
        if code not in ok:
            raise ToolFailed(name, code, tail.text)
        return Result(code, tail.text, time.monotonic() - started, bytes(child.captured))

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """All that a tool gets to see of the environment."""
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {"PATH": self.path, "HOME": str(self.home), "LC_ALL": "C.UTF-8", **passed, **extra}

    def found(self, name: str) -> str:
        """Where a tool is; OurFault where it is not installed."""
        found = shutil.which(name, path=self.path)
        if found is None:
            raise OurFault(f"`{name}` is not installed; install it: {PACKAGES.get(name, name)}")
        return found


def superseded(cancelled: Cancelled) -> Superseded:
    """The fault of a run that was told to stop, with the reason where one is known."""
    return Superseded(str(getattr(cancelled, "reason", "") or "the run was told to stop"))


class _Child:
    """The guard with the tool below it, and the pipes that lead there."""

    def __init__(self, command: Sequence[str], cwd: Path | None, env: Mapping[str, str], separate: bool) -> None:
        theirs, self.lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if separate else subprocess.STDOUT,
                cwd=cwd,
                env=env,
                start_new_session=True,
            )
        except BaseException:
            os.close(self.lifeline)
            raise
        finally:
            os.close(theirs)
        self.captured = bytearray()
        self.selector = selectors.DefaultSelector()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                self.selector.register(stream, selectors.EVENT_READ, separate and stream is self.process.stdout)
        self.ended = False

    def goes_on(self, tail: Tail, seconds: float) -> bool:
        """Take what there is, waiting at most `seconds` for it; False once the guard has ended."""
        if not self.selector.get_map():
            return self._runs(seconds)
        for key, _ in self.selector.select(seconds):
            data = os.read(key.fd, READ_BYTES)
            if not data:
                self.selector.unregister(key.fileobj)
            elif not key.data:
                tail.feed(data)
            elif len(self.captured) < CAPTURE_BYTES:
                self.captured += data
        return True

    def _runs(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False

    def end(self, grace: float, tail: Tail | None = None) -> None:
        """End the tool with all that it started, reading on meanwhile so that it is not stuck on a full pipe."""
        if self.ended:
            return
        self.ended = True
        os.close(self.lifeline)
        last = tail or Tail()
        deadline = time.monotonic() + grace + AFTER_KILL
        try:
            while self.goes_on(last, POLL):
                if time.monotonic() > deadline:
                    self.process.kill()  # the kernel then kills the tool: see the guard
                    break
            self.process.wait()
            last.close()
        finally:
            self.selector.close()
            for stream in (self.process.stdout, self.process.stderr):
                if stream is not None:
                    stream.close()
