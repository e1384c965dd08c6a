"""Debian base images, by mmdebstrap from the distribution's own archive."""

import hashlib
import os
import platform
from pathlib import Path

from playground import tool
from playground.packages import search_path
from playground.progress import Progress

SUITE = "bookworm"
NEWER_SUITE = "trixie"
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
# With these settings apt no longer knows the files that it made without them: the last hook removes them.
HOOKS = (
    "echo '{}' > \"$1\"/etc/apt/apt.conf.d/50small".format("\n".join(APT_SETTINGS)),
    'rm -f "$1"/var/cache/apt/*.bin',
)
# Without it, minbase brings usrmerge, and that all of Perl: 45 MB.
MERGED_USR = Path("/usr/share/mmdebstrap/hooks/maybe-merged-usr")


def arguments(suite: str) -> list[str]:
    """mmdebstrap's arguments but the target."""
    merged = [f"--hook-dir={MERGED_USR}"] if MERGED_USR.is_dir() else []
    left_out = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    return ["--variant=minbase", *merged, *left_out, *(f"--customize-hook={hook}" for hook in HOOKS), suite]


def key(suite: str = SUITE) -> str:
    """A hash of all that determines a base image but the archive's own state."""
    return hashlib.sha256(repr((arguments(suite), platform.machine())).encode()).hexdigest()[:12]


def archive(cache: Path, progress: Progress, suite: str = SUITE) -> Path:
    """A tar archive with the smallest Debian of this suite; made where it is missing. PlaygroundError names the log."""
    target = cache / "images" / f"debian-{suite}-{key(suite)}.tar"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(f".{os.getpid()}.tar")
    try:
        with progress.step(f"Debian {suite} base image", slow="half a minute"):
            tool.run(
                ["mmdebstrap", *arguments(suite), scratch],
                log=cache / "logs" / f"mmdebstrap-{suite}.log",
                env={**os.environ, "PATH": search_path()},
                cwd=Path("/"),
            )
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return target
