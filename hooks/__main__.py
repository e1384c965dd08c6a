"""The hook's Pod: `python -m hooks ensure | remove | check`.

Ends with 0 where all is well, 1 where some resource has a problem, 2 where the task is malformed, 3 where a server did
not answer.
"""

import gc
import sys

if __name__ == "__main__":  # imports are most of a run: none of what they make is ever free again
    gc.set_threshold(50_000, 20, 20)
    sys.setswitchinterval(0.001)  # who has an answer need not wait long for who imports

import argparse
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence

from hooks import kube, receipts, results, task
from hooks.contract import Problem, Receipt, Unreachable
from hooks.masking import of_environment
from hooks.report import Report
from hooks.run import Run, begun
from hooks.world import World
from model.secrets import Masker

STOP_SECONDS = 4.5  # after SIGTERM the process is gone, whatever it was doing


def main(argv: Sequence[str] | None = None, env: Mapping[str, str] | None = None) -> int:
    """Run one phase; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m hooks", description="Makes what a feature stack needs, or removes it."
    )
    parser.add_argument("phase", choices=("ensure", "remove", "check"))
    phase: str = parser.parse_args(argv).phase
    env = os.environ if env is None else env
    report = Report(phase, Masker(of_environment(env)).mask)
    try:
        asked = task.parse(env)
        given = _given(env) if phase == "remove" else None
    except task.TaskError as error:
        return _malformed(report, error, env)
    settings = {"image": asked.image, "imagePullSecrets": asked.image_pull_secrets}
    deadline = time.monotonic() + asked.deadline_seconds
    world = World(env, kube.in_cluster(env), deadline=deadline, settings=settings)
    report = Report(phase, world.masker.mask)
    _end_on_signal(world, report, env)
    return work(begun(asked, world, report), given)


def work(run: Run, given: Sequence[Receipt] | None = None) -> int:
    """The phase of the run's report, from its start to its message. `given`: see `remove`."""
    report, env = run.report, run.world.env
    try:
        if report.phase == "remove":
            from hooks.remove import remove

            code = remove(run, given)
        else:
            from hooks import ensure

            code = ensure.ensure(run) if report.phase == "ensure" else ensure.check(run)
    except task.TaskError as error:
        return _malformed(report, error, env)
    except Unreachable as error:
        report.fault(str(error))
        code = results.UNANSWERED
    except Problem as problem:
        report.fault(problem.sentence, problem.remedy)
        code = results.FAILED
    except Exception as error:  # noqa: BLE001  (whatever it is: it must be told before the Pod ends)
        report.fault(f"something unforeseen happened: {type(error).__name__}: {error}")
        report.unforeseen(error)
        code = results.FAILED
    report.finish(code, env)
    return code


def _given(env: Mapping[str, str]) -> list[Receipt] | None:
    written = env.get(task.RECEIPTS)
    if not written:
        return None
    try:
        return receipts.read_all(written)
    except ValueError as error:
        raise task.TaskError(f"{task.RECEIPTS}: {error}") from error


def _malformed(report: Report, error: task.TaskError, env: Mapping[str, str]) -> int:
    for sentence in error.sentences:
        report.fault(sentence)
    report.finish(results.MALFORMED, env)
    return results.MALFORMED


def _end_on_signal(world: World, report: Report, env: Mapping[str, str]) -> None:
    def at_the_latest() -> None:
        report.finish(results.FAILED, env)
        os._exit(results.FAILED)

    def told(*_: object) -> None:
        world.stop.set()
        timer = threading.Timer(STOP_SECONDS, at_the_latest)
        timer.daemon = True
        timer.start()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)


if __name__ == "__main__":
    ended = main()
    sys.stdout.flush()
    # Not by `sys.exit`: a client that hangs in a thread of its own would be waited for.
    os._exit(ended)
