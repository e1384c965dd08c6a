"""What git's words mean: a commit that is not there, a server that does not answer, a damaged mirror."""

import re
from collections.abc import Sequence

from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.tools.process import ToolFailed

_DAMAGED = re.compile(
    r"not a git repository|object file .* is empty|loose object .* is corrupt|is corrupt|bad object|bad tree object"
    r"|unable to read (?:tree|sha1 file)|unable to parse|missing (?:blob|tree|object)|inflate: data stream error"
    r"|does not match index|packfile .* (?:cannot be|is far too short)|not a packfile|did not send all necessary objects"
    r"|invalid object|failed to read object|unknown error occurred while reading the configuration|bad config",
    re.IGNORECASE,
)
_NO_SUCH_COMMIT = re.compile(r"not our ref|upload-pack: not our ref|unadvertised object|couldn't find remote ref")
_REFUSED = re.compile(
    r"authentication failed|could not read username|repository .* not found|does not appear to be a git repository"
    r"|requested url returned error: (?:401|403|404)|access denied|transport '.*' not allowed",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"could not resolve host|couldn't connect|failed to connect|connection (?:refused|reset|timed out)|timed out"
    r"|requested url returned error: (?:408|429|5\d\d)|early eof|rpc failed|unexpected disconnect|hung up unexpectedly"
    r"|operation too slow|empty reply|ssl|gnutls|network is unreachable|no route to host|remote error: internal",
    re.IGNORECASE,
)


def damaged(words: str) -> bool:
    """Whether git complains of its own mirror rather than of the server."""
    return bool(_DAMAGED.search(words)) and not _NO_SUCH_COMMIT.search(words) and not _REFUSED.search(words)


def explained(error: ToolFailed, host: str, repository: str, shas: Sequence[str]) -> Fault:
    """A failed fetch as a fault: the person's, the server's or ours."""
    words = error.tail
    if _NO_SUCH_COMMIT.search(words):
        gone = [sha for sha in shas if sha in words] or shas
        listed = ", ".join(f"`{sha[:12]}`" for sha in gone)
        return UserFault(
            "Commit not found",
            f"Commit {listed} is not in {repository}.",
            "It may have been replaced by a forced push. Name a commit of this pull request, or push again.",
        )
    if _REFUSED.search(words):
        return OurFault(f"{host} does not let us read {repository}: {words[-300:]}")
    if _SILENT.search(words):
        return Unavailable("git", f"{host}: {words[-300:]}")
    return error
