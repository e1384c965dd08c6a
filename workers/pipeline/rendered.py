"""What helmfile makes of a repository's own helmfile, looked through before anything of it is run."""

from pathlib import Path

from config import helmfile_check
from workers.faults import UserFault
from workers.pipeline.run import Run
from workers.report import sentences


def check(run: Run, helmfile: Path, values: Path) -> None:
    """UserFault with every problem. Costs one or two calls of helmfile, some 0.17 s each; helmfiles made here need none.

    The first shows all that is written into the helmfile itself. What is left are templates of values files, which could
    put a reference together when they are filled in: so that is done once where it can do no harm.
    """
    project = run.described
    if project.helmfile is None:
        return
    built = run.world.helmfile.built(helmfile, values, run.namespace, run.held)
    problems = helmfile_check.check_built(run.source, project.helmfile, built)
    if problems:
        raise UserFault("The helmfile cannot be run here", sentences.problems(problems))
    if helmfile_check.names_templates(built):
        run.world.helmfile.tried(helmfile, values, run.held)
