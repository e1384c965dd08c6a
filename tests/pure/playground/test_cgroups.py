from pathlib import Path

import pytest

from playground.cluster.embedded import cgroups
from playground.cluster.embedded.cgroups import Hierarchies
from playground.errors import PlaygroundError

FIRST = """tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""
SECOND = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"


def test_version_1_has_a_tree_for_each_controller_and_maybe_an_empty_version_2_tree_beside() -> None:
    assert cgroups.hierarchies(FIRST) == Hierarchies(
        1, (Path("/sys/fs/cgroup/cpuset"), Path("/sys/fs/cgroup/memory")), (Path("/sys/fs/cgroup/unified"),)
    )


def test_version_2_has_one_tree() -> None:
    assert cgroups.hierarchies("proc /proc proc rw 0 0\n" + SECOND) == Hierarchies(2, (Path("/sys/fs/cgroup"),))


def test_a_host_without_control_groups_is_told_so() -> None:
    with pytest.raises(PlaygroundError, match="no control groups"):
        cgroups.hierarchies("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n")


def test_a_version_1_cpuset_is_filled_before_anything_enters_it(tmp_path: Path) -> None:
    for name in ("cpuset", "memory"):
        (tmp_path / name / "ours").mkdir(parents=True)
    (tmp_path / "cpuset" / "cpuset.cpus").write_text("0-3\n")
    (tmp_path / "cpuset" / "cpuset.mems").write_text("0\n")
    cgroups.create("ours", Hierarchies(1, (tmp_path / "cpuset", tmp_path / "memory")))
    assert (tmp_path / "cpuset" / "ours" / "cpuset.cpus").read_text() == "0-3\n"
    assert (tmp_path / "cpuset" / "ours" / "cpuset.mems").read_text() == "0\n"
    assert not list((tmp_path / "memory" / "ours").iterdir())


def _second(root: Path, offered: str, given: str = "", processes: str = "", *, nested: bool = False) -> Hierarchies:
    (root / "cgroup.controllers").write_text(offered)
    (root / "cgroup.subtree_control").write_text(given)
    (root / "cgroup.procs").write_text(processes)
    if nested:
        (root / "cgroup.type").write_text("domain")
    return Hierarchies(2, (root,))


def test_version_2_hands_its_controllers_down(tmp_path: Path) -> None:
    cgroups.create("ours", _second(tmp_path, "cpu memory pids", given="cpu memory"))
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+pids"  # the kernel adds what is written
    assert (tmp_path / "ours").is_dir()


def test_version_2_without_the_memory_controller_cannot_hold_pods(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match="lack the controllers memory"):
        cgroups.create("ours", _second(tmp_path, "cpu pids"))


def test_in_a_container_the_processes_make_room(tmp_path: Path) -> None:
    (tmp_path / cgroups.HOST_GROUP).mkdir()
    (tmp_path / cgroups.HOST_GROUP / "cgroup.procs").write_text("")
    cgroups.create("ours", _second(tmp_path, "cpu memory pids", processes="41\n42\n", nested=True))
    assert (tmp_path / cgroups.HOST_GROUP / "cgroup.procs").read_text() == "42"  # one write for each process


def test_the_root_of_the_machine_keeps_its_processes(tmp_path: Path) -> None:
    cgroups.create("ours", _second(tmp_path, "cpu memory pids", processes="1\n2\n"))
    assert not (tmp_path / cgroups.HOST_GROUP).exists()


def test_all_processes_below_our_group_are_found(tmp_path: Path) -> None:
    deep = tmp_path / "memory" / "ours" / "kubepods" / "pod1"
    deep.mkdir(parents=True)
    (deep / "cgroup.procs").write_text("11\n12\n")
    (tmp_path / "memory" / "ours" / "cgroup.procs").write_text("13\n")
    (tmp_path / "memory" / "cgroup.procs").write_text("1\n")
    assert cgroups.processes("ours", Hierarchies(1, (tmp_path / "memory",))) == {11, 12, 13}
