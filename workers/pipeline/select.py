"""Which services this stack holds: those asked for by name, else those that the change touches."""

from collections.abc import Iterator
from dataclasses import replace

from config.project import ConfigError, Project, parse
from model.routing import inside
from model.routing.reissue import RefusedError
from model.stack import Claim, Role, Stack, Status
from workers import turn
from workers.faults import UserFault
from workers.pipeline import plan, routing
from workers.pipeline.run import Run
from workers.pipeline.seen import look


def act(run: Run) -> None:
    """Fill `chosen`; a base application holds all services."""
    project = run.described
    spec = run.stack.spec
    if spec.role is Role.BASE:
        run.chosen = tuple(project.services)
        return
    changed: tuple[str, ...] = ()
    if run.compared_with and not spec.services:
        paths = run.world.git.changed_paths(run.mirror, run.compared_with, spec.sha)
        changed = plan.touched(project, before(run), paths)
    run.chosen = plan.chosen(project.services, spec.services, changed)
    hold(run)
    run.narrator.note("Preparing", ", ".join(run.chosen) or "no service is touched")


def before(run: Run) -> Project | None:
    """The config that the change started from; None where there was none or it could not be read."""
    text = run.world.git.show(run.mirror, run.compared_with, plan.CONFIG_FILE)
    if text is None:
        return None
    try:
        return parse(text)
    except ConfigError:
        return None


def hold(run: Run) -> None:
    """Take the services under the label, one pull request at a time, so that of two who want the same one gets it. What
    the stack had before it keeps until the run has ended well."""
    label = run.stack.spec.label
    hosts = (host for name in run.chosen for host in run.described.services[name].hosts)
    wanted = Claim(label, run.chosen, tuple(dict.fromkeys(hosts)), tuple(called_by(run)))

    def take(status: Status) -> Status:
        had = status.claim if status.claim is not None and status.claim.label == label else Claim(label)
        both = ((*had.services, *wanted.services), (*had.hosts, *wanted.hosts), (*had.inside, *wanted.inside))
        return replace(status, claim=Claim(label, *(tuple(dict.fromkeys(each)) for each in both)), blocked=None)

    with run.world.label_locked(label):
        other = turn.holder(run.stack, wanted, run.world.stacks.list())
        if other is None:
            run.record(take)
            return
        run.record(lambda status: refused(status, wanted))
    raise taken(run.stack, wanted, other)


def called_by(run: Run) -> Iterator[str]:
    """The base's in-cluster routes that would lead to the services: a config says nothing of them where a chart of the
    base's own brings them."""
    if not run.chosen:
        return
    base = look(run.world).base
    home = routing.base_namespace(run, base)
    for name in run.chosen:
        try:
            yield from inside.of_service(base, name, home)
        except RefusedError:  # it cannot have them, which the deploy says in its own words
            continue


def refused(status: Status, wanted: Claim) -> Status:
    """What is remembered of services that another member has. Who has nothing else under the label holds none of it."""
    nothing = status.claim is not None and status.claim.label == wanted.label and not status.claim.services
    return replace(status, claim=None if nothing else status.claim, blocked=wanted)


def taken(stack: Stack, wanted: Claim, other: Stack) -> UserFault:
    """One feature holds a service once. Both pull requests are named, and what can be done."""
    spec, theirs = stack.spec, other.spec
    both = sorted(turn.held(other) & set(wanted.services)) or sorted(wanted.services)
    holder, asker = f"{theirs.repository}#{theirs.number}", f"{spec.repository}#{spec.number}"
    them, those = ("it", "this service") if len(both) == 1 else ("them", "these services")
    return UserFault(
        "Service in use",
        f"{holder} already holds {', '.join(f'`{name}`' for name in both)} under the label `{spec.label}`; "
        f"{asker} cannot have {them} under the same label, so nothing of it was built.",
        f"Choose another label for one of them, `/devstack deploy --label <label>`, or name services without {those}. "
        f"Once {holder} is closed or destroyed, this is tried again by itself within a minute.",
    )
