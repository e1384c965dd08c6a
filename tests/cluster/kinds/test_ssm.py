"""Parameters on a real server."""

from collections.abc import Iterator
from typing import Any

import pytest

from hooks.contract import Problem
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack")]

SET = {"MODE": "preview"}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with aws.place("ssm", request) as made:
        yield made


@pytest.fixture
def base(place: Place) -> str:
    path = f"/base-{place.id}"
    stranger(place, f"{path}/MODE", [], "live")
    stranger(place, f"{path}/API_KEY", [], "base-key-1", "SecureString")
    stranger(place, f"{path}/deep/HOSTS", [], "a,b", "StringList")
    return path


def stranger(place: Place, name: str, tags: list[dict[str, str]], value: str, kind: str = "String") -> None:
    ssm = place.client()
    ssm.put_parameter(Name=name, Value=value, Type=kind, Tags=tags)
    place.later(lambda: ssm.delete_parameters(Names=[name]))


def held(place: Place, path: str) -> dict[str, tuple[str, str]]:
    pages = place.client().get_paginator("get_parameters_by_path")
    found = [
        each
        for page in pages.paginate(Path=path, Recursive=True, WithDecryption=True)
        for each in page["Parameters"]
    ]  # fmt: skip
    return {each["Name"].removeprefix(f"{path}/"): (each["Value"], each["Type"]) for each in found}


def versions(place: Place, path: str) -> dict[str, int]:
    found = place.client().get_parameters_by_path(Path=path, Recursive=True)["Parameters"]
    return {each["Name"]: each["Version"] for each in found}


def test_parameters_lie_beside_the_path_of_the_base(place: Place) -> None:
    made = place.ensure(name="/shop/orders", set=SET, generate={"db/TOKEN": {"length": 20}}, env="PATH_OF_ORDERS")
    path = f"/shop/orders-f{place.id}x"
    assert made.values == {"PATH_OF_ORDERS": path}
    found = held(place, path)
    assert found["MODE"] == ("preview", "String")
    assert found["db/TOKEN"][1] == "SecureString"
    assert len(found["db/TOKEN"][0]) == 20
    tags = place.client().list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{path}/MODE")["TagList"]
    wanted = [*aws.marked(place.scope), {"Key": "devstack.dev/path", "Value": path}]
    assert sorted(tags, key=str) == sorted(wanted, key=str)


def test_a_second_ensure_changes_nothing(place: Place, base: str) -> None:
    wish: dict[str, Any] = {"from": base, "keys": ["API_KEY"], "set": SET, "generate": {"TOKEN": {}}}
    first = place.ensure(name="/orders", **wish, env="P")
    before = held(place, first.id)
    assert place.ensure(name="/orders", **wish, env="P") == first
    assert held(place, first.id) == before
    assert set(versions(place, first.id).values()) == {1}


def test_chosen_keys_of_the_base_are_copied_with_their_types(place: Place, base: str) -> None:
    path = place.ensure(name="/orders", **{"from": base}, keys=["API_KEY", "deep/HOSTS", "MODE"], set=SET).id
    assert held(place, path) == {
        "API_KEY": ("base-key-1", "SecureString"), "deep/HOSTS": ("a,b", "StringList"), "MODE": ("preview", "String"),
    }  # fmt: skip
    assert place.world.masker.mask("base-key-1") == "***"
    assert place.ensure(name="/orders", **{"from": base}, whole=True).id == path
    assert held(place, path) == held(place, base)


def test_changes_are_followed_and_what_was_made_up_stays(place: Place, base: str) -> None:
    wish: dict[str, Any] = {"from": base, "keys": ["API_KEY"], "generate": {"TOKEN": {}}}
    path = place.ensure(name="/orders", **wish, set=SET).id
    token = held(place, path)["TOKEN"]
    place.client().put_parameter(Name=f"{base}/API_KEY", Value="base-key-2", Overwrite=True)
    place.ensure(name="/orders", **wish, set={"MODE": "other"}, secure=True)
    assert held(place, path) == {
        "API_KEY": ("base-key-2", "SecureString"), "TOKEN": token, "MODE": ("other", "SecureString"),
    }  # fmt: skip
    place.ensure(name="/orders", set={"LAST": "1"})
    assert held(place, path) == {"LAST": ("1", "String")}


def test_more_than_ten_parameters(place: Place) -> None:
    wish = {f"KEY{number}": f"{number}" for number in range(25)}
    path = place.ensure(name="/orders", set=wish).id
    assert len(held(place, path)) == 25
    other = place.ensure(name="/copy", **{"from": path}, keys=list(wish)).id
    assert held(place, other) == held(place, path)
    assert place.remove(name="/orders", set=wish)
    assert held(place, path) == {}


def test_what_the_base_does_not_have_is_told_before_anything_is_made(place: Place, base: str) -> None:
    with pytest.raises(Problem) as raised:
        place.check(name="/orders", **{"from": base}, keys=["API_KEY", "NO_SUCH"])
    assert raised.value.sentence == f"the path `{base}` has no key `NO_SUCH`"
    with pytest.raises(Problem, match="the base has no parameters under `/nowhere`"):
        place.check(name="/orders", **{"from": "/nowhere"}, whole=True)
    with pytest.raises(Problem, match="the parameter `EMPTY` is empty, which AWS does not allow"):
        place.check(name="/orders", set={"EMPTY": ""})
    assert place.find() == []


def test_a_parameter_that_was_deleted_by_hand_is_made_again(place: Place) -> None:
    path = place.ensure(name="/orders", set={"A": "1", "B": "2"}).id
    place.client().delete_parameter(Name=f"{path}/A")
    place.ensure(name="/orders", set={"A": "1", "B": "2"})
    assert held(place, path) == {"A": ("1", "String"), "B": ("2", "String")}
    assert len(place.find()) == 1


def test_removed_is_gone_and_removing_again_is_no_fault(place: Place) -> None:
    path = place.ensure(name="/orders", set=SET).id
    assert place.remove(name="/orders", set=SET)
    assert held(place, path) == {}
    assert place.find() == []
    assert not place.remove(name="/orders", set=SET)


@pytest.mark.parametrize("tags", aws.STRANGERS)
def test_a_parameter_of_somebody_else_is_left_alone(place: Place, tags: list[dict[str, str]]) -> None:
    path = f"/orders-f{place.id}x"
    stranger(place, f"{path}/MODE", tags, "theirs")
    assert place.foreign(name="/orders", set=SET).sentence.startswith(f"the parameter `{path}/MODE` ")
    assert held(place, path) == {"MODE": ("theirs", "String")}


def test_what_somebody_put_beside_ours_stays(place: Place) -> None:
    path = place.ensure(name="/orders", set=SET).id
    stranger(place, f"{path}/THEIRS", [], "theirs")
    place.ensure(name="/orders", set={"OTHER": "1"})
    assert set(held(place, path)) == {"OTHER", "THEIRS"}
    assert place.remove(name="/orders", set=SET)
    assert set(held(place, path)) == {"THEIRS"}


def test_parameters_of_the_base_and_of_other_features_are_safe(place: Place, base: str) -> None:
    other = place.of("orders", label=f"f{place.id}x-2", stack="acme-shop-2")
    place.module.ensure(place.world, place.spec(name=base, set=SET), other, None)
    place.ensure(name=base, set=SET)
    assert [each.name for each in place.find()] == [f"{base}-f{place.id}x"]
    assert place.remove(name=base, set=SET)
    assert len(held(place, base)) == 3
    [left] = place.find(other)
    assert place.module.remove(place.world, left, other)


def test_a_server_that_is_down() -> None:
    aws.down("ssm", name="/orders", set=SET)


def test_wrong_credentials() -> None:
    aws.wrong_credentials("ssm", name="/orders", set=SET)


def test_too_few_rights() -> None:
    aws.denied("ssm", name="/orders", set=SET)


def test_throttled() -> None:
    aws.throttled("ssm", name="/orders", set=SET)
