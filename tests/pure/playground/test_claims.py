"""Whose rules are in a network namespace: known from any state directory, and forgotten without a trace."""

from pathlib import Path

from playground.cluster.embedded import claims
from playground.places import Places

HERE, ELSEWHERE = "net:[1]", "net:[2]"


def test_a_claim_is_seen_by_others_of_the_same_namespace_only(tmp_path: Path) -> None:
    mine, yours = Places(Path("/c1"), Path("/s1")), Places(Path("/c2"), Path("/s2"))
    claims.make(mine, HERE, tmp_path / "run")
    assert [claim.places for claim in claims.others(yours, HERE, tmp_path / "run")] == [mine]
    assert list(claims.others(yours, ELSEWHERE, tmp_path / "run")) == []
    assert list(claims.others(mine, HERE, tmp_path / "run")) == []


def test_a_claim_given_up_leaves_nothing(tmp_path: Path) -> None:
    mine = Places(Path("/c1"), Path("/s1"))
    claims.make(mine, HERE, tmp_path / "run")
    claims.give_up(mine, tmp_path / "run")
    claims.give_up(mine, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_claim_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"namespace": "net:[1]"}'), ("d", "3")):
        (tmp_path / f"{name}.json").write_text(text)
    assert list(claims.others(Places(Path("/c"), Path("/s")), HERE, tmp_path)) == []
