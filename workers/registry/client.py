"""The image registry, by its HTTP API (OCI distribution): look a tag up, delete by digest."""

import base64
import json
import re
from pathlib import Path

import requests

from config.settings import Settings
from workers.faults import OurFault, Unavailable

TIMEOUT = (5, 20)
ACCEPTED = ", ".join((
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
))  # fmt: skip
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class DeletionRefused(OurFault):
    """The registry keeps what it has (405, or deletion switched off)."""


class Registry:
    """Names are whole repositories with the registry's host, as in an image reference."""

    def __init__(self, settings: Settings) -> None:
        self._scheme = "http" if settings.registry_insecure else "https"
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "devstack"
        self._auth_file = settings.registry_auth_file
        self._tokens: dict[str, str] = {}

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest that a tag stands for; None where there is no such tag."""
        response = self._ask("HEAD", repository, f"manifests/{tag}")
        if response.status_code == 404:
            return None
        self._checked(response, repository)
        found: str = response.headers["Docker-Content-Digest"]
        return found

    def delete(self, repository: str, digest: str) -> bool:
        """Delete a manifest and with it every tag that stands for it. False where it was gone; DeletionRefused."""
        response = self._ask("DELETE", repository, f"manifests/{digest}")
        if response.status_code == 404:
            return False
        if response.status_code in (403, 405, 400):
            raise DeletionRefused(f"the registry does not delete: {response.status_code} {response.text[:200]}")
        self._checked(response, repository)
        return True

    def tags(self, repository: str) -> list[str]:
        """All tags of a repository; none where it is not known."""
        response = self._ask("GET", repository, "tags/list")
        if response.status_code == 404:
            return []
        self._checked(response, repository)
        return list(response.json().get("tags") or [])

    def _ask(self, method: str, repository: str, path: str) -> requests.Response:
        host, _, name = repository.partition("/")
        url = f"{self._scheme}://{host}/v2/{name}/{path}"
        headers = {"Accept": ACCEPTED}
        if host in self._tokens:
            headers["Authorization"] = self._tokens[host]
        try:
            response = self._session.request(method, url, headers=headers, timeout=TIMEOUT)
            if response.status_code == 401:
                headers["Authorization"] = self._tokens[host] = self._authorized(host, response)
                response = self._session.request(method, url, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise Unavailable("The image registry", str(error)) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise Unavailable("The image registry", f"answered {response.status_code}")
        return response

    def _authorized(self, host: str, refused: requests.Response) -> str:
        """An Authorization header for what the registry asks: basic, or a bearer token from its own server."""
        credentials = stored_credentials(self._auth_file, host)
        challenge = refused.headers.get("WWW-Authenticate", "")
        if challenge.lower().startswith("basic"):
            if not credentials:
                raise OurFault(f"the registry {host} wants a password; DEVSTACK_REGISTRY_AUTH_FILE has none for it")
            return f"Basic {credentials}"
        facts = dict(_CHALLENGE.findall(challenge))
        headers = {"Authorization": f"Basic {credentials}"} if credentials else {}
        wanted = {key: facts[key] for key in ("service", "scope") if key in facts}
        answer = self._session.get(facts["realm"], params=wanted, headers=headers, timeout=TIMEOUT)
        if answer.status_code != 200:
            raise OurFault(f"the registry {host} does not accept the credentials: {answer.status_code}")
        body = answer.json()
        return f"Bearer {body.get('token') or body['access_token']}"

    def _checked(self, response: requests.Response, repository: str) -> None:
        if not response.ok:
            raise OurFault(f"the registry answered {response.status_code} for {repository}: {response.text[:200]}")


def stored_credentials(auth_file: Path | None, host: str) -> str:
    """base64 of `user:password` for a host from a file of docker's `config.json` form; empty where there is none."""
    if auth_file is None:
        return ""
    entry = json.loads(auth_file.read_text()).get("auths", {}).get(host, {})
    if "auth" in entry:
        return str(entry["auth"])
    if "username" in entry:
        return base64.b64encode(f"{entry['username']}:{entry['password']}".encode()).decode()
    return ""
