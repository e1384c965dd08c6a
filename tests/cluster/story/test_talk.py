"""Whoever writes a command sees at once that it was heard, however much is being built."""

import base64
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from playground.demo.stage import Stage
from tests.cluster.story.people import SLOW_DOCKERFILE, Repository, app

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

COMMENTS, PULLS = 40, 5
EVERY_SECONDS = 0.25  # four comments a second, by people on five pull requests
HEARD_SECONDS = 1.0  # for 95 of 100
SLEEP = "63.5"  # told from the builds of other stories


def sleeping() -> int:
    """How many builds of this story sleep."""
    found = subprocess.run(["pgrep", "-f", f"^sleep {SLEEP}"], capture_output=True, text=True, check=False)
    return len(found.stdout.split())


def building(stage: Stage, name: str) -> tuple[Repository, int]:
    """A pull request whose build takes a minute."""
    repo = Repository(stage, name)
    repo.push("slow", app=app(name), dockerfile=SLOW_DOCKERFILE.replace("61.5", SLEEP).encode())
    return repo, repo.pull("slow")


def heard(stage: Stage, comments: set[int]) -> dict[int, float]:
    """Seconds from the receiver's 202 to our 👀, for each comment that has it."""
    accepted = {}
    for delivery in stage.github.act("deliveries", event="issue_comment", bodies=True)["deliveries"]:
        number = json.loads(base64.b64decode(delivery["body"]))["comment"]["id"]
        if number in comments and delivery["status_code"] == 202:
            accepted[number] = delivery["answered_at"]
    found = {}
    for request in stage.github.act("journal")["requests"]:
        number = reacted_to(request)
        if number in accepted:
            found[number] = request["at"] - accepted[number]
    return found


def reacted_to(request: dict[str, Any]) -> int:
    """The comment that a request gives 👀 to; 0 for any other request."""
    pieces = request["path"].split("/")
    eyes = request["method"] == "POST" and pieces[-1] == "reactions" and request["request"] == {"content": "eyes"}
    return int(pieces[-2]) if eyes and request["status"] == 201 else 0


def test_commands_are_heard_within_a_second_while_two_builds_run(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    slow = [building(stage, "talk-one"), building(stage, "talk-two")]
    repo = Repository(stage, "talk", deploy="command")
    repo.push("topic", app=app("talk"))
    pulls = [repo.pull("topic") for _ in range(PULLS)]
    stage.wait("both builds to run", lambda: sleeping() == 2, seconds=60)

    said = []
    for turn in range(COMMENTS):
        due = time.monotonic() + EVERY_SECONDS
        said.append((pulls[turn % PULLS], repo.say(pulls[turn % PULLS], "/devstack status")))
        time.sleep(max(0.0, due - time.monotonic()))
    comments = {comment for _, comment in said}
    stage.wait("every comment to be heard", lambda: len(heard(stage, comments)) == COMMENTS, seconds=30)
    assert sleeping() == 2, "the builds ran all the while"

    times = sorted(heard(stage, comments).values())
    p95 = statistics.quantiles(times, n=20)[-1]
    told = f"{COMMENTS} comments, two builds: 👀 after {statistics.median(times):.3f} s, p95 {p95:.3f} s, at most {times[-1]:.3f} s"
    record_property("talk", told)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert p95 <= HEARD_SECONDS

    for number, comment in said:
        stage.wait("the answer", lambda number=number, comment=comment: answered(repo, number, comment), seconds=60)
    for each, number in [*slow, *((repo, number) for number in pulls)]:
        each.close(number)
        each.wait_gone(number)


def answered(repo: Repository, number: int, comment: int) -> bool:
    """Whether a comment has its final reaction."""
    return repo.reactions(number, comment) == ["eyes", "rocket"]
