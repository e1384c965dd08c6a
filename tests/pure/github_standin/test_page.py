"""The page: what a person sees of a pull request, and what the box and the buttons below it do."""

import re

from tests.pure.github_standin.conftest import Play


def page(play: Play, path: str = "") -> str:
    answer = play.http.get(path or f"/acme/shop/pull/{play.number}")
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def press(play: Play, **form: str) -> None:
    answer = play.http.post(f"/acme/shop/pull/{play.number}", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/acme/shop/pull/{play.number}")


def test_one_finds_a_pull_request_from_the_first_page_on(play: Play) -> None:
    assert '<a href="/acme/shop/pulls">acme/shop</a>' in page(play, "/")
    assert f'<a href="/acme/shop/pull/{play.number}">A change</a>' in page(play, "/acme/shop/pulls")
    assert "no such pull request" in page(play, "/acme/shop/pull/999")
    assert "no such repository" in page(play, "/acme/nothing/pulls")


def test_a_pull_request_shows_state_people_labels_and_comments(play: Play) -> None:
    said = page(play)
    for each in (
        ">Open<",
        "<b>ada</b>",
        "<code>acme/shop:topic</code>",
        ">bug<",
        "/devstack help",
        "<option>eve</option>",
    ):
        assert each in said


def test_the_box_comments_as_the_chosen_person(play: Play) -> None:
    press(play, body="/devstack deploy", by="eve", do="comment")
    comment = play.world.store.repo("acme/shop").pulls[play.number].comments[-1]
    assert (comment.user.login, comment.body) == ("eve", "/devstack deploy")
    before = page(play)
    press(play, body="   ", by="eve", do="comment")
    assert len(re.findall("<article", page(play))) == len(re.findall("<article", before)), "an empty one is none"


def test_the_buttons_close_reopen_and_merge(play: Play) -> None:
    assert 'value="merge"' in page(play)
    press(play, do="close", by="ada")
    assert ">Closed<" in page(play)
    assert 'value="merge"' not in page(play)
    press(play, do="reopen", by="ada")
    assert ">Open<" in page(play)
    press(play, do="merge", by="ada")
    said = page(play)
    assert ">Merged<" in said
    assert 'value="reopen"' not in said


def test_what_people_write_cannot_run(play: Play) -> None:
    press(play, body="<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>", by="eve")
    said = page(play)
    assert "<script>alert" not in said
    assert "<img" not in said
    assert 'href="javascript:' not in said


def test_the_part_that_changes_is_had_alone(play: Play) -> None:
    part = page(play, f"/acme/shop/pull/{play.number}?part=timeline")
    assert "<article" in part
    assert "<form" not in part


def test_a_diagram_is_readable_as_code(play: Play) -> None:
    fence = '```mermaid\nflowchart LR\n  n0["a<br>b"] --> n1\n```'
    play.act("comment", repo="acme/shop", number=play.number, body=f"<details open>\n\n{fence}\n\n</details>", by="ada")
    said = page(play)
    code = '<pre><code class="language-mermaid">flowchart LR\n  n0[&quot;a&lt;br&gt;b&quot;] --&gt; n1\n</code></pre>'
    assert code in said
