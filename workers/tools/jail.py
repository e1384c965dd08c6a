"""Runs a program that can read and write only what it is given, run only the programs it is given, and connect to no one.

    python -I -S jail.py --read PATH --write PATH --run PATH -- program argument …

By Landlock, which Linux has since 5.13 (since 6.7 for connections) and which needs no right of any kind. Source: the
kernel's documentation, userspace-api/landlock. Imports nothing of ours: it runs before anything else does.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls, the same numbers on every architecture
VERSION_FLAG = 1
BENEATH = 1  # the kind of a rule: what lies beneath a path
NO_NEW_PRIVILEGES = 38
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many rights to files each version knows; those after it have as many
NETWORK_SINCE = 4
BIND_AND_CONNECT = 0b11
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
HEAD = 4096  # bytes in which a program names its loader

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Of Landlock in this kernel; 0 where it has none."""
    return max(0, int(_libc.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG))))


def fits(programs: Iterable[Path]) -> bool:
    """Whether these can be run in a jail: programs proper, no scripts, in a kernel that has jails."""
    return version() > 0 and all(_head(program).startswith(b"\x7fELF") for program in programs)


def restrict(read: Iterable[Path], write: Iterable[Path], run: Iterable[Path]) -> None:
    """From now on this process and its children can do no more than this. OSError where the kernel refuses."""
    abi = version()
    every = (1 << RIGHTS.get(abi, RIGHTS[max(RIGHTS)])) - 1
    given = struct.pack("=QQ", every, BIND_AND_CONNECT) if abi >= NETWORK_SINCE else struct.pack("=Q", every)
    ruleset = _checked(_libc.syscall(CREATE, given, ctypes.c_size_t(len(given)), ctypes.c_uint32(0)))
    programs = list(run)
    linked = any(b"/ld-" in _head(program) for program in programs)
    libraries = [Path(each) for each in LIBRARIES if linked and Path(each).is_dir()]
    rules = [
        *((path, READ_FILE | READ_DIR) for path in read),
        *((path, every & ~EXECUTE) for path in write),
        *((path, READ_FILE | READ_DIR | EXECUTE) for path in (*programs, *libraries)),
    ]
    for path, rights in rules:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = every & rights & (-1 if path.is_dir() else OF_A_FILE)
        _checked(_libc.syscall(ADD, ruleset, BENEATH, struct.pack("=Qi", allowed, place), ctypes.c_uint32(0)))
        os.close(place)
    _checked(_libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(_libc.syscall(RESTRICT, ruleset, ctypes.c_uint32(0)))
    os.close(ruleset)


def command(program: Path, *, read: Iterable[Path], write: Iterable[Path], run: Iterable[Path]) -> list[str]:
    """How a command line begins that runs `program` in a jail; `run` are the other programs that it may run."""
    options = [("--read", read), ("--write", [*write, Path("/dev/null")]), ("--run", [program, *run])]
    flags = [word for option, paths in options for path in paths for word in (option, str(path))]
    return [sys.executable, "-I", "-S", __file__, *flags, "--", str(program)]


def _head(program: Path) -> bytes:
    with program.open("rb") as file:
        return file.read(HEAD)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def main(words: list[str]) -> None:
    """Restrict, then become the program."""
    end = words.index("--")
    given: dict[str, list[Path]] = {"--read": [], "--write": [], "--run": []}
    for option, path in zip(words[:end:2], words[1:end:2], strict=True):
        given[option].append(Path(path))
    restrict(given["--read"], given["--write"], given["--run"])
    os.execv(words[end + 1], words[end + 1 :])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
