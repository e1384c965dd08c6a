"""The one comment of a pull request, whatever others do to it."""

import pytest

from tests.pure.github_client.thread import PlayedThread
from tests.pure.github_client.world import Played
from workers.faults import OurFault, Unavailable
from workers.github.client import GitHub
from workers.github.errors import Gone
from workers.github.sticky import MARKER, marked, same

BODY = f"{MARKER} -->\n### Ready\n"
OLD = f"{MARKER} -->\n### Building\n"


@pytest.fixture
def thread(played: Played) -> PlayedThread:
    return PlayedThread(played.mock)


def write(github: GitHub, body: str = BODY, *, known_id: int | None = None, final: bool = True) -> int | None:
    """Bring the comment up to the body."""
    return github.sticky("acme/shop", 7, body, known_id=known_id, final=final)


def test_the_first_one_is_made(thread: PlayedThread, github: GitHub) -> None:
    assert write(github) == 101
    assert thread.bodies == {101: BODY}
    assert thread.done == ["list", "create 101", "list"]


def test_the_known_one_is_edited_in_place(thread: PlayedThread, github: GitHub) -> None:
    thread.add(50, "devstack-bot", OLD)
    assert write(github, known_id=50) == 50
    assert thread.bodies == {50: BODY}
    assert thread.done == ["GET 50", "PATCH 50"]


def test_one_that_nobody_remembers_is_found_by_marker_and_author(thread: PlayedThread, github: GitHub) -> None:
    thread.add(40, "ada", "looks good")
    thread.add(50, "Devstack-Bot", OLD)
    assert write(github) == 50
    assert thread.bodies == {40: "looks good", 50: BODY}


def test_the_same_text_is_not_written_again(thread: PlayedThread, github: GitHub) -> None:
    thread.add(50, "devstack-bot", BODY.replace("\n", "\r\n").rstrip())
    assert write(github, known_id=50) == 50
    assert thread.done == ["GET 50"]


def test_a_deleted_one_is_made_anew(thread: PlayedThread, github: GitHub) -> None:
    assert write(github, known_id=50) == 101
    assert thread.bodies == {101: BODY}


def test_one_that_is_deleted_between_reading_and_editing_is_made_anew(thread: PlayedThread, github: GitHub) -> None:
    thread.add(50, "devstack-bot", OLD)
    thread.before_editing.append(lambda: thread.comments.pop(50))
    assert write(github, known_id=50) == 101
    assert thread.bodies == {101: BODY}
    assert thread.done == ["GET 50", "PATCH 50", "list", "create 101", "list"]


def test_one_that_is_deleted_again_and_again_is_for_later(thread: PlayedThread, github: GitHub) -> None:
    thread.add(50, "devstack-bot", OLD)
    thread.before_editing.append(lambda: thread.comments.pop(50))
    with pytest.raises(Unavailable, match="deleted at this moment"):
        write(github)


@pytest.mark.parametrize("body", [BODY, OLD])
def test_comments_of_others_are_never_touched_even_with_the_marker(
    thread: PlayedThread, github: GitHub, body: str
) -> None:
    thread.add(30, "eve", body)
    thread.add(31, None, body)
    assert write(github, known_id=30) == 101
    assert thread.bodies == {30: body, 31: body, 101: BODY}


def test_our_other_comments_are_left_alone(thread: PlayedThread, github: GitHub) -> None:
    thread.add(30, "devstack-bot", "something else")
    thread.add(31, "devstack-bot", f"> {MARKER} -->\n> quoted")
    assert write(github) == 101
    assert set(thread.bodies) == {30, 31, 101}


def test_a_remembered_one_on_another_pull_request_is_not_ours_here(thread: PlayedThread, github: GitHub) -> None:
    thread.elsewhere(50, "devstack-bot", OLD)
    assert write(github, known_id=50) == 101
    assert thread.done == ["GET 50", "list", "create 101", "list"]


def test_of_two_the_oldest_stays(thread: PlayedThread, github: GitHub) -> None:
    thread.add(60, "devstack-bot", OLD)
    thread.add(50, "devstack-bot", OLD)
    assert write(github) == 50
    assert thread.bodies == {50: BODY}


def test_a_race_of_two_workers_leaves_the_older_one(thread: PlayedThread, github: GitHub) -> None:
    thread.before_listing = [lambda: None, lambda: thread.add(100, "devstack-bot", OLD)]
    assert write(github) == 100
    assert thread.bodies == {100: BODY}


def test_a_text_without_marker_is_refused(thread: PlayedThread, github: GitHub) -> None:
    with pytest.raises(OurFault, match="would not be found again"):
        write(github, "### Ready")
    assert thread.done == []


def test_a_pull_request_that_is_gone(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/issues/7/comments", {"message": "Not Found"}, status=404)
    with pytest.raises(Gone, match="acme/shop#7"):
        write(github)


def test_progress_gives_way_while_github_does_not_answer(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/issues/comments/50", {"message": "oops"}, status=502)
    assert write(github, known_id=50, final=False) == 50
    with pytest.raises(Unavailable):
        write(github, known_id=50, final=True)


def test_progress_is_written_without_redis(thread: PlayedThread, github: GitHub) -> None:
    thread.add(50, "devstack-bot", OLD)
    assert write(github, known_id=50, final=False) == 50
    assert thread.bodies == {50: BODY}


def test_marker_and_sameness() -> None:
    assert marked(BODY)
    assert marked(f"first\n{MARKER} v2 -->")
    assert not marked(f"> {MARKER} -->")
    assert not marked(f"see `{MARKER}`")
    assert same("a\r\nb\n", "a\nb")
    assert not same("a b", "a  b")
