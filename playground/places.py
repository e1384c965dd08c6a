"""Where the playground keeps things: a cache that outlives it, and one state directory that `down` removes."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from playground.errors import PlaygroundError

# A unix socket's path has at most 107 characters; the longest one below the state directory takes 45.
STATE_LENGTH_MAX = 62


@dataclass(frozen=True)
class Places:
    """`cache`: what was downloaded or built, safe to delete while the playground is down. `state`: data, logs, pids."""

    cache: Path
    state: Path

    @property
    def name(self) -> str:
        """The name of this directory's bridge, cgroup and CNI network: at most 15 characters, the kernel's limit."""
        return f"dvs-{hashlib.sha256(str(self.state).encode()).hexdigest()[:8]}"

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.state / "logs"

    @property
    def pids(self) -> Path:
        """The folder of process records."""
        return self.state / "pids"

    @property
    def lock(self) -> Path:
        """The file that a change of this playground locks; in the cache, as `down` removes the state directory."""
        return self.cache / "locks" / self.name


def places(environment: dict[str, str] | None = None) -> Places:
    """The places of this user: `DEVSTACK_CACHE` and `DEVSTACK_STATE`, else the XDG directories.

    PlaygroundError where the state directory's path is too long for the unix sockets in it.
    """
    env = dict(os.environ) if environment is None else environment
    home = Path(env.get("HOME") or Path.home())
    cache = env.get("DEVSTACK_CACHE") or Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "devstack"
    state = env.get("DEVSTACK_STATE") or Path(env.get("XDG_STATE_HOME") or home / ".local" / "state") / "devstack"
    found = Places(cache=Path(cache).absolute(), state=Path(state).absolute())
    if len(str(found.state)) > STATE_LENGTH_MAX:
        raise PlaygroundError(
            f"the state directory {found.state} has more than {STATE_LENGTH_MAX} characters, "
            "too many for unix sockets in it; set DEVSTACK_STATE to a shorter one"
        )
    return found
