"""Event → Job: which deliveries concern us."""

import json
from typing import Any

import pytest

from bot import payload
from bot.events import CommentCreated, InstallationEvent, PullRequestEvent, PushEvent
from bot.translate import allowed, translate
from model import jobs
from model.commands import Status
from tests.pure.growth import is_linear

SHA = "a" * 40


def pull_request(**given: Any) -> PullRequestEvent:
    facts: dict[str, Any] = {
        "delivery": "d", "repository": "acme/shop", "number": 7, "action": "opened", "label": "", "changes": frozenset(), "installation": 3
    }  # fmt: skip
    return PullRequestEvent(**{**facts, **given})


def comment(**given: Any) -> CommentCreated:
    facts: dict[str, Any] = {
        "delivery": "d", "repository": "acme/shop", "number": 7, "comment_id": 9, "author": "ada", "by_bot": False,
        "body": "/devstack status", "installation": None,
    }  # fmt: skip
    return CommentCreated(**{**facts, **given})


def push(**given: Any) -> PushEvent:
    facts: dict[str, Any] = {
        "delivery": "d", "repository": "acme/shop", "ref": "refs/heads/main", "after": SHA, "deleted": False, "default_branch": "main",
        "installation": None,
    }  # fmt: skip
    return PushEvent(**{**facts, **given})


@pytest.mark.parametrize("action", ["opened", "reopened", "synchronize", "closed"])
def test_a_pull_request_is_followed(action: str) -> None:
    assert translate(pull_request(action=action)) == jobs.PullRequestChanged("acme/shop", 7, action, "d", 3)


@pytest.mark.parametrize(
    ("event", "concerns"),
    [
        (pull_request(action="labeled", label="devstack/feature1"), True),
        (pull_request(action="unlabeled", label="devstack/feature1"), True),
        (pull_request(action="labeled", label="Devstack/feature1"), True),
        (pull_request(action="labeled", label="bug"), False),
        (pull_request(action="unlabeled", label="devstack"), False),
        (pull_request(action="unlabeled", label=None), True),
        (pull_request(action="edited", changes=frozenset({"body"})), True),
        (pull_request(action="edited", changes=frozenset({"base"})), True),
        (pull_request(action="edited", changes=frozenset({"title"})), False),
        (pull_request(action="assigned"), False),
        (push(), True),
        (push(ref="refs/heads/topic"), False),
        (push(ref="refs/tags/main"), False),
        (push(deleted=True, after="0" * 40), False),
        (push(default_branch=""), False),
        (comment(), True),
        (comment(body="Nice."), False),
        (comment(by_bot=True), False),
        (comment(body="<!-- devstack:comment v1 acme/shop#7 -->\n/devstack deploy"), False),
        (InstallationEvent("d", 3, "deleted"), True),
    ],
)
def test_only_what_concerns_us_becomes_a_job(event: Any, concerns: bool) -> None:
    assert (translate(event) is not None) is concerns


NEEDS = "Depends-On: acme/orders#12\nDepends-On: #3\n"


@pytest.mark.parametrize(
    ("given", "depends"),
    [
        ({"action": "opened"}, ("acme/orders#12", "acme/shop#3")),
        ({"action": "edited", "changes": frozenset({"body"})}, ("acme/orders#12", "acme/shop#3")),
        (
            {"action": "edited", "changes": frozenset({"body"}), "body_before": "Depends-On: acme/orders#12"},
            ("acme/shop#3",),
        ),
        ({"action": "edited", "changes": frozenset({"base"})}, ()),
        ({"action": "reopened"}, ()),
        ({"action": "synchronize"}, ()),
        ({"action": "opened", "by": ""}, ()),
    ],
)
def test_who_writes_what_a_pull_request_depends_on_is_told(given: dict[str, Any], depends: tuple[str, ...]) -> None:
    job = translate(pull_request(**{"by": "ada", "body": NEEDS, **given}))
    assert isinstance(job, jobs.PullRequestChanged)
    assert (job.wrote, job.depends) == ("ada" if depends else "", depends)


JUNK = "".join(f"Depends-On: junk#{number}\n" for number in range(1, 21))
HELD_BACK = "Depends-On: acme/payments#7\n"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (JUNK + HELD_BACK, JUNK.partition("\n")[2] + HELD_BACK),
        (f"<!--\n{HELD_BACK}", HELD_BACK),
        (f"```\n{HELD_BACK}```\n", HELD_BACK),
        ("", f"```\n{HELD_BACK}```\n"),
    ],
    ids=["one-of-many-deleted", "comment-opened", "fence-taken-away", "in-a-fence"],
)
def test_who_edits_around_a_line_has_not_written_it(before: str, now: str) -> None:
    edit = {"action": "edited", "changes": frozenset({"body"}), "by": "maintainer"}
    job = translate(pull_request(**edit, body_before=before, body=now))
    assert isinstance(job, jobs.PullRequestChanged)
    assert (job.wrote, job.depends) == ("", ())


@pytest.mark.parametrize("found", [7, ["x"], {}])
def test_where_the_old_text_cannot_be_read_nobody_has_written_the_new_one(found: object) -> None:
    told = {
        "action": "edited", "number": 7, "repository": {"full_name": "acme/shop"}, "sender": {"login": "ada"},
        "pull_request": {"body": NEEDS}, "changes": {"body": {"from": found}},
    }  # fmt: skip
    job = translate(payload.read("pull_request", "d", json.dumps(told).encode()))
    assert isinstance(job, jobs.PullRequestChanged)
    assert job.depends == ()


@pytest.mark.parametrize(
    ("start", "piece", "end"), [("Depends-On: x", " ", "x"), ("", "Depends-On: x ", ""), ("", "\n", "")]
)
def test_a_hostile_text_holds_nobody_up(start: str, piece: str, end: str) -> None:
    def read(body: str) -> object:
        edit = pull_request(action="edited", by="eve", changes=frozenset({"body"}), body=body, body_before=f"{body}\n")
        return translate(edit)

    assert is_linear(read, lambda size: start + piece * (size // len(piece)) + end)


def test_a_comment_carries_what_was_said_and_by_whom() -> None:
    job = translate(comment())
    assert job == jobs.CommentMade("acme/shop", 7, 9, "ada", (Status(),), "d", None)


@pytest.mark.parametrize(
    ("repository", "patterns", "is_allowed"),
    [
        ("acme/shop", (), True),
        ("acme/shop", ("acme/shop",), True),
        ("ACME/Shop", ("acme/shop",), True),
        ("acme/shop", ("acme/*",), True),
        ("acme2/shop", ("acme/*",), False),
        ("acme/shop2", ("acme/shop",), False),
        ("acme/shop", ("*/shop",), False),
        ("acme/shop", ("other/*", "acme/shop"), True),
        ("noslash", ("acme/*",), False),
        ("", ("acme/*",), True),
    ],
)
def test_the_allow_list(repository: str, patterns: tuple[str, ...], is_allowed: bool) -> None:
    assert allowed(repository, patterns) is is_allowed
