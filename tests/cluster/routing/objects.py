"""What the suite lays into the cluster, and takes out of it again."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from playground.cluster.value import Playground
from tests.cluster.routing.shop import BASE, SECURE

KUBECTL_SECONDS = 90


def kubectl(ground: Playground, *arguments: str, given: str | None = None) -> str:
    """What kubectl says; RuntimeError with its complaint where it fails."""
    done = subprocess.run(
        [str(ground.kubectl), f"--kubeconfig={ground.kubeconfig}", *arguments],
        input=given, capture_output=True, text=True, timeout=KUBECTL_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"kubectl {' '.join(arguments[:4])}: {done.stderr}")
    return done.stdout


def lay(ground: Playground, objects: Iterable[Mapping[str, Any]]) -> None:
    """Apply objects; all of a kind before the next, in the order given."""
    items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    kubectl(ground, "apply", "--server-side", "--force-conflicts", "-f", "-", given=json.dumps(items))


def take(ground: Playground, objects: Iterable[Mapping[str, Any]], *, wait: bool = False) -> None:
    """Delete objects; `wait`: until they are gone."""
    items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    kubectl(ground, "delete", "--ignore-not-found", f"--wait={str(wait).lower()}", "-f", "-", given=json.dumps(items))


@contextmanager
def defined(ground: Playground, definitions: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Have CustomResourceDefinitions in the cluster, and none of them afterwards.

    Each is listed once: the API server makes a definition's storage at the first request, and a deletion that is
    this first request ("storage is (re)initializing") may be tried again after minutes only.
    """
    names = [each["metadata"]["name"] for each in definitions]
    lay(ground, definitions)
    try:
        kubectl(ground, "wait", "--for=condition=Established", "--timeout=30s", *[f"crd/{name}" for name in names])
        kubectl(ground, "get", ",".join(names), "--all-namespaces")
        yield
    finally:
        take(ground, definitions, wait=True)


def listed(ground: Playground, kind: str, group: str, namespace: str) -> list[dict[str, Any]]:
    """All objects of a kind in a namespace, as the API has them."""
    found = json.loads(kubectl(ground, "get", f"{kind}s.{group}".lower(), "-n", namespace, "-o", "json"))
    return list(found["items"])


def afresh(ground: Playground, names: Sequence[str]) -> None:
    """Make namespaces, new and empty ones."""
    kubectl(ground, "delete", "namespace", "--ignore-not-found", "--wait", *names)
    lay(ground, namespaces(names))


def namespaces(names: Iterable[str]) -> list[dict[str, Any]]:
    """Namespaces."""
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]


def rules(objects: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rules of all IngressRoutes among them."""
    found = [each for each in objects if each["kind"] == "IngressRoute"]
    return [route["match"] for each in found for route in each["spec"]["routes"]]


def certificate(namespace: str = BASE) -> tuple[dict[str, Any], str]:
    """A Secret with a certificate for the TLS host and all names below it, and the certificate itself, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SECURE)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SECURE), x509.DNSName(f"*.{SECURE}")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "secure-tls", "namespace": namespace},
        "stringData": {"tls.crt": public, "tls.key": private},
    }
    return secret, public
