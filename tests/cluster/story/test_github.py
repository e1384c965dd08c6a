"""The bot as a GitHub App, and a GitHub that is slow, silent or lost in thought: the same story, told a little later."""

from collections.abc import Iterator

import pytest

from playground.cluster.value import Playground
from playground.demo.stage import APP, SLUG, Stage
from tests.cluster.conftest import SETTINGS, clean_stage
from tests.cluster.story.people import Repository, app

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with clean_stage(ground, tmp_path_factory.mktemp("stage"), account=APP, **SETTINGS) as made:
        yield made


def test_an_app_deploys_answers_and_cleans_up(stage: Stage) -> None:
    repo = Repository(stage, "as-app")
    sha = repo.push("topic", app=app("by an app"))
    number = repo.pull("topic")
    stage.wait_ready(repo.name, number, sha)
    assert repo.answer(f"as-app-{number}.{repo.host}") == "by an app"
    assert stage.login == f"{SLUG}[bot]"
    said = repo.say(number, "/devstack status")
    stage.wait("the reaction", lambda: repo.reactions(number, said) == ["eyes", "rocket"])
    repo.close(number)
    stage.wait_comment(repo.name, number, "was removed")
    repo.wait_gone(number)


def test_a_slow_github_and_one_that_falls_silent_delay_and_lose_nothing(stage: Stage) -> None:
    repo = Repository(stage, "slow-github")
    sha = repo.push("topic", app=app("in the end"))
    stage.github.act("faults", slow=0.5)
    number = repo.pull("topic")
    stage.wait_ready(repo.name, number, sha)
    stage.github.act("faults", slow=0.0, timeouts=2)
    repo.close(number)
    stage.wait_comment(repo.name, number, "was removed", seconds=120)
    repo.wait_gone(number)
