"""What a jailed program can do: what it was given, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from workers.tools import jail

pytestmark = pytest.mark.redis

PYTHON = "import sys; exec(sys.argv[1])"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("read", "write", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def jailed(place: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this machine."""
    path = Path(str(shutil.which(program))).resolve()
    argv = jail.command(path, read=[place / "read"], write=[place / "write"], run=[])
    return subprocess.run([*argv, *arguments], capture_output=True, text=True, check=False, env={}, cwd=place / "read")


def test_this_kernel_has_jails_for_programs_and_none_for_scripts(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert jail.version() >= 1
    assert jail.fits([Path("/bin/cat")])
    assert not jail.fits([Path("/bin/cat"), script])


def test_it_reads_what_it_was_given_and_nothing_else(place: Path) -> None:
    assert jailed(place, "cat", "file").stdout == "read"
    for path in (place / "other" / "file", Path("/etc/hostname"), Path("/proc/self/environ"), Path(jail.__file__)):
        denied = jailed(place, "cat", str(path))
        assert (denied.returncode, denied.stdout, "Permission denied" in denied.stderr) == (1, "", True)


def test_it_writes_only_where_it_may(place: Path) -> None:
    assert jailed(place, "cp", "file", str(place / "write" / "copy")).returncode == 0
    assert (place / "write" / "copy").read_text() == "read"
    assert jailed(place, "cp", "file", str(place / "read" / "copy")).returncode == 1
    assert jailed(place, "cp", "file", str(place / "other" / "copy")).returncode == 1


def test_it_runs_no_other_program_and_leaves_the_jail_by_none(place: Path) -> None:
    assert "Permission denied" in jailed(place, "env", "/bin/cat", "file").stderr
    shutil.copy("/bin/cat", place / "write" / "cat")
    assert "Permission denied" in jailed(place, "env", str(place / "write" / "cat"), "file").stderr
