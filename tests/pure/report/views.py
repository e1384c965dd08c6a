"""One view for each thing that the comment can say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from config.project import ConfigError, parse
from model.commands import Refusal
from model.routing.hops import Hop
from model.stack import Answer, Phase, Service
from workers.report import sentences
from workers.report.picture import of_hops
from workers.report.view import CommentView, Failure, Member, Probe, Stage

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
SHA = "3f2a1b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a"
DIGEST = "sha256:1a2b3c4d5e6f" + "0" * 52
LOG = (
    "\n".join(f"Collecting package {number}" for number in range(5))
    + "\n\x1b[31mERROR: No matching distribution found for flask==99\x1b[0m\n```\n</details> @acme/team #12\n 10%\r100%\n"
)


def service(name: str, host: str, *, commit: str = SHA, reused: bool = False, seconds: float = 0.0) -> Service:
    image = f"registry.example:5000/acme/shop/{name}@{DIGEST}"
    return Service(name, image, DIGEST, commit, "ready", reused, seconds, (host,))


CHAIN = Hop("storefront", label="feature1", commit=SHA, after=(Hop("orders", commit="9a8b7c6" + "0" * 33),))


def proof(*hosts: str, other: str = "") -> tuple[Probe, ...]:
    """Everything is answered as it should be."""
    cases = {"plain": "base", "header": "feature1", "baggage": "feature1", "preview": "feature1", "unknown": "base"}
    whole = cases | ({"another": other} if other else {})
    return tuple(Probe(host, side, side, True, case, host) for host in hosts for case, side in whole.items())


def wrong_config() -> str:
    try:
        parse("services:\n  web: {host: a.com, port: 99999}\nttl: 6\n")
    except ConfigError as error:
        return sentences.problems(error.problems)
    raise AssertionError("that config is wrong")


queued = CommentView(
    repository="acme/shop", number=7, label="feature1", sha=SHA, phase=Phase.QUEUED, run_id="a1b2c3d4e5f6",
    header="uber-ctx-key", expires_at=NOW + timedelta(hours=6), ttl_cap=72 * 3600, updated_at=NOW,
)  # fmt: skip
waiting_for_registry = replace(queued, message=sentences.waiting_for("the image registry", 20))
building = replace(
    queued,
    phase=Phase.BUILDING,
    stages=(
        Stage("Preparing", "done", 0.84, "storefront, orders"),
        Stage("Building", "running"),
        Stage("Deploying", "waiting"),
        Stage("Verifying", "waiting"),
    ),
)
answers = (
    Answer(
        3, "mallory", "/devstack deplyo @acme/team",
        sentences.refusal(Refusal("/devstack deplyo", "There is no command `deplyo`.", "Did you mean `/devstack deploy`?")),
        ok=False,
    ),
    Answer(2, "alice", "/devstack logs orders", sentences.logs_answer("orders", "GET / 200\n```\n</details> @acme/team\n"), ok=True),
    Answer(1, "bob", "/devstack help", sentences.help_answer(), ok=True),
)  # fmt: skip
ready = replace(
    queued,
    phase=Phase.READY,
    services=(
        service("storefront", "example.com", seconds=12.3),
        service("orders", "example2.com", commit="9a8b7c6" + "0" * 33, reused=True),
    ),
    stages=(
        Stage("Preparing", "done", 0.84, "storefront, orders"),
        Stage("Building", "done", 12.3, "storefront 12 s, 1 reused"),
        Stage("Deploying", "done", 64.0),
        Stage("Verifying", "done", 1.9),
    ),
    preview_urls=("http://feature1.example.com:8880/", "http://feature1.example2.com:8880/"),
    base_urls=("http://example.com:8880/", "http://example2.com:8880/"),
    probes=proof("example.com", "example2.com", other="feature2"),
    picture=of_hops([("feature1.example.com", CHAIN)], "feature1"),
    notes=("The label `Feature 1` cannot be used; `feature1` is used instead",),
    answers=answers,
)
members = (
    Member("acme/basket", 3, "https://code.example/acme/basket/pull/3", ("basket",), "failed"),
    Member(
        "acme/orders", 12, "https://code.example/acme/orders/pull/12", ("orders", "order-mail"), "live",
        ("http://feature1.example2.com:8880/",),
    ),
    Member("acme/shop", 7, "https://code.example/acme/shop/pull/7", ("storefront",), "live", ("http://feature1.example.com:8880/",)),
)  # fmt: skip
together = replace(
    ready, services=ready.services[:1], preview_urls=ready.preview_urls[:1], base_urls=ready.base_urls[:1], answers=(),
    notes=(), members=members,
)  # fmt: skip
nothing_touched = replace(
    ready, services=(), preview_urls=(), base_urls=(), probes=(), answers=(), notes=(),
    message="This change touches none of the services. `/devstack deploy <service>` deploys one anyway.",
)  # fmt: skip
build_failed = replace(
    queued,
    phase=Phase.FAILED,
    stages=(
        Stage("Preparing", "done", 0.84),
        Stage("Building", "failed", 7.5),
        Stage("Deploying", "waiting"),
        Stage("Verifying", "waiting"),
    ),
    failure=Failure(
        "The build of `storefront` failed",
        "The step `RUN pip install -r requirements.txt` ended with code 1.",
        "Mend the Dockerfile and push.",
        LOG,
    ),
    previous="`9a8b7c6` is still running as before.",
)
config_wrong = replace(
    build_failed,
    stages=(Stage("Preparing", "failed", 0.41), Stage("Building", "waiting")),
    failure=Failure(".devstack.yaml is wrong", wrong_config()),
    previous="",
)
no_config = replace(
    config_wrong,
    failure=Failure(
        "No .devstack.yaml",
        "This commit has no `.devstack.yaml` at the root of the repository.",
        "Add one, for example:\n\n" + sentences.minimal_config(),
    ),
)
our_fault = replace(build_failed, failure=sentences.our_failure(RuntimeError("boom"), "a1b2c3d4e5f6"), previous="")
probes_wrong = replace(
    build_failed, previous="", failure=sentences.our_failure(RuntimeError("boom"), "a1b2c3d4e5f6"),
    probes=(
        *ready.probes[:3], Probe("feature1.example.com", "feature1", "nobody", ok=False, case="preview", about="example.com"),
        *ready.probes[6:11],
    ),
)  # fmt: skip
fork = replace(queued, phase=Phase.WAITING, message=sentences.fork_waits("mallory", SHA))
removing = replace(
    queued,
    phase=Phase.REMOVING,
    stages=(Stage("Routes", "done", 2.1), Stage("Releases", "running"), Stage("Proof", "waiting")),
    preview_urls=ready.preview_urls,
)
destroyed = replace(
    queued,
    phase=Phase.DESTROYED,
    removed=("4 routes and middlewares", "release `storefront-feature1`", "image `acme/shop/storefront@1a2b3c4d5e6f`"),
    stages=(Stage("Routes", "done", 2.1),),
    preview_urls=ready.preview_urls,
    base_urls=ready.base_urls,
    answers=answers[:1],
)
left_behind = replace(destroyed, phase=Phase.REMOVING, left=("Images: the image registry did not answer",), answers=())
expired = replace(destroyed, phase=Phase.EXPIRED, answers=())
idle = replace(queued, phase=Phase.IDLE, expires_at=None, run_id="", updated_at=None, answers=answers[2:])

VIEWS: dict[str, CommentView] = {
    "queued": queued,
    "waiting_for_registry": waiting_for_registry,
    "building": building,
    "ready": ready,
    "nothing_touched": nothing_touched,
    "build_failed": build_failed,
    "config_wrong": config_wrong,
    "no_config": no_config,
    "our_fault": our_fault,
    "probes_wrong": probes_wrong,
    "fork": fork,
    "removing": removing,
    "destroyed": destroyed,
    "left_behind": left_behind,
    "expired": expired,
    "idle": idle,
    "together": together,
}
