"""The bot's own processes here on the host: receiver, workers, beat; each ended by its pid and nothing else."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 20.0


@dataclass
class Process:
    """One process with its log; in a session of its own, so that a signal reaches its children too."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def kill(self) -> None:
        """End it and its children as a crash would: kill -9."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        """Ask it to end; after a while, make it."""
        if not self.alive:
            return
        self.popen.terminate()
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass
class Bot:
    """Receiver, workers and beat with one environment."""

    environment: Mapping[str, str]
    logs: Path
    port: int
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The receiver's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all and wait until the receiver is ready."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in ("receiver", "talk", "work", "beat"):
            self.spawn(name)
        wait_for_http(f"{self.url}/readyz", self.processes["receiver"])

    def command(self, name: str) -> list[str]:
        """The command line of one process, as the charts run it."""
        if name == "receiver":
            return [sys.executable, "-m", "bot", "--host", "127.0.0.1", "--port", str(self.port)]
        return [sys.executable, "-m", "workers", name]

    def spawn(self, name: str) -> Process:
        """Start one process by its role."""
        path = self.logs / f"{name}.log"
        with path.open("ab") as log:
            popen = subprocess.Popen(
                self.command(name),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[name] = Process(name, popen, path)
        return self.processes[name]

    def stop(self) -> None:
        """End them all."""
        for process in reversed(self.processes.values()):
            process.stop()


def wait_for_http(url: str, process: Process, seconds: float = 30.0) -> None:
    """Wait until `url` answers 200; RuntimeError with the end of the log where the process dies or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.alive:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    tail = process.log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{process.name} did not become ready at {url}; {process.log} ends with:\n{tail}")
