"""A redis-server on this host, for the bot in demo and tests."""

import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from playground import packages, ports, process
from playground.errors import PlaygroundError
from playground.places import places
from playground.progress import Progress

READY_SECONDS = 10.0


@dataclass(frozen=True)
class Redis:
    """A server that runs; its data, log and record lie in `folder`."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """End it; its data stays."""
        process.stop(self.folder, "redis")


def start(folder: Path, *, port: int = 0, durable: bool = True) -> Redis:
    """Start a server on the loopback interface, on a free port unless told which; waits until it answers.

    Installs the program where it is missing. `durable`: what was answered survives a crash of the server (written each
    second). PlaygroundError names the log.
    """
    packages.ensure(packages.QUEUE, places().cache, Progress())
    program = shutil.which("redis-server", path=packages.search_path()) or packages.QUEUE[0].probe
    folder.mkdir(parents=True, exist_ok=True)
    chosen = port or ports.free(16379)
    argv = [program, "--bind", "127.0.0.1", "--port", str(chosen), "--dir", str(folder), "--save", ""]
    argv += ["--appendonly", "yes" if durable else "no", "--appendfsync", "everysec", "--daemonize", "no"]
    log = folder / "redis.log"
    record = process.spawn(folder, "redis", argv, log=log, mark=str(folder))
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(chosen):
        if not process.alive(record) or time.monotonic() > deadline:
            process.stop(folder, "redis")
            raise PlaygroundError(f"redis-server did not start on port {chosen}", log)
        time.sleep(0.02)
    return Redis(chosen, folder)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False
