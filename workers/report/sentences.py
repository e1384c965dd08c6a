"""Every sentence outside of the comment's frame: answers to commands, reasons, commit statuses."""

from collections.abc import Iterable

from model.commands import Approve, Command, Deploy, Extend, Logs, Refusal
from model.stack import Phase, Stack
from model.usage import USAGES
from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.report import text
from workers.report.text import duration, moment
from workers.report.view import CommentView, Failure

__all__ = ["duration", "moment"]

DESCRIPTION_MOST = 140
STATES = {
    Phase.READY: "success",
    Phase.FAILED: "failure",
    Phase.EXPIRED: "success",
    Phase.DESTROYED: "success",
    Phase.IDLE: "success",
}
WORDS = {
    Phase.IDLE: "Nothing deployed",
    Phase.QUEUED: "Waiting for a worker",
    Phase.BUILDING: "Building",
    Phase.DEPLOYING: "Deploying",
    Phase.VERIFYING: "Checking that the routes answer",
    Phase.READY: "Ready",
    Phase.FAILED: "Failed",
    Phase.WAITING: "Waiting for approval",
    Phase.REMOVING: "Removing",
    Phase.EXPIRED: "Expired and removed",
    Phase.DESTROYED: "Removed",
}


def status_line(view: CommentView) -> tuple[str, str]:
    """State and description of the commit status."""
    said = WORDS[view.phase]
    if view.phase is Phase.READY:
        said = f"Ready: {', '.join(view.preview_urls)}" if view.preview_urls else "Ready: nothing to deploy"
        if not view.number:
            said = "The base application runs this commit"
    elif view.phase is Phase.FAILED and view.failure is not None:
        said = view.failure.title.replace("`", "")
    return STATES.get(view.phase, "pending"), said[:DESCRIPTION_MOST]


def cause(fault: BaseException) -> str:
    """Why something could not be done, in a few words that anybody may read."""
    match fault:
        case UserFault():
            return fault.explanation
        case Unavailable():
            return f"{fault.what} does not answer"
        case OurFault():
            return str(fault)
        case Fault():
            return str(fault)
        case _:
            return "an internal error"


def our_failure(fault: BaseException, run_id: str) -> Failure:
    """A fault of ours in the comment: one line; the trace is in the logs, under the run's id."""
    if isinstance(fault, Unavailable):
        explanation = f"{fault.what} did not answer, also after several tries."
        remedy = "When it is back, write `/devstack deploy`, or push again."
        return Failure(f"{fault.what} is not available", explanation, remedy, ours=True)
    return Failure(
        "Something went wrong on our side",
        "This is not your change's fault.",
        f"Write `/devstack deploy` to try again. The platform team finds the run in the logs as `{run_id}`.",
        ours=True,
    )


def waiting_for(what: str, seconds: float) -> str:
    """What a run that could not go on says."""
    return f"{what} does not answer. Trying again in {duration(seconds)}."


def fork_waits(author: str, sha: str) -> str:
    """What stands under a fork's pull request until somebody allows its commit."""
    return (
        f"This commit comes from a fork, so nothing of it is built or run yet. Somebody with write access can read the change "
        f"and then allow this very commit:\n\n{text.fenced(f'/devstack approve {sha}')}\n\nA push needs a new approval."
    )


def no_access(author: str) -> str:
    """A polite refusal."""
    return (
        f"Sorry, {text.escaped(author)}: commands are for people with write access to this repository. "
        "Somebody who has it can write the same line."
    )


def refusal(said: Refusal) -> str:
    """Why a line is no command, what was probably meant, how it is written."""
    parts = [said.problem, said.hint, f"Usage: {text.code(said.usage)}" if said.usage else "See `/devstack help`."]
    return " ".join(part for part in parts if part)


def help_answer() -> str:
    """The table of commands."""
    rows = [f"| {text.code(each.usage)} | {each.summary} |" for each in USAGES]
    return "\n".join(["", "| write | and it will |", "| --- | --- |", *rows, ""])


def status_answer(stack: Stack) -> str:
    """Where a stack stands, in a few sentences."""
    spec, status = stack.spec, stack.status
    parts = [f"{WORDS[status.phase]}: `{spec.label}` at `{(status.deployed_sha or spec.sha)[:7]}`."]
    if status.services:
        parts.append("Services: " + ", ".join(f"`{each.name}` ({each.state})" for each in status.services) + ".")
    if status.run is not None:
        parts.append(f"A run is under way (`{status.run.id}`).")
    if spec.expires_at is not None and status.phase not in (Phase.EXPIRED, Phase.DESTROYED, Phase.IDLE):
        parts.append(f"It lives until {moment(spec.expires_at)}.")
    if status.message:
        parts.append(status.message)
    return " ".join(parts)


def logs_answer(service: str, log: str) -> str:
    """The end of a service's log, folded."""
    if not log.strip():
        return f"`{service}` has written nothing yet."
    return f"\n<details><summary>The last lines of {service}</summary>\n\n{text.fenced(text.tail(log, 8_000))}\n\n</details>\n"


def spelled(command: Command) -> str:
    """A command as somebody would type it."""
    words = ["/devstack", command.kind]
    match command:
        case Deploy():
            words += command.services
            words += ["--label", command.label] if command.label else []
            words += ["--ttl", f"{command.ttl}s"] if command.ttl else []
            words += ["--sha", command.sha] if command.sha else []
        case Logs():
            words.append(command.service)
        case Extend():
            words.append(duration(command.seconds).replace(" ", ""))
        case Approve():
            words.append(command.sha[:12])
        case _:
            pass
    return " ".join(words)


def problems(found: Iterable[object]) -> str:
    """Problems of a config as a list, each with its place and what was probably meant."""
    lines = []
    for each in list(found)[:20]:
        path, line = getattr(each, "path", ""), getattr(each, "line", 0)
        place = f"{getattr(each, 'source', '')}:{line}" if line else getattr(each, "source", "")
        hint = getattr(each, "suggestion", "")
        where = f" {text.code(path)}" if path else ""
        lines.append(
            f"- {text.code(place)}{where}: {getattr(each, 'message', each)}"
            + (f". {hint[0].upper()}{hint[1:]}" if hint else "")
        )
    return "\n".join(lines)


def minimal_config() -> str:
    """A `.devstack.yaml` to begin with."""
    return text.fenced(
        "services:\n  web:\n    build: {context: ., dockerfile: Dockerfile}\n    hosts: [example.com]\n    port: 8080",
        "yaml",
    )
