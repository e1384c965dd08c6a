"""What builders' words mean: the end of a log that says why, and whose fault it is."""

import re
from collections.abc import Callable, Sequence

from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.tools.process import ToolFailed, last_line

LINES = 60
LINE = 400  # characters
REGISTRY = "the image registry"

_STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP \d+/\d+: (?P<what>.*)")
_BUILDKIT_STEP = re.compile(r"^ > \[[^\]]*\] ?(?P<what>.*?):?$")
_NOISE = re.compile(r"^(?:subprocess exited (?:with|on) .*|-+|\s*)$")
_SILENT = re.compile(
    r"connection (?:refused|reset)|i/o timeout|timeout awaiting|deadline exceeded|no route to host|tls handshake timeout"
    r"|network is unreachable|broken pipe|unexpected eof|server misbehaving|temporary failure in name resolution"
    r"|status(?: code)?:? 5\d\d|5\d\d (?:internal server error|bad gateway|service unavailable|gateway timeout)"
    r"|received unexpected http status: 5|toomanyrequests|429 too many requests|transport is closing"
    r"|code = unavailable|connection error: desc",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_DENIED = re.compile(
    r"unauthorized|authentication required|denied|status: 40[13]|insufficient_scope|forbidden", re.IGNORECASE
)
_UNKNOWN_IMAGE = re.compile(
    r"manifest unknown|name unknown|not found|no such host|did not resolve to an alias|repository does not exist"
    r"|invalid reference format|unauthorized|denied",
    re.IGNORECASE,
)
_OUT_OF_MEMORY = re.compile(r"exit (?:status|code):? 137\b")


def buildah_end(log: str) -> str:
    """From the step that failed to the end."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if _STEP.match(line)]
    return shortened(lines[starts[-1] :] if starts else lines)


def buildkit_end(log: str) -> str:
    """The block that BuildKit prints about the failed step, which begins and ends with a ruler, and the error."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if _BUILDKIT_STEP.match(line)]
    return shortened(lines[starts[-1] :] if starts else lines)


def shortened(lines: Sequence[str]) -> str:
    """At most LINES lines without noise: the first, which names the step, and the last ones."""
    kept = [line if len(line) <= LINE else line[: LINE - 1] + "…" for line in lines if not _NOISE.match(line)]
    if len(kept) > LINES:
        kept = [kept[0], f"… {len(kept) - LINES + 1} lines", *kept[2 - LINES :]]
    return "\n".join(kept)


def failed_step(log: str) -> str:
    """The instruction that failed, where the log names one."""
    pattern = _STEP if "building at STEP" in last_error(log) else _BUILDKIT_STEP
    found = (pattern.match(line) for line in reversed(log.splitlines()))
    return next((match["what"] for match in found if match), "")


def last_error(log: str) -> str:
    """What the builder itself says at the end: the part that begins with `Error:`."""
    found = re.split(r"^(?=(?:Error|ERROR|error): )", log, flags=re.MULTILINE)
    return found[-1].strip() if len(found) > 1 else last_line(log)


def explained(error: ToolFailed, service: str, end: Callable[[str], str]) -> Fault:
    """A build that failed, as a fault: the Dockerfile's, a server's or ours."""
    log = error.tail
    words = last_error(log)
    step = failed_step(log)
    if _FULL.search(words):
        return Unavailable("the image builder", "no space left for builds")
    if error.code >= 128 and not step:  # killed, before it could say anything
        return OurFault(f"{error.tool} was killed ({error.code}): {last_line(log)}")
    if step and re.match(r"RUN\b|ADD\b|/bin/sh -c", step):
        return user_fault(service, f"at the step `{step[:200]}`", end(log), words)
    if _SILENT.search(words):
        return Unavailable(REGISTRY, words[-300:])
    if re.search(r"creating build container|failed to resolve source metadata", words):
        if _UNKNOWN_IMAGE.search(words):
            return user_fault(service, "because a base image cannot be pulled", end(log), words)
        return OurFault(f"a base image of {service}: {words[-500:]}")
    if step:
        return user_fault(service, f"at the step `{step[:200]}`", end(log), words)
    return user_fault(service, "before its first step", end(log), words)


def user_fault(service: str, where: str, log: str, words: str) -> UserFault:
    """The sentence under which people see the log."""
    remedy = "The end of the log says why. The same Dockerfile fails on your machine in the same way."
    if _OUT_OF_MEMORY.search(words):
        remedy = "Exit code 137 means that it was killed, most likely because it needed more memory than there is."
    return UserFault("Build failed", f"The image of `{service}` could not be built: it failed {where}.", remedy, log)


def push_explained(error: ToolFailed, repository: str) -> Fault:
    """A push that failed: the registry's fault or that of our access to it."""
    words = last_error(error.tail)
    if _DENIED.search(words):
        return OurFault(f"the registry does not let us push to {repository}: {words[-300:]}")
    return Unavailable(REGISTRY, words[-300:])
