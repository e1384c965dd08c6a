"""The table of images, and the hash that says when they must be made anew."""

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

from playground.toolset import router
from playground.toolset.binaries import CLUSTER, key

HERE = Path(__file__).parent
SUITE = "bookworm"
# As in the official slim images: no manuals, no translations; copyright files stay.
LEFT_OUT = (
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/share/doc/*/*.gz",
    "/usr/share/lintian/*",
)
# Packages that a Dockerfile installs leave their archives behind otherwise.
APT_SETTINGS = ('APT::Keep-Downloaded-Packages "false";', 'Dir::Cache::pkgcache "";', 'Dir::Cache::srcpkgcache "";')


@dataclass(frozen=True)
class Image:
    """`recipe`: the folder with its Dockerfile, beside this file. `repository` is what stands after the registry's address."""

    repository: str
    tag: str
    recipe: str = ""

    @property
    def reference(self) -> str:
        """Repository and tag."""
        return f"{self.repository}:{self.tag}"


DEBIAN = Image("library/debian", f"{SUITE}-slim")
PYTHON = Image("library/python", f"3.11-slim-{SUITE}", "python")
REDIS = Image("devstack/redis", "7", "redis")
PAUSE = Image("devstack/pause", "1", "pause")
TRAEFIK = Image("devstack/traefik", f"v{router.version()}", "traefik")
DERIVED = (PYTHON, REDIS, PAUSE, TRAEFIK)
BASES = (DEBIAN, PYTHON)


def debian_key(suite: str = SUITE) -> str:
    """A hash of all that determines a Debian base image but the archive's own state."""
    recipe = (HERE / "debian.py").read_text()
    return hashlib.sha256(repr((suite, recipe, LEFT_OUT, APT_SETTINGS, platform.machine())).encode()).hexdigest()[:12]


def seed_key() -> str:
    """A hash of all that determines the images."""
    digest = hashlib.sha256(f"{debian_key()} {router.version()} {key(CLUSTER)}".encode())
    for image in DERIVED:
        digest.update(image.reference.encode() + (HERE / image.recipe / "Dockerfile").read_bytes())
    return digest.hexdigest()[:16]
