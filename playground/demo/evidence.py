"""What a story's steps look at: the commit status, the base's commit, images in the registry."""

from typing import TYPE_CHECKING

import httpx

from playground.demo.shop import BASE_HOST, ORDERS, STOREFRONT
from playground.demo.stage import Stage

if TYPE_CHECKING:
    from playground.demo.story import Story


def newest_status(stage: Stage, repository: str, number: int) -> str:
    """State of the newest commit status `devstack`; it is written after the comment."""
    states = [
        each["state"] for each in stage.github.pull(repository, number)["statuses"] if each["context"] == "devstack"
    ]
    return str(states[-1]) if states else ""


def merged_base(story: "Story") -> str:
    """The commit that the base of storefront runs, once it holds the merged change."""
    repository, number = story.pull("feature1")
    commit = str(story.stage.request(BASE_HOST).json()["commit"])
    sha: str = story.stage.github.pull(repository, number)["sha"]
    return commit if commit == sha or commit_is_merge(story, commit) else ""


def commit_is_merge(story: "Story", commit: str) -> bool:
    """Whether the base's commit is one of the merge."""
    stacks = [each for each in story.stage.stacks().values() if each["spec"]["repository"] == STOREFRONT]
    return any(each["status"].get("deployedSha") == commit and each["status"].get("phase") == "Ready" for each in stacks)


def feature_images(story: "Story") -> list[str]:
    """Image tags of the shop that no Stack has on record and that were not there before any feature."""
    return [each for each in shop_images(story) if each not in story.images]


def shop_images(story: "Story") -> list[str]:
    """Image tags of the shop that no Stack has on record."""
    registry = story.stage.playground.registry
    kept = {
        (receipt["name"], receipt["tag"])
        for stack in story.stage.stacks().values()
        for receipt in stack["status"].get("receipts", [])
        if receipt["kind"] == "image"
    }
    left = []
    for repository, service in ((STOREFRONT, "storefront"), (ORDERS, "orders")):
        name = f"{repository}/{service}"
        answer = httpx.get(f"http://{registry}/v2/{name}/tags/list", trust_env=False)
        for tag in (answer.json().get("tags") or []) if answer.status_code == 200 else []:
            head = httpx.head(f"http://{registry}/v2/{name}/manifests/{tag}", trust_env=False,
                              headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})  # fmt: skip
            if head.status_code == 200 and (f"{registry}/{name}", tag) not in kept:
                left.append(f"{name}:{tag}")
    return left
