"""May this commit run here, and under this label? Asked of GitHub and the cluster, before anything is fetched."""

from model.stack import Role
from workers.faults import UserFault
from workers.pipeline.run import Run
from workers.pipeline.steps import NotTrusted, PullRequestClosed
from workers.report import sentences


def act(run: Run) -> None:
    """NotTrusted for a fork's unapproved commit, PullRequestClosed on positive proof, UserFault for a label of others."""
    spec = run.stack.spec
    if spec.role is Role.BASE:
        return
    forge = run.world.forge(spec.installation)
    pull = forge.pull(spec.repository, spec.number)
    if pull is None:
        raise UserFault(
            "Pull request not found",
            f"{spec.repository}#{spec.number} cannot be read.",
            "Check that the bot still has access to the repository.",
        )
    if pull.state == "closed":
        raise PullRequestClosed(f"{spec.repository}#{spec.number} is closed")
    run.pull = pull
    if pull.is_fork and spec.approved_sha != spec.sha:
        raise NotTrusted(sentences.fork_waits(pull.author, spec.sha))
    for other in run.world.stacks.list(label=spec.label):
        theirs = other.spec
        if theirs.role is Role.BASE or theirs.repository == spec.repository or other.deleting:
            continue
        if not spec.requested_by or not forge.can_write(theirs.repository, spec.requested_by):
            raise UserFault(
                "Label in use",
                f"The label `{spec.label}` belongs to {theirs.repository}#{theirs.number}, and "
                f"{spec.requested_by or 'nobody known'} has no write access there.",
                "Choose another label, or have someone with access to both write `/devstack deploy --label "
                f"{spec.label}`.",
            )
