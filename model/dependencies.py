"""Changes that need one another, whatever code host they live on: references, the lines that name them, their order.

A change needs others as a graph says; what is needed comes before what needs it. Pure: who may ask for what, and what a
reference leads to, is found out in `workers.intake.together`.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model import lines

MOST = 20  # changes that one text or one command may name, and that come along with the one that asks
LINE_MOST = 5_000  # characters of a line that is read: room for more than `MOST` of the longest names
WORD_SHOWN = 60  # characters of a word that names nothing

_WRITTEN = re.compile(
    r"(?:(?:(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/)?(?P<name>[A-Za-z0-9._-]{1,100}))?#(?P<number>[1-9][0-9]{0,8})",
    re.ASCII,
)
_ADDRESS = re.compile(
    r"https?://[^/\s]+/(?P<path>[^/\s#]+/[^/\s#]+)/(?:-/)?(?:pull|pulls|merge_requests)/(?P<number>[1-9][0-9]{0,8})(?![0-9])"
)
# These are tried on texts of strangers, 65,536 characters of anything: each must take one pass, with nothing to try again.
_KEY = re.compile("Depends-On:", re.IGNORECASE | re.ASCII)
_LINE = re.compile(r" {0,3}Depends-On:(?P<rest>.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]+")
_NO_PART_OF_A_NAME = re.compile(r"[^A-Za-z0-9._/#-]+")
_DIGITS = re.compile(r"[0-9]+")


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
    """What a text depends on, and the words of it that name nothing. `cut`: it goes on, and that is not read."""

    references: tuple[Reference, ...] = ()
    unknown: tuple[str, ...] = ()
    cut: bool = False


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
    Code and what an HTML comment hides do not count."""
    return _named(lines.visible(text), home)


def written(before: str, now: str, home: str) -> tuple[Reference, ...]:
    """What an edit from one text to another has itself written the change to depend on.

    What the old text named, whoever wrote it there, is not the editor's: neither behind the `MOST` that count, nor where a
    comment or a fence hid it until now, nor in a line that was written anew around it.
    """
    old = set(lines.raw(before))
    added = (shown for line, shown in lines.paired(now) if line not in old)
    stood = set(_mentioned(line for line in (*old, *lines.visible(before)) if _KEY.search(line)))
    return tuple(each for each in _named(added, home).references if stood.isdisjoint(_spellings(each, home)))


def _named(shown: Iterable[str], home: str) -> Named:
    references: dict[Reference, None] = {}
    unknown: dict[str, None] = {}
    cut = False
    for line in shown:
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        if len(line) > LINE_MOST:  # not read in part: the last name might lose its last digits
            cut = True
            continue
        for word in dict.fromkeys(filter(None, (each.strip("`") for each in _BETWEEN.split(found["rest"])))):
            try:
                references.setdefault(parse(word, home))
            except NoReferenceError:
                unknown.setdefault(word[:WORD_SHOWN])
            if max(len(references), len(unknown)) > MOST:
                return Named(tuple(references)[:MOST], tuple(unknown)[:MOST], cut=True)
    return Named(tuple(references), tuple(unknown), cut)


def _mentioned(found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Whatever in these lines looks like the name of a change, in any punctuation: the part before `#`, and the number."""
    for word in set(_NO_PART_OF_A_NAME.split("\n".join(found))):
        for place, rest in itertools.pairwise(word.split("#")):
            number = _DIGITS.match(rest)
            if number:
                yield _plain(place), number[0]


def _spellings(each: Reference, home: str) -> set[tuple[str, str]]:
    """The ways to write a change in a text of `home`, as `_mentioned` gives them."""
    owner, _, name = each.repository.lower().partition("/")
    places = [f"{owner}/{name}"]
    if owner == home.lower().partition("/")[0]:
        places.append(name)
    if each.repository.lower() == home.lower():
        places.append("")
    return {(_plain(place), str(each.number)) for place in places}


def _plain(place: str) -> str:
    """Without what may be the end of `<!--` as well as the beginning of a name."""
    return place.lower().lstrip("-.")


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
    """The graph of all that `start` needs, asked for one change at a time and each once. It has `start` and `MOST` others
    at most, the nearest; what is beyond them is in it nowhere."""
    graph: dict[Reference, tuple[Reference, ...]] = {}
    members = {start: None}
    while len(graph) < len(members):
        each = next(itertools.islice(members, len(graph), None))
        wanted = tuple(dict.fromkeys(needs(each)))
        members |= dict.fromkeys([other for other in wanted if other not in members][: MOST + 1 - len(members)])
        graph[each] = tuple(other for other in wanted if other in members)
    return graph
