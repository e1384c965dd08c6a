"""Secrets on a real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hooks.contract import Problem, Unreachable
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Answer, Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack")]

SET = {"MODE": "preview"}
ENVS = {"env": "ARN", "valueEnv": "VALUE"}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with aws.place("secretsmanager", request) as made:
        yield made


@pytest.fixture
def base(place: Place) -> str:
    return stranger(place, f"base-{place.id}", [], json.dumps({"API_KEY": "base-key-1", "OTHER": "base-other", "N": 5}))


def stranger(place: Place, name: str, tags: list[dict[str, str]], value: str | bytes) -> str:
    client = place.client()
    given: dict[str, Any] = {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value}
    client.create_secret(Name=name, Tags=tags, **given)
    place.later(lambda: client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True))
    return name


def held(place: Place, name: str) -> Any:
    answer = place.client().get_secret_value(SecretId=name)
    return json.loads(answer["SecretString"]) if answer["SecretString"][:1] == "{" else answer["SecretString"]


def test_a_secret_is_made_and_the_service_is_told_where(place: Place) -> None:
    made = place.ensure(name="shop/orders", set=SET, **ENVS)
    name = f"shop/orders-f{place.id}x"
    assert place.client().describe_secret(SecretId=made.values["ARN"])["Name"] == name
    assert made.values == {"ARN": made.id, "VALUE": '{"MODE": "preview"}'}
    assert held(place, name) == SET
    tags = place.client().describe_secret(SecretId=name)["Tags"]
    assert sorted(tags, key=str) == sorted(aws.marked(place.scope), key=str)


def test_a_second_ensure_changes_nothing(place: Place, base: str) -> None:
    wish: dict[str, Any] = {"from": base, "keys": ["API_KEY"], "set": SET, "generate": {"TOKEN": {"length": 40}}}
    first = place.ensure(name="orders", **wish, **ENVS)
    version = place.client().get_secret_value(SecretId=first.id)["VersionId"]
    assert place.ensure(name="orders", **wish, **ENVS) == first
    assert place.client().get_secret_value(SecretId=first.id)["VersionId"] == version


def test_chosen_keys_of_the_base_are_copied_and_no_others(place: Place, base: str) -> None:
    made = place.ensure(name="orders", **{"from": base}, keys=["API_KEY", "N"], set={"MODE": "preview", "N": "6"})
    assert held(place, made.id) == {"API_KEY": "base-key-1", "N": "6", "MODE": "preview"}
    assert place.world.masker.mask("it is base-key-1 in preview") == "it is *** in preview"


def test_changes_of_the_base_are_followed_and_what_was_made_up_stays(place: Place, base: str) -> None:
    wish: dict[str, Any] = {"from": base, "keys": ["API_KEY"], "generate": {"TOKEN": {}}}
    made = place.ensure(name="orders", **wish)
    token = held(place, made.id)["TOKEN"]
    assert len(token) == 32
    place.client().put_secret_value(SecretId=base, SecretString='{"API_KEY": "base-key-2"}')
    assert place.ensure(name="orders", **wish).id == made.id
    assert held(place, made.id) == {"API_KEY": "base-key-2", "TOKEN": token}
    place.ensure(name="orders", set=SET)
    assert held(place, made.id) == SET
    assert json.loads(place.client().get_secret_value(SecretId=base)["SecretString"]) == {"API_KEY": "base-key-2"}


@pytest.mark.parametrize("value", ["no json at all", '{"a": {"b": [1]}}', b"\0\1\2"])
def test_a_whole_secret_is_copied_as_it_is_only_when_asked(place: Place, value: str | bytes) -> None:
    source = stranger(place, f"whole-{place.id}", [], value)
    made = place.ensure(name="orders", **{"from": source}, whole=True, env="ARN")
    answer = place.client().get_secret_value(SecretId=made.id)
    assert answer["SecretBinary" if isinstance(value, bytes) else "SecretString"] == value
    assert place.ensure(name="orders", **{"from": source}, whole=True, env="ARN") == made


def test_a_text_of_the_spec(place: Place) -> None:
    made = place.ensure(name="orders", text="plain", valueEnv="VALUE")
    assert held(place, made.id) == made.values["VALUE"] == "plain"
    place.ensure(name="orders", text="other")
    assert held(place, made.id) == "other"


def test_what_the_base_does_not_have_is_told_before_anything_is_made(place: Place, base: str) -> None:
    with pytest.raises(Problem) as raised:
        place.check(name="orders", **{"from": base}, keys=["API_KEY", "NO_SUCH"])
    assert raised.value.sentence == f"the secret `{base}` has no key `NO_SUCH`"
    assert raised.value.remedy == "Its keys are: `API_KEY`, `N`, `OTHER`. Change `keys`."
    with pytest.raises(Problem, match="the base has no secret `nowhere`"):
        place.check(name="orders", **{"from": "nowhere"}, keys=["API_KEY"])
    text = stranger(place, f"text-{place.id}", [], "hidden text")
    with pytest.raises(Problem, match="is no JSON object, so it has no keys") as raised:
        place.check(name="orders", **{"from": text}, keys=["API_KEY"])
    assert "hidden" not in raised.value.sentence
    with pytest.raises(Problem, match="`OTHER` is copied from the secret"):
        place.check(name="orders", **{"from": base}, whole=True, generate={"OTHER": {}})
    assert place.find() == []


def test_a_secret_of_bytes_fits_no_variable(place: Place) -> None:
    source = stranger(place, f"bytes-{place.id}", [], b"\0")
    with pytest.raises(Problem, match="is no text, so no variable can hold it"):
        place.ensure(name="orders", **{"from": source}, whole=True, valueEnv="VALUE")


def test_a_secret_that_was_removed_for_good_by_hand_is_made_again(place: Place) -> None:
    first = place.ensure(name="orders", set=SET)
    place.client().delete_secret(SecretId=first.id, ForceDeleteWithoutRecovery=True)
    place.ensure(name="orders", set=SET)
    assert held(place, f"orders-f{place.id}x") == SET


def test_a_secret_that_waits_to_be_removed_is_taken_back(place: Place) -> None:
    first = place.ensure(name="orders", generate={"TOKEN": {}})
    token = held(place, first.id)
    place.client().delete_secret(SecretId=first.id, RecoveryWindowInDays=7)
    assert place.find() == []
    assert place.ensure(name="orders", generate={"TOKEN": {}}).id == first.id
    assert held(place, first.id) == token


def test_removed_is_gone_at_once_and_removing_again_is_no_fault(place: Place) -> None:
    place.ensure(name="orders", set=SET)
    assert place.remove(name="orders", set=SET)
    assert place.find() == []
    names = [each["Name"] for each in place.client().list_secrets(IncludePlannedDeletion=True)["SecretList"]]
    assert f"orders-f{place.id}x" not in names
    assert not place.remove(name="orders", set=SET)


@pytest.mark.parametrize("tags", aws.STRANGERS)
def test_a_secret_of_somebody_else_is_left_alone(place: Place, tags: list[dict[str, str]]) -> None:
    name = stranger(place, f"orders-f{place.id}x", tags, "theirs")
    assert place.foreign(name="orders", set=SET).sentence.startswith(f"the secret `{name}` ")
    assert held(place, name) == "theirs"


def test_secrets_of_the_base_and_of_other_features_are_safe(place: Place, base: str) -> None:
    other = place.of("orders", label=f"f{place.id}x-2", stack="acme-shop-2")
    place.module.ensure(place.world, place.spec(name="orders", set=SET), other, None)
    place.ensure(name=base, set=SET)
    assert [each.name for each in place.find()] == [f"{base}-f{place.id}x"]
    assert place.remove(name=base, set=SET)
    assert held(place, base)["API_KEY"] == "base-key-1"
    [left] = place.find(other)
    assert place.module.remove(place.world, left, other)


def test_a_server_that_is_down() -> None:
    aws.down("secretsmanager", name="orders", set=SET)


def test_wrong_credentials() -> None:
    aws.wrong_credentials("secretsmanager", name="orders", set=SET)


def test_too_few_rights() -> None:
    aws.denied("secretsmanager", name="orders", set=SET)


def test_throttled() -> None:
    aws.throttled("secretsmanager", name="orders", set=SET)


def test_a_name_that_is_not_free_yet_is_worth_another_try(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "You can't create this secret because a secret with this name is already scheduled for deletion."
    with aws.answering("secretsmanager", Answer(400, "InvalidRequestException", message)) as env:
        world = place.fresh(**env)
        monkeypatch.setattr(place.module, "_own", lambda *_: None)
        with pytest.raises(Unreachable, match="is not free yet"):
            place.module.ensure(world, place.spec(name="orders", set=SET), place.scope, None)
