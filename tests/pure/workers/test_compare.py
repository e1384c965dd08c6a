"""The comparison with GitHub makes up for what was never told, decides on fresh facts, and ends few stacks at a time."""

from datetime import UTC, datetime

import pytest

from model import jobs, names
from model.stack import Desired, Phase, Role
from tests.pure.workers.stage import CONFIG, Stage
from workers import comment, converge, intake, lock, reconcile, watched
from workers.faults import Unavailable
from workers.intake import pull_requests

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BASE = CONFIG + "base: {deploy: true, namespace: shop}\n"


def watch(stage: Stage, *repositories: str) -> None:
    """Have these looked at though they have no Stack, or owners (`acme/*`)."""
    stage.world.settings = stage.world.settings.model_copy(update={"github_repositories": repositories})


def base_stack(stage: Stage, repo: str) -> object:
    return stage.world.stacks.get(names.base_stack(repo))


def push_base(stage: Stage, repo: str, **files: str) -> str:
    """A push to the default branch, and its webhook."""
    sha = stage.push(repo, "main", **files)
    intake.take(stage.world, jobs.BasePushed(repo, "main", sha, "d"))
    return sha


def test_an_opening_that_was_never_told_is_found(stage: Stage) -> None:
    repo = stage.repository()
    watch(stage, repo)
    number = stage.pull(repo)
    reconcile.compare(stage.world)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY


def test_what_could_not_be_looked_at_is_looked_at_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    watch(stage, repo)
    number = stage.pull(repo)
    with monkeypatch.context() as patched:
        patched.setattr(pull_requests, "follow", silent)
        reconcile.compare(stage.world)
    assert stage.gone(repo, number)
    reconcile.compare(stage.world)
    assert stage.stack(repo, number).spec.desired is Desired.UP


def silent(*_given: object, **_more: object) -> None:
    raise Unavailable("GitHub")


def test_a_pull_request_that_asks_for_nothing_is_looked_at_once(stage: Stage) -> None:
    repo = stage.repository(config=CONFIG + "deploy: command\n")
    watch(stage, repo)
    number = stage.pull(repo)
    reconcile.compare(stage.world)
    asked = len(stage.asked())
    reconcile.compare(stage.world)
    assert f"GET /repos/{repo}/pulls/{number}" not in stage.asked(asked)
    stage.say(repo, number, "/devstack help")
    asked = len(stage.asked())
    reconcile.compare(stage.world)
    assert f"GET /repos/{repo}/pulls/{number}" not in stage.asked(asked), "nor one that only has a place for answers"


def test_a_difference_is_decided_on_what_github_says_then(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the listing and the decision a webhook of a newer push is taken up."""
    repo = stage.repository()
    number = stage.live(repo)
    listed = pull_requests.differs
    stage.push(repo, text="2")
    newest: list[str] = []

    def meanwhile(*given: object) -> bool:
        found = listed(*given)  # type: ignore[arg-type]  # as it was called
        if not newest:
            newest.append(stage.push(repo, text="3"))
            stage.told(repo, number)
        return found

    monkeypatch.setattr(pull_requests, "differs", meanwhile)
    reconcile.compare(stage.world)
    assert stage.stack(repo, number).spec.sha == newest[0], "the older listing has not won"


def test_a_decision_under_way_is_left_to_whoever_takes_it(stage: Stage) -> None:
    repo = stage.repository()
    first, second = stage.live(repo, branch="one"), stage.live(repo, branch="two", body="Devstack-Label: two\n")
    for number, branch in ((first, "one"), (second, "two")):
        stage.push(repo, branch, text="newer")
        assert stage.stack(repo, number).spec.head
    with stage.world.alone_with(repo, first):
        reconcile.compare(stage.world)
    heads = [stage.stack(repo, number).spec.reason for number in (first, second)]
    assert heads == ["opened", "push"], "the other one is not held up by it"


def test_one_cycle_ends_only_so_many(stage: Stage) -> None:
    repo = stage.repository()
    stage.world.settings = stage.world.settings.model_copy(update={"sweep_deletes_max": 2})
    numbers = [stage.live(repo, branch=f"b{each}", body=f"Devstack-Label: l{each}\n") for each in range(5)]
    for number in numbers:
        stage.act("close", repo=repo, number=number, by="ada")
    ended = []
    for _ in range(3):
        reconcile.compare(stage.world)
        ended.append(sum(stage.stack(repo, number).deleting for number in numbers))
    assert ended == [2, 4, 5]


def test_one_sweep_ends_only_so_many(stage: Stage) -> None:
    repo = stage.repository()
    stage.world.settings = stage.world.settings.model_copy(update={"sweep_deletes_max": 2})
    numbers = [stage.live(repo, branch=f"b{each}", body=f"Devstack-Label: l{each}\n") for each in range(3)]
    for number in numbers:
        stage.wish(repo, number, expires_at=LONG_AGO)
    reconcile.sweep(stage.world)
    assert sum(stage.stack(repo, number).spec.desired is Desired.DOWN for number in numbers) == 2


def test_a_listing_that_fails_ends_nothing(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    stage.act("faults", errors=1)
    reconcile.compare(stage.world)
    stage.refused = [f"/repos/{repo}/pulls/"]
    reconcile.compare(stage.world)
    assert not stage.stack(repo, number).deleting


def test_a_comment_that_is_behind_is_written_and_no_longer_due(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    stage.told(repo, number, "opened")
    stage.refused = ["/issues/"]
    stage.work()
    assert stage.stack(repo, number).status.comment_due
    assert stage.comment(repo, number) == ""
    stage.refused = []
    reconcile.compare(stage.world)
    assert "is live" in stage.comment(repo, number)
    assert not stage.stack(repo, number).status.comment_due
    asked = len(stage.asked())
    reconcile.compare(stage.world)
    assert not [each for each in stage.asked(asked) if "/comments" in each]


def test_a_comment_that_became_untrue_while_it_was_written_stays_due(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    name = names.stack(repo, number)
    stage.world.stacks.mark_comment_due(name)
    written = comment.write

    def meanwhile(*given: object, **more: object) -> None:
        written(*given, **more)  # type: ignore[arg-type]  # as it was called
        stage.wish(repo, number, expires_at=datetime.now(UTC))

    monkeypatch.setattr(comment, "write", meanwhile)
    assert not comment.refresh(stage.world, name)
    assert stage.stack(repo, number).status.comment_due


def test_the_status_of_a_base_application_is_made_up_for_too(stage: Stage) -> None:
    repo = stage.repository(config=BASE)
    sha = push_base(stage, repo)
    stage.refused = ["/statuses/", "/status"]
    name = names.base_stack(repo)
    stage.world.stacks.mark_comment_due(name)
    stage.refused = []
    reconcile.compare(stage.world)
    found = stage.world.stacks.get(name)
    assert found is not None
    assert not found.status.comment_due
    assert any("/statuses/" + sha in each for each in stage.asked())


def test_a_base_application_follows_only_where_the_repository_opts_in(stage: Stage) -> None:
    repo = stage.repository(config=BASE)
    first = push_base(stage, repo)
    found = stage.world.stacks.get(names.base_stack(repo))
    assert found is not None
    assert (found.spec.role, found.spec.sha) == (Role.BASE, first)
    for config in (CONFIG, CONFIG + "base: {namespace: shop}\n", CONFIG + "base: {deploy: true}\n", "services: 7\n"):
        push_base(stage, repo, config=config, text=config)
        reconcile.compare(stage.world)
        found = stage.world.stacks.get(names.base_stack(repo))
        assert found is not None
        assert found.spec.sha == first, config
    again = push_base(stage, repo, config=BASE, text="in again")
    found = stage.world.stacks.get(names.base_stack(repo))
    assert found is not None
    assert found.spec.sha == again


def test_a_push_to_the_default_branch_that_was_never_told_is_found(stage: Stage) -> None:
    repo = stage.repository(config=BASE)
    watch(stage, repo)
    reconcile.compare(stage.world)
    assert base_stack(stage, repo) is not None


def test_the_record_of_a_base_application_goes_without_a_teardown(stage: Stage) -> None:
    repo = stage.repository(config=BASE)
    push_base(stage, repo)
    stage.world.stacks.request_delete(names.base_stack(repo))
    converge.converge(stage.world, names.base_stack(repo))
    assert base_stack(stage, repo) is None


def test_two_comparisons_are_not_made_at_once(stage: Stage) -> None:
    repo = stage.repository()
    watch(stage, repo)
    number = stage.pull(repo)
    with lock.comparison(stage.world.redis) as alone:
        assert alone
        reconcile.compare(stage.world)
    assert stage.gone(repo, number)
    stage.redis.down = True
    reconcile.compare(stage.world)
    assert not stage.gone(repo, number), "without Redis it is made all the same"


def test_other_repositories_have_their_turn_few_at_a_time() -> None:
    known = [f"acme/{number:02}" for number in range(25)]
    turns = [list(watched.share(known, turn)) for turn in range(6)]
    assert [len(turn) for turn in turns] == [10, 10, 5, 10, 10, 5]
    assert [name for turn in turns[:3] for name in turn] == known
    assert watched.share([], 7) == []


def test_a_token_looks_only_where_the_operator_says_so(stage: Stage) -> None:
    stage.repository("acme/shop")
    stage.repository("rival/shop")
    assert watched.repositories(stage.world, [], 0) == {}
    watch(stage, "acme/*", "third/one")
    assert watched.repositories(stage.world, [], 0) == {"third/one": None, "acme/shop": None}


def test_an_owner_is_looked_through(stage: Stage) -> None:
    repo = stage.repository()
    watch(stage, "acme/*")
    number = stage.pull(repo)
    reconcile.compare(stage.world)
    assert not stage.gone(repo, number)


def test_a_github_that_lists_no_repositories_keeps_nothing_up(stage: Stage) -> None:
    repo = stage.repository()
    watch(stage, "acme/*")
    number = stage.live(repo)
    stage.push(repo, text="2")
    stage.refused = ["/user/repos"]
    reconcile.compare(stage.world)
    assert stage.stack(repo, number).spec.reason == "push"
