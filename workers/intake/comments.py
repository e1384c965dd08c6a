"""A comment with commands: show that it was received, check who may command, do each, show what became of it."""

from dataclasses import replace
from datetime import UTC, datetime

import structlog

from model import jobs, names
from model.commands import Help, Refusal
from model.stack import Answer, Stack, Status
from workers import comment
from workers.faults import UserFault
from workers.github.errors import Gone
from workers.github.values import PullRequest
from workers.intake import answers, pull_requests
from workers.report import sentences
from workers.world import World

log = structlog.get_logger(__name__)

ANSWERS_KEPT = 5
A_DAY = 86_400


def made(world: World, job: jobs.CommentMade) -> None:
    """Take up a comment. Our own final reaction on it is the lasting proof that it was dealt with."""
    forge = world.forge(job.installation)
    try:
        fresh = forge.react(job.repository, job.comment_id, "eyes")
    except Gone:
        return  # deleted means taken back
    if not fresh and handled(world, job):
        return
    if not forge.can_write(job.repository, job.author):
        refuse_stranger(world, job)
        return
    with world.alone_with(job.repository, job.number):
        pull = forge.pull(job.repository, job.number)
        if pull is None:
            return
        given = [answer(world, job, pull, position) for position in range(len(job.said))]
    forge.react(job.repository, job.comment_id, "rocket" if all(each.ok for each in given) else "confused")
    tell(world, job, pull, given)


def handled(world: World, job: jobs.CommentMade) -> bool:
    """Whether this comment was answered before (a replay under a new delivery id, or a task that came twice)."""
    forge = world.forge(job.installation)
    if {"rocket", "confused"} & forge.my_reactions(job.repository, job.comment_id):
        return True
    stack = world.stacks.get(names.stack(job.repository, job.number))
    return stack is not None and any(each.comment_id == job.comment_id for each in stack.status.answers)


def answer(world: World, job: jobs.CommentMade, pull: PullRequest, position: int) -> Answer:
    """Do one line's command; whatever goes wrong with it becomes its answer."""
    said = job.said[position]
    text = said.line if isinstance(said, Refusal) else sentences.spelled(said)
    try:
        told = answers.give(world, pull, said, author=job.author, installation=job.installation)
        return Answer(job.comment_id, job.author, text, told, not isinstance(said, Refusal))
    except UserFault as fault:
        return Answer(job.comment_id, job.author, text, f"{fault.explanation} {fault.remedy}".strip(), ok=False)


def refuse_stranger(world: World, job: jobs.CommentMade) -> None:
    """A polite refusal, at most one a person a pull request a day; asking for help is nobody's privilege to lose."""
    key = f"devstack:refused:{job.repository}#{job.number}:{job.author}".lower()
    if not world.redis.set(key, 1, nx=True, ex=A_DAY):
        return
    forge = world.forge(job.installation)
    forge.react(job.repository, job.comment_id, "confused")
    pull = forge.pull(job.repository, job.number)
    if pull is None:
        return
    lines = " · ".join(each.line if isinstance(each, Refusal) else sentences.spelled(each) for each in job.said[:3])
    told = (
        sentences.help_answer() if all(isinstance(each, Help) for each in job.said) else sentences.no_access(job.author)
    )
    tell(world, job, pull, [Answer(job.comment_id, job.author, lines, told, ok=False)])


def tell(world: World, job: jobs.CommentMade, pull: PullRequest, given: list[Answer]) -> None:
    """Put the answers into the Stack's record and so into the one comment; a record is made where there is none."""
    stack = ensure_record(world, pull, job)

    def change(status: Status) -> Status:
        others = tuple(each for each in status.answers if each.comment_id != job.comment_id)
        return replace(status, answers=(*others, *given)[-ANSWERS_KEPT:])

    world.stacks.patch_status(stack.name, change)
    comment.refresh(world, stack.name)


def ensure_record(world: World, pull: PullRequest, job: jobs.CommentMade) -> Stack:
    """The pull request's Stack; one that wants nothing where there was none."""
    stack = world.stacks.get(names.stack(pull.repository, pull.number))
    if stack is not None:
        return stack
    made = pull_requests.record(
        world, pull, installation=job.installation, reason="answer", requested_by=job.author, up=False
    )
    return world.stacks.settle_idle(made)


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)
