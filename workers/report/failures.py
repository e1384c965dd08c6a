"""Faults in words for people. What is ours is said in one line with the run's id; the details are in the logs."""

from collections.abc import Iterable

from config.problems import Problem
from workers.faults import Remaining, Unavailable, UserFault
from workers.report import markdown, words
from workers.report.view import Failure

PROBLEMS_SHOWN = 30
LEFT_SHOWN = 20
MINIMAL_CONFIG = """\
services:
  web:
    build: {context: ., dockerfile: Dockerfile}
    hosts: [example.com]
    port: 8080
"""


def our_failure(fault: BaseException, run_id: str) -> Failure:
    """A fault that is nobody's here to mend: what does not answer, or one generic line."""
    if isinstance(fault, Unavailable):
        what = fault.what[:1].upper() + fault.what[1:]
        return Failure(
            title=f"{what} did not answer",
            explanation=f"It was tried several times. This is not the fault of your change. The run's id is `{run_id}`.",
            remedy="Write `/devstack deploy` to try again. If it stays so, tell those who run the bot.",
            ours=True,
        )
    return Failure(
        title="Something went wrong on our side",
        explanation=f"This is not the fault of your change. The run's id is `{run_id}`; the logs say more.",
        remedy="Write `/devstack deploy` to try again. If it stays so, give the id to those who run the bot.",
        ours=True,
    )


def causes(fault: BaseException) -> tuple[str, ...]:
    """Why a step of a teardown is not done: what is left, one by one, or one cause for the whole step."""
    if not isinstance(fault, Remaining):
        return (cause(fault),)
    more = len(fault.things) - LEFT_SHOWN
    shown = tuple(f"still there: {_thing(each)}" for each in fault.things[:LEFT_SHOWN])
    return (*shown, f"and {words.counted(more, 'more thing')}") if more > 0 else shown


def _thing(said: str) -> str:
    """`kind name`, the name as code; of an image without its registry."""
    kind, _, name = said.rpartition(" ")
    name = name.partition("/")[2] if kind == "image" and "/" in name else name
    return f"{kind} {markdown.code(name)}" if kind else markdown.code(name)


def cause(fault: BaseException) -> str:
    """Why one thing could not be removed, in a few words; nothing of our own workings."""
    match fault:
        case UserFault():
            return f"{fault.title}. {fault.explanation}".strip()
        case Unavailable():
            return f"{fault.what} did not answer"
        case TimeoutError():
            return "it took too long"
        case _:
            return "it failed on our side, the logs say why"


def waiting_for(what: str, seconds: float) -> str:
    """A run that will be taken up again by itself."""
    shown = what[:1].upper() + what[1:]
    return f"{shown} does not answer. The next try is in {words.duration(seconds)}, without anyone's doing."


def problems(found: Iterable[Problem]) -> str:
    """Problems as a Markdown list: where, what, and what was probably meant."""
    listed = list(found)
    lines = [_problem(problem) for problem in listed[:PROBLEMS_SHOWN]]
    if len(listed) > PROBLEMS_SHOWN:
        lines.append(f"- and {len(listed) - PROBLEMS_SHOWN} more")
    return "\n".join([*lines, "", "The same is said by `devstack validate`, before you push."])


def _problem(problem: Problem) -> str:
    place = f"{problem.source}:{problem.line}" if problem.line else problem.source
    path = f" {markdown.code(problem.path)}:" if problem.path else ""
    hint = f" — {problem.suggestion}" if problem.suggestion else ""
    return f"- {markdown.code(place)}{path} {problem.message}{hint}"


def minimal_config() -> str:
    """A block with the smallest useful config."""
    return markdown.fence(MINIMAL_CONFIG, "yaml")
