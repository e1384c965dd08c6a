"""The comment as it looks, word for word. After a wanted change: `python -m tests.pure.report.test_render` writes anew."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.stack import Phase
from tests.pure.report.views import VIEWS, answers, build_failed, building, destroyed, expired, idle, ready, removing
from workers.report import sentences
from workers.report.render import HEADLINES, render
from workers.report.status import STATES, status_line
from workers.report.view import CommentView

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", VIEWS)
def test_the_comment_is_as_it_was_agreed(name: str) -> None:
    assert render(VIEWS[name]) == (GOLDEN / f"{name}.md").read_text()


def test_there_is_a_golden_comment_for_each_view_and_phase() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == set(VIEWS)
    shown = {view.phase for view in VIEWS.values()}
    assert set(Phase) - shown == {Phase.DEPLOYING, Phase.VERIFYING}  # as building, with another word
    assert set(HEADLINES) == set(STATES) == set(Phase)


@pytest.mark.parametrize("name", VIEWS)
def test_the_marker_is_the_first_line(name: str) -> None:
    assert render(VIEWS[name]).splitlines()[0] == "<!-- devstack:comment v1 acme/shop#7 -->"


@pytest.mark.parametrize("view", [removing, destroyed, expired, idle], ids=lambda view: view.phase.value)
def test_no_dead_address_is_advertised(view: object) -> None:
    text = render(replace(view, preview_urls=ready.preview_urls, base_urls=ready.base_urls, previous="`9a8b7c6` runs."))  # type: ignore[type-var]  # a view
    assert "example.com" not in text
    assert "curl" not in text
    assert "9a8b7c6" not in text


def test_a_failed_run_shows_addresses_only_where_something_still_runs() -> None:
    urls = {"preview_urls": ready.preview_urls, "base_urls": ready.base_urls}
    assert "curl" in render(replace(build_failed, **urls))
    assert "curl" not in render(replace(build_failed, **urls, previous=""))


def test_curl_lines_are_quoted_for_the_shell() -> None:
    text = render(replace(ready, label="it's", header="x"))
    assert """curl -H 'x: it'"'"'s' http://example.com:8880/""" in text


def test_only_the_newest_five_commands_stand_in_it() -> None:
    many = tuple(replace(answers[1], comment_id=number, command=f"/devstack status {number}") for number in range(9))
    text = render(replace(ready, answers=many))
    assert "`/devstack status 4`" in text
    assert "`/devstack status 5`" not in text


def test_no_machine_name_of_the_registry_is_shown() -> None:
    assert "registry.example" not in render(ready)


def test_a_time_that_has_passed_has_no_span() -> None:
    text = render(replace(ready, expires_at=datetime(2026, 11, 24, 14, 0, tzinfo=UTC)))
    assert "Lives until **2026-11-24 14:00 UTC**. `/devstack extend" in text


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_only_what_is_live_turns_a_required_check_green(view: CommentView) -> None:
    assert (status_line(view)[0] == "success") is (view.phase is Phase.READY)


@pytest.mark.parametrize(("verified", "state"), [(True, "success"), (False, "pending")])
def test_what_was_proven_stays_proven_after_the_pull_request(verified: bool, state: str) -> None:
    for view in (destroyed, expired):
        assert status_line(replace(view, closed=True, verified=verified))[0] == state
        assert status_line(replace(view, closed=False, verified=verified))[0] == "pending"


def test_a_superseded_run_is_named_in_the_comment_of_the_next() -> None:
    note = sentences.superseded("9a8b7c6" + "0" * 33, building.sha)
    assert "- `3f2a1b9` came while `9a8b7c6` was being deployed, and took its place." in render(
        replace(building, notes=(note,))
    )


def test_a_strange_delivery_is_quoted() -> None:
    assert "`` `x` @team ``" in sentences.not_done("`x` @team")


if __name__ == "__main__":
    for name, view in VIEWS.items():
        (GOLDEN / f"{name}.md").write_text(render(view))
