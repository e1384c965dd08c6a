"""What a run takes over from the Stack while others change it."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from model.stack import Phase, Spec, Stack, Status
from workers.pipeline.run import Run

OLD = Stack("s", Spec("acme/shop", 1, "a" * 40, "f1"), Status(), generation=3)
NEW = replace(OLD, spec=replace(OLD.spec, sha="b" * 40), generation=4)


def test_a_push_during_a_run_changes_neither_its_commit_nor_what_it_may_call_served() -> None:
    stacks = SimpleNamespace(patch_status=lambda _, change: replace(NEW, status=change(NEW.status)))
    anything = cast("Any", None)
    run = Run(cast("Any", SimpleNamespace(stacks=stacks)), OLD, "r", anything, anything, Path())
    run.record(lambda status: replace(status, phase=Phase.BUILDING))
    assert (run.stack.spec, run.stack.generation) == (OLD.spec, 3)
    assert run.stack.status.phase is Phase.BUILDING
