"""Start, look at and stop a playground, of whichever kind."""

from collections.abc import Collection
from dataclasses import dataclass

from playground.cluster import choice, record
from playground.cluster.choice import Kind, Wish
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.places import Places, places
from playground.progress import Progress

ZONES = ("example.com", "example2.com")
INSTALLABLE = ("registry", "traefik")


@dataclass(frozen=True)
class Status:
    """`parts`: each part with its state. `playground` is None where none was started."""

    playground: Playground | None
    parts: dict[str, str]

    @property
    def up(self) -> bool:
        """Whether all of it runs."""
        return self.playground is not None and all(state == "up" for state in self.parts.values())


def start(
    cluster: Wish = "auto",
    *,
    zones: tuple[str, ...] = ZONES,
    install: Collection[str] = (),
    progress: Progress | None = None,
    at: Places | None = None,
) -> Playground:
    """Bring a playground up, heal it, or find it up; waits until all of it answers.

    `zones`: names that, with all names under them, lead to Traefik inside the cluster. `install` (`current` only): what
    may be put into the kubeconfig's cluster. PlaygroundError tells what failed and names its log.
    """
    where, show = at or places(), progress or Progress()
    kind = kind_of(cluster, where)
    if unknown := set(install) - set(INSTALLABLE):
        raise PlaygroundError(f"cannot install {', '.join(sorted(unknown))}; there are {', '.join(INSTALLABLE)}")
    if install and kind != "current":
        raise PlaygroundError(f"--install is for --cluster current; {kind} brings all of it")
    if kind == "embedded":
        from playground.cluster.embedded.start import start as start_embedded

        found = start_embedded(where, zones, show)
    elif kind == "kind":
        from playground.cluster import kind as kinds

        record.begin(where.state, "kind")
        found = kinds.up(where, zones, show)
    else:
        from playground.cluster import current

        record.begin(where.state, "current")
        found = current.up(where, zones, install, show)
    record.save(found)
    return found


def stop(*, progress: Progress | None = None, at: Places | None = None) -> bool:
    """End what `start` started, and remove all of it but the cache; False where nothing was up."""
    where, show = at or places(), progress or Progress()
    running = _running(where)
    if running == "kind":
        from playground.cluster import kind as kinds

        kinds.down(where, show)
        return True
    if running == "current":
        from playground import backends
        from playground.cluster import current

        if (found := record.load(where.state)) is not None:
            backends.remove(found, progress=show)
        current.down(where, show)
        return True
    from playground.cluster.embedded import down

    return down.down(where, show)


def status(*, at: Places | None = None) -> Status:
    """What runs; changes nothing."""
    where = at or places()
    found = record.load(where.state)
    seen = _seen(where, found)
    if found is None or not seen.parts:
        return seen
    from playground import backends

    return Status(found, seen.parts | {f"{name} (backend)": state for name, state in backends.states(found).items()})


def _seen(where: Places, found: Playground | None) -> Status:
    if found is not None and found.cluster != "embedded":
        from playground.cluster import outside
        from playground.cluster.kubectl import Kubectl

        answers = outside.reachable(Kubectl(found.kubectl, found.kubeconfig))
        return Status(found, {"kube-apiserver": "up" if answers else "not answering"})
    from playground.cluster.embedded import status as embedded
    from playground.toolset import build

    tools = found.tools if found is not None else build.folder(where.cache)
    return Status(found, embedded.status(where, tools))


def _running(where: Places) -> Kind | None:
    """The kind that was started here; `embedded` records itself in a way of its own."""
    found = record.load(where.state)
    return found.cluster if found is not None else record.begun(where.state)


def kind_of(wish: Wish, where: Places) -> Kind:
    """The kind of cluster that `start` brings up here, or finds.

    What runs already is what `auto` means; another kind beside it is refused: they would share one state directory.
    """
    running = _running(where)
    if running is None:
        return choice.choose(wish, choice.this_host())
    if wish not in {"auto", running}:
        raise PlaygroundError(f"a playground of kind {running} is up; `devstack playground down` ends it first")
    return running
