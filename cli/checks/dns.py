"""Base hosts and preview hosts lead to the same place. Names are looked up as this machine does it."""

import socket
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from cli.checks.finding import Finding, bad, good, skipped, warning
from cli.checks.subject import Subject
from model import names

LABEL = "devstack-doctor"  # stands for any label: only a wildcard record answers for it
NO_HOSTS = "name one: `devstack doctor --host example.com`"

Lookup = Callable[[str], Sequence[str]]


def look(subject: Subject) -> Iterator[Finding]:
    """Every base host, and a preview host of it."""
    hosts = subject.hosts
    if not hosts:
        yield skipped("no service with a host was deployed yet", NO_HOSTS)
        return
    if urlsplit(subject.settings.preview_base_url).hostname == "localhost":
        yield skipped("the preview URL is for this machine alone, names are not looked up for it")
        return
    for host in hosts:
        yield of_host(host, subject.settings.preview.host(LABEL, host), addresses)


def of_host(host: str, preview: str, lookup: Lookup) -> Finding:
    """One base host with the preview host of a label that nobody has."""
    base, there = lookup(host), lookup(preview)
    record = f"*.{preview.partition('.')[2]}"
    if not there:
        where = f" to {', '.join(base)}" if base else " to Traefik's address"
        return bad(f"`{preview}` is not found in DNS", f"add a DNS record `{record}`{where}")
    if not base:
        return bad(f"`{host}` is not found in DNS", f"add a DNS record `{host}` to {', '.join(there)}")
    if set(base) & set(there):
        return good(f"`{record}` leads where `{host}` does ({', '.join(there)})")
    return warning(
        f"`{record}` leads to {', '.join(there)}, `{host}` to {', '.join(base)}",
        f"if that is not the same Traefik, point `{record}` to where `{host}` leads",
    )


def addresses(host: str) -> list[str]:
    """The addresses of a host, none where it is not found."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(each[4][0]) for each in found})


def one_label(subject: Subject) -> Iterator[Finding]:
    """Hosts that a wildcard certificate of the base host's own domain would not cover."""
    domains = subject.settings.preview_domains
    deep = [host for host in subject.hosts if host.count(".") > 1]
    if domains or not deep or urlsplit(subject.settings.preview_base_url).scheme != "https":
        return
    host = deep[0]
    inner = host.partition(".")[2]
    yield warning(
        f"previews of `{host}` are two labels below `{inner}`: a certificate for `*.{inner}` does not cover them",
        f"have a certificate for `*.{host}`, or set DEVSTACK_PREVIEW_DOMAINS={inner}: previews are then"
        f" `{names.preview_host('<label>', host, (inner,))}`",
    )
