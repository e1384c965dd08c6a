"""What runs: pods by the image they run, why they do not, their logs, and the Services in front of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workers.cluster.client import DEPLOYMENTS, PODS, SERVICES, STATEFULSETS, Cluster

LOG_LINES = 40


@dataclass(frozen=True, slots=True)
class Unlike:
    """A service whose pods are not what was promised: why, in one sentence, and the last lines of its log."""

    service: str
    sentence: str
    log: str = ""


def repository_of(image: str) -> str:
    """An image reference without digest and tag."""
    name = image.partition("@")[0]
    head, _, last = name.rpartition("/")
    return f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]


def containers(pod: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each container of a pod with its status (empty before the kubelet has one)."""
    statuses = {each["name"]: each for each in pod.get("status", {}).get("containerStatuses") or []}
    for container in pod["spec"]["containers"]:
        yield container, statuses.get(container["name"], {})


def live(pod: Mapping[str, Any]) -> bool:
    """Whether a pod counts: not ending, not done."""
    return not pod["metadata"].get("deletionTimestamp") and pod["status"].get("phase") not in ("Succeeded", "Failed")


def waiting_for(status: Mapping[str, Any], pod: Mapping[str, Any]) -> str:
    """Why a container is not ready, in a few words; empty where it is."""
    if status.get("ready"):
        return ""
    state = status.get("state") or {}
    if "waiting" in state:
        reason = state["waiting"].get("reason", "waiting")
        message = state["waiting"].get("message", "")
        last = (status.get("lastState") or {}).get("terminated")
        if last:
            return f"{reason}: it ended with code {last.get('exitCode')} ({last.get('reason', 'Error')})"
        return f"{reason}: {message}".rstrip(": ")
    if "terminated" in state:
        ended = state["terminated"]
        return f"it ended with code {ended.get('exitCode')} ({ended.get('reason', 'Error')})"
    if "running" in state:
        return "it runs, but its readiness probe does not succeed"
    for condition in pod["status"].get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"it cannot be scheduled: {condition.get('message', '')}"
    return "it has not started"


class Workloads:
    """Pods and Services, read."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def unlike(self, namespace: str, wanted: Mapping[str, str]) -> list[Unlike]:
        """Services (name → image by digest) whose live pods are missing, not ready, or run anything but that digest."""
        pods = [pod for pod in self._cluster.list(PODS, namespace) if live(pod)]
        found = [self._unlike(namespace, pods, service, image) for service, image in wanted.items()]
        return [each for each in found if each is not None]

    def _unlike(self, namespace: str, pods: list[dict[str, Any]], service: str, image: str) -> Unlike | None:
        repository = repository_of(image)
        digest = image.partition("@")[2]
        mine = [
            (pod, container, status)
            for pod in pods
            for container, status in containers(pod)
            if repository_of(container["image"]) == repository
        ]
        if not mine:
            return Unlike(service, f"No pod runs an image of `{repository}`.")
        for pod, container, status in mine:
            name = pod["metadata"]["name"]
            why = waiting_for(status, pod)
            if why:
                log = self._cluster.logs(namespace, name, container["name"], LOG_LINES)
                if not log and status.get("restartCount"):
                    log = self._cluster.logs(namespace, name, container["name"], LOG_LINES, previous=True)
                return Unlike(service, f"Pod `{name}`: {why}.", log)
            if digest not in (container["image"].partition("@")[2], status.get("imageID", "").partition("@")[2]):
                return Unlike(
                    service, f"Pod `{name}` runs `{status.get('imageID') or container['image']}`, not `{image}`."
                )
        return None

    def services(self, namespace: str) -> list[dict[str, Any]]:
        """The Services of a namespace."""
        return self._cluster.list(SERVICES, namespace)

    def logs(self, namespace: str, repository: str, lines: int) -> str:
        """The last lines of the pods that run an image of this repository, pod after pod."""
        parts = []
        for pod in self._cluster.list(PODS, namespace):
            for container, _ in containers(pod):
                if repository_of(container["image"]) == repository:
                    name = pod["metadata"]["name"]
                    text = self._cluster.logs(namespace, name, container["name"], lines)
                    parts.append(f"==> {name}\n{text.rstrip()}")
        return "\n".join(parts)

    def digests_in_use(self, except_namespace: str) -> set[str]:
        """Digests that any workload outside of one namespace names or runs."""
        found = set()
        for resource in (PODS, DEPLOYMENTS, STATEFULSETS):
            for each in self._cluster.list(resource):
                if each["metadata"]["namespace"] == except_namespace:
                    continue
                pod = each if resource is PODS else each["spec"]["template"]
                for container, status in containers(pod):
                    found.add(container["image"].partition("@")[2])
                    found.add(status.get("imageID", "").partition("@")[2])
        return found - {""}
