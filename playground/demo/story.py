"""The story: what people do, and what is seen then. Each step gives its evidence, or raises what did not hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from playground.backends import Backends
from playground.demo import base, evidence
from playground.demo.shop import BASE_HOST, HEADER, ORDERS, ORDERS_HOST, OWN, STOREFRONT
from playground.demo.stage import SHOP, Stage, Timeout


@dataclass
class Story:
    """The stage, and what the steps before have made."""

    stage: Stage
    numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    last_comment: str = ""
    images: list[str] = field(default_factory=list)  # of earlier bases, which no bot ever deletes
    servers: dict[str, list[str]] = field(default_factory=dict)  # what they had before any feature

    @property
    def backends(self) -> Backends:
        """The servers of queues and databases."""
        if self.stage.backends is None:
            raise Timeout("the story needs a stage with backends")
        return self.stage.backends

    def pull(self, name: str) -> tuple[str, int]:
        """Repository and number of a pull request of the story."""
        return self.numbers[name]


Step = Callable[[Story], list[str]]


def expect(what: str, seen: object, wanted: object) -> str:
    """One line of evidence; Timeout where it is not so."""
    if seen != wanted:
        raise Timeout(f"{what}: expected {wanted!r}, saw {seen!r}")
    return f"{what} → {wanted}"


def label_at(answer: dict[str, Any]) -> str:
    """The label that a hop says it runs under; `base` where it has none."""
    return str(answer["label"] or "base")


def changed(service: str, remark: str) -> dict[str, bytes | None]:
    """A change of a service's program."""
    path = "app/main.py"
    return {path: (SHOP / service / path).read_bytes() + f"\n# {remark}\n".encode()}


def answers(stage: Stage, host: str) -> bool:
    """Whether a host answers well."""
    return stage.request(host).status_code == httpx.codes.OK


def base_by_push(story: Story) -> list[str]:
    """The base application, with a queue and a database of its own, is deployed by a push to the default branches"""
    stage = story.stage
    base.make(stage, story.backends)
    story.servers, story.images = base.listed(story.backends), evidence.shop_images(story)
    for repository, service in ((ORDERS, "orders"), (STOREFRONT, "storefront")):
        stage.add_repository(repository, SHOP / service)
        stage.github.push(repository, "main", {"CHANGELOG.md": b"The first release.\n"}, "ada", "Release")
    for host in (ORDERS_HOST, BASE_HOST):
        stage.wait(f"{host} to answer", partial(answers, stage, host), told=lambda: stage.kubectl("get", "stacks"))
    answer = stage.request(BASE_HOST).json()
    return [
        expect(f"curl http://{BASE_HOST}", label_at(answer), "base"),
        expect("  and behind it orders", label_at(answer["downstream"]["orders"]), "base"),
        *(f"{what}: {', '.join(names)}" for what, names in story.servers.items()),
    ]


def feature1_opened(story: Story) -> list[str]:
    """Ada opens a pull request in storefront; its text says `Devstack-Label: feature1`"""
    stage = story.stage
    stage.github.push(STOREFRONT, "ada/new-basket", changed("storefront", "feature 1"), "ada")
    number = stage.github.open_pull(
        STOREFRONT, "ada/new-basket", "A new basket", "ada", body="Faster.\n\nDevstack-Label: feature1\n"
    )
    story.numbers["feature1"] = (STOREFRONT, number)
    comment = stage.wait_comment(STOREFRONT, number, "is live", "http://feature1.example.com")
    return [f"{STOREFRONT}#{number}: {comment.splitlines()[1]}", "preview URL in the comment, one comment"]


def feature1_joined(story: Story) -> list[str]:
    """Ada's pull request in orders joins by the comment `/devstack deploy --label feature1`"""
    stage = story.stage
    stage.github.push(ORDERS, "ada/new-basket", changed("orders", "feature 1"), "ada")
    number = stage.github.open_pull(ORDERS, "ada/new-basket", "Baskets in orders", "ada")
    story.numbers["orders1"] = (ORDERS, number)
    comment_id = stage.github.comment(ORDERS, number, "/devstack deploy --label feature1", "ada")
    comment = stage.wait_comment(ORDERS, number, "is live", "http://feature1.example2.com")
    missing = [name for name in OWN if f"`{name}`" not in comment]
    said = next(each for each in stage.github.pull(ORDERS, number)["comments"] if each["id"] == comment_id)
    reactions = sorted(each["content"] for each in said["reactions"])
    return [f"{ORDERS}#{number} is ready", expect("reactions to the command", reactions, ["eyes", "rocket"]),
            expect(f"the comment lists {', '.join(OWN)}; it lacks", missing, [])]  # fmt: skip


def feature2_opened(story: Story) -> list[str]:
    """Grace opens a pull request in storefront only, labelled `devstack/feature2`"""
    stage = story.stage
    stage.github.push(STOREFRONT, "grace/🧺-`colours`", changed("storefront", "feature 2"), "grace")
    number = stage.github.open_pull(STOREFRONT, "grace/🧺-`colours`", "Colours", "grace", labels=["devstack/feature2"])
    story.numbers["feature2"] = (STOREFRONT, number)
    stage.wait_comment(STOREFRONT, number, "is live", "http://feature2.example.com")
    return [f"{STOREFRONT}#{number} is ready, from a branch named grace/🧺-`colours`"]


ROUTES: tuple[tuple[str, str, str, str, str], ...] = (
    # request as people write it, host, header value, storefront or orders, who must answer
    ("curl http://feature1.example.com", "feature1.example.com", "", "feature1", "feature1"),
    (f"curl -H '{HEADER}: feature1' http://example.com", BASE_HOST, "feature1", "feature1", "feature1"),
    (f"curl -H '{HEADER}: feature2' http://example.com", BASE_HOST, "feature2", "feature2", "base"),
    ("curl http://feature2.example.com", "feature2.example.com", "", "feature2", "base"),
    ("curl http://example.com", BASE_HOST, "", "base", "base"),
    (f"curl -H '{HEADER}: nobody' http://example.com", BASE_HOST, "nobody", "base", "base"),
)


def routing_table(story: Story) -> list[str]:
    """The routing table, every row, and the chain storefront → orders behind it"""
    lines = []
    for text, host, value, first, second in ROUTES:
        answer = story.stage.request(host, headers={HEADER: value} if value else {}).json()
        chain = (label_at(answer), label_at(answer["downstream"]["orders"]))
        expect(text, chain, (first, second))
        lines.append(f"{text:52} → storefront {first} → orders {second}")
    return lines


def orders_flow(story: Story) -> list[str]:
    """Orders go storefront → SNS → SQS → worker → Postgres: each to its feature's own, where the feature has one"""
    stage = story.stage
    before = base.orders(story.backends)
    for item, label in (("a red hat", "feature1"), ("a blue hat", "feature2"), ("a hat", "")):
        headers = {HEADER: label} if label else {}
        answer = stage.request(BASE_HOST, "/orders", headers, post={"item": item})
        expect(f"order of {item}", answer.status_code, 202)
    wanted = [*before, "a blue hat by base", "a hat by base"]
    stage.wait("the base's worker", lambda: sorted(base.orders(story.backends)) == sorted(wanted),
               told=lambda: str(base.orders(story.backends)))  # fmt: skip

    def mine() -> list[str]:
        answer = stage.request(ORDERS_HOST, headers={HEADER: "feature1"}).json()
        return [f"{each['item']} by {each['handled_by']}" for each in answer.get("orders", ())]

    stage.wait("feature1's worker", lambda: mine() == ["a red hat by feature1"], told=lambda: str(mine()))
    return [
        "feature1, which has a worker: a red hat → order-events-feature1 → orders-feature1 → database orders_feature1",
        "feature2, which has none, and no feature: a blue hat, a hat → the base's queue, worker and database",
        expect(
            "  what feature1 wrote into the base's database",
            base.orders(story.backends).count("a red hat by feature1"),
            0,
        ),
    ]


def pushed_again(story: Story) -> list[str]:
    """Ada pushes to her storefront pull request: one service is built, the comment is edited, orders is not touched"""
    stage = story.stage
    repository, number = story.pull("feature1")
    before = stage.bot_comments(repository, number)[0]
    pods = stage.kubectl("get", "pods", "-A", "-l", "app=orders-feature1", "-o", "jsonpath={.items[*].metadata.uid}")
    sha = stage.github.push(repository, "ada/new-basket", changed("storefront", "feature 1, second try"), "ada")
    stage.wait_ready(repository, number, sha)
    after = stage.bot_comments(repository, number)
    answer = stage.request("feature1.example.com").json()
    same = stage.kubectl("get", "pods", "-A", "-l", "app=orders-feature1", "-o", "jsonpath={.items[*].metadata.uid}")
    return [
        expect("comments of the bot", [each["id"] for each in after], [before["id"]]),
        expect("commit that answers", answer["commit"][:7], sha[:7]),
        expect("pods of orders are the same", same == pods and bool(pods), wanted=True),
    ]


def broken_build(story: Story) -> list[str]:
    """A pull request whose Dockerfile fails"""
    stage = story.stage
    dockerfile = b"FROM python:3.11-slim-bookworm\nRUN echo compiling && python3 -c 'import no_such_module'\n"
    stage.github.push(STOREFRONT, "grace/broken", {"Dockerfile": dockerfile}, "grace")
    number = stage.github.open_pull(STOREFRONT, "grace/broken", "A better image", "grace")
    story.numbers["broken"] = (STOREFRONT, number)
    stage.wait_comment(STOREFRONT, number, "could not be deployed", "No module named 'no_such_module'")
    stage.wait("the commit status to say failure", lambda: evidence.newest_status(stage, STOREFRONT, number) == "failure")
    return [
        "the comment ends with the build's own words: No module named 'no_such_module'",
        "commit status → failure",
    ]


def mistyped(story: Story) -> list[str]:
    """A mistyped command"""
    stage = story.stage
    repository, number = story.pull("feature2")
    comment_id = stage.github.comment(repository, number, "/devstack delpoy", "grace")
    stage.wait_comment(repository, number, "Did you mean `/devstack deploy`?")

    def reactions() -> list[str]:
        said = next(each for each in stage.github.pull(repository, number)["comments"] if each["id"] == comment_id)
        return sorted(each["content"] for each in said["reactions"])

    stage.wait("the reaction", lambda: reactions() == ["confused", "eyes"], seconds=10)
    return ["/devstack delpoy → 😕, “Did you mean `/devstack deploy`?” in the one comment"]


def merged_and_closed(story: Story) -> list[str]:
    """Ada's storefront pull request is merged, the others are closed"""
    stage = story.stage
    repository, number = story.pull("feature1")
    story.last_comment = stage.comment(repository, number)
    stage.github.act("merge", repo=repository, number=number, by="ada")
    for name in ("orders1", "feature2", "broken"):
        other, closed = story.pull(name)
        stage.github.act("close", repo=other, number=closed, by="grace")
    for other, closed in story.numbers.values():
        stage.wait_comment(other, closed, "was removed")
    for repo, each in story.numbers.values():
        if "://feature" in stage.comment(repo, each):
            raise Timeout(f"the comment of {repo}#{each} still has a preview URL")
    return ["all four comments say what was removed and have no URL any more"]


def nothing_left(story: Story) -> list[str]:
    """Proof that nothing is left"""
    stage = story.stage
    stage.wait("the Stacks of the pull requests to go", lambda: all(each["spec"].get("role") == "Base" for each in stage.stacks().values()),
               told=lambda: stage.kubectl("get", "stacks"))  # fmt: skip
    namespaces = [each for each in stage.kubectl("get", "ns", "-o", "name").split() if "devstack-shop" in each]
    routes = stage.kubectl(
        "get", "ingressroutes.traefik.io,middlewares.traefik.io", "-A", "-l", "devstack.dev/label", "-o", "name"
    ).split()
    releases = stage.kubectl(
        "get", "secrets", "-A", "-l", "owner=helm", "-o", "jsonpath={.items[*].metadata.labels.name}"
    ).split()
    answer = stage.request(BASE_HOST, headers={HEADER: "feature1"}).json()
    wait_merged = stage.wait("the merge to reach the base", lambda: evidence.merged_base(story))
    return [
        expect("namespaces of features", namespaces, []),
        expect("routes of features", routes, []),
        expect("helm releases", sorted(set(releases)), ["orders", "storefront"]),
        expect(f"curl -H '{HEADER}: feature1' http://{BASE_HOST}", label_at(answer), "base"),
        expect("images of unmerged features in the registry", evidence.feature_images(story), []),
        f"the base runs the merged commit {wait_merged[:7]}",
        *(expect(what, base.listed(story.backends)[what], names) for what, names in story.servers.items()),
    ]


STORY: tuple[Step, ...] = (
    base_by_push,
    feature1_opened,
    feature1_joined,
    feature2_opened,
    routing_table,
    orders_flow,
    pushed_again,
    broken_build,
    mistyped,
    merged_and_closed,
    nothing_left,
)
