"""What a command is answered. Each is a short piece of Markdown; the comment makes strangers' words in it harmless."""

import shlex
from typing import assert_never

from model.commands import PREFIX, Approve, Command, Deploy, Destroy, Extend, Help, Logs, Refusal, Status, Trace
from model.duration import UNITS
from model.stack import Phase, Stack
from model.usage import USAGES
from workers.report import markdown, words
from workers.report.cut import tail

LOG_MOST = 12_000  # characters of pods' logs in one answer
STATUS_SERVICES_MOST = 12

PHASES = {
    Phase.IDLE: "not deployed",
    Phase.QUEUED: "queued",
    Phase.BUILDING: "being built",
    Phase.DEPLOYING: "being deployed",
    Phase.VERIFYING: "being verified",
    Phase.READY: "live",
    Phase.FAILED: "failed",
    Phase.WAITING: "waiting for an approval",
    Phase.REMOVING: "being removed",
    Phase.EXPIRED: "expired and removed",
    Phase.DESTROYED: "removed",
}


def spelled(command: Command) -> str:
    """A command as a person would write it."""
    return " ".join([PREFIX, command.kind, *(shlex.quote(word) for word in _words(command))])


def _words(command: Command) -> list[str]:
    match command:
        case Deploy():
            options = {
                "--label": command.label,
                "--ttl": _compact(command.ttl) if command.ttl else None,
                "--sha": command.sha,
            }
            words = [word for name, value in options.items() if value for word in (name, value)]
            return [*command.services, *words, *(word for each in command.beside for word in ("--with", each))]
        case Logs():
            return [
                command.service,
                *(["--lines", str(command.lines)] if command.lines != Logs(command.service).lines else []),
            ]
        case Trace():
            return [command.path]
        case Extend():
            return [_compact(command.seconds)]
        case Approve():
            return [command.sha]
        case Destroy() | Status() | Help():
            return []
        case _:
            assert_never(command)


def _compact(seconds: int) -> str:
    out = ""
    for letter, unit in UNITS.items():
        count, seconds = divmod(seconds, unit)
        out += f"{count}{letter}" if count else ""
    return out or "0s"


def help_answer() -> str:
    """The table of commands."""
    rows = [f"| `{each.usage}` | {each.summary} |" for each in USAGES]
    return "\n".join(
        [
            "| Command | What it does |",
            "| :-- | :-- |",
            *rows,
            "",
            "One a line, several in a comment; for people with write access.",
        ]
    )


def refusal(said: Refusal) -> str:
    """What was wrong with a line, what was probably meant, how it is written."""
    parts = [
        said.problem,
        said.hint,
        f"Usage: {markdown.code(said.usage)}" if said.usage else f"`{PREFIX} help` lists the commands.",
    ]
    return " ".join(part if part.endswith((".", "?", "`", "!")) else f"{part}." for part in parts if part)


def status_answer(stack: Stack) -> str:
    """How a stack stands, in one paragraph and a line a service."""
    spec, status = stack.spec, stack.status
    said = [f"{markdown.code(spec.label)} is {PHASES[status.phase]} at {markdown.code(words.short(spec.sha))}."]
    if status.deployed_sha and status.deployed_sha != spec.sha:
        said.append(f"{markdown.code(words.short(status.deployed_sha))} is what runs.")
    if status.message:
        said.append(status.message)
    if spec.expires_at and status.phase not in (Phase.IDLE, Phase.EXPIRED, Phase.DESTROYED, Phase.REMOVING):
        said.append(f"It lives until {words.moment(spec.expires_at)}.")
    lines = [
        f"- {markdown.code(service.name)} {service.state}, {markdown.code(words.image(service.image))}"
        for service in status.services[:STATUS_SERVICES_MOST]
    ]
    if len(status.services) > STATUS_SERVICES_MOST:
        lines.append(f"- and {len(status.services) - STATUS_SERVICES_MOST} more")
    return "\n".join([" ".join(said), "", *lines]) if lines else " ".join(said)


def logs_answer(service: str, text: str) -> str:
    """The last lines of a service's pods."""
    text = markdown.clean(text).strip("\n")
    if not text.strip():
        return f"{markdown.code(service)} has logged nothing."
    return f"The last lines of {markdown.code(service)}:\n\n{markdown.fence(tail(text, LOG_MOST), 'text')}"


def no_access(author: str) -> str:
    """A polite refusal for people who may not command."""
    return (
        f"Thank you, {markdown.code(author)}. Commands are for people with write access to this repository, so nothing "
        "was done. Somebody who has it can write the same line."
    )


def fork_waits(author: str, sha: str) -> str:
    """Why a fork's commit does not run, who can allow it, and how."""
    who = f" by {markdown.code(author)}" if author else ""
    return (
        f"This pull request comes from a fork{who}, so nothing of it is built or run before someone with write access "
        f"has read this commit and allows it:\n\n{markdown.fence(f'{PREFIX} approve {sha}')}\n\n"
        "This holds for that commit alone; a push needs a new approval."
    )


def superseded(old: str, new: str) -> str:
    """A run that a newer commit has ended."""
    newer, older = markdown.code(words.short(new)), markdown.code(words.short(old))
    return f"{newer} came while {older} was being deployed, and took its place."


def not_done(delivery: str) -> str:
    """A command that failed for a reason that is nobody's here to mend."""
    return (
        "This was not done, for a reason on our side. Write it once more; if it stays so, give those who run the bot the "
        f"delivery's id, {markdown.code(delivery)}."
    )
