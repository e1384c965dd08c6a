"""Traefik is set up for what the settings and the stacks ask of it: entry points, namespaces, references, guards."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.checks.finding import Finding, bad, good, skipped, warning
from cli.checks.proxies import Proxy
from cli.checks.subject import Subject
from config.settings import Settings
from model.routing import inside_needs
from workers.cluster.client import SERVICES, Resource

NAMESPACES = "providers.kubernetescrd.namespaces"
PROVIDER = "providers.kubernetescrd"
GUARDS = (("DEVSTACK_PREVIEW_MIDDLEWARES", "preview_middlewares"), ("DEVSTACK_HEADER_MIDDLEWARES", "header_middlewares"))
NO_TRAEFIK = "check by hand that its entry points and flags are those of docs/routing.md"


def entrypoints(subject: Subject) -> Iterator[Finding]:
    """Every entry point that a setting names exists in Traefik."""
    if not subject.traefiks:
        yield skipped("no Deployment or DaemonSet of the cluster looks like Traefik", NO_TRAEFIK)
        return
    wanted = named(subject.settings)
    for proxy in subject.traefiks:
        yield from of_proxy(proxy, wanted)


def named(settings: Settings) -> dict[str, str]:
    """Each entry point that a setting names, with the setting."""
    inside = settings.in_cluster_gateway and "{" not in settings.in_cluster_entrypoint
    given = {
        "DEVSTACK_ENTRYPOINTS": settings.entrypoints,
        "DEVSTACK_PREVIEW_ENTRYPOINTS": settings.preview_entrypoints,
        "DEVSTACK_HEADER_ENTRYPOINTS": settings.header_entrypoints,
        "DEVSTACK_IN_CLUSTER_ENTRYPOINT": (settings.in_cluster_entrypoint,) if inside else (),
    }
    return {entrypoint: setting for setting, listed in given.items() for entrypoint in listed}


def of_proxy(proxy: Proxy, wanted: Mapping[str, str]) -> Iterator[Finding]:
    """One Traefik against the entry points that are wanted."""
    there = proxy.entrypoints
    if not there:
        yield skipped(f"{proxy.place} has its entry points from a file", NO_TRAEFIK)
        return
    missing = [each for each in wanted if each.lower() not in {name.lower() for name in there}]
    for each in missing:
        listed = ", ".join(f"`{name}`" for name in there)
        yield bad(
            f"{proxy.place} has no entry point `{each}`, only {listed}",
            f"set {wanted[each]} to some of these, or add `--entrypoints.{each}.address=…` to Traefik",
        )
    if not missing:
        yield good(f"{proxy.place} has {', '.join(f'`{each}`' for each in wanted)}")


def flags(subject: Subject) -> Iterator[Finding]:
    """Traefik reads the namespaces where stacks live, and does what their routes need of it."""
    if not subject.traefiks:
        yield skipped("no Deployment or DaemonSet of the cluster looks like Traefik", NO_TRAEFIK)
        return
    services = subject.world.cluster.list(SERVICES)
    for proxy in subject.traefiks:
        yield from of_flags(proxy)
        needs = inside_needs.missing(proxy.arguments, services, subject.routes)
        for need in needs:
            yield bad(f"{proxy.place}: {need.object}: {need.problem.rstrip('.')}", need.remedy.rstrip("."))
        if not needs:
            yield good(f"{proxy.place} has the flags that stacks and in-cluster routing need")


def of_flags(proxy: Proxy) -> Iterator[Finding]:
    """Whether a Traefik sees IngressRoutes at all, and those of stacks."""
    if not any(name == PROVIDER or name.startswith(f"{PROVIDER}.") for name in proxy.flags):
        if proxy.entrypoints:
            yield bad(f"{proxy.place} does not read IngressRoutes", f"add `--{PROVIDER}=true` to Traefik")
        return
    only = proxy.flags.get(NAMESPACES, "")
    if only:
        yield bad(
            f"{proxy.place} reads IngressRoutes of {only} only, and stacks have namespaces of their own",
            f"take `--{NAMESPACES}` away, or deploy with `namespace: base`",
        )


def guards(subject: Subject) -> Iterator[Finding]:
    """The middlewares that the settings put before routes exist: Traefik drops a route whose middleware is missing."""
    settings = subject.settings
    kind = Resource(f"{subject.world.dialect.group}/v1alpha1", "middlewares")
    found = {setting: getattr(settings, name) for setting, name in GUARDS if getattr(settings, name)}
    for setting, texts in found.items():
        for text in texts:
            namespace, _, name = text.partition("/")
            if "@" in text:
                yield skipped(f"`{text}` of {setting} is another provider's", "check that Traefik has it")
            elif subject.world.cluster.get(kind, name, namespace) is None:
                yield bad(f"there is no Middleware `{text}`, which {setting} names", "make it, or take it out there")
            else:
                yield good(f"Middleware `{text}` is there")
    if not found:
        yield from unguarded(settings)


def unguarded(settings: Settings) -> Iterator[Finding]:
    """Who may reach a preview where nothing is set."""
    if settings.label_secret.get_secret_value() or settings.header_entrypoints:
        yield good("labels are not to be guessed, or the header counts at trusted entry points only")
        return
    yield warning(
        "whoever reaches the base can choose a stack, by header and by preview host",
        "if that is not meant, see docs/routing.md, “Guarding the header”",
    )


def loaded_by(secret: str, stores: Sequence[Mapping[str, Any]], routes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What makes Traefik load a certificate's Secret (`namespace/name`): TLSStores and IngressRoutes beside it."""
    namespace, _, name = secret.partition("/")
    found = []
    for each in stores:
        spec = each.get("spec") or {}
        listed = [*(spec.get("certificates") or ()), spec.get("defaultCertificate") or {}]
        if each["metadata"]["namespace"] == namespace and name in [entry.get("secretName") for entry in listed]:
            found.append(f"TLSStore {namespace}/{each['metadata']['name']}")
    for each in routes:
        tls = each["spec"].get("tls") or {}
        if each["metadata"]["namespace"] == namespace and tls.get("secretName") == name:
            found.append(f"IngressRoute {namespace}/{each['metadata']['name']}")
    return found
