"""Tells the pull request how a run goes, without making the run wait: progress is written beside it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from model.stack import Phase
from workers.pipeline.steps import Step
from workers.report.view import CommentView, Stage

log = structlog.get_logger(__name__)

PROGRESS_SECONDS = 2.0  # at most one progress edit in this time: the write budget is shared by all pull requests


class Narrator:
    """Holds the view of one run and hands it to `publish(view, step)`, in a thread of its own."""

    def __init__(self, view: CommentView, stages: tuple[str, ...], publish: Callable[[CommentView, str], None]) -> None:
        self.view = view
        self._publish = publish
        self._step = ""
        self._stages = {name: Stage(name, "waiting") for name in dict.fromkeys(stages)}
        self._started: dict[str, float] = {}
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="narrator", daemon=True)
        self._thread.start()

    def enter(self, step: Step) -> None:
        """A step begins; the stages before it are done."""
        now = time.monotonic()
        if step.stage not in self._started:
            self._close_open_stages("done", now)
            self._started[step.stage] = now
            self._stages[step.stage] = Stage(step.stage, "running")
        self._step = step.name
        self.update(phase=step.phase)

    def note(self, stage: str, note: str) -> None:
        """Add a remark to a stage."""
        self._stages[stage] = replace(self._stages[stage], note=note)
        self.update()

    def update(self, **changes: object) -> None:
        """Change the view; it is written soon."""
        self.view = replace(self.view, stages=tuple(self._stages.values()), **changes)  # type: ignore[arg-type]  # names are CommentView's
        self._changed.set()

    def end(self, phase: Phase, *, ok: bool, **changes: object) -> CommentView:
        """The run is over and no more progress is told: the view that remains."""
        self._close_open_stages("done" if ok else "failed", time.monotonic())
        self.abandon()
        self.update(phase=phase, **changes)
        return self.view

    def abandon(self) -> None:
        """Tell no more progress. Nothing where that was said before."""
        self._ended.set()
        self._changed.set()
        self._thread.join()

    def _close_open_stages(self, state: str, now: float) -> None:
        for name, stage in self._stages.items():
            if stage.state == "running":
                self._stages[name] = replace(stage, state=state, seconds=now - self._started[name])

    def _tell(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._ended.is_set():
                return
            try:
                self._publish(self.view, self._step)
            except Exception:
                # Progress is a courtesy: the run goes on, and its end is recorded in any case.
                log.warning("progress not written", exc_info=True)
            if self._ended.wait(PROGRESS_SECONDS):
                return
