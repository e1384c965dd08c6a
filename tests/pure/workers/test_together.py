"""`--with` and `Depends-On`: who may, under which label, in which order, and what is said where it cannot be."""

import json
from typing import Any

import pytest

from bot import payload
from bot.translate import translate
from model import dependencies, jobs, names
from model.stack import Desired, LabelSource, Phase
from tests.pure.workers import plays
from tests.pure.workers.stage import Stage
from workers import converge, intake, reconcile
from workers.faults import Unavailable, UserFault
from workers.intake import looking
from workers.pipeline import plans
from workers.pipeline.run import Run
from workers.pipeline.steps import Step


def one(name: str, more: str = "deploy: command\n") -> str:
    return f"services: {{{name}: {{hosts: [{name}.example.com]}}}}\n{more}"


def three(stage: Stage, **roles: str) -> list[str]:
    """A shop and two repositories beside it, each of which deploys on command."""
    names = ("shop", "orders", "pay")
    return [stage.repository(f"acme/{name}", one(name), **(roles if name != "shop" else {})) for name in names]


def said(stage: Stage, repo: str, number: int) -> str:
    return stage.comment(repo, number).replace("\u200b", "")


def phase(stage: Stage, repo: str, number: int) -> Phase:
    return stage.stack(repo, number).status.phase


def labels(stage: Stage, *pulls: tuple[str, int]) -> list[str]:
    return [stage.stack(*each).spec.label for each in pulls]


def opened(stage: Stage, repo: str, number: int, body: str, by: str = "ada", **more: Any) -> None:
    """GitHub's own words about an opened or edited pull request, through the receiver's room."""
    found = {
        "action": "opened", "number": number, "repository": {"full_name": repo}, "sender": {"login": by},
        "pull_request": {"body": body}, **more,
    }  # fmt: skip
    tell(stage, found)


def edited(stage: Stage, repo: str, number: int, body: str, by: str = "ada") -> None:
    """Somebody edits the text."""
    shown = stage.http.get(f"/repos/{repo}/pulls/{number}", headers={"Authorization": "Bearer bot-token"}).json()["body"]
    stage.act("edit", repo=repo, number=number, by=by, changes={"body": body})
    opened(stage, repo, number, body, by, action="edited", changes={"body": {"from": shown}})


def tell(stage: Stage, found: dict[str, Any]) -> None:
    stage.deliveries += 1
    job = translate(payload.read("pull_request", f"d-{stage.deliveries}", json.dumps(found).encode()))
    assert isinstance(job, jobs.PullRequestChanged)
    intake.take(stage.world, jobs.from_json(jobs.to_json(job)))


def test_both_are_deployed_under_the_label_of_who_asks_and_what_is_needed_comes_first(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    job = stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    assert [name for name, _ in stage.world.queue] == [names.stack(orders, theirs), names.stack(shop, mine)]
    stage.work()
    assert labels(stage, (shop, mine), (orders, theirs)) == [f"shop-{mine}"] * 2
    assert phase(stage, shop, mine) is phase(stage, orders, theirs) is Phase.READY
    assert (
        f"Deploying `{stage.stack(shop, mine).spec.sha[:7]}` as `shop-{mine}`. Together with `acme/orders#{theirs}`"
        in said(stage, shop, mine)
    )
    assert "One feature" in said(stage, orders, theirs)
    assert stage.reactions(job) == ["eyes", "rocket"]
    reconcile.compare(stage.world)
    stage.work()
    assert labels(stage, (orders, theirs)) == [f"shop-{mine}"], "a look at GitHub does not part them"


def test_several_and_those_that_they_need_in_turn(stage: Stage) -> None:
    shop, orders, pay = three(stage)
    mine, sibling = stage.pull(shop), stage.pull(shop, branch="other")
    paid = stage.pull(pay)
    theirs = stage.pull(orders, body=f"Depends-On: acme/pay#{paid}\n")
    stage.say(shop, mine, f"/devstack deploy --with orders#{theirs} --with #{sibling} --label feature1")
    order = [name for name, _ in stage.world.queue]
    assert order == [names.stack(*each) for each in ((pay, paid), (orders, theirs), (shop, sibling), (shop, mine))]
    assert set(labels(stage, (pay, paid), (orders, theirs), (shop, sibling), (shop, mine))) == {"feature1"}
    assert stage.stack(orders, theirs).spec.needs == (f"acme/pay#{paid}",)
    assert stage.stack(shop, mine).spec.needs == (f"acme/orders#{theirs}", f"acme/shop#{sibling}")


def test_one_that_needs_another_waits_for_it_and_says_so_once(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    for _ in range(2):
        converge.converge(stage.world, names.stack(shop, mine))
        assert phase(stage, shop, mine) is Phase.QUEUED
    assert f"Waits for `acme/orders#{theirs}`, which it needs and which is deployed first." in said(stage, shop, mine)
    stage.world.queue.clear()
    converge.converge(stage.world, names.stack(orders, theirs))
    assert phase(stage, orders, theirs) is Phase.READY
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY


def broken(run: Run) -> None:
    if run.stack.spec.repository == "acme/orders":
        raise UserFault("Broken", "It does not build.")


def silent(run: Run) -> None:
    if run.stack.spec.repository == "acme/orders":
        raise Unavailable("the image registry")


@pytest.mark.parametrize("fault", [broken, silent])
def test_one_that_cannot_be_deployed_holds_nobody_up(stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    monkeypatch.setattr(plans, "UP", (*plays.UP[:2], Step("Building", Phase.BUILDING, fault), *plays.UP[2:]))
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.work()
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY
    assert phase(stage, orders, theirs) is not Phase.READY


def test_two_wishes_that_were_made_apart_do_not_wait_for_each_other_for_ever(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.wish(orders, theirs, needs=(f"acme/shop#{mine}",))
    stage.work()
    assert phase(stage, shop, mine) is phase(stage, orders, theirs) is Phase.READY


@pytest.mark.parametrize("chooser", ["mine", "theirs", "live"])
def test_whose_label_counts(stage: Stage, chooser: str) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    if chooser == "mine":
        stage.say(shop, mine, "/devstack deploy --label chosen")
        stage.say(orders, theirs, "/devstack deploy")
    elif chooser == "theirs":
        stage.say(shop, mine, "/devstack deploy")
        stage.say(orders, theirs, "/devstack deploy --label chosen")
    else:
        stage.say(orders, theirs, "/devstack deploy")
    stage.work()
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.work()
    expected = f"orders-{theirs}" if chooser == "live" else "chosen"
    assert labels(stage, (shop, mine), (orders, theirs)) == [expected] * 2
    assert phase(stage, shop, mine) is phase(stage, orders, theirs) is Phase.READY


def test_a_member_that_is_up_keeps_its_commit_and_is_not_deployed_again(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(orders, theirs, "/devstack deploy --label chosen")
    stage.work()
    before = stage.stack(orders, theirs)
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.work()
    assert stage.stack(orders, theirs).generation == before.generation
    assert labels(stage, (shop, mine)) == ["chosen"]


def test_two_labels_that_commands_chose_take_a_word(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    for repo, number, label in ((shop, mine, "one"), (orders, theirs, "two")):
        stage.say(repo, number, f"/devstack deploy --label {label}")
        stage.work()
    job = stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    assert stage.reactions(job) == ["confused", "eyes"]
    told = said(stage, shop, mine)
    assert f"`acme/shop#{mine}` has `one`, `acme/orders#{theirs}` has `two`" in told
    assert "`--label one` or `--label two`" in told
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs} --label two")
    stage.work()
    assert labels(stage, (shop, mine), (orders, theirs)) == ["two", "two"]


def closed(stage: Stage, repo: str, number: int) -> None:
    stage.act("close", repo=repo, number=number, by="ada")


CASES = {
    "unknown": ("acme/orders#99", "There is no pull request `acme/orders#99`."),
    "repository": ("acme/nowhere#1", "`acme/nowhere#1` cannot be deployed by `ada`: it takes write access there"),
    "rights": ("acme/pay#{pay}", "`acme/pay#{pay}` cannot be deployed by `ada`: it takes write access there"),
    "closed": ("acme/orders#{orders}", "`acme/orders#{orders}` is closed and was not merged. Reopen it, or leave it out"),
    "itself": ("#{shop}", "in a circle: acme/shop#{shop} → acme/shop#{shop}"),
    "served": ("rival/shop#1", "`rival/shop#1` is in no repository that this bot serves."),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_deployed_along_refuses_the_command_with_what_to_do(stage: Stage, case: str) -> None:
    shop, orders, pay = three(stage)
    stage.act("roles", repo=pay, roles={"ada": "read"})
    stage.world.settings = stage.world.settings.model_copy(update={"github_repositories": ("acme/*",)})
    numbers = {name: stage.pull(repo, by="grace") for name, repo in (("shop", shop), ("orders", orders), ("pay", pay))}
    closed(stage, orders, numbers["orders"])
    asked, answer = CASES[case]
    job = stage.say(shop, numbers["shop"], f"/devstack deploy --with {asked.format(**numbers)}")
    assert stage.reactions(job) == ["confused", "eyes"]
    assert answer.format(**numbers) in said(stage, shop, numbers["shop"])
    assert stage.stack(shop, numbers["shop"]).spec.desired is Desired.DOWN, "nothing was deployed, not even its own"
    assert stage.world.queue == []


def test_a_circle_is_refused_with_the_way_round(stage: Stage) -> None:
    shop, orders, pay = three(stage)
    mine = stage.pull(shop)
    theirs = stage.pull(orders, body="Depends-On: acme/pay#1\n")
    paid = stage.pull(pay, body=f"Depends-On: acme/shop#{mine}\n")
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    assert f"acme/shop#{mine} → acme/orders#{theirs} → acme/pay#{paid} → acme/shop#{mine}" in said(stage, shop, mine)
    assert stage.world.queue == []


def test_a_circle_of_texts_deploys_the_own_stack_alone(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine = stage.pull(shop, body="Depends-On: acme/orders#1\n")
    theirs = stage.pull(orders, body=f"Depends-On: acme/shop#{mine}\n")
    stage.say(shop, mine, "/devstack deploy")
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY
    assert stage.gone(orders, theirs)
    told = said(stage, shop, mine)
    assert f"in a circle: acme/shop#{mine} → acme/orders#{theirs} → acme/shop#{mine}. Take one of the" in told


def test_where_the_bot_is_not_installed_there_is_nothing_to_deploy(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.refused = [f"/repos/{orders}/"]
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    assert "the bot must be installed on both" in said(stage, shop, mine)
    assert stage.world.queue == []


def test_a_stack_that_is_going_cannot_be_joined(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(orders, theirs, "/devstack deploy")
    stage.work()
    stage.world.stacks.request_delete(names.stack(orders, theirs))
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    assert f"The stack of `acme/orders#{theirs}` is just being removed. Try again in a minute." in said(stage, shop, mine)


def test_what_is_merged_counts_as_the_base(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.act("merge", repo=orders, number=theirs, by="ada")
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY
    assert f"`acme/orders#{theirs}` is merged and so part of the base." in said(stage, shop, mine)
    assert stage.gone(orders, theirs)


def test_a_command_counts_once_for_each_of_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies when the other one is wished up and its own is not."""
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    job = stage.job(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    with stage.world.alone_with(orders, theirs), pytest.raises(Unavailable):
        intake.take(stage.world, job, first=True)
    for _ in range(3):
        intake.take(stage.world, job, first=True)
    assert [stage.stack(*each).spec.attempt for each in ((shop, mine), (orders, theirs))] == [1, 1]


def test_a_spelling_of_its_own_makes_no_second_stack(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(shop, mine, f"/devstack deploy --with ACME/Orders#{theirs}")
    stage.work()
    assert stage.stack(orders, theirs).spec.repository == "acme/orders"
    assert phase(stage, orders, theirs) is Phase.READY


def test_a_text_counts_by_who_writes_the_command(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    theirs = stage.pull(orders)
    mine = stage.pull(shop, body=f"Adds a button.\n\nDepends-On: acme/orders#{theirs}\n")
    stage.say(shop, mine, "/devstack deploy")
    stage.work()
    assert labels(stage, (shop, mine), (orders, theirs)) == [f"shop-{mine}"] * 2
    assert phase(stage, orders, theirs) is Phase.READY


def test_without_rights_a_text_is_told_of_and_the_own_stack_deployed(stage: Stage) -> None:
    shop, orders, _ = three(stage, ada="read")
    theirs = stage.pull(orders, by="grace")
    mine = stage.pull(shop, body=f"Depends-On: acme/orders#{theirs}, soon\n")
    stage.say(shop, mine, "/devstack deploy")
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY
    assert stage.gone(orders, theirs)
    told = said(stage, shop, mine)
    assert f"- `acme/orders#{theirs}` cannot be deployed by `ada`" in told
    assert "`soon` in the `Depends-On` line names no pull request" in told
    stage.say(shop, mine, "/devstack deploy", by="grace")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.READY
    assert "cannot be deployed" not in said(stage, shop, mine).partition("Last commands")[0]


def ready_shop(stage: Stage) -> tuple[str, str, int]:
    shop, orders = stage.repository("acme/shop", one("shop", "")), stage.repository("acme/orders", one("orders"))
    return shop, orders, stage.pull(orders)


def test_who_opens_a_pull_request_vouches_for_its_text(stage: Stage) -> None:
    shop, orders, theirs = ready_shop(stage)
    body = f"Depends-On: acme/orders#{theirs}\n"
    mine = stage.pull(shop, body=body)
    opened(stage, shop, mine, body)
    stage.work()
    assert labels(stage, (shop, mine), (orders, theirs)) == [f"shop-{mine}"] * 2
    assert phase(stage, shop, mine) is phase(stage, orders, theirs) is Phase.READY
    newest = stage.push(shop, text="2")
    stage.told(shop, mine)
    stage.work()
    assert stage.stack(shop, mine).status.deployed_sha == newest
    assert stage.stack(shop, mine).spec.needs == (f"acme/orders#{theirs}",)


def test_a_text_that_nobody_vouches_for_deploys_the_own_stack_and_says_why(stage: Stage) -> None:
    """The webhook of the opening was lost; the comparison cannot tell who wrote the text."""
    shop, orders, theirs = ready_shop(stage)
    mine = stage.pull(shop, body=f"Depends-On: acme/orders#{theirs}\n")
    stage.told(shop, mine, "found")
    stage.work()
    assert phase(stage, shop, mine) is Phase.READY
    assert stage.gone(orders, theirs)
    assert "the bot does not know who wrote that" in said(stage, shop, mine)
    stage.say(shop, mine, "/devstack deploy")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.READY
    assert "does not know who wrote" not in said(stage, shop, mine)


def test_who_edits_a_text_of_somebody_else_borrows_no_rights(stage: Stage) -> None:
    shop, orders, theirs = ready_shop(stage)
    stage.act("roles", repo=orders, roles={"grace": "read"})
    mine = stage.live(shop)
    line = f"Depends-On: acme/orders#{theirs}\n"
    edited(stage, shop, mine, line, by="grace")
    stage.work()
    assert stage.gone(orders, theirs)
    assert f"`acme/orders#{theirs}` cannot be deployed by `grace`" in said(stage, shop, mine)
    edited(stage, shop, mine, f"A typo less.\n\n{line}", by="ada")
    stage.work()
    assert stage.gone(orders, theirs), "ada mended a typo, and vouches for nothing that stood there before"
    assert "the bot does not know who wrote that" in said(stage, shop, mine)
    edited(stage, shop, mine, "", by="ada")
    stage.work()
    assert "Depends" not in said(stage, shop, mine)
    edited(stage, shop, mine, line, by="ada")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.READY
    assert labels(stage, (shop, mine), (orders, theirs)) == [f"shop-{mine}"] * 2


def test_who_deletes_a_line_of_somebody_else_borrows_no_rights(stage: Stage) -> None:
    """A stranger's line stands behind more than count; a maintainer takes one of those away."""
    shop, orders, theirs = ready_shop(stage)
    mine = stage.live(shop)
    junk = [f"Depends-On: #{number}\n" for number in range(900, 900 + dependencies.MOST)]
    line = f"Depends-On: acme/orders#{theirs}\n"
    edited(stage, shop, mine, "".join(junk) + line, by="eve")
    stage.work()
    assert f"The `Depends-On` lines of `acme/shop#{mine}` name more than {dependencies.MOST} pull" in said(
        stage, shop, mine
    )
    edited(stage, shop, mine, "".join(junk[1:]) + line, by="ada")
    stage.work()
    assert stage.gone(orders, theirs)
    edited(stage, shop, mine, f"<!--\n{line}", by="eve")
    edited(stage, shop, mine, line, by="ada")
    stage.work()
    assert stage.gone(orders, theirs)
    assert "the bot does not know who wrote that" in said(stage, shop, mine)


def test_so_many_come_along_and_the_rest_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "MOST", 3)
    shop, orders, pay = three(stage)
    paid = [stage.pull(pay, branch=f"p{number}") for number in range(4)]
    wanted = ", ".join(f"acme/pay#{number}" for number in paid[:3])
    theirs = [stage.pull(orders, branch=f"o{number}", body=f"Depends-On: {wanted}\n") for number in range(2)]
    mine = stage.pull(shop)
    since = len(stage.asked())
    stage.say(shop, mine, f"/devstack deploy --with orders#{theirs[0]} --with orders#{theirs[1]}")
    deployed = {name for name, _ in stage.world.queue}
    assert deployed == {
        names.stack(*each) for each in ((shop, mine), *((orders, each) for each in theirs), (pay, paid[0]))
    }
    asked = {each for each in stage.asked(since) if each.startswith("GET /repos/acme/pay/pulls/")}
    assert asked == {f"GET /repos/acme/pay/pulls/{paid[0]}"}, "what is left out is not even looked at"
    stage.work()
    told = said(stage, shop, mine)
    assert f"At most 3 pull requests come along with one, the nearest first: `acme/pay#{paid[1]}` and" in told
    assert f"`acme/pay#{paid[2]}` are left out." in told
    assert stage.stack(orders, theirs[0]).spec.needs == (f"acme/pay#{paid[0]}",)


def test_what_is_looked_at_in_vain_has_an_end_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOOKED_MOST", 3)
    shop, orders, _ = three(stage)
    vain = ", ".join(f"#{number}" for number in range(900, 910))
    theirs = stage.pull(orders, body=f"Depends-On: {vain}\n")
    mine = stage.pull(shop)
    since = len(stage.asked())
    stage.say(shop, mine, f"/devstack deploy --with orders#{theirs}")
    asked = {each for each in stage.asked(since) if each.startswith("GET /repos/acme/orders/pulls/9")}
    assert len(asked) == 2
    stage.work()
    assert phase(stage, shop, mine) is phase(stage, orders, theirs) is Phase.READY
    assert "`acme/orders#902`, `acme/orders#903`" in said(stage, shop, mine)
    assert "and 3 more are left out" in said(stage, shop, mine)


def test_the_writer_of_one_text_does_not_vouch_for_another(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop", one("shop", "")), stage.repository("acme/orders", one("orders"))
    pay = stage.repository("acme/pay", one("pay"))
    paid = stage.pull(pay)
    theirs = stage.pull(orders, body=f"Depends-On: acme/pay#{paid}\n")
    mine = stage.live(shop)
    edited(stage, shop, mine, f"Depends-On: acme/orders#{theirs}\n")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.READY
    assert stage.gone(pay, paid), "somebody else may have written that"
    stage.say(orders, theirs, "/devstack deploy")
    stage.work()
    assert labels(stage, (shop, mine), (orders, theirs), (pay, paid)) == [f"shop-{mine}"] * 3


def test_a_text_brings_nothing_back_that_a_person_took_down(stage: Stage) -> None:
    shop, orders, theirs = ready_shop(stage)
    stage.say(orders, theirs, "/devstack deploy")
    stage.work()
    stage.say(orders, theirs, "/devstack destroy")
    stage.work()
    mine = stage.live(shop)
    edited(stage, shop, mine, f"Depends-On: acme/orders#{theirs}\n")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.DESTROYED
    assert f"`acme/orders#{theirs}` was taken down by a command." in said(stage, shop, mine)
    stage.say(shop, mine, "/devstack deploy")
    stage.work()
    assert phase(stage, orders, theirs) is Phase.READY


def test_a_stranger_with_a_fork_moves_nobody(stage: Stage) -> None:
    shop, orders, theirs = ready_shop(stage)
    other = stage.live(shop, branch="other")
    fork = stage.act("fork", repo=shop, by="mallory")["repo"]
    body = f"Depends-On: #{other}\nDepends-On: acme/orders#{theirs}\n"
    mine = stage.pull(shop, by="mallory", head_repo=fork, body=body)
    opened(stage, shop, mine, body, by="mallory")
    stage.work()
    assert phase(stage, shop, mine) is Phase.WAITING
    assert stage.gone(orders, theirs)
    assert labels(stage, (shop, other)) == [f"shop-{other}"]
    assert "cannot be deployed by `mallory`" in said(stage, shop, mine)


def test_closing_one_leaves_the_other_up(stage: Stage) -> None:
    shop, orders, _ = three(stage)
    mine, theirs = stage.pull(shop), stage.pull(orders)
    stage.say(shop, mine, f"/devstack deploy --with acme/orders#{theirs}")
    stage.work()
    closed(stage, shop, mine)
    stage.told(shop, mine, "closed")
    stage.work()
    assert stage.gone(shop, mine)
    after = stage.stack(orders, theirs)
    assert (after.status.phase, after.spec.label, after.spec.label_from) == (
        Phase.READY,
        f"shop-{mine}",
        LabelSource.COMMAND,
    )
