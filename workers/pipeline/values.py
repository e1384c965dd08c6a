"""What every helmfile is given, and the hash that tells whether it was given the same before."""

import hashlib
import json
from pathlib import Path
from typing import Any

from config.project import CONFIG_FILE
from config.settings import Settings
from model import duration, names
from model.stack import Role
from workers.faults import UserFault
from workers.pipeline import provision
from workers.pipeline.run import Run
from workers.registry import auth


def act(run: Run) -> None:
    """Fill `namespace`, `values` and `config_hash`."""
    spec = run.stack.spec
    project = run.described
    own = spec.role is Role.FEATURE and project.namespace == "stack"
    run.namespace = names.namespace(run.stack.name) if own else project.base.namespace
    if not run.namespace:
        raise UserFault(
            "No namespace for the base application",
            f"`{CONFIG_FILE}` does not say where the base application lives.",
            "Add `base: {namespace: …}`.",
        )
    hosts = [host for name in run.chosen for host in project.services[name].hosts]
    run.values = {
        "devstack_label": spec.label,
        "ttl": "" if spec.role is Role.BASE else lifetime(run),
        "namespace": run.namespace,
        "context_header": context_header(run.world.settings, project.header),
        "preview_hosts": [run.world.settings.preview.host(spec.label, host) for host in hosts]
        if spec.role is Role.FEATURE
        else [],
        "images": {name: pinned(service.image, service.content) for name, service in run.services.items()},
        "devstack": {
            "stack": run.stack.name,
            "repository": spec.repository,
            "commits": {name: service.commit for name, service in run.services.items()},
            "pull_secret": names.pull_secret(spec.label) if has_password(run) else "",
        },
    }
    run.values["devstack"] |= provision.handed(run)
    run.config_hash = config_hash(run)


def context_header(settings: Settings, wanted: str | None) -> str:
    """The header that a repository wants, where the operator allows it, else the bot's own.

    A header chooses who gets requests for the base's hosts, and guards drop those that the operator knows of: so a pull
    request cannot choose one by itself.
    """
    allowed = {each.lower() for each in (settings.context_header, *settings.context_headers)}
    if wanted and wanted.lower() not in allowed:
        raise UserFault(
            "The header is not allowed",
            f"`{CONFIG_FILE}` says `header: {wanted}`. Features are chosen by `{settings.context_header}` here.",
            "Take the line out, or have those who run the bot allow the header: `DEVSTACK_CONTEXT_HEADERS`.",
        )
    return wanted or settings.context_header


def lifetime(run: Run) -> str:
    """How long the stack lives after a deploy, within the operator's cap, as in `6h`."""
    settings = run.world.settings
    return duration.plain(min(run.stack.spec.ttl or run.described.ttl or settings.ttl_default, settings.ttl_max))


def has_password(run: Run) -> bool:
    """Whether the registry wants to know who pulls."""
    settings = run.world.settings
    return bool(auth.for_pods(settings.registry_auth_file, settings.registry))


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
        # Who asks for a deploy again means it: what resources are copied from may have changed.
        "attempt": run.stack.spec.attempt if provision.concerned(run) else 0,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def chart_files(run: Run) -> str:
    """The content of what is deployed with: the repository's own helmfile folder, else the ready-made chart."""
    project = run.described
    if project.helmfile is not None:
        folders = [str(Path(project.helmfile).parent), *run.charts]
        return json.dumps(run.world.git.entries(run.mirror, run.stack.spec.sha, folders))
    chart = run.world.settings.charts / "service"
    files = sorted(path for path in chart.rglob("*") if path.is_file())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
