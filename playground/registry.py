"""An image registry on this host: Debian's docker-registry, with or without a password, deletes switched on."""

import contextlib
import json
import os
import secrets
import shutil
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import yaml

from playground import ports, probe, process
from playground.errors import PlaygroundError
from playground.packages import search_path

READY_SECONDS = 20.0
BLOB_BYTES = 64 * 1024


@dataclass(frozen=True)
class Login:
    """A registry's user and password."""

    user: str
    password: str


@dataclass(frozen=True)
class Registry:
    """A registry that runs. `address`: host:port. `auth_file`: a Docker config.json, for buildah and pull secrets."""

    address: str
    folder: Path
    login: Login | None = None
    auth_file: Path | None = None

    def stop(self) -> None:
        """End it; its data stays."""
        process.stop(self.folder, "registry")


def argv(config: Path) -> list[str]:
    """The command line of a registry with this configuration; PlaygroundError where it is not installed."""
    program = shutil.which("docker-registry", path=search_path())
    if program is None:
        raise PlaygroundError("docker-registry is not installed")
    return [program, "serve", str(config)]


def configuration(address: str, data: Path, htpasswd: Path | None = None) -> str:
    """The registry's configuration file."""
    settings: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(data), "maxthreads": 100},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {"addr": address, "secret": secrets.token_hex(16)},
    }
    if htpasswd is not None:
        settings["auth"] = {"htpasswd": {"realm": "devstack", "path": str(htpasswd)}}
    return yaml.safe_dump(settings, sort_keys=False)


def start_registry(
    folder: Path, *, auth: Login | None = None, address: str = "127.0.0.1", port: int = 0, mark: str = ""
) -> Registry:
    """Start a registry of its own in `folder` (data, log, record); waits until it answers.

    Without `port` a free one from 5100 on is taken. PlaygroundError, naming the log, where it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    host = f"{address}:{port or ports.free(5100, address)}"
    htpasswd = auth_file = None
    if auth is not None:
        htpasswd, auth_file = folder / "htpasswd", folder / "auth.json"
        htpasswd.write_bytes(auth.user.encode() + b":" + bcrypt.hashpw(auth.password.encode(), bcrypt.gensalt(4)) + b"\n")
        auth_file.write_text(docker_config(host, auth))
        auth_file.chmod(0o600)
    config = folder / "registry.yaml"
    config.write_text(configuration(host, folder / "data", htpasswd))
    log = folder / "registry.log"
    record = process.spawn(folder, "registry", argv(config), log=log, mark=mark or str(folder), env=environment())
    deadline = time.monotonic() + READY_SECONDS
    while not probe.http(f"http://{host}/v2/", accepted=(200, 401)):
        if not process.alive(record) or time.monotonic() > deadline:
            process.stop(folder, "registry")
            raise PlaygroundError(f"the registry at {host} did not start", log)
        time.sleep(0.05)
    return Registry(host, folder, auth, auth_file)


@contextlib.contextmanager
def running(folder: Path, *, auth: Login | None = None) -> Iterator[Registry]:
    """A registry for the time of a block."""
    started = start_registry(folder, auth=auth)
    try:
        yield started
    finally:
        started.stop()


def docker_config(host: str, login: Login) -> str:
    """A Docker config.json with this login."""
    token = b64encode(f"{login.user}:{login.password}".encode()).decode()
    return json.dumps({"auths": {host: {"auth": token}}})


def environment() -> dict[str, str]:
    """The environment of a registry: without tracing to a collector that is not there."""
    return {**os.environ, "OTEL_TRACES_EXPORTER": "none"}


def plant(seed: Path, data: Path) -> None:
    """Bring the images of a stored registry into another one's data folder, before or while it runs.

    Blobs, which are never written again, are hard links where both lie on one file system; all else is copied, because
    a registry writes its link files in place.
    """
    for folder, _, names in os.walk(seed):
        target = data / Path(folder).relative_to(seed)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            source, copy = Path(folder, name), target / name
            if name == "data" and source.stat().st_size > BLOB_BYTES:
                if copy.exists():
                    continue
                with contextlib.suppress(OSError):
                    os.link(source, copy)
                    continue
            shutil.copyfile(source, copy)
