"""May this commit run here, and under this label? Asked of GitHub and the cluster, before anything is fetched."""

from dataclasses import replace

from model.stack import Claim, Desired, LabelSource, Role, Spec, Stack
from workers.faults import UserFault
from workers.pipeline.run import Run
from workers.pipeline.steps import NotTrusted, PullRequestClosed
from workers.report import sentences


def act(run: Run) -> None:
    """NotTrusted for a fork's unapproved commit, PullRequestClosed on positive proof, UserFault for a label of others."""
    spec = run.stack.spec
    if spec.role is Role.BASE:
        return
    pull = run.world.forge(spec.installation).pull(spec.repository, spec.number)
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
    claim(run)


def claim(run: Run) -> None:
    """Take the label. Who has it keeps it, whoever joins later: it is asked for once, when the stack comes to it."""
    spec = run.stack.spec
    if run.stack.status.blocked is not None:
        run.record(lambda status: replace(status, blocked=None))  # looked at anew when the services are known
    mine = run.stack.status.claim
    if mine is not None and mine.label == spec.label:
        return
    with run.world.label_locked(spec.label):
        for other in run.world.stacks.list():
            if holds(other, spec):
                permitted(run, other.spec)
        run.record(lambda status: replace(status, claim=Claim(spec.label)))


def holds(other: Stack, spec: Spec) -> bool:
    """Whether a stack of another repository has the label. A wish alone takes none: the stack is up, and a run of it
    was trusted under this label."""
    theirs = other.spec
    return (
        theirs.repository != spec.repository
        and theirs.desired is Desired.UP
        and not other.deleting
        and other.status.claim is not None
        and other.status.claim.label == spec.label
    )


def permitted(run: Run, theirs: Spec) -> None:
    """UserFault unless who asks for the label may write there too.

    Only a command tells who asks: a text and a pull request's labels may be changed by others than the author.
    """
    spec = run.stack.spec
    asker = spec.requested_by if spec.label_from is LabelSource.COMMAND else ""
    if asker and run.world.forge(theirs.installation).can_write(theirs.repository, asker):
        return
    why = f"{asker} has no write access there" if asker else "to join it takes a command"
    raise UserFault(
        "Label in use",
        f"The label `{spec.label}` belongs to {theirs.repository}#{theirs.number}, and {why}.",
        f"Someone with write access to both repositories can write `/devstack deploy --label {spec.label}`; "
        "any other label is free to be chosen.",
    )
