"""The demo's story, step by step, and every request that the bot made to GitHub on the way."""

from collections.abc import Iterator

import pytest

from playground.cluster.value import Playground
from playground.demo import base
from playground.demo.stage import Stage
from playground.demo.story import STORY, Step, Story
from playground.github.description import Description
from tests.cluster.conftest import SETTINGS, clean_stage

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with the servers that the story's features get things from."""
    with clean_stage(ground, tmp_path_factory.mktemp("stage"), needs=base.NEEDS, **SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def story(stage: Stage) -> Story:
    return Story(stage)


@pytest.mark.parametrize("step", STORY, ids=[step.__name__ for step in STORY])
def test_step(story: Story, step: Step) -> None:
    assert step(story)


def test_every_request_to_github_is_one_that_github_describes(story: Story, description: Description) -> None:
    journal = story.stage.github.act("journal")["requests"]
    from_bot = [each for each in journal if each["headers"].get("user-agent", "").startswith("devstack/")]
    assert len(from_bot) > 50
    assert {each["headers"].get("x-github-api-version") for each in from_bot} == {"2022-11-28"}
    assert [problem for exchange in from_bot for problem in description.problems(exchange)] == []
