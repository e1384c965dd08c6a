"""A stack's namespace: made with our mark, never adopted without it, deleted only with it."""

import base64

from model.marks import LABEL_LABEL, LABEL_STACK
from model.stack import LABEL_MANAGED
from workers.cluster.client import NAMESPACES, SECRETS, Cluster
from workers.faults import OurFault, UserFault

OURS = {LABEL_MANAGED: "devstack"}
DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


class Namespaces:
    """Namespaces and what we put into them ourselves."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def ensure(self, name: str, stack: str, label: str) -> None:
        """Make the stack's namespace; OurFault where one of that name belongs to somebody else."""
        found = self._cluster.get(NAMESPACES, name)
        if found is not None:
            if found["status"].get("phase") == "Terminating":
                self._cluster.gone(NAMESPACES, name, timeout=60)
            else:
                self._refuse_foreign(found, stack)
                if (found["metadata"].get("labels") or {}).get(LABEL_LABEL) == label:
                    return
        labels = {LABEL_STACK: stack, LABEL_LABEL: label, **OURS}
        self._cluster.apply(
            NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        )

    def ensure_base(self, name: str) -> None:
        """The base application's namespace must be there; it is made where a base deploy is the first to need it."""
        if self._cluster.get(NAMESPACES, name) is None:
            self._cluster.apply(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def exists(self, name: str) -> bool:
        """Whether there is such a namespace, be it on its way out."""
        return self._cluster.get(NAMESPACES, name) is not None

    def must_exist(self, name: str) -> None:
        """UserFault where a namespace that a config names is not there."""
        if self._cluster.get(NAMESPACES, name) is None:
            raise UserFault(
                "No such namespace", f"The cluster has no namespace `{name}`.", "Deploy the base application first."
            )

    def pull_secret(self, namespace: str, name: str, auth: str, stack: str) -> None:
        """The registry's password for the pods of a namespace; charts name it as their pods' imagePullSecret. One that
        the stack had there under another name goes."""
        self._cluster.apply(
            SECRETS,
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": namespace, "labels": {LABEL_STACK: stack, **OURS}},
                "type": DOCKER_CONFIG,
                "data": {".dockerconfigjson": base64.b64encode(auth.encode()).decode()},
            },
            namespace,
        )
        self.drop_pull_secrets(namespace, stack, keep=name)

    def drop_pull_secrets(self, namespace: str, stack: str, keep: str = "") -> int:
        """Delete the pull secrets that we made for a stack in a namespace, all but `keep`; how many there were."""
        selector = ",".join(f"{key}={value}" for key, value in {LABEL_STACK: stack, **OURS}.items())
        found = self._cluster.list(SECRETS, namespace, labels=selector, fields=f"type={DOCKER_CONFIG}")
        names = [each["metadata"]["name"] for each in found if each["metadata"]["name"] != keep]
        return sum(self._cluster.delete(SECRETS, name, namespace) for name in names)

    def remove(self, name: str, stack: str, timeout: float) -> bool:
        """Delete the stack's namespace and wait; False where there was none."""
        found = self._cluster.get(NAMESPACES, name)
        if found is None:
            return False
        self._refuse_foreign(found, stack)
        self._cluster.delete(NAMESPACES, name, uid=found["metadata"]["uid"])
        if not self._cluster.gone(NAMESPACES, name, timeout=timeout):
            conditions = (self._cluster.get(NAMESPACES, name) or {}).get("status", {}).get("conditions", [])
            why = "; ".join(each["message"] for each in conditions if each.get("status") == "True")
            raise OurFault(f"the namespace {name} is still there after {timeout:.0f} s: {why}")
        return True

    def _refuse_foreign(self, found: dict[str, object], stack: str) -> None:
        metadata = found["metadata"]
        labels = metadata.get("labels") if isinstance(metadata, dict) else None
        if (labels or {}).get(LABEL_STACK) != stack:
            raise OurFault(
                f"the namespace {metadata['name'] if isinstance(metadata, dict) else ''} is not of the stack {stack}"
            )
