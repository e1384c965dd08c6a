"""Which kind of cluster `auto` means on this machine."""

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Literal

from playground import tool
from playground.errors import PlaygroundError

Kind = Literal["embedded", "kind", "current"]
Wish = Literal["auto", "embedded", "kind", "current"]
ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class Host:
    """What of this machine matters for the choice. `docker`: its daemon answers."""

    linux: bool
    root: bool
    docker: bool
    kind: bool


def this_host() -> Host:
    """This machine."""
    return Host(sys.platform == "linux", os.geteuid() == 0, _answers("docker", "version"), _answers("kind", "version"))


def choose(wish: Wish, host: Host) -> Kind:
    """The kind of cluster to use. `auto` never means `current`: nobody's cluster is changed unasked.

    PlaygroundError where the wish cannot be had here.
    """
    if wish == "current":
        return "current"
    if wish == "kind" or (wish == "auto" and host.docker and host.kind):
        lacking = [name for name, there in (("docker", host.docker), ("kind", host.kind)) if not there]
        if lacking:
            raise PlaygroundError(f"--cluster kind needs docker and kind; here {' and '.join(lacking)} does not answer")
        return "kind"
    if host.linux and host.root:
        return "embedded"
    because = "this is not Linux" if not host.linux else "it takes root"
    raise PlaygroundError(
        f"no cluster can be started here: `embedded` is not possible ({because}), `kind` needs docker and kind. "
        "Or name a cluster of your own with --cluster current"
    )


def _answers(program: str, *arguments: str) -> bool:
    if shutil.which(program) is None:
        return False
    try:
        tool.run([program, *arguments], seconds=ANSWER_SECONDS)
    except PlaygroundError:
        return False
    return True
