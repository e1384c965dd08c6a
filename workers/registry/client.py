"""The image registry, by its HTTP API: which digest a tag has, and images that go when nothing refers to them."""

from dataclasses import dataclass

import requests

from config.logging import masker
from config.settings import Settings
from workers.faults import OurFault
from workers.registry.connection import Connection

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = {"Accept": ", ".join(MANIFESTS)}
PAGE = 1000
REFUSALS = frozenset({"UNSUPPORTED", "DENIED"})

codes = requests.codes


class DeletionRefused(OurFault):
    """The registry does not let images be deleted: it is set up so, or we may not."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a registry stores under a digest: its bytes as they are, and their type."""

    digest: str
    media_type: str
    content: bytes


class Registry:
    """All names of repositories begin with the registry's own, as in `registry.example.com/owner/repo/service`.

    Every call raises Unavailable where the registry does not answer, OurFault where it does not let us in.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = Connection(
            settings.registry_auth_file, insecure=settings.registry_insecure, learn_secret=masker(settings).learn
        )

    def digest(self, repository: str, reference: str) -> str | None:
        """The digest of a tag (or of a digest, to see whether it is there); None where there is none."""
        answer = self._connection.send("HEAD", repository, f"manifests/{reference}", ACCEPT)
        if answer.status_code == codes.not_found:
            return None
        self._expect(answer, codes.ok)
        found = answer.headers.get("Docker-Content-Digest")
        if found:
            return found
        manifest = self.manifest(repository, reference)  # some registries tell it only with the content
        return manifest.digest if manifest else None

    def manifest(self, repository: str, reference: str) -> Manifest | None:
        """The manifest of a tag or a digest; None where there is none."""
        answer = self._connection.send("GET", repository, f"manifests/{reference}", ACCEPT)
        if answer.status_code == codes.not_found:
            return None
        self._expect(answer, codes.ok)
        digest = answer.headers.get("Docker-Content-Digest") or digest_of(answer.content)
        return Manifest(digest, answer.headers.get("Content-Type", MANIFESTS[1]), answer.content)

    def tag(self, repository: str, reference: str, name: str) -> None:
        """Give an image of the repository one more tag."""
        manifest = self.manifest(repository, reference)
        if manifest is None:
            raise OurFault(f"{repository} has no {reference} that could be tagged")
        headers = {"Content-Type": manifest.media_type}
        answer = self._connection.send("PUT", repository, f"manifests/{name}", headers, manifest.content)
        self._expect(answer, codes.created)

    def delete(self, repository: str, digest: str) -> bool:
        """Delete an image with all of its tags. False if it was gone already; DeletionRefused."""
        if not digest.startswith("sha256:"):
            raise ValueError(f"an image is deleted by its digest, and {digest} is none")
        answer = self._connection.send("DELETE", repository, f"manifests/{digest}", ACCEPT)
        if answer.status_code == codes.not_found:
            return False
        if answer.status_code in {codes.method_not_allowed, codes.forbidden} or REFUSALS & error_codes(answer):
            raise DeletionRefused(f"{repository}: {answer.status_code} {answer.text[:200]}")
        self._expect(answer, codes.accepted, codes.ok)
        return True

    def push_blob(self, repository: str, content: bytes) -> str:
        """Upload bytes that belong to no image; their digest."""
        answer = self._connection.send("POST", repository, "blobs/uploads/", {"Content-Length": "0"})
        self._expect(answer, codes.accepted)
        digest = digest_of(content)
        upload = self._connection.beneath(repository, answer.headers.get("Location", ""))
        path = f"{upload}{'&' if '?' in upload else '?'}digest={digest}"
        headers = {"Content-Type": "application/octet-stream"}
        self._expect(self._connection.send("PUT", repository, path, headers, content), codes.created)
        return digest

    def delete_blob(self, repository: str, digest: str) -> None:
        """Delete such bytes; DeletionRefused."""
        answer = self._connection.send("DELETE", repository, f"blobs/{digest}")
        if answer.status_code in {codes.method_not_allowed, codes.forbidden} or REFUSALS & error_codes(answer):
            raise DeletionRefused(f"{repository}: {answer.status_code} {answer.text[:200]}")
        self._expect(answer, codes.accepted, codes.ok, codes.not_found)

    def tags(self, repository: str) -> list[str]:
        """All tags; none where there is no such repository."""
        found: list[str] = []
        query: str | None = f"n={PAGE}"
        while query is not None:
            answer = self._connection.send("GET", repository, f"tags/list?{query}")
            if answer.status_code == codes.not_found:
                return found
            self._expect(answer, codes.ok)
            found += answer.json().get("tags") or []
            query = self._connection.next_page(answer)
        return found

    @staticmethod
    def _expect(answer: requests.Response, *expected: int) -> None:
        if answer.status_code not in expected:
            raise OurFault(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:200]}")


def digest_of(content: bytes) -> str:
    """The digest of a manifest or a blob is the hash of its bytes."""
    import hashlib

    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def error_codes(answer: requests.Response) -> set[str]:
    """The codes of a registry's error body."""
    try:
        errors = answer.json()["errors"]
        return {str(error["code"]) for error in errors}
    except (ValueError, KeyError, TypeError):
        return set()
