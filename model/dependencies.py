"""Changes that need one another, whatever code host they live on: references, the lines that name them, their order.

A change needs others as a graph says; what is needed comes before what needs it. Pure: who may ask for what, and what a
reference leads to, is found out in `workers.intake.together`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MOST = 20  # changes that one text or one command may name, and that one feature may be put together from
WORD_SHOWN = 60  # characters of a word that names nothing

_WRITTEN = re.compile(
    r"(?:(?:(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/)?(?P<name>[A-Za-z0-9._-]{1,100}))?#(?P<number>[1-9][0-9]{0,8})",
    re.ASCII,
)
_ADDRESS = re.compile(
    r"https?://[^/\s]+/(?P<path>[^/\s#]+/[^/\s#]+)/(?:-/)?(?:pull|pulls|merge_requests)/(?P<number>[0-9]+)"
)
_LINE = re.compile(r"^ {0,3}Depends-On:[ \t]*(?P<rest>\S[^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]+")


class NoReferenceError(ValueError):
    """A text that names no change; `meant` is what it probably stands for, empty where nobody can tell."""

    def __init__(self, text: str, meant: str = "") -> None:
        super().__init__(f"`{text}` names no pull request as in `owner/repo#12`")
        self.meant = meant


class CycleError(ValueError):
    """Changes that need each other in a circle; `path` begins and ends with the same one."""

    def __init__(self, path: "Sequence[Reference]") -> None:
        super().__init__(" → ".join(str(each) for each in path))
        self.path = tuple(path)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One change: `repository` as "owner/name", and its number there. Large and small letters are the same."""

    repository: str
    number: int

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, int]:
        return self.repository.lower(), self.number


Graph = Mapping[Reference, Sequence[Reference]]  # a change → those that it needs


@dataclass(frozen=True, slots=True)
class Named:
    """What a text depends on, and the words of it that name nothing."""

    references: tuple[Reference, ...] = ()
    unknown: tuple[str, ...] = ()


def parse(text: str, home: str = "") -> Reference:
    """`owner/repo#12`; `repo#12` and `#12` are of the same owner and repository as `home`. NoReferenceError for all else.

    Without a `home` only what is said in full names anything.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        address = _ADDRESS.match(text)
        raise NoReferenceError(text, f"{address['path']}#{int(address['number'])}" if address else "")
    owner, _, name = home.partition("/")
    repository = f"{found['owner'] or owner}/{found['name'] or name}"
    if repository.startswith("/") or repository.endswith(("/", "/.", "/..")):
        raise NoReferenceError(text)
    return Reference(repository, int(found["number"]))


def named_in(text: str, home: str) -> Named:
    """The lines `Depends-On: owner/repo#12` of a change's text: one or several in a line, in the order they stand there.
    What an HTML comment hides does not count."""
    references: dict[Reference, None] = {}
    unknown: dict[str, None] = {}
    for line in _LINE.finditer(_HIDDEN.sub("", text)):
        for word in filter(None, (each.strip("`") for each in _BETWEEN.split(line["rest"]))):
            try:
                references.setdefault(parse(word, home))
            except NoReferenceError:
                unknown.setdefault(word[:WORD_SHOWN])
    return Named(tuple(references)[:MOST], tuple(unknown)[:MOST])


def order(graph: Graph, start: Reference) -> tuple[Reference, ...]:
    """`start` and all that it needs, at first or at second hand; what is needed comes first, `start` last.

    Raises CycleError with the way round.
    """
    done: dict[Reference, None] = {}
    path: list[Reference] = [start]
    waiting = [list(reversed(graph.get(start, ())))]
    while path:
        if not waiting[-1]:
            waiting.pop()
            done.setdefault(path.pop())
            continue
        following = waiting[-1].pop()
        if following in path:
            raise CycleError([*path[path.index(following) :], following])
        if following not in done:
            path.append(following)
            waiting.append(list(reversed(graph.get(following, ()))))
    return tuple(done)


def reaches(graph: Graph, start: Reference, target: Reference) -> bool:
    """Whether `start` needs `target`, at first or at second hand; circles do no harm here."""
    seen: set[Reference] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        each = waiting.pop()
        if each == target:
            return True
        if each not in seen:
            seen.add(each)
            waiting += graph.get(each, ())
    return False


def gathered(
    start: Reference, needs: Callable[[Reference], Sequence[Reference]]
) -> dict[Reference, tuple[Reference, ...]]:
    """The graph of all that `start` needs, asked for one change at a time and each once; ends at `MOST` changes."""
    graph: dict[Reference, tuple[Reference, ...]] = {}
    waiting = [start]
    while waiting and len(graph) < MOST:
        each = waiting.pop(0)
        if each not in graph:
            graph[each] = tuple(dict.fromkeys(needs(each)))
            waiting += graph[each]
    return graph
