"""Who we are for a registry: passwords from a Docker `config.json`, and the token dance that registries ask for.

Source: the distribution project's token authentication specification, and Docker's and Podman's auth files.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workers.faults import OurFault

HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Login:
    """A name with a password, or an identity token in place of the password."""

    username: str
    password: str
    token: str = ""

    @property
    def basic(self) -> str:
        """The value of a Basic Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registry wants to see: a scheme, and for `bearer` where to fetch a token."""

    scheme: str
    realm: str
    service: str
    scope: str


def login(auth_file: Path | None, host: str, repository: str) -> Login | None:
    """The entry of the longest prefix of `host/repository`, else that of the host; None means anonymous."""
    if auth_file is None:
        return None
    known = {bare(key): value for key, value in entries(auth_file).items()}
    parts = repository.split("/")
    names = {host, *HUB} if host in HUB else {host}
    keys = [f"{name}/{'/'.join(parts[:count])}" for count in range(len(parts), 0, -1) for name in names]
    for key in [*keys, *names]:
        if key in known:
            return from_entry(known[key], auth_file)
    return None


def entries(auth_file: Path) -> dict[str, dict[str, str]]:
    """The file's entries as they are written; OurFault where it cannot be read."""
    try:
        return dict(json.loads(auth_file.read_text()).get("auths") or {})
    except (OSError, ValueError, AttributeError) as error:
        raise OurFault(f"the registry auth file {auth_file} cannot be read: {error}") from error


def for_pods(auth_file: Path | None, registry: str) -> str:
    """What pods need of the file to pull from `registry`, as a Docker `config.json`: nobody's password but that one's.

    Empty where the file has none for it: then everybody may pull.
    """
    if auth_file is None:
        return ""
    host, _, path = registry.partition("/")
    aliases = HUB if host in HUB else {host}

    def concerns(key: str) -> bool:
        """Whether an entry is for the registry as a whole, for a part that ours lies in, or for a part of ours."""
        named, _, part = bare(key).partition("/")
        within = f"{path}/".startswith(f"{part}/") or f"{part}/".startswith(f"{path}/")
        return named in aliases and (not part or not path or within)

    found = {key: value for key, value in entries(auth_file).items() if value and concerns(key)}
    return json.dumps({"auths": found}) if found else ""


def bare(key: str) -> str:
    """An auth file's key without scheme and without the API's path."""
    address = urlsplit(key if "://" in key else f"//{key}")
    return (address.netloc + re.sub(r"^/v[12]/?$", "", address.path)).rstrip("/")


def from_entry(entry: Mapping[str, str], auth_file: Path) -> Login:
    """One entry: a password in the clear or encoded, or an identity token."""
    if entry.get("auth"):
        username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    else:
        username, password = entry.get("username", ""), entry.get("password", "")
    if not username and not entry.get("identitytoken"):
        raise OurFault(f"{auth_file} has an entry without a password; credential helpers are not supported")
    return Login(username, password, entry.get("identitytoken", ""))


def challenge(header: str) -> Challenge:
    """A WWW-Authenticate header, read."""
    scheme, _, rest = header.partition(" ")
    found = dict(_CHALLENGE.findall(rest))
    return Challenge(scheme.lower(), found.get("realm", ""), found.get("service", ""), found.get("scope", ""))
