"""The images that are made on demand: what they are made of is pinned, and tells when they must be made anew."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from playground.backends import hook
from playground.backends.table import BACKENDS
from playground.cluster.embedded.configs import registries_conf
from playground.errors import PlaygroundError
from playground.images import catalogue, demand, jars
from playground.images.builder import Builder
from playground.images.catalogue import Image
from playground.images.skopeo import Skopeo

OWN = ("localstack", "moto", "postgres", "mariadb", "rabbitmq", "kafka")
RECIPES = catalogue.HERE


@pytest.mark.parametrize("name", ["localstack", "moto"])
def test_python_packages_are_pinned_and_checksummed(name: str) -> None:
    text = (RECIPES / name / "requirements.txt").read_text()
    blocks = re.findall(r"^([\w.-]+==\S+.*(?:\n    --hash\S.*)*)", text, re.MULTILINE)
    assert len(blocks) > 50
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert [line for line in text.splitlines() if "index" in line and not line.startswith("#")] == []
    assert "--require-hashes" in (RECIPES / name / "Dockerfile").read_text()


def test_localstack_is_the_last_one_without_a_token() -> None:
    assert "localstack-core==4.14.0 " in (RECIPES / "localstack" / "requirements.txt").read_text()
    assert "--exclude-newer 2026-03-20" in (RECIPES / "localstack" / "requirements.txt").read_text()


def test_jars_are_pinned_and_checksummed() -> None:
    lines = (RECIPES / "kafka" / "jars.sha256").read_text().splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{64}  [\w.-]+\.jar", line) for line in lines)
    assert any(line.endswith("  kafka_2.13-4.1.0.jar") for line in lines)
    assert re.findall(r"<version>(.*)</version>", (RECIPES / "kafka" / "pom.xml").read_text())[1:] == ["4.1.0", "2.24.3"]


def test_other_jars_than_the_pinned_are_named(tmp_path: Path) -> None:
    for name in ("same.jar", "changed.jar", "strange.jar"):
        (tmp_path / name).write_text(name)
    pinned = f"{hashlib.sha256(b'same.jar').hexdigest()}  same.jar\n{'0' * 64}  changed.jar\n{'0' * 64}  missing.jar\n"
    assert jars.differences(pinned, tmp_path) == ["changed.jar", "missing.jar", "strange.jar"]


@pytest.mark.parametrize("name", OWN)
def test_programs_do_not_run_as_root(name: str) -> None:
    assert re.search(r"^USER (?!root|0)", (RECIPES / name / "Dockerfile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in OWN if (RECIPES / name / "start").exists()])
def test_start_scripts_can_be_run(name: str) -> None:
    assert (RECIPES / name / "start").stat().st_mode & 0o111
    assert re.search(r"^exec ", (RECIPES / name / "start").read_text(), re.MULTILINE)


def test_the_tag_tells_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue.on_demand("postgres", "15")
    assert re.fullmatch(r"devstack/postgres:15-[0-9a-f]{12}", before.reference)
    shutil.copytree(RECIPES / "postgres", tmp_path / "postgres")
    monkeypatch.setattr(catalogue, "HERE", tmp_path)
    assert catalogue.on_demand("postgres", "15") == before
    with (tmp_path / "postgres" / "start").open("a") as file:
        file.write("# changed\n")
    assert catalogue.on_demand("postgres", "15") != before


def test_what_is_made_on_demand_is_not_part_of_what_every_playground_gets() -> None:
    seeded = {image.repository for image in catalogue.DERIVED}
    assert {BACKENDS[name].image().repository for name in OWN}.isdisjoint(seeded)
    assert BACKENDS["redis"].image() in catalogue.DERIVED


def test_the_cache_keeps_the_newest_contents_of_a_recipe(tmp_path: Path) -> None:
    images = [Image("devstack/kafka", "4.1.0-aaa"), Image("devstack/kafka", "4.1.0-bbb"), Image("devstack/redis", "7")]
    kept = [demand.layout(tmp_path, image) for image in images]
    assert len(set(kept)) == len(images)
    for folder in kept:
        folder.mkdir(parents=True)
    demand._forget_older(kept[1], images[1])
    demand._forget_older(kept[2], images[2])
    assert [folder.exists() for folder in kept] == [False, True, True]


def tree(folder: Path) -> Path:
    """The files of a hook image, made up."""
    for name in ("hooks/Dockerfile", "hooks/kinds/sqs.py", "model/names.py", "requirements-hooks.txt", "bot/app.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("hooks/kinds/sqs.py", True),
        ("hooks/Dockerfile", True),
        ("hooks/kinds/new.py", True),
        ("model/names.py", True),
        ("requirements-hooks.txt", True),
        ("bot/app.py", False),
        ("hooks/__pycache__/sqs.pyc", False),
    ],
)
def test_the_hook_image_is_another_where_its_sources_are(tmp_path: Path, name: str, counts: bool) -> None:
    before = hook.key(tree(tmp_path))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("changed")
    assert (hook.key(tmp_path) != before) is counts


def test_the_hook_image_needs_the_sources(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"lacks hooks/Dockerfile, requirements-hooks.txt"):
        hook.key(tmp_path)


def test_the_hook_image_holds_no_more_than_hooks_and_model() -> None:
    names = {name.parts[0] for name in hook.sources(hook.ROOT)}
    assert names == {"hooks", "model", "requirements-hooks.txt"}
    text = (hook.ROOT / hook.DOCKERFILE).read_text()
    assert re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE) == ["requirements-hooks.txt", "model", "hooks"]
    assert re.search(r'^USER 65532:65532\nENTRYPOINT \["python", "-m", "hooks"\]$', text, re.MULTILINE)


class Program:
    """Stands in for buildah and skopeo: a script on PATH that notes its arguments."""

    def __init__(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
        self.notes = folder / "notes"
        program = folder / "bin" / name
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$@" >>{self.notes}\n{then}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    @property
    def calls(self) -> list[str]:
        return self.notes.read_text().splitlines()


def test_a_build_keeps_layers_and_checks_certificates_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    buildah = Program("buildah", tmp_path, monkeypatch)
    conf = tmp_path / "registries.conf"
    conf.write_text(registries_conf("registry:5000"))
    builder = Builder(tmp_path, "registry:5000", tmp_path / "log", conf, insecure=False, auth_file=Path("/auth.json"))
    builder.build(tmp_path, "hooks:1", dockerfile=tmp_path / "hooks" / "Dockerfile", layers=True)
    build, push = buildah.calls
    assert f"bud --layers --file={tmp_path}/hooks/Dockerfile" in build
    assert push.endswith("push --tls-verify=true --authfile=/auth.json registry:5000/hooks:1")


def test_an_image_that_is_not_there_is_told_from_a_registry_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skopeo = Skopeo("registry:5000", tmp_path / "log")
    Program("skopeo", tmp_path, monkeypatch, "echo manifest unknown >&2; exit 1")
    assert skopeo.digest("app:1") is None
    (tmp_path / "bin" / "skopeo").write_text("#!/bin/sh\necho connection refused >&2; exit 1\n")
    with pytest.raises(PlaygroundError, match="connection refused"):
        skopeo.digest("app:1")
    (tmp_path / "bin" / "skopeo").write_text('#!/bin/sh\nprintf \'{"layers": [{"size": 3}, {"size": 4}]}\'\n')
    assert skopeo.size("app:1") == 7
    digest = hashlib.sha256(b'{"layers": [{"size": 3}, {"size": 4}]}').hexdigest()
    assert skopeo.digest("app:1") == f"sha256:{digest}"
