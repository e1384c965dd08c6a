"""Runs the checks side by side, each within its time: a server that is silent costs its own check and no other."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cli.checks.finding import Finding, bad, skipped
from cli.checks.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is what it is about; `look` gives what it finds, and may raise faults, which are findings too."""

    name: str
    about: str  # what it proves, in a few words
    look: Callable[[Subject], Iterable[Finding]]
    seconds: float = 20.0  # how long it may take
    remedy: str = ""  # where it cannot be carried out at all
    in_cluster: bool = False  # it asks the cluster, so there is nothing to say while that does not answer


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found, and how long that took."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float


def results(checks: Sequence[Check], subject: Subject) -> Iterator[Result]:
    """The results in the checks' order, each as soon as it and those before it are there."""
    answers = [_begun(check, subject) for check in checks]
    started = time.monotonic()
    for check, answer in zip(checks, answers, strict=True):
        try:
            yield answer.get(timeout=max(0.0, started + check.seconds - time.monotonic()))
        except queue.Empty:
            said = f"no answer within {check.seconds:g} s"
            yield Result(check, (bad(said, check.remedy),), check.seconds)


def _begun(check: Check, subject: Subject) -> "queue.SimpleQueue[Result]":
    answer: queue.SimpleQueue[Result] = queue.SimpleQueue()
    # Nobody waits for a thread that is late: it ends with the process.
    threading.Thread(target=lambda: answer.put(_looked(check, subject)), daemon=True, name=check.name).start()
    return answer


def _looked(check: Check, subject: Subject) -> Result:
    started = time.monotonic()
    findings: list[Finding] = []
    if check.in_cluster and not _answers(subject):
        return Result(check, (skipped("the cluster does not answer"),), time.monotonic() - started)
    try:
        findings.extend(check.look(subject))
    except Exception as error:  # noqa: BLE001  # whatever stops a check is what it has to say
        said = str(error).strip().splitlines()
        findings.append(bad(said[0] if said else type(error).__name__, check.remedy))
    return Result(check, tuple(findings), time.monotonic() - started)


def _answers(subject: Subject) -> bool:
    try:
        return bool(subject.cluster_version)
    except Exception:  # noqa: BLE001  # the check of the cluster tells it
        return False
