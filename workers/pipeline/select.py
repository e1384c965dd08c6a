"""Which services this stack holds: those asked for by name, else those that the change touches."""

from dataclasses import replace

from config.project import ConfigError, Project, parse
from model.stack import Claim, Role, Status
from workers.faults import UserFault
from workers.pipeline import plan
from workers.pipeline.run import Run


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

    def take(status: Status) -> Status:
        had = status.claim.services if status.claim is not None and status.claim.label == label else ()
        return replace(status, claim=Claim(label, tuple(dict.fromkeys([*had, *run.chosen]))))

    with run.world.label_locked(label):
        refuse_taken(run)
        run.record(take)


def refuse_taken(run: Run) -> None:
    """One feature holds a service once: UserFault where another pull request of this repository has it already."""
    spec = run.stack.spec
    for other in run.world.stacks.list():
        theirs, claim = other.spec, other.status.claim
        if other.name == run.stack.name or other.deleting or theirs.repository != spec.repository:
            continue
        if claim is None or claim.label != spec.label:
            continue
        both = set(claim.services) & set(run.chosen)
        if both:
            listed = ", ".join(f"`{name}`" for name in sorted(both))
            raise UserFault(
                "Service in use",
                f"{theirs.repository}#{theirs.number} already holds {listed} under the label `{spec.label}`; "
                f"#{spec.number} cannot have it under the same label.",
                "Choose another label for one of them: `/devstack deploy --label <label>`.",
            )
