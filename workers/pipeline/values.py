"""What every helmfile is given, and the hash that tells whether it was given the same before."""

import hashlib
import json
from pathlib import Path
from typing import Any

from model import names
from model.stack import Role
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """Fill `namespace`, `values` and `config_hash`."""
    spec = run.stack.spec
    project = run.described
    own = spec.role is Role.FEATURE and project.namespace == "stack"
    run.namespace = names.namespace(run.stack.name) if own else project.base.namespace
    hosts = [host for name in run.chosen for host in project.services[name].hosts]
    run.values = {
        "devstack_label": spec.label,
        "ttl": "" if spec.role is Role.BASE else str(spec.ttl or project.ttl or run.world.settings.ttl_default),
        "namespace": run.namespace,
        "context_header": project.header or run.world.settings.context_header,
        "preview_hosts": [names.preview_host(spec.label, host) for host in hosts] if spec.role is Role.FEATURE else [],
        "images": {name: pinned(service.image, service.content) for name, service in run.services.items()},
        "devstack": {
            "stack": run.stack.name,
            "repository": spec.repository,
            "commits": {name: service.commit for name, service in run.services.items()},
            "pull_secret": names.pull_secret(spec.label) if run.world.settings.registry_auth_file else "",
        },
    }
    run.config_hash = config_hash(run)


def pinned(image: str, content: str) -> dict[str, str]:
    """An image's parts for charts that want them apart."""
    repository, _, digest = image.partition("@")
    return {"repository": repository, "tag": names.image_tag(content), "digest": digest, "ref": image}


def config_hash(run: Run) -> str:
    """One hash over the values, the services as described, and the files that helmfile would read."""
    project = run.described
    facts: dict[str, Any] = {
        # How long a stack lives concerns no object that helm makes.
        "values": {key: value for key, value in run.values.items() if key != "ttl"},
        "services": {name: repr(project.services[name]) for name in run.chosen},
        "charts": chart_files(run),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def chart_files(run: Run) -> str:
    """The content of what is deployed with: the repository's own helmfile folder, else the ready-made chart."""
    project = run.described
    if project.helmfile is not None:
        folder = str(Path(project.helmfile).parent)
        return json.dumps(run.world.git.entries(run.mirror, run.stack.spec.sha, [folder]))
    chart = run.world.settings.charts / "service"
    files = sorted(path for path in chart.rglob("*") if path.is_file())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
