"""A failed build told from its output: whose fault it is, and the lines that say why."""

from workers.faults import Fault, Unavailable, UserFault

LOG_LINES = 60
_REGISTRY = ("connection refused", "no such host", "i/o timeout", "tls handshake timeout", "unexpected eof", "502 bad gateway",
             "503 service unavailable", "unauthorized: authentication required", "no route to host")  # fmt: skip
_PUSHING = (
    "pushing",
    "error writing blob",
    "trying to reuse blob",
    "pinging container registry",
    "initializing destination",
)


def explained(service: str, output: str, *, timed_out: bool, seconds: int) -> Fault:
    """The fault that a failed build is."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    log = "\n".join(lines[-LOG_LINES:])
    if timed_out:
        return UserFault(f"Building `{service}` took too long", f"It was stopped after {seconds} s.", log=log)
    end = "\n".join(lines[-4:]).lower()
    if any(sign in end for sign in _PUSHING) and any(sign in end for sign in _REGISTRY):
        return Unavailable("The image registry", lines[-1] if lines else "")
    return UserFault(
        f"Building `{service}` failed",
        "Its Dockerfile did not build; the end of the output is below.",
        "Mend it and push; the same can be tried locally with `docker build`.",
        log,
    )
