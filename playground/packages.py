"""Debian packages that the playground needs: only the missing ones are installed, saying what for."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError
from playground.progress import Progress


@dataclass(frozen=True)
class Package:
    """`probe` is a program on PATH or an absolute path that the package brings."""

    name: str
    probe: str
    why: str


NODE = (
    Package("containerd", "containerd", "runs the pods' containers"),
    Package("runc", "runc", "starts a container"),
    Package("containernetworking-plugins", "/usr/lib/cni/bridge", "gives pods their network"),
    Package("iptables", "iptables", "kube-proxy's services"),
    Package("iproute2", "ip", "the pods' bridge"),
    Package("mount", "mount", "volumes of pods"),
)
BUILD = (
    Package("buildah", "buildah", "builds images without Docker"),
    Package("skopeo", "skopeo", "looks at and copies images"),
    Package("docker-registry", "docker-registry", "the image registry"),
    Package("mmdebstrap", "mmdebstrap", "makes the Debian base image"),
    Package("git", "git", "fetches what is built"),
)
POLICY = Path("/usr/sbin/policy-rc.d")
QUEUE = (Package("redis-server", "redis-server", "the bot's queue"),)
PUBLISHED = (Package("npm", "npm", "fetches GitHub's published descriptions, which the tests check against"),)
LANES = (Package("slirp4netns", "slirp4netns", "gives a network namespace its way out"),)
EMBEDDED = NODE + BUILD


def missing(packages: Iterable[Package]) -> list[Package]:
    """Those whose program is not there."""
    return [package for package in packages if not _present(package.probe)]


def ensure(packages: Iterable[Package], cache: Path, progress: Progress) -> None:
    """Install what is missing. PlaygroundError, naming the packages, where there is no apt or no right to use it."""
    wanted = missing(packages)
    if not wanted:
        return
    names = [package.name for package in wanted]
    by_hand = f"apt-get install {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise PlaygroundError(f"these Debian packages, or your distribution's like, are missing: {', '.join(names)}")
    if os.geteuid() != 0:
        raise PlaygroundError(f"these packages are missing and only root can install them: {by_hand}")
    for package in wanted:
        progress.note(f"{package.name} is missing: {package.why}")
    log = cache / "logs" / "apt.log"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with progress.step(f"installing {len(wanted)} Debian packages", slow="a minute"), _no_services():
        tool.run(["apt-get", "update", "-q"], log=log, env=env)
        tool.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *names], log=log, env=env)
    still = missing(wanted)
    if still:
        raise PlaygroundError(f"installed, yet not found: {', '.join(package.probe for package in still)}", log)


def _present(probe: str) -> bool:
    return Path(probe).exists() if probe.startswith("/") else shutil.which(probe, path=search_path()) is not None


def search_path(environment: Mapping[str, str] | None = None) -> str:
    """PATH with the system's own folders in it: iptables lives where a plain user does not look."""
    path = (os.environ if environment is None else environment).get("PATH", "")
    return ":".join(part for part in (path, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin") if part)


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting the services they bring (we run our own instances), by Debian's own switch for it."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
