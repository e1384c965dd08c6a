"""What a run tells: a line of JSON for each resource, and at the end a message that the kubelet keeps with the Pod."""

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from hooks.contract import Problem, Unreachable
from hooks.results import LEFT, Result, Stopped

MESSAGE_BYTES = 4096  # of one container's termination message; the kubelet cuts the rest off
PLACE = Path("/dev/termination-log")
PLACE_VARIABLE = "DEVSTACK_TERMINATION_LOG"
SENTENCE_MOST, LOG_MOST = 400, 1200  # characters in the message; the log lines have all


class Report:
    """Safe for threads. Everything is masked here, but for names, kinds and states."""

    def __init__(self, phase: str, mask: Callable[[str], str] = str, out: TextIO | None = None) -> None:
        self.phase = phase
        self._mask = mask
        self._out = out or sys.stdout
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self.results: list[Result] = []
        self.faults: list[tuple[str, str]] = []

    def add(self, result: Result) -> Result:
        """How it went with one resource."""
        with self._lock:
            self.results.append(result)
        self.line(**asdict(result))
        return result

    def fault(self, sentence: str, remedy: str = "") -> None:
        """Something that concerns the run as a whole."""
        with self._lock:
            self.faults.append((sentence, remedy))
        self.line(problem=sentence, remedy=remedy)

    def unforeseen(self, error: BaseException) -> None:
        """Where something was raised that nobody expects: for those who mend it."""
        if not isinstance(error, Problem | Unreachable | Stopped):
            self.line(event="unforeseen", traceback="".join(traceback.format_exception(error)))

    def line(self, **told: Any) -> None:
        """One line of the log."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"at": at, "phase": self.phase, **self._shown(told)}, ensure_ascii=False)
        with self._lock:
            self._out.write(text + "\n")
            self._out.flush()

    def message(self, code: int) -> str:
        """The end of the run as JSON of at most 4096 bytes: problems first, then the rest while there is room."""
        with self._lock:
            results, faults = list(self.results), list(self.faults)
        faulty = [{"problem": sentence, "remedy": remedy} for sentence, remedy in faults]
        wrong = [asdict(result) for result in results if result.bad or result.state == LEFT]
        well = [asdict(result) for result in results if not result.bad and result.state != LEFT]
        problems, rest = ([_shortened(self._shown(each)) for each in told] for told in (faulty + wrong, well))
        return _fitting(
            {"phase": self.phase, "code": code, "seconds": round(time.monotonic() - self._began, 1)}, problems, rest
        )

    def finish(self, code: int, env: Mapping[str, str]) -> None:
        """Leave the message for the kubelet; outside of a Pod there is no place for it."""
        message = self.message(code)
        given = env.get(PLACE_VARIABLE)
        place = Path(given) if given else PLACE
        self.line(code=code, event="end", seconds=round(time.monotonic() - self._began, 1))
        if given or place.exists():
            try:
                place.write_text(message)
            except OSError as error:
                self.line(event="no termination message", problem=str(error))

    def _shown(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Without what is empty, and without secrets."""
        plain = {"kind", "name", "state"}
        return {
            key: self._mask(value) if isinstance(value, str) and key not in plain else value
            for key, value in told.items()
            if value or key == "code"
        }


def _shortened(told: dict[str, Any]) -> dict[str, Any]:
    cut: dict[str, Any] = {key: _cut(told[key]) for key in ("problem", "remedy", "warning") if key in told}
    return {**told, **cut, **({"log": told["log"][-LOG_MOST:]} if "log" in told else {})}


def _cut(text: str) -> str:
    return text if len(text) <= SENTENCE_MOST else f"{text[: SENTENCE_MOST - 1]}…"


def _fitting(head: dict[str, Any], problems: list[dict[str, Any]], rest: list[dict[str, Any]]) -> str:
    """Made smaller until it fits: without logs, without the resources that are well, with fewer problems."""
    bare = [{key: value for key, value in each.items() if key != "log"} for each in problems]
    for wrong, well in ((problems, rest), (problems, []), (bare, rest), (bare, [])):
        text = _text(head, wrong, well, len(rest) - len(well))
        if len(text.encode()) <= MESSAGE_BYTES:
            return text
    for count in range(len(bare), 0, -1):
        text = _text(head, bare[:count], [], len(rest) + len(bare) - count)
        if len(text.encode()) <= MESSAGE_BYTES:
            return text
    return _text(head, [], [], len(rest) + len(bare))


def _text(head: Mapping[str, Any], wrong: Iterable[Any], well: Iterable[Any], more: int) -> str:
    whole = {**head, "problems": list(wrong), "resources": list(well)}
    return json.dumps({**whole, "more": more} if more else whole, ensure_ascii=False)
