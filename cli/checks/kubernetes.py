"""The cluster answers, and knows the kinds of objects that the bot works with."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cli.checks.finding import Finding, bad, good, warning
from cli.checks.proxies import Proxy
from cli.checks.subject import Subject
from model.stack import GROUP, PLURAL, VERSION

GROUPS = ("traefik.io", "traefik.containo.us")
KINDS = ("ingressroutes", "middlewares")
OURS = f"{PLURAL}.{GROUP}"
APPLY_OURS = (
    "apply it: `kubectl apply --server-side -f helm/bot/crds/stack.yaml` (helm installs CRDs, but never updates them)"
)


def answers(subject: Subject) -> Iterator[Finding]:
    """The API server lets us in."""
    yield good(f"Kubernetes {subject.cluster_version} answers")


def kinds(subject: Subject) -> Iterator[Finding]:
    """The CRDs: ours, and Traefik's in the API group and the language that the bot uses here."""
    cluster, dialect = subject.world.cluster, subject.world.dialect
    there = {group: _names(cluster.read(f"/apis/{group}/v1alpha1")) for group in GROUPS}
    yield from of_traefik(dialect.group, dialect.syntax, there, subject.traefiks)
    installed = cluster.read(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{OURS}")
    yield of_ours(installed, shipped(subject.settings.charts))


def _names(listed: Mapping[str, Any] | None) -> set[str]:
    return {each["name"] for each in (listed or {}).get("resources", ())}


def of_traefik(
    group: str, syntax: str, there: Mapping[str, Collection[str]], proxies: Sequence[Proxy]
) -> Iterator[Finding]:
    """The API group is there, and the Traefik that runs reads it, and rules in that language."""
    missing = [kind for kind in KINDS if kind not in there.get(group, ())]
    others = [each for each in GROUPS if each != group and set(KINDS) <= set(there.get(each, ()))]
    if missing:
        listed = ", ".join(f"`{kind}.{group}`" for kind in missing)
        remedy = f"set DEVSTACK_TRAEFIK_API_GROUP={others[0]}" if others else "install Traefik's CRDs"
        yield bad(f"the cluster does not know {listed}", remedy)
        return
    yield good(f"Traefik's CRDs are there; routes are made in `{group}`, rules are written as in {syntax}")
    for proxy in proxies:
        yield from of_version(group, syntax, proxy)


def of_version(group: str, syntax: str, proxy: Proxy) -> Iterator[Finding]:
    """One Traefik that runs, as far as its image tells the version."""
    who = f"Traefik {spelled(proxy.version)} ({proxy.place})"
    if group == "traefik.containo.us" and proxy.version >= (3, 0):
        yield bad(f"{who} does not read `{group}`", "install the CRDs of `traefik.io`, and leave the setting empty")
    if group == "traefik.io" and (0, 0) < proxy.version < (2, 10):
        yield bad(
            f"{who} does not read `{group}`, which came with 2.10",
            "set DEVSTACK_TRAEFIK_API_GROUP=traefik.containo.us, or update Traefik",
        )
    spoken = proxy.flags.get("core.defaultrulesyntax") or ("v2" if proxy.version < (3, 0) else "v3")
    if proxy.version > (0, 0) and spoken != syntax:
        said = f"{who} reads rules as in {spoken}, and they are written as in {syntax}"
        yield bad(said, f"set DEVSTACK_TRAEFIK_SYNTAX={spoken}")


def spelled(version: tuple[int, int]) -> str:
    """`3.1`."""
    return ".".join(map(str, version))


def of_ours(installed: Mapping[str, Any] | None, ours: Mapping[str, Any]) -> Finding:
    """The CRD of our Stacks is the one that this bot was made with."""
    if installed is None:
        return bad(f"the cluster does not know `{OURS}`", APPLY_OURS)
    served = [each for each in installed["spec"]["versions"] if each["name"] == VERSION and each["served"]]
    if not served:
        return bad(f"`{OURS}` is not served as {VERSION}", APPLY_OURS)
    wanted = next(each for each in ours["spec"]["versions"] if each["name"] == VERSION)
    lost = sorted(keys(wanted["schema"]["openAPIV3Schema"]) - keys(served[0]["schema"]["openAPIV3Schema"]))
    if lost:
        listed = ", ".join(f"`{key}`" for key in lost[:5])
        return bad(f"`{OURS}` is older than this bot: it does not know {listed}", APPLY_OURS)
    if installed["spec"]["scope"] != ours["spec"]["scope"]:
        return warning(f"`{OURS}` has another scope than this bot's own", APPLY_OURS)
    return good(f"`{OURS}/{VERSION}` is the one that this bot was made with")


def keys(schema: Mapping[str, Any], path: str = "") -> set[str]:
    """The keys of a schema, those inside of others by their paths: what it does not know, the server drops."""
    found: set[str] = set()
    for name, inner in (schema.get("properties") or {}).items():
        where = f"{path}.{name}".lstrip(".")
        found |= {where} | keys(inner, where)
    if isinstance(schema.get("items"), dict):
        found |= keys(schema["items"], f"{path}[]")
    return found


def shipped(charts: Path) -> Mapping[str, Any]:
    """The CRD that this bot brings along."""
    found: Mapping[str, Any] = yaml.safe_load((charts / "bot" / "crds" / "stack.yaml").read_text())
    return found
