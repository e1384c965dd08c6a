"""What helm's and helmfile's words mean: who is at fault, and the lines that a person should see."""

import re

from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.tools.process import ToolFailed

CLUSTER = "the Kubernetes cluster"
LINES = 40

_SILENT = re.compile(
    r"kubernetes cluster unreachable|connection (?:refused|reset)|i/o timeout|no route to host|tls handshake timeout"
    r"|network is unreachable|server is currently unable|etcdserver: (?:request timed out|leader changed)"
    r"|the server was unable to return a response|too many requests|no such host|unexpected eof|http2: .*lost",
    re.IGNORECASE,
)
_NO_RELEASE = re.compile(r"release: not found|release not loaded", re.IGNORECASE)
_IN_PROGRESS = re.compile(r"another operation \(.*\) is in progress", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context deadline exceeded|timed out waiting for the condition|would exceed context deadline", re.IGNORECASE
)
_HOOK = re.compile(r"(?:pre|post)-(?:install|upgrade|delete|rollback)|hooks? .* failed", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"is forbidden: User|cannot (?:get|list|create|patch|delete) resource|unauthorized", re.IGNORECASE
)
_HELMFILE_NOISE = re.compile(
    r"^(?:Building dependency|Affected releases|UPDATED RELEASES|DELETED RELEASES|Upgrading release|Listing releases|"
    r"hang tight|Update Complete|Comparing release|COMBINED OUTPUT|STDERR|PATH|ARGS|ENV|ERROR:$|EXIT STATUS|in \./|"
    r"level=info|\s*$|\s*\d+: |\s+\S+ \(.*\) (?:UPDATED|DELETED)|coalesce)"
)


def silent(words: str) -> bool:
    """Whether the cluster did not answer."""
    return bool(_SILENT.search(words)) and not _FORBIDDEN.search(words)


def no_such_release(words: str) -> bool:
    """Whether there is no such release (any more)."""
    return bool(_NO_RELEASE.search(words))


def telling(words: str) -> str:
    """The lines that say why, each once."""
    kept = dict.fromkeys(line.rstrip() for line in words.splitlines() if not _HELMFILE_NOISE.match(line))
    return "\n".join(list(kept)[-LINES:])


def explained(error: ToolFailed, timeout: float) -> Fault:
    """A sync that failed, as a fault: the charts', the cluster's or ours. `timeout` in seconds."""
    words = error.tail
    if _FORBIDDEN.search(words):
        return OurFault(f"the cluster does not let us deploy: {telling(words)[-500:]}")
    if silent(words):
        return Unavailable(CLUSTER, telling(words)[-300:])
    if "signal: killed" in words:
        return Unavailable("helm", "it was killed")
    if _IN_PROGRESS.search(words):
        return Unavailable("helm", "another operation on a release is in progress")
    if _TOO_LONG.search(words):
        hook = _HOOK.search(words)
        what = f"a {hook[0]} hook did not finish" if hook else "what was deployed did not become ready"
        return UserFault(
            "Deployment not ready in time",
            f"After {timeout:.0f} s {what}.",
            "Look at the service's log (`/devstack logs <service>`): does it start, and does its health check answer?",
            telling(words),
        )
    return UserFault(
        "Deployment failed",
        "helmfile could not deploy this commit.",
        "The end of its log says why.",
        telling(words),
    )
