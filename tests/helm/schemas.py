"""The schemas that manifests are held against: Kubernetes' own OpenAPI documents, the CRDs of Traefik, of the Gateway API, and ours.

Fields that a schema does not know are errors here, as they are for an API server that validates strictly.
"""

import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from playground import tool
from playground.places import places
from playground.progress import silent
from playground.toolset import golang, router
from playground.toolset.binaries import ENVIRONMENT, HERE, KUBERNETES

CHARTS = Path(__file__).resolve().parents[2] / "helm"
MODULE = f"k8s.io/kubernetes@v{'.'.join(KUBERNETES)}"

Manifest = Mapping[str, Any]


def errors(manifests: Iterable[Manifest]) -> list[str]:
    """What is wrong with the manifests, one line each."""
    found = []
    for manifest in manifests:
        name = f"{manifest['kind']}/{manifest['metadata']['name']}"
        validator = _validator(manifest["apiVersion"], manifest["kind"])
        found += [f"{name}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(manifest)]
    return found


@cache
def _validator(api_version: str, kind: str) -> jsonschema.Draft202012Validator:
    schema = _custom().get((api_version, kind)) or _builtin(api_version, kind)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def _builtin(api_version: str, kind: str) -> dict[str, Any]:
    group, _, version = api_version.rpartition("/")
    document = f"apis__{group}__{version}" if group else f"api__{version}"
    components: dict[str, Any] = json.loads((_openapi() / f"{document}_openapi.json").read_text())["components"]
    wanted = {"group": group, "version": version, "kind": kind}
    for name, schema in components["schemas"].items():
        if wanted in schema.get("x-kubernetes-group-version-kind", ()):
            _close(components)
            return {"$ref": f"#/components/schemas/{name}", "components": components}
    raise LookupError(f"Kubernetes has no {kind} in {api_version}")


@cache
def _openapi() -> Path:
    """The folder with Kubernetes' OpenAPI documents, in the Go module that the playground's cluster is made from."""
    kept = places().cache / "kubernetes" / f"openapi-{MODULE.rpartition('@')[2]}"
    if not kept.exists():
        go = golang.go(places().cache, silent())
        environment = {**os.environ, **ENVIRONMENT, "GOTOOLCHAIN": "local"}
        answer = tool.run([go, "mod", "download", "-json", MODULE], cwd=HERE / "kubelab", env=environment)
        scratch = kept.with_suffix(f".{os.getpid()}")
        scratch.mkdir(parents=True)
        for document in Path(json.loads(answer)["Dir"], "api", "openapi-spec", "v3").glob("*_openapi.json"):
            (scratch / document.name).write_bytes(document.read_bytes())
        scratch.rename(kept)
    return kept


@cache
def _custom() -> dict[tuple[str, str], dict[str, Any]]:
    """Schemas of custom resources; where both versions of Traefik define a kind, those of version 3."""
    sources = [
        router.definitions(places().cache, silent(), 2),
        router.definitions(places().cache, silent()),
        router.gateway_definitions(places().cache, silent()),
        CHARTS / "bot" / "crds" / "stack.yaml",
    ]
    documents = [each for source in sources for each in yaml.load_all(source.read_text(), yaml.CSafeLoader) if each]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for definition in documents:
        if definition["kind"] != "CustomResourceDefinition":
            continue
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            schema["properties"] |= {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object"},
            }
            _close(schema)
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def _close(schema: Any) -> None:
    """Turn OpenAPI into JSON Schema in place, and forbid what is not named."""
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    if not isinstance(schema, dict):
        return
    for each in schema.values():
        _close(each)
    if schema.get("x-kubernetes-int-or-string") is True:
        schema.pop("type", None)
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    free = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and not free:
        schema["additionalProperties"] = False
