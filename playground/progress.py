"""Steps as a person sees them: one line each, with the time it took."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

HEARTBEAT_SECONDS = 30.0


class Progress:
    """Prints steps. Steps may run side by side in threads: each line stands alone."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, text: str, *, slow: str = "") -> Iterator[None]:
        """One step. `slow` tells how long it may take; the step then announces itself and says that it still runs."""
        started = time.monotonic()
        done = threading.Event()
        if slow:
            self.console.print(f"  [cyan]…[/] {escape(text)} [dim]({escape(slow)})[/]")
            threading.Thread(target=self._heartbeat, args=(text, started, done), daemon=True).start()
        try:
            yield
        except BaseException:
            self._finish("[red]✗[/]", text, started)
            raise
        else:
            self._finish("[green]✓[/]", text, started)
        finally:
            done.set()

    def note(self, text: str) -> None:
        """A line that is no step."""
        self.console.print(f"    {escape(text)}")

    def _finish(self, mark: str, text: str, started: float) -> None:
        self.console.print(f"  {mark} {escape(text)} [dim]{time.monotonic() - started:.1f} s[/]")

    def _heartbeat(self, text: str, started: float, done: threading.Event) -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            self.console.print(f"  [cyan]…[/] [dim]{escape(text)}: {time.monotonic() - started:.0f} s so far[/]")


def silent() -> Progress:
    """Progress that prints nothing."""
    return Progress(Console(quiet=True))
