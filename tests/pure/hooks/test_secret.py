"""The kinds `secret` and `configmap`: values copied from the base, set, or made up once."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hooks.kinds import configmap, secret
from tests.pure.hooks.stage import Stage, thing

FROM = {"namespace": "shop", "name": "orders"}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path).install(monkeypatch)
    stage.cluster.secret("shop", "orders", API_KEY="key-of-the-base", **{"tls.crt": "a certificate"})
    return stage


def test_only_chosen_keys_are_copied_and_values_are_set(stage: Stage) -> None:
    ended = stage.ensure({"kind": "secret", "from": FROM, "keys": ["API_KEY"], "set": {"MODE": "preview"}})
    assert ended.code == 0
    assert stage.values == {"API_KEY": "key-of-the-base", "MODE": "preview"}
    receipt = stage.receipts["orders-feature1"]
    assert (receipt.kind, receipt.id, receipt.env) == ("secret", "shop/orders", ("API_KEY", "MODE"))


def test_the_whole_is_copied_only_when_asked_for_and_set_wins(stage: Stage) -> None:
    stage.ensure({"kind": "secret", "from": FROM, "whole": True, "prefix": "BASE_", "set": {"BASE_API_KEY": "mine"}})
    assert stage.values == {"BASE_API_KEY": "mine", "BASE_tls_crt": "a certificate"}


def test_changes_of_the_base_are_followed(stage: Stage) -> None:
    spec = {"kind": "secret", "from": FROM, "keys": ["API_KEY"]}
    stage.ensure(spec)
    stage.cluster.secret("shop", "orders", API_KEY="rotated-key")
    stage.ensure(spec)
    assert stage.values == {"API_KEY": "rotated-key"}


def test_made_up_values_stay_until_their_length_changes(stage: Stage) -> None:
    spec: dict[str, Any] = {"kind": "secret", "generate": {"SESSION_KEY": {}, "PIN": {"length": 12}}}
    stage.ensure(spec)
    first = dict(stage.values or {})
    assert re.fullmatch(r"[A-Za-z0-9]{32}", first["SESSION_KEY"])
    assert len(first["PIN"]) == 12
    stage.ensure(spec)
    assert stage.values == first
    stage.ensure({**spec, "generate": {"SESSION_KEY": {"length": 64}, "PIN": {"length": 12}}})
    assert stage.values
    assert (len(stage.values["SESSION_KEY"]), stage.values["PIN"]) == (64, first["PIN"])


def test_a_made_up_value_is_not_what_another_resource_gave_before(stage: Stage) -> None:
    stage.ensure(thing("orders", "KEY", value="x" * 32))
    stage.ensure({"kind": "secret", "generate": {"KEY": {}}})
    assert stage.values
    assert stage.values["KEY"] != "x" * 32


def test_what_the_base_does_not_have_is_named_and_nothing_is_made(stage: Stage) -> None:
    ended = stage.ensure(
        {"kind": "secret", "from": FROM, "keys": ["API_KEY", "TOKEN"]},
        {"kind": "secret", "from": {"namespace": "shop", "name": "payments"}, "keys": ["X"]},
        {"kind": "configmap", "from": {"namespace": "shop", "name": "flags"}, "keys": ["Y"]},
        thing("queue"),
    )
    assert ended.code == 1
    assert ended.problems == [
        "the Secret `orders` in the namespace `shop` has no key `TOKEN`",
        "the base has no Secret `payments` in the namespace `shop`",
        "the base has no ConfigMap `flags` in the namespace `shop`",
    ]
    assert ended.message["problems"][0]["remedy"] == "Its keys are: `API_KEY`, `tls.crt`. Change `keys`."
    assert (stage.things.made, stage.cluster.writes) == ([], 0)


def test_a_secret_that_may_not_be_read_is_named(stage: Stage) -> None:
    stage.cluster.refuse[("get", "secrets")] = 403
    spec = {"kind": "secret", "from": FROM, "keys": ["API_KEY"]}
    assert "the hook may not get secrets `orders" in stage.ensure(spec).problems[0]


def test_bytes_that_are_no_text_cannot_be_a_variable(stage: Stage) -> None:
    stage.cluster.put("secrets", "shop", "raw", {"data": {"KEY": "/wD/"}})
    ended = stage.ensure({"kind": "secret", "from": {**FROM, "name": "raw"}, "keys": ["KEY"]})
    assert ended.problems == ["the key `KEY` of the Secret `raw` in the namespace `shop` is no text"]


def test_keys_of_a_whole_that_would_be_one_variable_are_named(stage: Stage) -> None:
    stage.cluster.secret("shop", "both", **{"a.b": "1", "a-b": "2"})
    ended = stage.ensure({"kind": "secret", "from": {**FROM, "name": "both"}, "whole": True})
    assert "`a.b` and `a-b` of the Secret `both`" in ended.problems[0]


def test_a_configmap_gives_variables_too_and_goes_without_a_trace(stage: Stage) -> None:
    stage.cluster.put("configmaps", "shop", "flags", {"data": {"COLOUR": "blue", "1st": "x"}})
    spec = {"kind": "configmap", "from": {**FROM, "name": "flags"}, "whole": True}
    stage.ensure(spec)
    assert stage.values == {"COLOUR": "blue", "_1st": "x"}
    assert stage.remove(spec).code == 0
    assert {name for _, _, name in stage.cluster.objects} == {"flags", "orders"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "it gives nothing"),
        ({"from": FROM}, "say which `keys` to copy"),
        ({"from": FROM, "keys": ["A"], "whole": True}, "and not both"),
        ({"keys": ["A"]}, "need `from`"),
        ({"set": {"A": "x"}, "generate": {"A": {}}}, "`A` is in `set` and in `generate`"),
        ({"from": FROM, "keys": ["A"], "generate": {"A": {}}}, "`A` is copied and in `generate`"),
        ({"from": FROM, "keys": ["a.b", "a-b"]}, "would be the same variable"),
        ({"set": {"A": 1}}, "valid string"),
        ({"generate": {"A": {"length": 4}}}, "greater than or equal to 8"),
    ],
)
@pytest.mark.parametrize("kind", [secret, configmap])
def test_a_spec_that_makes_no_sense_is_refused(kind: Any, given: dict[str, Any], sentence: str) -> None:
    name = kind.__name__.rpartition(".")[2]
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        kind.Spec.model_validate({"kind": name, **given})
