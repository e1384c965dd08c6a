"""What the repository says of itself: `.devstack.yaml`, and whether its helmfile can be run at all."""

from collections.abc import Collection, Iterator
from pathlib import Path

from config import files, helmfile_check
from config.project import ConfigError, Problem, Project, copied_from, located, parse
from workers.faults import UserFault
from workers.pipeline.plan import CONFIG_FILE
from workers.pipeline.run import Run
from workers.report import sentences

READ_MOST = 1 << 20  # bytes of a file that is looked through


def act(run: Run) -> None:
    """Fill `project` and `charts`. UserFault with every problem at once, each with its line and a suggestion."""
    run.project = read(run.source)
    found = [*files.check(run.source, run.project), *copies(run.project, run.world.settings.from_namespaces)]
    problems = located(found, (run.source / CONFIG_FILE).read_bytes())
    if run.project.helmfile is not None:
        found, charts = helmfile_check.looked_through(run.source, run.project.helmfile)
        problems += found
        run.charts = tuple(charts)
    if problems:
        raise UserFault("The configuration does not work", sentences.problems(problems))


def copies(project: Project, allowed: Collection[str]) -> Iterator[Problem]:
    """Values are copied from namespaces that the operator lists; where none is listed, from the base application's."""
    for name, service in project.services.items():
        for index, namespace in copied_from(service):
            path = f"services.{name}.resources[{index}].from.namespace"
            if allowed and namespace not in allowed:
                known = ", ".join(f"`{each}`" for each in allowed)
                yield Problem(0, 0, path, f"nothing may be copied from `{namespace}` here", f"this bot allows {known}")
            elif not allowed and not project.base.namespace:
                said = "this needs to know the base application's namespace"
                yield Problem(0, 0, path, said, f"add `base: {{namespace: {namespace}}}`")


def read(source: Path) -> Project:
    """The config in a checkout; UserFault where there is none or it is wrong."""
    path = source / CONFIG_FILE
    if path.is_symlink() or not path.is_file():
        raise UserFault(
            f"No {CONFIG_FILE}",
            f"This commit has no `{CONFIG_FILE}` at the root of the repository.",
            "Add one, for example:\n\n" + sentences.minimal_config(),
        )
    try:
        with path.open("rb") as file:
            return parse(file.read(READ_MOST))
    except ConfigError as error:
        raise UserFault(f"{CONFIG_FILE} is wrong", sentences.problems(error.problems)) from error
