"""Aliases: in a stack's own namespace, each Service of the base that the stack does not have leads on to where it is.

So a short name means the same in both: the feature's own version where there is one, else the base's. DNS alone does it,
so it holds for any protocol.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model import names
from model.marks import LABEL_ALIAS, LABEL_INSIDE, LABEL_LABEL, LABEL_SERVICE, LABEL_STACK, NOTE_BEHIND
from model.stack import LABEL_MANAGED

Manifest = Mapping[str, Any]

MANAGER = "devstack"


def is_alias(service: Manifest) -> bool:
    """Whether a Service is one of ours and no chart's."""
    return _labels(service).get(LABEL_MANAGED) == MANAGER and LABEL_ALIAS in _labels(service)


def derive(
    base: Sequence[Manifest],
    *,
    stack: str,
    label: str,
    namespace: str,
    own: Sequence[Manifest],
    siblings: Iterable[Sequence[Manifest]] = (),
    domain: str = "cluster.local",
) -> list[dict[str, Any]]:
    """The aliases of a stack, by name: Services of the type ExternalName.

    `base`: the Services of the base's namespace that are no feature's. `own`: those that the stack's charts make in
    `namespace`, which are never touched. `siblings`: those of each other stack of the label. `domain`: the cluster's.
    """
    taken = {each["metadata"]["name"] for each in own}
    versions = [own, *siblings]
    marked = Counter(_labels(each).get(LABEL_SERVICE, "") for each in base if LABEL_INSIDE not in _labels(each))
    made = []
    for each in sorted(base, key=_name):
        if _name(each) in taken:
            continue
        service = _service(each, alone=marked[_labels(each).get(LABEL_SERVICE, "")] == 1)
        found = (version(each, service, label, services) for services in versions)
        target = next((address(copy, domain) for copy in found if copy is not None), "") or _in_base(each, domain)
        made.append(_alias(_name(each), namespace, stack, label, target))
    return made


def version(service: Manifest, named: str, label: str, among: Sequence[Manifest]) -> Manifest | None:
    """The Service that a stack has in place of a base's: by its name, else the only one marked as that service's."""
    for name in names.copies(_name(service), label):
        for each in among:
            if _name(each) == name:
                return each
    marked = [each for each in among if named and _labels(each).get(LABEL_SERVICE) == named]
    return marked[0] if len(marked) == 1 else None


def address(service: Manifest, domain: str) -> str:
    """A Service's full name in the cluster's DNS."""
    return names.cluster_address(_name(service), service["metadata"]["namespace"], domain)


def leads_to(alias: Manifest) -> str:
    """Where an alias leads."""
    return str(alias["spec"].get("externalName", ""))


def _service(base: Manifest, *, alone: bool) -> str:
    """The service that a base's Service stands for by its mark or its name; empty for a further one of the same service."""
    marked = _labels(base).get(LABEL_SERVICE, "")
    if not marked or marked == _name(base) or LABEL_INSIDE in _labels(base):
        return marked or _name(base)
    return marked if alone and _name(base) != names.behind(marked) else ""


def _in_base(service: Manifest, domain: str) -> str:
    """Where a base's own pods are: behind a name that leads to the proxy there is another Service."""
    notes = service["metadata"].get("annotations") or {}
    behind = notes.get(NOTE_BEHIND, "") if LABEL_INSIDE in _labels(service) else ""
    return names.cluster_address(behind or _name(service), service["metadata"]["namespace"], domain)


def _alias(name: str, namespace: str, stack: str, label: str, target: str) -> dict[str, Any]:
    labels = {LABEL_STACK: stack, LABEL_LABEL: label, LABEL_ALIAS: "true", LABEL_MANAGED: MANAGER}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"type": "ExternalName", "externalName": target},
    }


def _name(service: Manifest) -> str:
    return str(service["metadata"]["name"])


def _labels(service: Manifest) -> Mapping[str, str]:
    labels: Mapping[str, str] = service["metadata"].get("labels") or {}
    return labels
