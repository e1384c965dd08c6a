"""The libraries that a run needs, imported one after the other while the record is read.

Each takes 0.05 to 0.15 s of CPU. Imported by the threads that need them, all at once, they would hold each other up; so
whoever needs one waits for it, and who has it may begin. A run imports what its kinds need, and no more.
"""

import importlib
import threading
from collections.abc import Iterable

AWS = ("botocore.session",)
# In this order: what takes a server longest comes first. A kind that is not here imports what it needs by itself.
OF_KIND: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sqs", "sns", "s3", "dynamodb", "secretsmanager", "ssm"), AWS),
    "postgres": ("psycopg",),
    "mysql": ("pymysql",),
    "kafka": ("kafka.admin",),
    "redis": ("redis",),
}


class Drivers:
    """The libraries of some kinds, on their way."""

    def __init__(self, kinds: Iterable[str]) -> None:
        wanted = set(kinds)
        self._there = {name: threading.Event() for kind, names in OF_KIND.items() if kind in wanted for name in names}
        threading.Thread(target=self._load, name="drivers", daemon=True).start()

    def wait(self, kind: str) -> None:
        """Until what the kind needs is there. What cannot be imported is told by the kind that tries it again."""
        for name in OF_KIND.get(kind, ()):
            if name in self._there:
                self._there[name].wait()

    def _load(self) -> None:
        for name, there in self._there.items():
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S110 - see `wait`
                pass
            finally:
                there.set()
