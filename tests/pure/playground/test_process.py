import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from playground import process
from playground.process import Record


def _me() -> Record:
    started = process.started_at(os.getpid())
    assert started is not None
    return Record(os.getpid(), started, process.boot_id(), "")


def _proc(root: Path, pid: int, name: str, state: str, started: int) -> None:
    (root / str(pid)).mkdir()
    fields = [state, *["0"] * 18, str(started), "0", "0"]
    (root / str(pid) / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")


def test_a_process_is_known_again() -> None:
    assert process.alive(_me())


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another boot"}, {"pid": 2**22 + 1}])
def test_a_stranger_with_the_same_id_is_not_taken_for_ours(change: dict[str, int | str]) -> None:
    assert not process.alive(replace(_me(), **change))  # type: ignore[arg-type]  # the table's types are the fields'


def test_no_record_is_no_process(tmp_path: Path) -> None:
    assert process.read(tmp_path, "etcd") is None
    (tmp_path / "etcd.json").write_text("{half")
    assert process.read(tmp_path, "etcd") is None
    (tmp_path / "etcd.json").write_text(json.dumps({"pid": 1}))
    assert process.read(tmp_path, "etcd") is None
    assert not process.alive(None)


@pytest.mark.parametrize("name", ["etcd", "a b", ") Z 1 (", "((", "x) R 0 0"])
def test_the_start_time_is_found_whatever_the_program_is_called(tmp_path: Path, name: str) -> None:
    _proc(tmp_path, 7, name, "S", 4711)
    assert process.started_at(7, tmp_path) == 4711


def test_a_zombie_is_dead(tmp_path: Path) -> None:
    _proc(tmp_path, 7, "etcd", "Z", 4711)
    assert process.started_at(7, tmp_path) is None
    assert process.started_at(8, tmp_path) is None


def test_marked_processes_are_found_by_their_very_mark(tmp_path: Path) -> None:
    for pid, state in ((11, "/state/a"), (12, "/state/ab"), (13, "")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "environ").write_bytes(f"PATH=/bin\0{process.MARK}={state}\0".encode())
    (tmp_path / "14").mkdir()  # gone while we look
    (tmp_path / "sys").mkdir()
    assert list(process.marked("/state/a", tmp_path)) == [11]


def test_the_fingerprint_tells_arguments_and_contents_apart(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("a")
    first = process.fingerprint(["etcd", "--x"], [file])
    assert process.fingerprint(["etcd", "--x"], [file]) == first
    assert process.fingerprint(["etcd", "--", "x"], [file]) != first
    file.write_text("b")
    assert process.fingerprint(["etcd", "--x"], [file]) != first
