"""The commands as a table for people: what each is called, how it is written, what it does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """One command."""

    name: str
    usage: str
    summary: str


USAGES: tuple[Usage, ...] = (
    Usage(
        "deploy",
        "/devstack deploy [service…] [--label L] [--ttl 12h] [--sha S] [--with owner/repo#12]",
        "Bring the stack up, or up to date: the services that the change touches, or those named; "
        "`--with` other pull requests as one feature.",
    ),
    Usage("destroy", "/devstack destroy", "Take the stack down and keep it down until the next `deploy`."),
    Usage("status", "/devstack status", "Say where the stack stands."),
    Usage("logs", "/devstack logs <service> [--lines N]", "Show the last lines of a service."),
    Usage(
        "trace",
        "/devstack trace [url-path]",
        "Say which services answer a path, feature or base, and who lost the context.",
    ),
    Usage("extend", "/devstack extend <duration>", "Let the stack live longer, such as `extend 4h`."),
    Usage("approve", "/devstack approve <sha>", "Allow a commit from a fork to be built and run: this one alone."),
    Usage("help", "/devstack help", "Show this table."),
)
