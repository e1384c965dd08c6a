"""Twenty stacks come and go while people use the base and a feature that nobody touches: not one request is lost."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from model import names
from model.routing.routes import ANSWER_HEADER
from playground.demo.stage import Stage
from playground.places import places
from playground.progress import silent
from playground.toolset import build
from tests.cluster.story.people import Repository, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

STACKS, AT_ONCE = 20, 4
RATE = 120  # requests a second: to the base, to the feature that stays, and with the labels of those that come and go
SECONDS_MAX = 300  # the load ends then, whatever has become of the test
HEADER = "uber-ctx-key"
UNRELATED = "userId=alice,isProduction=false"
BASE, KEPT, COMES = "the base", "the feature that stays", "a feature that comes and goes"


def test_no_request_is_lost_while_stacks_come_and_go(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    repo = Repository(stage, "churn", deploy="command")
    described = config(repo.host, deploy="command") + b"base: {deploy: true, namespace: churn}\n"
    repo.push("main", devstack=described, app=app(BASE))
    stage.wait("the base to answer", lambda: repo.answer(repo.host) == BASE)
    kept = deployed(repo, "kept", KEPT)
    stage.wait_ready(repo.name, kept)
    began = time.monotonic()
    with load(stage, targets(stage, repo, kept)) as told:
        seen = come_and_go(stage, repo)
    spent = time.monotonic() - began

    cells = {each["name"]: each for each in told["cells"]}
    said = f"{STACKS} stacks came and went in {spent:.0f} s: " + ", ".join(
        f"{each['asked']} requests to {name}, {each['faults']} lost, p99 {each['p99']:.0f} ms"
        for name, each in cells.items()
    )
    record_property("churn", said)
    with capsys.disabled():
        sys.stdout.write(f"\n{said}\n")
    assert seen == STACKS, "each of them answered while it was there"
    assert told["kinds"] == {}, told["first"]
    for name in ("base", "kept", "comes"):
        assert cells[name]["asked"] > spent * RATE / 3 * 0.9, "the load never paused"
        assert cells[name]["again"] == 0, "no connection was closed on a request"

    repo.close(kept)
    repo.wait_gone(kept)


def come_and_go(stage: Stage, repo: Repository) -> int:
    """Some at once, until all were there and are gone; how many answered with their own mark."""
    waiting = list(range(STACKS))
    live: dict[int, str] = {}  # until they are closed
    closed: set[int] = set()
    seen = 0

    def step() -> bool:
        nonlocal seen
        while waiting and len(live) + len(closed) < AT_ONCE:
            branch = f"comes-{waiting.pop(0)}"
            live[deployed(repo, branch, COMES)] = branch
        for number, label in list(live.items()):
            if repo.phase(number) == "Ready":
                answer = stage.request(repo.host, headers={HEADER: label})
                seen += (answer.text, mark(answer.headers)) == (COMES, names.stack(repo.name, number))
                repo.close(number)
                closed.add(number)
                del live[number]
        closed.difference_update([number for number in closed if repo.stack(number) is None])
        return not (waiting or live or closed)

    stage.wait("the stacks to come and go", step, seconds=SECONDS_MAX - 30, told=lambda: stage.kubectl("get", "stacks"))
    return seen


def deployed(repo: Repository, label: str, version: str) -> int:
    """A pull request of that label, on its way; the same version is the same image."""
    repo.push(label, app=app(version))
    number = repo.pull(label)
    repo.say(number, f"/devstack deploy --label {label}")
    return number


def mark(headers: Any) -> str:
    """The stack that an answer says it is of."""
    return str(headers.get(ANSWER_HEADER, "")).partition("@")[0]


def targets(stage: Stage, repo: Repository, kept: int) -> list[dict[str, Any]]:
    """The base, plain and with baggage that is none of ours; the feature by header, by baggage and by its own host; and the
    base's host with each label that comes and goes: one or the other answers, but somebody does."""
    base = {"name": "base", "host": repo.host, "says": BASE, "expect": {ANSWER_HEADER: ""}}
    feature = {
        "name": "kept",
        "host": repo.host,
        "says": KEPT,
        "expect": {ANSWER_HEADER: f"{names.stack(repo.name, kept)}@"},
    }
    found: list[dict[str, Any]] = [
        {**base, "headers": {}},
        {**feature, "headers": {HEADER: "kept"}},
        {**base, "headers": {"baggage": UNRELATED}},
        {**feature, "headers": {"baggage": f"{UNRELATED},{HEADER}=kept"}},
        {**base, "headers": {HEADER: "nobody"}},
        {**feature, "headers": {}, "host": names.preview_host("kept", repo.host)},
    ]
    comes = [
        {"name": "comes", "host": repo.host, "says": "", "expect": {}, "headers": {HEADER: f"comes-{number}"}}
        for number in range(STACKS)
    ]
    found = [each for label in comes for each in (*found, label, label, label)]
    return [{**each, "url": f"{stage.playground.traefik_url}/"} for each in found]


@contextmanager
def load(stage: Stage, asked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Ask at a constant rate; the account of it is there when the block is left."""
    program = build.load_tool(places().cache, silent())
    plan = {"rate": RATE, "seconds": SECONDS_MAX, "timeout": 10, "block": RATE, "groups": [asked]}
    told: dict[str, Any] = {}
    with (stage.folder / "load.json").open("w+") as output:
        process = subprocess.Popen([str(program), "send"], stdin=subprocess.PIPE, stdout=output, text=True)
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(plan))
            process.stdin.close()
            yield told
        finally:
            process.terminate()
            process.wait(30)
        output.seek(0)
        told.update(json.load(output))
