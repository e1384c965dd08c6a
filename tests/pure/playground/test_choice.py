from pathlib import Path

import pytest

from playground import lifecycle
from playground.cluster import choice, record
from playground.cluster.choice import Host
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.places import Places

ROOT = Host(linux=True, root=True, docker=False, kind=False)
BOTH = Host(linux=True, root=True, docker=True, kind=True)
ONLY_DOCKER = Host(linux=True, root=True, docker=True, kind=False)
USER = Host(linux=True, root=False, docker=False, kind=False)
MAC = Host(linux=False, root=False, docker=True, kind=True)


@pytest.mark.parametrize(
    ("wish", "host", "kind"),
    [
        ("auto", ROOT, "embedded"),
        ("auto", ONLY_DOCKER, "embedded"),
        ("auto", BOTH, "kind"),
        ("auto", MAC, "kind"),
        ("embedded", BOTH, "embedded"),
        ("kind", BOTH, "kind"),
        ("current", USER, "current"),
    ],
)
def test_the_kind_of_cluster(wish: choice.Wish, host: Host, kind: str) -> None:
    assert choice.choose(wish, host) == kind


@pytest.mark.parametrize(
    ("wish", "host", "words"),
    [
        ("auto", USER, "it takes root"),
        ("embedded", MAC, "this is not Linux"),
        ("kind", ONLY_DOCKER, "here kind does not answer"),
        ("kind", ROOT, "docker and kind does not answer"),
    ],
)
def test_what_cannot_be_had_is_said_with_the_ways_out(wish: choice.Wish, host: Host, words: str) -> None:
    with pytest.raises(PlaygroundError, match=words):
        choice.choose(wish, host)


@pytest.mark.parametrize("bits", range(16))
def test_auto_never_takes_somebodys_cluster(bits: int) -> None:
    host = Host(*(bool(bits >> n & 1) for n in range(4)))
    try:
        chosen: str = choice.choose("auto", host)
    except PlaygroundError as error:
        chosen = str(error)
    assert chosen in {"embedded", "kind"} or "name a cluster of your own with --cluster current" in chosen


def _playground(state: Path) -> Playground:
    return Playground(
        cluster="kind",
        kubeconfig=state / "kubeconfig",
        registry="192.0.2.1:5000",
        traefik_url="http://127.0.0.1:8880",
        tools=state / "bin",
        state=state,
        zones=("example.com",),
        base_images=("docker.io/library/debian:bookworm-slim",),
    )


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    assert record.load(tmp_path) is None
    record.save(_playground(tmp_path))
    assert record.load(tmp_path) == _playground(tmp_path)
    (tmp_path / record.FILE).write_text('{"cluster": "kind"}')
    assert record.load(tmp_path) is None


def test_another_kind_beside_the_one_that_is_up_is_refused(tmp_path: Path) -> None:
    record.save(_playground(tmp_path))
    with pytest.raises(PlaygroundError, match="a playground of kind kind is up"):
        lifecycle.start("embedded", at=Places(tmp_path / "cache", tmp_path))


def test_the_kind_is_known_even_if_the_start_failed_half_way(tmp_path: Path) -> None:
    record.begin(tmp_path, "current")
    assert record.begun(tmp_path) == "current"
    with pytest.raises(PlaygroundError, match="a playground of kind current is up"):
        lifecycle.start("kind", at=Places(tmp_path / "cache", tmp_path))


def test_only_known_things_are_installed_and_only_into_the_current_cluster(tmp_path: Path) -> None:
    where = Places(tmp_path / "cache", tmp_path / "state")
    with pytest.raises(PlaygroundError, match="cannot install mongodb"):
        lifecycle.start("current", install=["mongodb"], at=where)
    record.begin(tmp_path / "state", "kind")
    with pytest.raises(PlaygroundError, match="--install is for --cluster current"):
        lifecycle.start("kind", install=["traefik"], at=where)
