"""The grammar: a comment's text → what was said to us, in order. `COMMANDS` lists every command."""

import difflib

from bot.commands import approve, deploy, destroy, extend, help_, logs, status
from bot.commands.arguments import Parser
from bot.commands.lines import commanding
from model.commands import Help, Refusal, Said

COMMANDS: dict[str, Parser] = {
    "deploy": deploy.parse,
    "destroy": destroy.parse,
    "status": status.parse,
    "logs": logs.parse,
    "extend": extend.parse,
    "approve": approve.parse,
    "help": help_.parse,
}
MOST = 10  # commands in one comment
LINE_SHOWN = 120  # characters of a wrong line that are quoted back


def parse(text: str) -> tuple[Said, ...]:
    """Everything that a comment says to us; empty where it says nothing to us."""
    lines = commanding(text)
    said = tuple(one(line) for line in lines[:MOST])
    if len(lines) > MOST:
        too_many = Refusal(
            lines[MOST][:LINE_SHOWN], f"At most {MOST} commands are taken from one comment; the rest was left out."
        )
        return (*said, too_many)
    return said


def one(line: str) -> Said:
    """What one line says; the prefix is gone already."""
    words = line.split()
    if not words:
        return Help()
    name = words[0].lower().rstrip(".,;:!?")
    parser = COMMANDS.get(name)
    if parser is not None:
        return parser(words[1:], f"/devstack {line}"[:LINE_SHOWN])
    near = difflib.get_close_matches(name, COMMANDS, 1, 0.6)
    hint = f"Did you mean `/devstack {' '.join([near[0], *words[1:]])[:LINE_SHOWN]}`?" if near else ""
    shown = name[:40].replace("`", "'")
    return Refusal(f"/devstack {line}"[:LINE_SHOWN], f"There is no command `{shown}`.", hint)
