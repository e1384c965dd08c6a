"""What runs: pods by the image they run, why they do not, their logs, and the Services in front of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.routing.aliases import is_alias
from workers.cluster.belonging import Whose, controller, labels_of, release_of
from workers.cluster.client import (
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    SERVICES,
    STATEFULSETS,
    Cluster,
    Resource,
)

LOG_LINES = 40
CONTROLLERS = {"Deployment": DEPLOYMENTS, "StatefulSet": STATEFULSETS, "DaemonSet": DAEMONSETS, "Job": JOBS}
WITH_IMAGES: tuple[tuple[Resource, tuple[str, ...]], ...] = (  # and where each kind has its pod
    (PODS, ()),
    (DEPLOYMENTS, ("spec", "template")),
    (STATEFULSETS, ("spec", "template")),
    (DAEMONSETS, ("spec", "template")),
    (CRONJOBS, ("spec", "jobTemplate", "spec", "template")),
)


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


def images(pod: Mapping[str, Any]) -> Iterator[str]:
    """Every image that a pod, or a template of one, names or was found to run."""
    for container, status in containers(pod):
        yield container["image"]
        yield status.get("imageID", "")
    for container in pod["spec"].get("initContainers") or ():
        yield container["image"]
    for status in pod.get("status", {}).get("initContainerStatuses") or ():
        yield status.get("imageID", "")


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

    def pods(self, namespace: str, whose: Whose) -> list[dict[str, Any]]:
        """The stack's own pods of a namespace."""
        pods = self._cluster.list(PODS, namespace)
        owners = {pod["metadata"]["name"]: controller(pod) for pod in pods}
        made_by = {
            f"{kind}/{each['metadata']['name']}": release_of(each)
            for kind in sorted({owner.partition("/")[0] for owner in owners.values()} & CONTROLLERS.keys())
            for each in self._cluster.list(CONTROLLERS[kind], namespace)
        }
        return [
            pod
            for pod in pods
            if whose.owns(labels_of(pod), release_of(pod) or made_by.get(owners[pod["metadata"]["name"]], ""))
        ]

    def unlike(self, namespace: str, wanted: Mapping[str, str], whose: Whose) -> list[Unlike]:
        """Services (name → image by digest) whose live pods are missing, not ready, or run anything but that digest."""
        pods = [pod for pod in self.pods(namespace, whose) if live(pod)]
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

    def services(self, namespace: str, whose: Whose) -> list[dict[str, Any]]:
        """The Services that the stack's charts made in a namespace."""
        listed = self._cluster.list(SERVICES, namespace)
        return [each for each in listed if whose.owns(labels_of(each), release_of(each)) and not is_alias(each)]

    def logs(self, namespace: str, repository: str, lines: int, whose: Whose) -> str:
        """The last lines of the stack's pods that run an image of this repository, pod after pod."""
        parts = []
        for pod in self.pods(namespace, whose):
            for container, _ in containers(pod):
                if repository_of(container["image"]) == repository:
                    name = pod["metadata"]["name"]
                    text = self._cluster.logs(namespace, name, container["name"], lines)
                    parts.append(f"==> {name}\n{text.rstrip()}")
        return "\n".join(parts)

    def images_in_use(self, except_namespace: str) -> set[str]:
        """Digests and full image names that any workload outside of one namespace names or runs."""
        found = set()
        for resource, path in WITH_IMAGES:
            for each in self._cluster.list(resource):
                metadata = each["metadata"]
                if metadata["namespace"] == except_namespace or (resource is PODS and metadata.get("deletionTimestamp")):
                    continue
                pod = each
                for key in path:
                    pod = pod[key]
                for image in images(pod):
                    found |= {image, image.partition("@")[2]}
        return found - {""}
