"""Which playground keeps rules in which network namespace, known to every user of the machine.

A playground that was killed together with the one who started it leaves its rules behind, and a later start from another
state directory could not tell them from a stranger's cluster. The claim says whose they are. It lies where a reboot
clears it, as a reboot clears the rules.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from playground.places import Places

FOLDER = Path("/run/devstack")


@dataclass(frozen=True)
class Claim:
    """`namespace`: the network namespace, as the kernel names it. `state` and `cache`: that playground's directories."""

    namespace: str
    state: str
    cache: str

    @property
    def places(self) -> Places:
        """The places of the playground that made this claim."""
        return Places(cache=Path(self.cache), state=Path(self.state))


def make(places: Places, namespace: str, folder: Path = FOLDER) -> None:
    """Claim this network namespace, before the first rule is made in it."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{places.name}"
    scratch.write_text(json.dumps(asdict(Claim(namespace, str(places.state), str(places.cache)))))
    scratch.replace(folder / f"{places.name}.json")


def made(places: Places, folder: Path = FOLDER) -> bool:
    """Whether this playground has a claim: then something of it may be left even where its state directory is gone."""
    return (folder / f"{places.name}.json").exists()


def give_up(places: Places, folder: Path = FOLDER) -> None:
    """Take the claim back, after the last rule is gone; no claim is no error."""
    (folder / f"{places.name}.json").unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # others have claims here, or there never was one
        folder.rmdir()


def others(places: Places, namespace: str, folder: Path = FOLDER) -> Iterator[Claim]:
    """The claims of other playgrounds on this network namespace; a file that cannot be read is none."""
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            claim = Claim(**json.loads(path.read_text()))
            if claim.namespace == namespace and claim.state != str(places.state):
                yield claim
