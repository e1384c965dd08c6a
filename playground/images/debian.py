"""Debian base images, by mmdebstrap from the distribution's own archive."""

import os
from pathlib import Path

from playground import tool
from playground.images.catalogue import APT_SETTINGS, LEFT_OUT, SUITE, debian_key
from playground.packages import search_path
from playground.progress import Progress

MERGED_USR = Path("/usr/share/mmdebstrap/hooks/maybe-merged-usr")


def archive(cache: Path, progress: Progress, suite: str = SUITE) -> Path:
    """A tar archive with the smallest Debian of this suite; made where it is missing."""
    target = cache / "images" / f"debian-{suite}-{debian_key(suite)}.tar"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(f".{os.getpid()}.tar")
    left_out = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    # Without it, minbase brings usrmerge, and that all of Perl: 45 MB.
    merged = [f"--hook-dir={MERGED_USR}"] if MERGED_USR.is_dir() else []
    settings = "\n".join(APT_SETTINGS)
    hooks = (
        f"""echo '{settings}' > "$1"/etc/apt/apt.conf.d/50small""",
        # With these settings apt no longer knows the files that it made without them.
        'rm -f "$1"/var/cache/apt/*.bin',
    )
    try:
        with progress.step(f"Debian {suite} base image", slow="half a minute"):
            tool.run(
                [
                    "mmdebstrap",
                    "--variant=minbase",
                    *merged,
                    *left_out,
                    *(f"--customize-hook={hook}" for hook in hooks),
                    suite,
                    scratch,
                ],
                log=cache / "logs" / f"mmdebstrap-{suite}.log",
                env={**os.environ, "PATH": search_path()},
                cwd=Path("/"),
            )
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
    return target
