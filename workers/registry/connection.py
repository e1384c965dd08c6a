"""One request to a registry, authorised as the registry asks for it; silence becomes Unavailable."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from workers.faults import OurFault, Unavailable
from workers.registry.auth import HUB, Challenge, challenge, login

SECONDS = (5.0, 30.0)  # to connect, to answer
WHAT = "the image registry"


class Connection:
    """Remembers tokens as long as the registry accepts them. Threads may share it. `learn_secret` is told each password
    and token, since the auth file can be another than it was when this process began."""

    def __init__(
        self, auth_file: Path | None, *, insecure: bool, learn_secret: Callable[[str], None] = lambda _: None
    ) -> None:
        self._auth_file = auth_file
        self._insecure = insecure
        self._learn_secret = learn_secret
        self._tokens: dict[tuple[str, str], str] = {}
        self._local = threading.local()

    def send(
        self, method: str, repository: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> requests.Response:
        """`repository` begins with the registry's name, `path` is what comes after it in the API. An answer of the
        registry is given back whatever it says, but for 5xx and 429 (Unavailable) and 401 (OurFault)."""
        host, _, name = repository.partition("/")
        url = self.url(host, name, path)
        scope = (host, name)
        answer = self._once(method, url, headers, body, self._tokens.get(scope, ""))
        if answer.status_code == requests.codes.unauthorized:
            asked = challenge(answer.headers.get("WWW-Authenticate", ""))
            self._tokens[scope] = self._authorization(asked, host, name)
            answer = self._once(method, url, headers, body, self._tokens[scope])
        if answer.status_code == requests.codes.unauthorized:
            raise OurFault(f"{host} does not accept our password for {name}")
        if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
            raise Unavailable(WHAT, f"{host} answered {answer.status_code} to {method} {path}", retry_after(answer))
        return answer

    def url(self, host: str, name: str, path: str) -> str:
        """The address of a part of a repository."""
        server = "registry-1.docker.io" if host in HUB else host
        return f"{'http' if self._insecure else 'https'}://{server}/v2/{name}/{path}"

    def beneath(self, repository: str, location: str) -> str:
        """A place that the registry names, as a path below the repository; OurFault where it is elsewhere."""
        host, _, name = repository.partition("/")
        root = urlsplit(self.url(host, name, ""))
        place = urlsplit(urljoin(root.geturl(), location))
        if place.netloc != root.netloc or not place.path.startswith(root.path):
            raise OurFault(f"{host} wants to be sent to {place.netloc or 'another place'}, which is not followed")
        return place.path.removeprefix(root.path) + (f"?{place.query}" if place.query else "")

    def next_page(self, answer: requests.Response) -> str | None:
        """The rest of a list, as a path below the repository; None at its end."""
        link = answer.links.get("next", {}).get("url")
        if not link:
            return None
        return urlsplit(urljoin(answer.url, link)).query

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _once(
        self, method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None, authorization: str
    ) -> requests.Response:
        sent = dict(headers or {})
        if authorization:
            sent["Authorization"] = authorization
        try:
            return self._session.request(method, url, headers=sent, data=body, timeout=SECONDS, auth=_as_it_is)
        except requests.RequestException as error:
            raise Unavailable(WHAT, f"{urlsplit(url).netloc}: {error}") from error

    def _authorization(self, asked: Challenge, host: str, name: str) -> str:
        known = login(self._auth_file, host, name)
        if known is not None:
            self._learn_secret(known.token or known.password)
        if asked.scheme == "basic":
            if known is None:
                raise OurFault(f"{host} asks for a password, and the registry auth file has none for it")
            return known.basic
        if asked.scheme != "bearer" or urlsplit(asked.realm).scheme not in {"http", "https"}:
            raise OurFault(f"{host} asks for `{asked.scheme}` authorisation, which is not supported")
        scope = asked.scope or f"repository:{name}:pull,push,delete"
        fields = {"service": asked.service, "scope": scope}
        if known is not None and known.token:
            form = {**fields, "grant_type": "refresh_token", "refresh_token": known.token, "client_id": "devstack"}
            answer = self._ask("POST", asked.realm, data=form)
        else:
            answer = self._ask("GET", asked.realm, params=fields, authorization=known.basic if known else "")
        if not answer.ok:
            raise OurFault(f"{urlsplit(asked.realm).netloc} gives no token for {name}: {answer.status_code}")
        given = answer.json()
        token = str(given.get("token") or given.get("access_token"))
        self._learn_secret(token)
        return f"Bearer {token}"

    def _ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        authorization: str = "",
    ) -> requests.Response:
        headers = {"Authorization": authorization} if authorization else {}
        try:
            answer = self._session.request(
                method, url, params=params, data=data, headers=headers, timeout=SECONDS, auth=_as_it_is
            )
        except requests.RequestException as error:
            raise Unavailable(WHAT, f"{urlsplit(url).netloc}: {error}") from error
        if answer.status_code >= 500:
            raise Unavailable(WHAT, f"{urlsplit(url).netloc} answered {answer.status_code}", retry_after(answer))
        return answer


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from putting a password of ~/.netrc in place of ours."""
    return request


def retry_after(answer: requests.Response) -> float | None:
    """Seconds that the server asks us to wait."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
