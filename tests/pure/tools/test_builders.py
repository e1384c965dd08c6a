"""What builders are told, word by word, and which one the settings choose."""

from pathlib import Path

from config.settings import Settings
from workers.tools import builder
from workers.tools.buildah import Buildah
from workers.tools.builder import BuildRequest
from workers.tools.buildkit import Buildkit
from workers.tools.process import Runner

RUNNER = Runner(Path("/srv"), path="/usr/bin")
CACHE = "registry.example.com/acme/shop/orders/cache:orders"
REQUEST = BuildRequest(
    service="orders",
    context=Path("/src/svc"),
    dockerfile=Path("/src/docker/Dockerfile.prod"),
    repository="registry.example.com/acme/shop/orders",
    tag="content-1",
    target="final",
    args={"B": "two, words=x", "A": "--push"},
)


def test_buildctl_gets_every_part_as_an_argument_of_its_own() -> None:
    kit = Buildkit(RUNNER, "tcp://buildkitd:1234", 60, insecure=True, ca_bundle=Path("/ca.crt"))
    assert kit.arguments(REQUEST, Path("/out.json")) == [
        "--addr",
        "tcp://buildkitd:1234",
        "build",
        "--progress=plain",
        "--frontend=dockerfile.v0",
        "--local=context=/src/svc",
        "--local=dockerfile=/src/docker",
        "--opt=filename=Dockerfile.prod",
        "--opt=build-arg:A=--push",
        "--opt=build-arg:B=two, words=x",
        "--output=type=image,name=registry.example.com/acme/shop/orders:content-1,push=true,registry.insecure=true",
        f"--export-cache=type=registry,ref={CACHE},mode=max,ignore-error=true,registry.insecure=true",
        f"--import-cache=type=registry,ref={CACHE},registry.insecure=true",
        "--metadata-file=/out.json",
        "--opt=target=final",
        "--secret=id=ca-bundle,src=/ca.crt",
    ]


def test_a_secure_registry_is_spoken_to_securely() -> None:
    assert not [word for word in Buildkit(RUNNER, "x", 60).arguments(REQUEST, Path("o")) if "insecure" in word]
    secure = builder.chosen(Settings(work_dir=Path("/srv")))
    assert isinstance(secure, Buildah)
    assert not [word for word in secure.bud(REQUEST, Path("i")) if "tls-verify" in word]


def test_layers_stay_out_of_the_registry_where_the_operator_says_so() -> None:
    kit = builder.chosen(Settings(builder="buildkit", build_layer_cache=False))
    assert isinstance(kit, Buildkit)
    assert not [word for word in kit.arguments(REQUEST, Path("o")) if "cache" in word]


def test_buildah_is_told_the_same() -> None:
    buildah = builder.chosen(
        Settings(work_dir=Path("/srv"), registry_insecure=True, registry_auth_file=Path("/auth.json"), build_timeout=7)
    )
    assert isinstance(buildah, Buildah)
    assert buildah.timeout == 7
    assert buildah.storage.root == Path("/srv/buildah")
    words = buildah.bud(REQUEST, Path("/out"))
    assert words[0] == "bud"
    assert words[-2:] == ["--", "/src/svc"]
    assert {"--file=/src/docker/Dockerfile.prod", "--build-arg=A=--push", "--build-arg=B=two, words=x"} < set(words)
    assert {"--target=final", "--authfile=/auth.json", "--tls-verify=false", "--isolation=chroot"} < set(words)
    assert buildah.layer_cache
    cache = "registry.example.com/acme/shop/orders/cache"
    assert not [word for word in words if word.startswith("--cache")]
    assert {f"--cache-from={cache}", f"--cache-to={cache}"} < set(buildah.bud(REQUEST, Path("/o"), layer_cache=True))
    assert buildah.push(REQUEST, "sha256:1", Path("/d"))[-1] == (
        "docker://registry.example.com/acme/shop/orders:content-1"
    )


def test_the_settings_choose_the_builder() -> None:
    kit = builder.chosen(Settings(builder="buildkit", buildkit_address="tcp://b:1", buildah_storage=Path("/s")))
    assert isinstance(kit, Buildkit)
    assert kit.address == "tcp://b:1"
    buildah = builder.chosen(Settings(buildah_storage=Path("/s"), buildah_isolation="oci"))
    assert isinstance(buildah, Buildah)
    assert (buildah.storage.root, buildah.isolation) == (Path("/s"), "oci")
