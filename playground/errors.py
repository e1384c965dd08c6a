"""What goes wrong in the playground, told to a person: what failed, what to do, and which log file has the rest."""

from pathlib import Path

TAIL_BYTES = 3000


class PlaygroundError(Exception):
    """A step failed. The text names the log file and quotes its end where there is one."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        self.message = message
        self.log = log
        super().__init__(message if log is None else f"{message}\nLog: {log}{quoted_tail(log)}")


def quoted_tail(log: Path, limit: int = TAIL_BYTES) -> str:
    """The last lines of a log file, indented, at most `limit` bytes; empty where the file is empty or missing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - limit))
            lines = file.read().decode(errors="replace").splitlines()[-15:]
    except OSError:
        return ""
    return "".join(f"\n  | {line}" for line in lines)
