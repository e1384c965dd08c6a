"""structlog without rich: it would load that for coloured tracebacks, 5 MB in every process, and ours are plain."""

import sys

_KNOWN = "rich" in sys.modules  # the command line has it anyway
if not _KNOWN:
    sys.modules["rich"] = None  # type: ignore[assignment]  # how Python is told that there is no such module
import structlog  # noqa: E402

if not _KNOWN:
    del sys.modules["rich"]

__all__ = ["structlog"]
