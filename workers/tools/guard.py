"""Runs one tool and ends all that it started: when it is done, when it is told to, and when the worker is gone.

Called as `python -I -S guard.py <grace> <program> <argument>…`. Standard input is the lifeline: a pipe whose other
end only the worker holds. When that end closes, be it by the worker's will or by its death, the tool's process group
gets SIGTERM, and what is still there after `grace` seconds SIGKILL. As the subreaper of its descendants the guard
also finds those that left the process group. Its exit code is the tool's, 128 + n after signal n.

Imports are few on purpose: this starts in some 10 ms, with `subprocess` and `signal` it would be 40.
"""

import ctypes
import os
import select
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SIGKILL, SIGPIPE, SIGTERM = 9, 13, 15
SIG_DFL = 0
LIFELINE = 0
NOT_FOUND = 127
PAUSE = 0.02  # seconds between two looks at what is left
PATIENCE = 5.0  # seconds that processes get to vanish after SIGKILL

libc = ctypes.CDLL(None)


def main() -> int:
    """Run the tool of the command line; its exit code."""
    grace, program = float(sys.argv[1]), sys.argv[2:]
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    tool = os.fork()
    if tool == 0:
        become(program)
    done = os.pidfd_open(tool)
    ready, _, _ = select.select([LIFELINE, done], [], [])
    status: list[int] = []
    if done not in ready:
        signal_group(tool, SIGTERM)
        wait_for_all(tool, status, grace)
    else:
        reap(tool, status)
    end = time.monotonic() + PATIENCE
    while (left := children()) and time.monotonic() < end:
        signal_group(tool, SIGKILL)
        for pid in left:
            send(pid, SIGKILL)
        wait_for_all(tool, status, PAUSE)
    return status[0] if status else 128 + SIGKILL


def become(program: list[str]) -> None:
    """Turn this process into the tool, in a process group of its own that does not outlive the guard."""
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
    libc.signal(SIGPIPE, SIG_DFL)  # Python ignores it, and children would inherit that
    os.setpgid(0, 0)
    os.umask(0o022)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    try:
        os.execvp(program[0], program)  # noqa: S606 - argv only, that is the point
    except OSError as error:
        os.write(2, f"{program[0]}: {error.strerror}\n".encode())
    os._exit(NOT_FOUND)


def reap(tool: int, status: list[int]) -> bool:
    """Collect what has ended; the tool's own code goes to `status`. True when there is nothing left to wait for."""
    try:
        while True:
            pid, code = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return False
            if pid == tool:
                status.append(128 + os.WTERMSIG(code) if os.WIFSIGNALED(code) else os.WEXITSTATUS(code))
    except ChildProcessError:
        return True


def wait_for_all(tool: int, status: list[int], seconds: float) -> None:
    """Wait until all descendants have ended, at most `seconds`."""
    end = time.monotonic() + seconds
    while not reap(tool, status) and time.monotonic() < end:
        time.sleep(PAUSE)


def children() -> list[int]:
    """The guard's children, adopted orphans among them."""
    me = str(os.getpid())
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the start-up time
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[1].decode() == me:
                found.append(int(name))
    return found


def send(pid: int, number: int) -> None:
    """Signal one process; it may be gone already, or belong to a user namespace that we may not touch."""
    try:
        os.kill(pid, number)
    except OSError:
        return


def signal_group(group: int, number: int) -> None:
    """Signal a process group, if there still is one."""
    try:
        os.killpg(group, number)
    except OSError:
        return


if __name__ == "__main__":
    os._exit(main())  # nothing to tidy up: skip the interpreter's own
