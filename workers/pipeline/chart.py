"""Which helmfile is run: the repository's own, or one that is written here around the ready-made chart."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from config import needs
from config.project import Service
from model import names
from model.stack import Role
from workers.faults import UserFault
from workers.pipeline import provision
from workers.pipeline.run import Run

DRAIN_SECONDS = 3  # old pods serve on while the proxy takes up the new ones; Traefik may take two seconds


def written(run: Run, left_out: Collection[str] = ()) -> tuple[Path, Path]:
    """The helmfile and our values file, both in the run's folder or its checkout. Releases of the ready-made chart may
    be `left_out`."""
    values = run.workdir / "values.yaml"
    values.write_text(yaml.safe_dump(run.values, sort_keys=False))
    project = run.described
    if project.helmfile is not None:
        return run.source / project.helmfile, values
    helmfile = run.workdir / "helmfile.yaml"
    wanted = [name for name in run.chosen if names.release(name, run.stack.spec.label) not in left_out]
    releases = [release(run, name, wanted) for name in wanted]
    helmfile.write_text(yaml.safe_dump({"releases": releases}, sort_keys=False))
    return helmfile, values


def release(run: Run, name: str, wanted: Collection[str]) -> dict[str, Any]:
    """One release of the ready-made chart, with its values in a file of its own. It waits for those of the `wanted` that
    its service needs: the others are unchanged or the base's, and helmfile refuses a need that it does not know."""
    services, label = run.described.services, run.stack.spec.label
    path = run.workdir / f"{name}.values.yaml"
    path.write_text(yaml.safe_dump(chart_values(run, name, services[name]), sort_keys=False))
    before = [f"{run.namespace}/{names.release(each, label)}" for each in needs.within(services, name, wanted)]
    return {
        "name": names.release(name, run.stack.spec.label),
        "chart": str(run.world.settings.charts / "service"),
        "namespace": run.namespace,
        "skipDeps": True,
        "values": [str(path)],
        **({"needs": before} if before else {}),
    }


def chart_values(run: Run, name: str, service: Service) -> dict[str, Any]:
    """Values of the ready-made chart; what changes without concerning the pods is left out, so that they stay."""
    given = {key: run.values[key] for key in ("devstack_label", "context_header", "images")}
    own = {
        "service": name,
        "fullnameOverride": names.release(name, run.stack.spec.label),
        "port": service.port,
        "health": service.health,
        "hosts": list(service.hosts),
        "env": dict(service.env),
        "envFrom": [{"secretRef": {"name": each, "optional": True}} for each in service.envFrom],
        "command": list(service.command),
        "commit": run.services[name].commit,
        "stack": run.stack.name,
        "drainSeconds": DRAIN_SECONDS,
        "traefik": {
            "apiVersion": f"{run.world.dialect.group}/v1alpha1",
            "entryPoints": list(run.world.settings.entrypoints),
        },
        "imagePullSecrets": [{"name": run.values["devstack"]["pull_secret"]}]
        if run.values["devstack"]["pull_secret"]
        else [],
    }
    given["images"] = {name: given["images"][name]}
    return {**given, **own, **in_cluster(run, service), **provision.chart_values(run, name, service)}


def in_cluster(run: Run, service: Service) -> dict[str, Any]:
    """How a base service is called by its name; a feature's has no name that anybody knows."""
    settings = run.world.settings
    if run.stack.spec.role is not Role.BASE or not service.inCluster:
        return {}
    if not settings.in_cluster_gateway:
        raise UserFault(
            "No way to Traefik from within the cluster",
            "`inCluster: true` needs a Service in front of Traefik for calls from within the cluster, and none is set here.",
            "Set `DEVSTACK_IN_CLUSTER_GATEWAY` (docs/routing.md), or take `inCluster` away.",
        )
    host, entrypoint = (
        each.replace("{namespace}", run.namespace)
        for each in (settings.in_cluster_gateway, settings.in_cluster_entrypoint)
    )
    gateway = {"host": host, "entryPoints": {"80": entrypoint}, "clusterDomain": settings.cluster_domain}
    return {"inCluster": True, "gateway": gateway}
