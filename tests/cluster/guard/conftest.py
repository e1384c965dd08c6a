"""One Traefik of each version with an entry point that is trusted, one that is not, and one with TLS; a base, a feature."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.routing.preview import Preview
from model.routing.routes import Backend, derive
from playground.cluster.value import Playground
from playground.places import places
from playground.progress import silent
from playground.routing import targets, traefik, wire
from playground.routing.traefik import Traefik
from playground.toolset import router
from playground.toolset.router import Major
from tests.cluster.routing import objects
from tests.cluster.routing.shop import CLASS_ANNOTATION

CLASS = "guard-suite"  # no other Traefik of the cluster serves it
BASE, FEATURE = "guard-base", "guard-feature"
HEADER, LABEL = "uber-ctx-key", "feature1"
HOST = "shop.example.org"
SECURE = "shop.secure.example.org"  # the certificate is for `*.secure.example.org`
DROP = "drop-context"

Json = dict[str, Any]


def made(kind: str, name: str, spec: Mapping[str, Any], namespace: str = BASE) -> Json:
    """One of Traefik's objects."""
    metadata = {"name": name, "namespace": namespace, "annotations": {CLASS_ANNOTATION: CLASS}}
    return {"apiVersion": "traefik.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": dict(spec)}


@dataclass(frozen=True)
class Guarded:
    """What requests are sent to."""

    proxy: Traefik
    ground: Playground
    ports: Mapping[str, int]
    major: Major
    authority: str

    def base(self, host: str = HOST, *entrypoints: str) -> Json:
        """The base's own route."""
        entry = {"name": "shop", "port": self.ports["base"]}
        route = {"match": f"Host(`{host}`)", "kind": "Rule", "services": [entry]}
        return made("IngressRoute", "shop", {"entryPoints": list(entrypoints or ("web", "internal")), "routes": [route]})

    def lay(self, preview: Preview, base: Json, host: str = HOST) -> None:
        """The base's route and the feature's, as the bot derives them; waits until Traefik has both and no other."""
        derived = derive(
            [base],
            stack="guard",
            label=LABEL,
            header=HEADER,
            namespace=FEATURE,
            services=[Backend("shop", (host,), "shop", FEATURE, self.ports["feature"])],
            syntax="v2" if self.major == 2 else "v3",
            preview=preview,
        )
        for each in derived:
            each["metadata"].setdefault("annotations", {})[CLASS_ANNOTATION] = CLASS
        routes = ["--all", f"--namespace={FEATURE}", "--wait=true"]
        objects.kubectl(self.ground, "delete", "ingressroutes.traefik.io", *routes)
        # The rules of two tests may be the same and their middlewares not: so first none of them is there.
        self.proxy.until(lambda found: not any(FEATURE in each["name"] for each in found))
        objects.lay(self.ground, [base, *derived])
        wanted = set(objects.rules([base, *derived]))
        self.proxy.until(
            lambda found: (
                {each["rule"] for each in found} == wanted and all(each["status"] == "enabled" for each in found)
            ),
            wanted=sorted(wanted),
        )

    def ask(self, at: str, host: str, *lines: tuple[str, str]) -> wire.Answer:
        """One request at an entry point."""
        secure = {"server_name": host, "authority": self.authority} if at == "secure" else {}
        return wire.ask(self.proxy.ports[at], "/", (("Host", host), *lines), **secure)  # type: ignore[arg-type]


def stores(authority: Sequence[Json]) -> Iterator[Json]:
    """The certificate where an operator would have it, and the TLSStore that makes Traefik load it."""
    (secret,) = authority
    name = secret["metadata"]["name"]
    yield {**secret, "metadata": {"name": name, "namespace": BASE}}
    yield made("TLSStore", "default", {"certificates": [{"secretName": name}]})


def guards() -> Iterable[Json]:
    """Middlewares that an operator may put before routes."""
    yield made("Middleware", "nobody", {"ipAllowList": {"sourceRange": ["10.9.9.9/32"]}})
    yield made("Middleware", "lan", {"ipAllowList": {"sourceRange": ["127.0.0.0/8"]}})
    yield made("Middleware", "login", {"basicAuth": {"secret": "people"}})
    # ada:countess, as `htpasswd -nb -s` writes it
    people = {"users": "ada:{SHA}CNuFNtqnUctq2NEQEiz9eAdUNS4="}
    yield {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "people", "namespace": BASE}, "stringData": people}


@pytest.fixture(scope="module")
def laid(ground: Playground, dropping: Json) -> Iterator[tuple[Mapping[str, int], str]]:
    """Namespaces with the base's and the feature's Services, the guards and the certificate: ports, and who made it."""
    secret, authority = objects.certificate()
    spaces = objects.namespaces((BASE, FEATURE))
    objects.lay(ground, spaces)
    with targets.serving(["base", "feature"]) as ports:
        services = [targets.service("shop", BASE, ports["base"]), targets.service("shop", FEATURE, ports["feature"])]
        try:
            objects.lay(ground, [*services, dropping, *guards(), *stores([secret])])
            yield ports, authority
        finally:
            objects.kubectl(ground, "delete", "namespace", BASE, FEATURE, "--timeout=60s")


@pytest.fixture(scope="module", params=[3, 2], ids=["traefik-3", "traefik-2"])
def guarded(
    request: pytest.FixtureRequest,
    ground: Playground,
    tmp_path_factory: pytest.TempPathFactory,
    laid: tuple[Mapping[str, int], str],
) -> Iterator[Guarded]:
    """A Traefik whose entry points `web` and `secure` are open to anybody and drop the context."""
    major: Major = request.param
    if major == 2:
        request.getfixturevalue("old_group")  # it waits for the definitions of both
    ports, authority = laid
    drop = [f"--entrypoints.{each}.http.middlewares={BASE}-{DROP}@kubernetescrd" for each in ("web", "secure")]
    with traefik.running(
        router.program(places().cache, silent(), major),
        ground.kubeconfig,
        tmp_path_factory.mktemp("traefik") / "traefik.log",
        entrypoints=("web", "internal", "secure"),
        namespaces=(BASE, FEATURE),
        arguments=(
            f"--providers.kubernetescrd.ingressClass={CLASS}",
            "--providers.kubernetescrd.allowExternalNameServices=true",
            "--providers.kubernetescrd.allowCrossNamespace=true",
            *drop,
        ),
    ) as proxy:
        yield Guarded(proxy, ground, ports, major, authority)


@pytest.fixture(scope="module")
def dropping(ground: Playground) -> Json:
    """The middleware that the bot's chart brings, as helm renders it for this namespace."""
    chart = Path(__file__).resolve().parents[3] / "helm" / "bot"
    given = {
        "settings": {"registry": "r.example.com", "preview_base_url": "https://example.com"},
        "secrets": {"existingSecret": "devstack"},
        "dropContext": {"enabled": True, "name": DROP},
    }
    done = subprocess.run(
        [str(ground.helm), "template", "devstack", str(chart), f"--namespace={BASE}", "--values=-"],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    (found,) = [each for each in yaml.safe_load_all(done.stdout) if each and each["kind"] == "Middleware"]
    found["metadata"].setdefault("annotations", {})[CLASS_ANNOTATION] = CLASS
    found["metadata"]["namespace"] = BASE
    middleware: Json = found
    return middleware
