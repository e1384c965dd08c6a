"""A comment with commands: show that it was received, check who may command, do each, show what became of it.

The order makes every step safe to repeat: 👀, then what the commands change (each once: see `answers`), then the
answers on record, then the final reaction, which is the lasting proof, then the comment.
"""

from contextlib import suppress
from dataclasses import replace

import structlog
from redis.exceptions import RedisError

from model import jobs, names
from model.commands import Help, Refusal, Said
from model.stack import Answer, Stack, Status
from workers import comment
from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.github.errors import Gone
from workers.github.values import PullRequest
from workers.intake import answers, asked
from workers.report import sentences
from workers.world import World

log = structlog.get_logger(__name__)

ANSWERS_KEPT = 5
A_DAY = 86_400
RECEIVED = "eyes"
DONE, NOT_DONE = "rocket", "confused"


def heard(world: World, job: jobs.CommentMade) -> bool:
    """Show that a comment was received; False where that was shown before. Raises `Gone` for a deleted one."""
    return world.forge(job.installation).react(job.repository, job.comment_id, RECEIVED)


def made(world: World, job: jobs.CommentMade, *, first: bool) -> None:
    """Take up a comment; `first` where it is known to be a new one."""
    if not first and dealt_with(world, job):
        return
    stack = world.stacks.get(names.stack(job.repository, job.number))
    given = [each for each in stack.status.answers if each.comment_id == job.comment_id] if stack else []
    if not given:
        if not world.forge(job.installation).can_write(job.repository, job.author):
            refuse_stranger(world, job)
            return
        with world.alone_with(job.repository, job.number):
            pull = world.forge(job.installation).pull(job.repository, job.number)
            if pull is None:
                return
            given = [answer(world, job, pull, position) for position in range(len(job.said))]
            stack = put_on_record(world, job, pull, given)
    react(world, job, DONE if all(each.ok for each in given) else NOT_DONE)
    if stack is not None:
        comment.refresh(world, stack.name)


def dealt_with(world: World, job: jobs.CommentMade) -> bool:
    """Whether this comment was dealt with before (a replay under a new delivery id, or a task that came twice)."""
    try:
        heard(world, job)  # what could not be shown when it came is shown now
        return bool({DONE, NOT_DONE} & world.forge(job.installation).my_reactions(job.repository, job.comment_id))
    except Gone:
        return True  # deleted means taken back
    except Unavailable:
        raise
    except OurFault as fault:
        log.warning("no reactions", error=str(fault))
        return False  # the record still knows what was done


def answer(world: World, job: jobs.CommentMade, pull: PullRequest, position: int) -> Answer:
    """Do one line's command; whatever goes wrong with it becomes its answer. Raises `Unavailable` alone."""
    said = job.said[position]
    order = answers.Order(pull, job.author, job.installation, f"{job.comment_id}:{position}")
    ok = False
    try:
        told, ok = answers.give(world, order, said), not isinstance(said, Refusal)
    except Unavailable:
        raise
    except UserFault as fault:
        told = f"{fault.explanation} {fault.remedy}".strip()
    except Exception:
        log.exception("command not done", pr=f"{job.repository}#{job.number}", delivery=job.delivery)
        told = sentences.not_done(job.delivery)
    return Answer(job.comment_id, job.author, written(said), told, ok)


def written(said: Said) -> str:
    """A line as a person would write it."""
    return said.line if isinstance(said, Refusal) else sentences.spelled(said)


def put_on_record(world: World, job: jobs.CommentMade, pull: PullRequest, given: list[Answer]) -> Stack | None:
    """Put answers into the Stack's record, and so into the one comment. A record is made where there is none, but not
    for a closed pull request: it would hide what the comment says of the removal. There the reaction must do."""
    stack = world.stacks.get(names.stack(pull.repository, pull.number))
    if stack is None and pull.state == "closed":
        return None
    stack = stack or asked.placeholder(world, pull, installation=job.installation, requested_by=job.author)

    def change(status: Status) -> Status:
        others = tuple(each for each in status.answers if each.comment_id != job.comment_id)
        return replace(status, answers=(*others, *given)[-ANSWERS_KEPT:], comment_due=True)

    return world.stacks.patch_status(stack.name, change)


def react(world: World, job: jobs.CommentMade, content: str) -> None:
    """Leave a reaction; what GitHub refuses for good does not keep the answer from being written."""
    try:
        world.forge(job.installation).react(job.repository, job.comment_id, content)
    except Unavailable:
        raise
    except OurFault as fault:
        log.warning("no reaction", reaction=content, error=str(fault))


def refuse_stranger(world: World, job: jobs.CommentMade) -> None:
    """A polite refusal, at most one a person a pull request a day; asking for help is nobody's privilege to lose."""
    key = f"devstack:refused:{job.repository}#{job.number}:{job.author}".lower()
    with world.alone_with(job.repository, job.number):
        if refused_today(world, key):
            return
        pull = world.forge(job.installation).pull(job.repository, job.number)
        if pull is None:
            return
        lines = " · ".join(written(each) for each in job.said[:3])
        only_help = all(isinstance(each, Help) for each in job.said)
        told = sentences.help_answer() if only_help else sentences.no_access(job.author)
        stack = put_on_record(world, job, pull, [Answer(job.comment_id, job.author, lines, told, ok=False)])
        react(world, job, NOT_DONE)
        with suppress(RedisError):  # told once more tomorrow, or today: no harm
            world.redis.set(key, 1, ex=A_DAY)
    if stack is not None:
        comment.refresh(world, stack.name)


def refused_today(world: World, key: str) -> bool:
    """Whether this person was refused here within a day, as far as Redis remembers."""
    try:
        return bool(world.redis.exists(key))
    except RedisError:
        return False


def give_up(world: World, job: jobs.CommentMade, why: str) -> None:
    """Nothing more is tried: say so by the reaction and, where it can be written, in the comment."""
    log.error("comment given up", pr=f"{job.repository}#{job.number}", why=why)
    told = [
        Answer(job.comment_id, job.author, written(said), sentences.not_done(job.delivery), ok=False) for said in job.said
    ]
    with suppress(Fault):
        react(world, job, NOT_DONE)
    with suppress(Fault):
        pull = world.forge(job.installation).pull(job.repository, job.number)
        stack = put_on_record(world, job, pull, told) if pull is not None else None
        if stack is not None:
            comment.refresh(world, stack.name)
