"""The commit's files, by SHA and from a mirror that is kept: never by branch name, which others can move."""

from model import names
from model.stack import Role
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """Fill `mirror`, `source` and `compared_with` (the commit that the pull request started from)."""
    spec = run.stack.spec
    git = run.world.git
    url = f"{run.world.settings.clone_url}/{spec.repository}.git"
    credentials = run.world.forge(spec.installation).git_credentials(spec.repository)
    run.mirror = run.world.settings.work_dir / "git" / names.base_stack(spec.repository)
    wanted = [spec.sha] if spec.role is Role.BASE or run.pull is None else [spec.sha, run.pull.base_sha]
    git.fetch(run.mirror, url, wanted, credentials, run.held)
    run.source = run.workdir / "source"
    git.checkout(run.mirror, spec.sha, run.source, run.held)
    if run.pull is not None and spec.role is Role.FEATURE:
        run.compared_with = git.merge_base(run.mirror, run.pull.base_sha, spec.sha) or run.pull.base_sha
