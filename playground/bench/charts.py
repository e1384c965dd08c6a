"""Charts to measure provisioning with: the same resources made by one hook, and by one Job each in sequence."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from playground.demo.stage import ROOT

ACCOUNT = "bench"  # may do everything in its namespace: what is measured is time, not rights
HOOK_POLICY = {"helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded"}
UP, DOWN = "pre-install,pre-upgrade", "post-delete"

Object = dict[str, Any]


def ours(folder: Path, workload: Object | None) -> Path:
    """A chart of the one include."""
    templates = {"provision.yaml": '{{ include "devstack.provision" . }}\n'}
    chart = _chart(folder, templates, workload)
    shutil.copytree(ROOT / "helm" / "service" / "charts" / "devstack", chart / "charts" / "devstack")
    return chart


def sequence(folder: Path, tasks: Sequence[Mapping[str, Any]], image: str, secret: str, workload: Object | None) -> Path:
    """The ancestor's way: one Job a task, one after the other by their weights, on the way up and down."""
    jobs = [
        job(f"{task['release']}-{phase}", image, [phase], task, secret, events, weight)
        for phase, events in (("ensure", UP), ("remove", DOWN))
        for weight, task in enumerate(tasks)
    ]
    return _chart(folder, {}, workload, *jobs)


def empty(folder: Path, image: str) -> Path:
    """A hook Pod that does nothing, on the way up and down: the floor."""
    pods: list[Object] = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"nothing-{name}", "annotations": {"helm.sh/hook": events, **HOOK_POLICY}},
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "nothing", "image": image, "command": ["true"]}],
            },
        }
        for name, events in (("up", UP), ("down", DOWN))
    ]
    return _chart(folder, {}, None, *pods)


def job(
    name: str, image: str, args: Sequence[str], task: Mapping[str, Any], secret: str, events: str, weight: int,
    command: Sequence[str] = (),
) -> Object:  # fmt: skip
    """A hook Job of the hook image."""
    container: Object = {
        "name": "hook",
        "image": image,
        "args": list(args),
        "env": [{"name": "DEVSTACK_TASK", "value": json.dumps(task)}],
        "envFrom": [{"secretRef": {"name": secret}}],
    }
    if command:
        container["command"] = list(command)
    annotations = {"helm.sh/hook": events, "helm.sh/hook-weight": str(weight), **HOOK_POLICY}
    pod = {"restartPolicy": "Never", "serviceAccountName": ACCOUNT, "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def deployment(name: str, image: str) -> Object:
    """A workload that is up as soon as its container is."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "pause", "image": image}],
                },
            },
        },
    }


def _chart(folder: Path, templates: Mapping[str, str], workload: Object | None, *objects: Object) -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": folder.name, "version": "0.1.0"}))
    for name, text in templates.items():
        (folder / "templates" / name).write_text(text)
    every = [*objects, *([workload] if workload else [])]
    (folder / "templates" / "objects.yaml").write_text(yaml.safe_dump_all(every))
    return folder
