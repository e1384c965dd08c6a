"""Builders' words: what to show of a log, and whose fault it was. The logs are buildah's and BuildKit's own."""

import pytest

from workers.faults import OurFault, Unavailable, UserFault
from workers.tools import build_words
from workers.tools.process import ToolFailed

BUILDAH_RUN = """\
STEP 1/3: FROM python:3.11-slim-bookworm
STEP 2/3: COPY . /app
--> Using cache 4ad3ce1784e6
STEP 3/3: RUN pip install nosuch
ERROR: Could not find a version that satisfies the requirement nosuch
ERROR: No matching distribution found for nosuch
subprocess exited with status 1
subprocess exited with status 1
Error: building at STEP "RUN pip install nosuch": exit status 1"""

BUILDKIT_RUN = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [2/3] RUN echo early
#5 CACHED
#6 [3/3] RUN make all
#6 0.120 cc main.c
#6 0.310 main.c:1: error: no
#6 ERROR: process "/bin/sh -c make all" did not complete successfully: exit code: 2
------
 > [3/3] RUN make all:
0.120 cc main.c
0.310 main.c:1: error: no
------
Dockerfile:3
--------------------
   1 |     FROM debian
   3 | >>> RUN make all
--------------------
error: failed to solve: process "/bin/sh -c make all" did not complete successfully: exit code: 2"""

BUILDKIT_NO_BASE = """\
#2 [internal] load metadata for docker.io/library/nosuch:1
#2 ERROR: docker.io/library/nosuch:1: not found
------
 > [internal] load metadata for docker.io/library/nosuch:1:
------
error: failed to solve: nosuch:1: failed to resolve source metadata for docker.io/library/nosuch:1: not found"""


def fault(log: str, tool: str = "buildah", code: int = 125) -> Exception:
    end = build_words.buildah_end if tool == "buildah" else build_words.buildkit_end
    return build_words.explained(ToolFailed(tool, code, log), "orders", end)


def test_a_buildah_log_is_shown_from_the_failed_step() -> None:
    shown = build_words.buildah_end(BUILDAH_RUN).splitlines()
    assert shown[0] == "STEP 3/3: RUN pip install nosuch"
    assert shown[1].endswith("the requirement nosuch")
    assert not [line for line in shown if line.startswith("subprocess")]


def test_a_buildkit_log_is_shown_from_its_own_summary() -> None:
    shown = build_words.buildkit_end(BUILDKIT_RUN)
    assert shown.startswith(" > [3/3] RUN make all:\n0.120 cc main.c")
    assert "RUN echo early" not in shown
    assert ">>> RUN make all" in shown


def test_a_long_step_keeps_its_name_and_its_end() -> None:
    log = "STEP 1/1: RUN x\n" + "\n".join(f"line {number}" for number in range(500)) + "\n" + "y" * 1000
    shown = build_words.buildah_end(log).splitlines()
    assert len(shown) == build_words.LINES
    assert (shown[0], shown[-2]) == ("STEP 1/1: RUN x", "line 499")
    assert shown[1] == "… 443 lines"
    assert max(map(len, shown)) == build_words.LINE


@pytest.mark.parametrize(("log", "tool"), [(BUILDAH_RUN, "buildah"), (BUILDKIT_RUN, "buildctl")])
def test_a_step_that_fails_is_the_persons_fault(log: str, tool: str) -> None:
    found = fault(log, tool, 1)
    assert isinstance(found, UserFault)
    assert found.explanation == (
        "The image of `orders` could not be built: it failed at the step "
        + ("`RUN pip install nosuch`." if tool == "buildah" else "`RUN make all`.")
    )


def test_a_base_image_that_is_not_there_is_the_persons_fault() -> None:
    found = fault(BUILDKIT_NO_BASE, "buildctl", 1)
    assert isinstance(found, UserFault)
    assert "base image" in found.explanation


def test_a_step_that_ran_out_of_memory_says_so() -> None:
    found = fault('STEP 1/1: RUN x\nError: building at STEP "RUN x": exit status 137')
    assert isinstance(found, UserFault)
    assert "memory" in found.remedy


@pytest.mark.parametrize(
    "words",
    [
        'Error: creating build container: pinging container registry r: Get "https://r/v2/": dial tcp: connection refused',
        "Error: creating build container: reading manifest: received unexpected HTTP status: 503 Service Unavailable",
        'error: failed to solve: x: failed to do request: Head "https://r/v2/": net/http: TLS handshake timeout',
        'error: listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: no"',
        "error: failed to solve: toomanyrequests: You have reached your pull rate limit",
    ],
)
def test_a_server_that_does_not_answer_is_worth_another_try(words: str) -> None:
    assert isinstance(fault(words), Unavailable)


@pytest.mark.parametrize(
    "words",
    [
        'Error: building at STEP "COPY . /app": storing layer: write /x: no space left on device',
        "error: failed to solve: write /var/lib/buildkit/x: no space left on device",
    ],
)
def test_a_full_disk_is_not_the_persons_fault(words: str) -> None:
    found = fault("STEP 2/2: COPY . /app\n" + words)
    assert isinstance(found, Unavailable)
    assert "space" in str(found)


def test_a_builder_that_was_killed_is_our_fault() -> None:
    found = fault("STEP 1/2: FROM x\nTrying to pull x", code=137)
    assert isinstance(found, OurFault)
    assert not isinstance(found, Unavailable)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Error: pushing image: unauthorized: authentication required", OurFault),
        ("Error: pushing image: denied: requested access to the resource is denied", OurFault),
        ("Error: pushing image: dial tcp: connection refused", Unavailable),
        ("Error: writing blob: unexpected EOF", Unavailable),
    ],
)
def test_a_push_that_fails_is_never_the_persons_fault(words: str, kind: type[Exception]) -> None:
    assert type(build_words.push_explained(ToolFailed("buildah", 125, words), "r/x")) is kind
