"""The certificate that Traefik shows for preview hosts: it covers them, and it does not end soon."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cli.checks import dns
from cli.checks.finding import Finding, bad, good, skipped, warning
from cli.checks.subject import Subject
from cli.checks.traefik import loaded_by
from config.settings import Settings
from workers.cluster.client import Resource
from workers.pipeline.probes import connected

SOON = timedelta(days=14)
OWN = "TRAEFIK DEFAULT CERT"  # the name in the certificate that Traefik makes itself where it has none for a host


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. `hosts` are DNS names, some with `*.` in front."""

    hosts: tuple[str, ...]
    subject: str
    ends: datetime


def look(subject: Subject) -> Iterator[Finding]:
    """What a browser would be shown, asked at the probe address; then who loads the Secret that the settings name."""
    settings = subject.settings
    if urlsplit(settings.preview_base_url).scheme != "https":
        yield skipped("previews are served without TLS, as DEVSTACK_PREVIEW_BASE_URL says")
        return
    if not subject.hosts:
        yield skipped("no service with a host was deployed yet", dns.NO_HOSTS)
    for host in subject.hosts:
        preview = settings.preview.host(dns.LABEL, host)
        shown, refused = handshake(settings, preview)
        yield judged(shown, preview, refused, datetime.now(UTC))
    yield from dns.one_label(subject)
    if settings.preview_tls_secret:
        stores = subject.world.cluster.list(Resource(f"{subject.world.dialect.group}/v1alpha1", "tlsstores"))
        yield of_secret(settings.preview_tls_secret, loaded_by(settings.preview_tls_secret, stores, subject.routes))


def judged(shown: Certificate | None, host: str, refused: str, now: datetime) -> Finding:
    """One host with the certificate that is shown for it. `refused`: why verification would not take it."""
    if shown is None:
        return bad(f"no TLS for `{host}`: {refused}", "see that DEVSTACK_PROBE_ADDRESS leads to an entry point with TLS")
    day = f"{shown.ends:%Y-%m-%d}"
    wildcard = f"*.{host.partition('.')[2]}"
    if OWN in shown.subject:
        return bad(
            f"Traefik has no certificate for `{host}` and shows its own",
            f"have a certificate for `{wildcard}`: DEVSTACK_PREVIEW_TLS_SECRET or DEVSTACK_PREVIEW_CERT_RESOLVER,"
            " see docs/routing.md, “TLS and DNS”",
        )
    if not covers(shown.hosts, host):
        listed = ", ".join(f"`{each}`" for each in shown.hosts[:5]) or "nothing"
        return bad(f"the certificate for `{host}` covers {listed}", f"add `{wildcard}` to it")
    if shown.ends <= now:
        return bad(f"the certificate for `{wildcard}` ended on {day}", "renew it")
    if refused:
        return bad(
            f"the certificate for `{host}` is not trusted here: {refused}",
            "set DEVSTACK_PROBE_CA to the bundle of the CA that made it (the chart's `caBundle`)",
        )
    if shown.ends - now < SOON:
        return warning(f"the certificate for `{wildcard}` ends on {day}", "renew it")
    return good(f"the certificate for `{wildcard}` is good until {day}")


def covers(hosts: Sequence[str], host: str) -> bool:
    """Whether a certificate for these names holds for a host: a wildcard stands for one label."""
    return host in hosts or f"*.{host.partition('.')[2]}" in hosts


def handshake(settings: Settings, host: str) -> tuple[Certificate | None, str]:
    """The certificate that is shown for a host, and why it is not trusted (empty: it is)."""
    connection = connected(settings, host)
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        refused = error.verify_message
    except OSError as error:
        return None, str(error) or type(error).__name__
    else:
        refused = ""
    finally:
        connection.close()
    asked = connected(settings.model_copy(update={"probe_insecure": True}), host)
    try:
        asked.connect()
        encoded = asked.sock.getpeercert(binary_form=True) if isinstance(asked.sock, ssl.SSLSocket) else None
    except OSError as error:
        return None, str(error) or type(error).__name__
    finally:
        asked.close()
    return (read(encoded), refused) if encoded else (None, "no certificate was shown")


def read(encoded: bytes) -> Certificate:
    """A certificate in its binary form (DER)."""
    from cryptography import x509

    found = x509.load_der_x509_certificate(encoded)
    try:
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(named.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        hosts = ()
    return Certificate(hosts, found.subject.rfc4514_string(), found.not_valid_after_utc)


def of_secret(secret: str, holders: Sequence[str]) -> Finding:
    """Traefik loads the Secret where a TLSStore or an IngressRoute beside it names it; we copy no key."""
    if holders:
        return good(f"Traefik loads `{secret}` for {holders[0]}")
    namespace, _, name = secret.partition("/")
    return bad(
        f"nothing makes Traefik load `{secret}`",
        f"have a TLSStore `default` in the namespace `{namespace}` with `certificates: [{{secretName: {name}}}]`",
    )
