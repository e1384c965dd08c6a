"""Which services this stack holds: those asked for by name, else those that the change touches."""

from config.project import ConfigError, Project, parse
from model.stack import Role
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
    refuse_taken(run)
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


def refuse_taken(run: Run) -> None:
    """One feature holds a service once: UserFault where another pull request of this repository has it already."""
    spec = run.stack.spec
    for other in run.world.stacks.list(label=spec.label):
        if other.name == run.stack.name or other.deleting or other.spec.repository != spec.repository:
            continue
        both = {service.name for service in other.status.services} & set(run.chosen)
        if both:
            listed = ", ".join(f"`{name}`" for name in sorted(both))
            raise UserFault(
                "Service in use",
                f"{other.spec.repository}#{other.spec.number} already holds {listed} under the label `{spec.label}`; "
                f"#{spec.number} cannot have it under the same label.",
                "Choose another label for one of them: `/devstack deploy --label <label>`.",
            )
