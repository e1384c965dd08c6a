"""Two repositories, one feature: deployed together, shown together, and closing one costs nobody a request."""

import http.client
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from model import names
from model.routing.routes import ANSWER_HEADER
from playground.demo.stage import Stage
from tests.cluster.story import charts
from tests.cluster.story.people import Repository, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

HEADER = "uber-ctx-key"
NAMESPACE = "till"
RATE = 50  # requests a second, all targets together


@dataclass
class Target:
    """Asked all the while; `told` is the status, the body and the stack of each answer, in order."""

    host: str
    headers: dict[str, str] = field(default_factory=dict)
    told: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def bodies(self) -> list[str]:
        """What was said, without what was said again at once."""
        said = [body for _, body, _ in self.told]
        return [each for position, each in enumerate(said) if position == 0 or said[position - 1] != each]


@contextmanager
def load(stage: Stage, *targets: Target) -> Iterator[None]:
    """Ask them at a constant rate, each request on a connection of its own."""
    address = urlsplit(stage.playground.traefik_url).netloc
    over = threading.Event()

    def ask(target: Target) -> None:
        due = time.monotonic()
        while not over.is_set():
            target.told.append(answered(address, target))
            due += len(targets) / RATE
            over.wait(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=ask, args=(target,), daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def answered(address: str, target: Target) -> tuple[int, str, str]:
    """One answer; 0 and the reason where there is none."""
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": target.host, **target.headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), str(answer.headers.get(ANSWER_HEADER, "")).partition("@")[0]
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error), ""
    finally:
        connection.close()


def repository(stage: Stage, name: str, deploy: str, own_chart: dict[str, bytes | None] | None = None) -> Repository:
    """A repository with its base application on the way."""
    repo = Repository(stage, name, deploy=deploy)
    described = config(repo.host, deploy=deploy) + f"base: {{deploy: true, namespace: {NAMESPACE}}}\n".encode()
    described = described.replace(b"  web:", f"  {name}:".encode()) + (
        b"helmfile: helmfile.yaml.gotmpl\n" if own_chart else b""
    )
    files = {**(own_chart or {}), ".devstack.yaml": described, "app.py": app(f"base of {name}")}
    stage.github.push(repo.name, "main", files, "ada")
    return repo


def rows(stage: Stage, repo: Repository, number: int) -> list[str]:
    """The rows of the comment's table of members."""
    said = stage.comment(repo.name, number).replace("\u200b", "")
    return [line for line in said.split("\n") if line.startswith("| [")]


def test_of_a_feature_of_two_repositories_one_can_go_without_one_failed_request(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    basket = repository(stage, "basket", "open", charts.ends_at_once("basket", "basket.example.com"))
    till = repository(stage, "till", "command")
    for repo in (basket, till):
        stage.wait(f"{repo.name} to answer", lambda repo=repo: repo.answer(repo.host).startswith("base of"))
    till.push("topic", app=app("new till"))
    second = till.pull("topic")
    basket.push("topic", app=app("new basket"))
    first = basket.pull("topic", body=f"Adds a button.\n\nDepends-On: {till.name}#{second}\n")
    label = f"basket-{first}"
    for repo, number in ((basket, first), (till, second)):
        stage.wait_ready(repo.name, number)
        stage.wait("both to be shown", lambda repo=repo, number=number: len(rows(stage, repo, number)) == 2, seconds=70)
        for each in rows(stage, repo, number):
            assert "✅ live" in each
        assert f"http://{label}.{basket.host}" in stage.comment(repo.name, number)
        assert f"http://{label}.{till.host}" in stage.comment(repo.name, number)

    till.push("rival", app=app("rival till"))
    rival = till.pull("rival")
    till.say(rival, f"/devstack deploy --label {label}")
    said = stage.wait_comment(till.name, rival, "could not be deployed", "tried again by itself").replace("\u200b", "")
    assert f"{till.name}#{second} already holds `till` under the label `{label}`; {till.name}#{rival} cannot" in said

    keyed = {HEADER: label}
    goes, plain = Target(basket.host, keyed), Target(basket.host)
    stays, preview = Target(till.host, keyed), Target(names.preview_host(label, till.host))
    with load(stage, goes, plain, stays, preview):
        time.sleep(1)
        began = time.monotonic()
        basket.close(first)
        basket.wait_gone(first)
        spent = time.monotonic() - began
        time.sleep(1)
    asked = sum(len(each.told) for each in (goes, plain, stays, preview))
    lost = [each for target in (goes, plain, stays, preview) for each in target.told if not 200 <= each[0] < 300]
    told = f"{asked} requests while one of two members was removed in {spent:.1f} s, {len(lost)} lost"
    record_property("feature", told)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert lost == []
    assert asked > spent * RATE * 0.8, "the load never paused"
    assert goes.bodies[0] == "new basket"
    assert goes.bodies[-1] == "base of basket"
    assert set(goes.bodies) == {"new basket", "base of basket"}
    assert plain.bodies == ["base of basket"]
    assert stays.bodies == preview.bodies == ["new till"]
    assert {mark for _, _, mark in [*stays.told, *preview.told]} == {names.stack(till.name, second)}
    stage.wait("the other's comment to follow", lambda: rows(stage, till, second) == [], seconds=70)

    till.close(second)
    till.wait_gone(second)
    stage.wait_ready(till.name, rival, seconds=75)
    assert till.answer(names.preview_host(label, till.host)) == "rival till"

    # Named by a command: it comes under the label that a command chose for the other.
    basket.push("again", app=app("basket again"))
    third = basket.pull("again")
    stage.wait_ready(basket.name, third)
    basket.say(third, f"/devstack deploy --with {till.name}#{rival}")
    stage.wait_comment(basket.name, third, f"http://{label}.{basket.host}", "is live")
    stage.wait(
        "both to be shown", lambda: len(rows(stage, basket, third)) == len(rows(stage, till, rival)) == 2, seconds=70
    )
    assert basket.answer(names.preview_host(label, basket.host)) == "basket again"
    for repo, number in ((basket, third), (till, rival)):
        repo.close(number)
        repo.wait_gone(number)
