"""The comparison as people read it."""

import statistics
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from playground.bench.figures import Row, medians


def show(
    console: Console, rows: Sequence[Row], title: str = "From webhook to ready comment, beside the bare commands"
) -> None:
    """The table, then where the time went."""
    table = Table(title=f"{title} (seconds: median, min–max)")
    for name in ("", "devstack", "by hand", "pairs", "ratio", "aim", ""):
        table.add_column(name, justify="left" if not name else "right")
    for row in rows:
        table.add_row(
            row.title, seconds(row.ours), seconds(row.bare), str(len(row.ours)), ratio(row), aim(row), verdict(row)
        )
    console.print(table)
    for row in rows:
        if row.ours_spent:
            console.print(f"[bold]{row.key}[/] devstack: {parts(medians(row.ours_spent))}", highlight=False)
        if row.bare_spent:
            console.print(f"  by hand: {parts(medians(row.bare_spent))}", highlight=False)
        for fault in row.faults:
            console.print(f"  did not run: {fault.partition(chr(10))[0]}", style="red", markup=False)


def seconds(samples: Sequence[float]) -> str:
    """Median and extremes."""
    return f"{statistics.median(samples):.2f} ({min(samples):.2f}–{max(samples):.2f})" if samples else "–"


def ratio(row: Row) -> str:
    """Ours to bare, the median of the pairs."""
    return f"{row.ratio:.2f} ×" if row.ratio is not None else "–"


def aim(row: Row) -> str:
    """What it is held against."""
    return f"≤ {row.aim:g} s" if row.absolute else f"≤ {row.aim:g} ×"


def verdict(row: Row) -> str:
    """Met or missed."""
    return {True: "[green]met[/]", False: "[red]missed[/]", None: "–"}[row.held]


def parts(spent: Mapping[str, float]) -> str:
    """Each part with its median."""
    return " · ".join(f"{name} {value:.2f}" for name, value in spent.items()) or "–"
