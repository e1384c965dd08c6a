"""The proof as a matrix: a row for each host, a column for each kind of request."""

from collections.abc import Iterable
from dataclasses import dataclass

from workers.report import markdown
from workers.report.view import Probe

COLUMNS = {
    "plain": "no header",
    "header": "",  # the header's name
    "baggage": "`baggage`",
    "preview": "preview host",
    "unknown": "unknown label",
    "another": "another feature",
}


UNASKED = "❔ not asked"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Titles of the columns after the first, and rows: the host and a cell for each column. `unasked`: the hosts that nothing
    is proven of, each with the reason."""

    titles: tuple[markdown.Safe, ...]
    rows: tuple[tuple[str, tuple[markdown.Safe, ...]], ...]
    unasked: tuple[tuple[str, str], ...] = ()


def of(probes: Iterable[Probe], header: str) -> Matrix:
    """The matrix of those probes that have a place in it; only columns that are asked somewhere."""
    placed = [each for each in probes if each.case in COLUMNS and each.about]
    cases = [case for case in COLUMNS if any(each.case == case for each in placed)]
    found = {(each.about, each.case): each for each in placed}
    titles = tuple(markdown.Safe(COLUMNS[case]) or markdown.cell(header) for case in cases)
    hosts = dict.fromkeys(each.about for each in placed)
    unasked = dict.fromkeys((each.about, each.got) for each in placed if not each.asked)
    rows = tuple((host, tuple(_cell(found.get((host, case))) for case in cases)) for host in hosts)
    return Matrix(titles, rows, tuple(unasked))


def _cell(probe: Probe | None) -> markdown.Safe:
    if probe is None:
        return markdown.Safe("–")
    if not probe.asked:
        return markdown.Safe(UNASKED)
    if probe.ok:
        return markdown.Safe(f"✅ {markdown.prose_cell(probe.got)}")
    return markdown.Safe(f"❌ {markdown.prose_cell(probe.got)} instead of {markdown.prose_cell(probe.expected)}")


def beside(probes: Iterable[Probe]) -> list[Probe]:
    """Those that have no place in the matrix."""
    return [each for each in probes if each.case not in COLUMNS or not each.about]
