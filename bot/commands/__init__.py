"""The grammar: a comment's text → what was said to us, in order. `COMMANDS` lists every command."""

import difflib
import re

from bot.commands import approve, deploy, destroy, extend, help_, logs, status, trace
from bot.commands.arguments import Parser, Wrong
from bot.commands.words import shown, split, tidy
from model.commands import PREFIX, Help, Refusal, Said
from model.lines import visible
from model.usage import USAGES, Usage

COMMANDS: dict[str, Parser] = {
    "deploy": deploy.parse,
    "destroy": destroy.parse,
    "status": status.parse,
    "logs": logs.parse,
    "trace": trace.parse,
    "extend": extend.parse,
    "approve": approve.parse,
    "help": help_.parse,
}
# Words that people try, further from ours than a slip of the finger or nearer to the wrong one.
OTHER_WORDS = {
    "up": "deploy", "start": "deploy", "build": "deploy", "redeploy": "deploy", "retry": "deploy",
    "down": "destroy", "stop": "destroy", "delete": "destroy", "remove": "destroy", "undeploy": "destroy", "teardown": "destroy",
    "state": "status", "info": "status", "allow": "approve", "accept": "approve", "prolong": "extend", "usage": "help",
    "hops": "trace", "route": "trace", "routes": "trace", "chain": "trace",
}  # fmt: skip
HELP = frozenset({"-h", "--help"})
MOST = 10  # commands in one comment
LINE_SHOWN = 120  # characters of a wrong line that are quoted back

_TO_US = re.compile(rf" {{0,3}}{PREFIX}[:,.!?]?(?: (.*))?", re.IGNORECASE | re.ASCII)
_GLUED = re.compile(rf" {{0,3}}({PREFIX}[-_:.]?({'|'.join(COMMANDS)}))[.!?]?(?: (.*))?", re.IGNORECASE | re.ASCII)
_NEARLY = re.compile(rf" {{0,3}}(/[\w-]{{1,20}}) ({'|'.join(COMMANDS)})[.!?]?(?: (.*))?", re.IGNORECASE | re.ASCII)
_NEAR_ENOUGH = 0.85  # of 1: `/devstak`, `/dev-stack`, `/devstacks`; not `/stack`
_USAGE = {each.name: each.usage for each in USAGES}


def table() -> tuple[Usage, ...]:
    """The commands as people see them: name, how it is written, what it does."""
    return USAGES


def parse(text: str) -> tuple[Said, ...]:
    """Everything that a comment says to us; empty where it says nothing to us."""
    said: list[Said] = []
    for line in visible(text):
        heard = one(tidy(line)) if PREFIX[0] in line else None
        if heard is None:
            continue
        if len(said) == MOST:
            left_out = f"At most {MOST} commands are taken from one comment; the rest was left out."
            return (*said, Refusal(shown(line.strip(), LINE_SHOWN), left_out))
        said.append(heard)
    return tuple(said)


def one(line: str) -> Said | None:
    """What one line says; None where it does not speak to us."""
    to_us = _TO_US.fullmatch(line)
    if to_us:
        return _command(to_us.group(1) or "")
    glued = _GLUED.fullmatch(line)
    if glued:
        return _misspelt(line, *glued.groups())
    nearly = _NEARLY.fullmatch(line)
    if nearly and difflib.SequenceMatcher(None, nearly.group(1).lower(), PREFIX).ratio() >= _NEAR_ENOUGH:
        return _misspelt(line, *nearly.groups())
    return None


def _command(rest: str) -> Said:
    """The command after the prefix."""
    words = split(rest)
    if not words or not HELP.isdisjoint(word.lower() for word in words):
        return Help()
    line, name = shown(f"{PREFIX} {rest}", LINE_SHOWN), words[0].lower().rstrip(".,;:!?")
    parser = COMMANDS.get(name)
    if parser is None:
        near = [OTHER_WORDS[name]] if name in OTHER_WORDS else difflib.get_close_matches(name, COMMANDS, 1, 0.6)
        return Refusal(line, f"There is no command `{shown(name)}`.", _meant(near[0], *words[1:]) if near else "")
    try:
        return parser(words[1:])
    except Wrong as wrong:
        return Refusal(line, wrong.problem, wrong.hint, _USAGE[name])


def _misspelt(line: str, prefix: str, name: str, rest: str | None) -> Refusal:
    return Refusal(
        shown(line.strip(), LINE_SHOWN), f"There is no `{shown(prefix)}`.", _meant(name.lower(), *split(rest or ""))
    )


def _meant(name: str, *words: str) -> str:
    return f"Did you mean `{shown(' '.join([PREFIX, name, *words]), LINE_SHOWN)}`?"
