"""No path leads out of the repository, whatever links say."""

import os
from pathlib import Path

import pytest

from config.files import check, confined
from config.problems import Problem
from config.project import located, parse


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "Dockerfile").write_text("FROM x\n")
    root = tmp_path / "repo"
    (root / "svc").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "svc" / "Dockerfile").write_text("FROM scratch\n")
    return root


def test_what_is_there_is_given_as_it_really_is(repo: Path) -> None:
    (repo / "link").symlink_to("svc")
    assert confined(repo, "svc/Dockerfile", kind="file") == repo / "svc" / "Dockerfile"
    assert confined(repo, "link", kind="folder") == repo / "svc"
    assert confined(repo, ".", kind="folder") == repo


def test_a_link_out_of_the_repository_is_refused(repo: Path) -> None:
    (repo / "out").symlink_to("../secret")
    (repo / "svc" / "abs").symlink_to("/etc/passwd")
    (repo / "hop").symlink_to("out")
    for relative, kind in (
        ("out", "folder"),
        ("out/Dockerfile", "file"),
        ("svc/abs", "file"),
        ("hop/Dockerfile", "file"),
    ):
        found = confined(repo, relative, kind=kind, path="services.a.build.dockerfile")  # type: ignore[arg-type]  # both kinds
        assert isinstance(found, Problem)
        assert found.message == f"`{relative}` leads out of the repository"
        assert found.path == "services.a.build.dockerfile"


@pytest.mark.parametrize("relative", ["../secret", "/etc", "svc/../../secret", "svc/../svc"])
def test_dots_and_absolute_paths_are_refused(repo: Path, relative: str) -> None:
    found = confined(repo, relative, kind="folder")
    assert isinstance(found, Problem)
    assert "leads out" in found.message


def test_circles_long_names_and_zero_bytes_are_refused(repo: Path) -> None:
    (repo / "a").symlink_to("b")
    (repo / "b").symlink_to("a")
    for relative in ("a", "x" * 5000, "a\0b"):
        assert isinstance(confined(repo, relative, kind="file"), Problem)


def test_what_is_not_there_or_of_another_kind_is_named(repo: Path) -> None:
    missing = confined(repo, "SVC", kind="folder")
    assert isinstance(missing, Problem)
    assert (missing.message, missing.suggestion) == ("there is no folder `SVC`", "did you mean `svc`?")
    wrong = confined(repo, "svc", kind="file")
    assert isinstance(wrong, Problem)
    assert wrong.message == "`svc` is not a file"
    git = confined(repo, ".git", kind="folder")
    assert isinstance(git, Problem)
    assert "git's own" in git.message


def test_a_pipe_is_no_file(repo: Path) -> None:
    os.mkfifo(repo / "pipe")
    assert isinstance(confined(repo, "pipe", kind="file"), Problem)


def test_missing_files_are_told_at_their_lines_with_the_usual_mistake(repo: Path) -> None:
    text = (
        "services:\n  a:\n    build:\n      context: svc\n      dockerfile: Dockerfile\n  b: {build: {context: nope}}\n"
    )
    found = located(check(repo, parse(text)), text)
    assert [(each.line, each.path) for each in found] == [
        (5, "services.a.build.dockerfile"),
        (6, "services.b.build.context"),
        (6, "services.b.build.dockerfile"),
    ]
    assert found[0].suggestion == "paths start at the repository's root: `svc/Dockerfile`"
    assert check(repo, parse("services: {a: {build: {context: svc}}}")) == []
