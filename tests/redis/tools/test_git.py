"""git, for real: commits by id, what changed, the files of a commit, and mirrors that heal."""

import os
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from workers.faults import OurFault, Superseded, Unavailable, UserFault
from workers.tools.git import Git
from workers.tools.process import Runner

pytestmark = pytest.mark.redis

ODD_NAME = "ünï cödé\n'quoted'.txt"


class Origin:
    """A repository that people push to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return f"file://{self.folder}"

    def git(self, *arguments: str) -> str:
        who = {f"GIT_{role}_{part}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **who}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str], links: dict[str, str] | None = None) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name, target in (links or {}).items():
            (self.folder / name).symlink_to(target)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")


class Place(NamedTuple):
    git: Git
    origin: Origin
    mirror: Path
    tmp: Path

    def fetched(self, *shas: str) -> None:
        self.git.fetch(self.mirror, self.origin.url, shas)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    git = Git(Runner(tmp_path / "home"), protocols=("file",))
    return Place(git, Origin(tmp_path / "origin"), tmp_path / "work" / "mirror", tmp_path)


def test_a_commit_is_checked_out_by_its_id(place: Place) -> None:
    sha = place.origin.commit({"a/run.sh": "#!/bin/sh\n", ODD_NAME: "x", "b.txt": "b\r\n"}, {"link": "b.txt"})
    (place.origin.folder / "a/run.sh").chmod(0o755)
    newer = place.origin.commit({})
    place.fetched(sha, newer)
    for commit, mode in ((sha, 0o644), (newer, 0o755)):
        folder = place.tmp / commit
        place.git.checkout(place.mirror, commit, folder)
        assert {path.name for path in folder.rglob("*") if not path.is_dir()} == {"run.sh", ODD_NAME, "b.txt", "link"}
        assert (folder / "b.txt").read_bytes() == b"b\r\n"
        assert (folder / "link").readlink() == Path("b.txt")
        assert (folder / "a/run.sh").stat().st_mode & 0o777 == mode
    assert {path.name for path in place.tmp.iterdir()} == {"home", "origin", "work", sha, newer}


def test_export_ignore_and_filters_of_the_repository_do_not_change_the_files(place: Place) -> None:
    sha = place.origin.commit(
        {".gitattributes": "secret export-ignore\n* filter=lfs\n", "secret": "kept", "big": "as it is"}
    )
    place.fetched(sha)
    place.git.checkout(place.mirror, sha, place.tmp / "out")
    assert (place.tmp / "out/secret").read_text() == "kept"
    assert (place.tmp / "out/big").read_text() == "as it is"


def test_changed_paths_are_those_since_the_common_ancestor(place: Place) -> None:
    start = place.origin.commit({"a": "1", "b": "1", "old": "some text that moves\n"})
    place.origin.git("checkout", "--quiet", "-b", "feature")
    place.origin.git("mv", "old", "new")
    feature = place.origin.commit({"a": "2", ODD_NAME: "x"})
    place.origin.git("checkout", "--quiet", "main")
    main = place.origin.commit({"b": "2"})
    place.fetched(feature, main)
    base = place.git.merge_base(place.mirror, main, feature)
    assert base == start
    assert sorted(place.git.changed_paths(place.mirror, base, feature)) == sorted(["a", "old", "new", ODD_NAME])


def test_histories_without_a_common_commit_have_no_merge_base(place: Place) -> None:
    one = place.origin.commit({"a": "1"})
    place.origin.git("checkout", "--quiet", "--orphan", "other")
    other = place.origin.commit({"b": "1"})
    place.fetched(one, other)
    assert place.git.merge_base(place.mirror, one, other) is None


def test_the_last_change_is_that_of_the_named_paths(place: Place) -> None:
    first = place.origin.commit({"svc/a": "1", "svc/Dockerfile": "FROM scratch\n", "[x]*": "1"})
    second = place.origin.commit({"docs": "1"})
    third = place.origin.commit({"[x]*": "2"})
    place.fetched(third)
    assert place.git.last_change(place.mirror, third, ["svc", "svc/Dockerfile"]) == first
    assert place.git.last_change(place.mirror, third, ["docs"]) == second
    assert place.git.last_change(place.mirror, third, ["[x]*"]) == third
    assert place.git.last_change(place.mirror, second, ["."]) == second


def test_equal_content_has_equal_entries_whatever_the_commit(place: Place) -> None:
    first = place.origin.commit({"svc/a": "1", "other": "1"})
    second = place.origin.commit({"other": "2"})
    third = place.origin.commit({"svc/a": "2"})
    fourth = place.origin.commit({"svc/a": "1"})
    place.fetched(first, second, third, fourth)
    entries = [place.git.entries(place.mirror, sha, ["svc", "missing"]) for sha in (first, second, third, fourth)]
    assert entries[0] == entries[1] == entries[3] != entries[2]
    assert [entry.path for entry in entries[0]] == ["svc"]
    assert place.git.tree_hash(place.mirror, first, ".") != place.git.tree_hash(place.mirror, second, ".")
    assert place.git.tree_hash(place.mirror, first, "./svc/") == entries[0][0].blob
    assert place.git.tree_hash(place.mirror, first, "svc/nope") is None


def test_entries_follow_symbolic_links_inside_the_repository(place: Place) -> None:
    files = {"real/svc/a": "1", "docker/Dockerfile": "FROM scratch\n"}
    links = {
        "svc": "real/svc",
        "Dockerfile": "docker/Dockerfile",
        "up": "../outside",
        "loop": "loop",
        "abs": "/etc/passwd",
    }
    first = place.origin.commit(files, links)
    second = place.origin.commit({"real/svc/a": "2", "docker/Dockerfile": "FROM debian\n"})
    place.fetched(first, second)
    for path in ("svc", "svc/a", "Dockerfile"):
        one, other = (place.git.entries(place.mirror, sha, [path]) for sha in (first, second))
        assert [entry.path for entry in one] == [path]
        assert one != other
    assert place.git.entries(place.mirror, first, ["up", "loop", "abs"]) == []


def test_a_file_is_shown_as_it_was(place: Place) -> None:
    sha = place.origin.commit({".devstack.yaml": "services: {}\n", "folder/x": "1"})
    place.fetched(sha)
    assert place.git.show(place.mirror, sha, ".devstack.yaml") == b"services: {}\n"
    assert place.git.show(place.mirror, sha, "nope") is None
    assert place.git.show(place.mirror, sha, "folder") is None


def test_an_unknown_commit_is_the_persons_fault(place: Place) -> None:
    place.origin.commit({"a": "1"})
    with pytest.raises(UserFault, match="`ffffffffffff` is not in"):
        place.fetched("f" * 40)
    with pytest.raises(UserFault, match="not a full commit id"):
        place.fetched("--upload-pack=touch /tmp/x")


def test_a_commit_that_no_branch_holds_any_more_is_found(place: Place) -> None:
    place.origin.commit({"a": "1"})
    pushed = place.origin.commit({"a": "2"})
    place.origin.git("reset", "--quiet", "--hard", "HEAD~1")
    place.fetched(pushed)
    assert place.git.show(place.mirror, pushed, "a") == b"2"


def test_what_the_mirror_has_is_not_fetched_again(place: Place) -> None:
    sha = place.origin.commit({"a": "1"})
    place.fetched(sha)
    place.origin.folder.rename(place.tmp / "moved")
    place.fetched(sha)
    assert place.git.show(place.mirror, sha, "a") == b"1"


def test_only_the_allowed_protocols_are_spoken(place: Place) -> None:
    sha = place.origin.commit({"a": "1"})
    git = Git(place.git.runner, protocols=("https",))
    for url in (place.origin.url, str(place.origin.folder), f"ext::sh -c touch% {place.tmp}/made"):
        with pytest.raises(OurFault, match="does not let us read"):
            git.fetch(place.mirror, url, [sha])
    assert not (place.tmp / "made").exists()


def test_a_silent_server_is_unavailable(place: Place) -> None:
    git = Git(place.git.runner, protocols=("http",))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        git.fetch(place.mirror, "http://127.0.0.1:9/acme/x.git", ["a" * 40])


@pytest.mark.parametrize("damage", ["empty objects", "no objects", "no HEAD", "config", "packs cut"])
def test_a_damaged_mirror_is_made_anew_by_the_next_fetch(place: Place, damage: str) -> None:
    sha = place.origin.commit({f"file{number}": str(number) for number in range(150)})
    place.fetched(sha)
    break_mirror(place.mirror, damage)
    newer = place.origin.commit({"b": "2"})
    try:
        place.fetched(sha, newer)
        place.git.checkout(place.mirror, newer, place.tmp / "out")
    except Unavailable:  # found out while checking out: the run begins again
        place.fetched(sha, newer)
        place.git.checkout(place.mirror, newer, place.tmp / "again")
    assert place.git.show(place.mirror, newer, "b") == b"2"


def break_mirror(mirror: Path, damage: str) -> None:
    packs = list(mirror.glob("objects/pack/*.pack"))
    assert packs, "a fetch of that many objects keeps its pack"
    match damage:
        case "empty objects":
            for path in (mirror / "objects").rglob("*"):
                if path.is_file():
                    path.chmod(0o644)
                    path.write_bytes(b"")
        case "no objects":
            for path in packs:
                path.unlink()
        case "no HEAD":
            (mirror / "HEAD").unlink()
        case "config":
            (mirror / "config").write_text("[broken\n")
        case _:
            for path in packs:
                path.chmod(0o644)
                path.write_bytes(path.read_bytes()[:1000])


def test_a_fetch_waits_for_another_one_and_can_be_cancelled(place: Place) -> None:
    from workers.tools.filelock import locked

    sha = place.origin.commit({"a": "1"})
    cancelled = threading.Event()
    with locked(place.mirror.with_name("mirror.lock")):
        threading.Timer(0.2, cancelled.set).start()
        with pytest.raises(Superseded):
            place.git.fetch(place.mirror, place.origin.url, [sha], None, cancelled)


def test_fetches_side_by_side_both_succeed(place: Place) -> None:
    shas = [place.origin.commit({"a": str(number)}) for number in range(6)]
    failed: list[BaseException] = []

    def one(sha: str) -> None:
        try:
            place.fetched(sha)
            place.git.checkout(place.mirror, sha, place.tmp / sha)
        except BaseException as error:  # noqa: BLE001 - told to the test's thread
            failed.append(error)

    threads = [threading.Thread(target=one, args=(sha,)) for sha in shas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [(place.tmp / sha / "a").read_text() for sha in shas] == [str(number) for number in range(6)]
