"""Mounts below a folder: found in the kernel's table, ended from the innermost out."""

import codecs
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError

TABLE = Path("/proc/self/mounts")


def below(folder: Path, table: str | None = None) -> list[Path]:
    """The mount points at or below a folder, innermost first."""
    lines = (TABLE.read_text() if table is None else table).splitlines()
    # The kernel writes blanks and the like as octal escapes.
    points = [Path(codecs.decode(line.split(" ")[1], "unicode_escape").encode("latin-1").decode()) for line in lines]
    return [point for point in reversed(points) if point.is_relative_to(folder)]


def unmount_below(folder: Path) -> None:
    """End all mounts below a folder; what is busy is detached. PlaygroundError where one stays: removing files could then
    remove another place's files."""
    for point in below(folder):
        try:
            tool.run(["umount", point])
        except PlaygroundError:
            tool.run(["umount", "--lazy", point])
    if left := below(folder):
        raise PlaygroundError(f"these mounts could not be ended: {', '.join(map(str, left))}")
