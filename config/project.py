"""`.devstack.yaml`: what a repository says of its services. Read once, trusted after."""

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from config.problems import ConfigError, Problem
from config.yaml_lines import Document, dotted, load
from model import duration, names

__all__ = ["Base", "Build", "ConfigError", "Problem", "Project", "Service", "confined", "parse"]

SERVICE_MAX = 30  # characters; leaves room for the label in the names that are made of it
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    if not value or "\\" in value or "\0" in value:
        raise ValueError("must be a path with forward slashes")
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("must stay inside the repository: no leading `/`, no `..`")
    return str(path)


def _duration(value: object) -> object:
    if isinstance(value, str):
        return duration.parse(value)
    raise ValueError("must be a duration such as `90m`, `12h` or `2d`")


def _scalar_text(value: object) -> object:
    """Numbers and booleans are what people write for build arguments and variables; programs get text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


RepositoryPath = Annotated[str, Field(description="A path inside the repository.")]
Text = Annotated[str, BeforeValidator(_scalar_text)]


class Build(_Model):
    """How a service's image is built."""

    context: RepositoryPath = Field(".", description="The folder that the build sees.")
    dockerfile: RepositoryPath = Field("Dockerfile", description="The Dockerfile, from the repository's root.")
    target: str | None = Field(None, description="The stage to build; the last one where it is left out.")
    args: Mapping[str, Text] = Field(default_factory=dict, description="Build arguments.")

    _paths = field_validator("context", "dockerfile")(_relative)


class Service(_Model):
    """One service of the repository."""

    build: Build = Field(default_factory=Build, description="How its image is built.")
    watch: tuple[str, ...] = Field(
        (), description="Patterns of paths that concern it; default: its context and Dockerfile."
    )
    hosts: tuple[str, ...] = Field((), description="The base hosts on which it answers.")
    port: int = Field(8080, ge=1, le=65535, description="The port on which its container listens.")
    health: str = Field("", description="A path that answers 200 when it is ready; empty: the port is tried.")
    env: Mapping[str, Text] = Field(default_factory=dict, description="Environment for the ready-made chart.")

    @field_validator("watch", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        if isinstance(value, list):
            return tuple(names.checked_host(each) if isinstance(each, str) else each for each in value)
        return value

    @field_validator("watch")
    @classmethod
    def _watched(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_relative(each.rstrip("/")) for each in value)

    @field_validator("health")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not re.fullmatch(r"/[!-~]*", value):
            raise ValueError("must be a path that begins with `/`")
        return value

    @field_validator("env")
    @classmethod
    def _variables(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            if not _VARIABLE.fullmatch(name):
                raise ValueError(f"`{name}` is not a name for an environment variable")
        return value


class Base(_Model):
    """The base application, where the bot keeps it up to date."""

    deploy: bool = Field(default=False, description="Refresh the base application when the default branch moves.")
    namespace: str = Field("", description="The namespace of the base application.")

    @field_validator("namespace")
    @classmethod
    def _dns_label(cls, value: str) -> str:
        if value and names.dns_label(value) != value:
            raise ValueError(f"`{value}` is not a namespace: a-z, 0-9 and -, at most 63 characters")
        return value


class Project(_Model):
    """The whole file."""

    services: Mapping[str, Service] = Field(description="The services, by name.")
    helmfile: RepositoryPath | None = Field(
        None, description="The repository's own helmfile; none: a ready-made chart is used."
    )
    namespace: Literal["stack", "base"] = Field("stack", description="A namespace for each stack, or the base's own.")
    deploy: Literal["open", "command"] = Field(
        "open", description="When a stack comes up: with its pull request, or on command."
    )
    ttl: Annotated[int | None, BeforeValidator(_duration)] = Field(
        None, description="How long a stack lives, such as `6h`."
    )
    header: str | None = Field(None, description="The context header, where it is not the cluster's own.")
    base: Base = Field(default_factory=Base, description="The base application.")

    @classmethod
    def unreadable(cls) -> Self:
        """Stands for a config that is wrong: it deploys when opened, so that somebody is told."""
        return cls.model_construct(services={})

    @field_validator("services")
    @classmethod
    def _named(cls, value: Mapping[str, Service]) -> Mapping[str, Service]:
        if not value:
            raise ValueError("must name at least one service")
        for name in value:
            if len(name) > SERVICE_MAX or not _SERVICE.fullmatch(name):
                raise ValueError(
                    f"`{name}` is not a service name: a-z, 0-9 and -, a letter first, at most {SERVICE_MAX} characters"
                )
        return value

    @field_validator("helmfile")
    @classmethod
    def _helmfile(cls, value: str | None) -> str | None:
        return _relative(value) if value is not None else None

    @field_validator("header")
    @classmethod
    def _header(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,64}", value):
            raise ValueError(f"`{value}` is not a header name")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        owners: dict[str, str] = {}
        for name, service in self.services.items():
            for host in service.hosts:
                if host in owners:
                    raise ValueError(
                        f"the host `{host}` belongs to `{owners[host]}` and to `{name}`; a host has one service"
                    )
                owners[host] = name
        if (self.base.deploy or self.namespace == "base") and not self.base.namespace:
            raise ValueError("`base.namespace` is needed where `base.deploy` is true or `namespace` is `base`")
        return self


def parse(data: bytes | str, *, source: str = ".devstack.yaml") -> Project:
    """The config from its text. ConfigError with every problem at once, each with its place and a suggestion."""
    document = load(data, source)
    if not isinstance(document.values, dict):
        line, column = document.places[()]
        raise ConfigError((Problem("the file must be a mapping with `services:`", "", line, column, "", source),))
    try:
        return Project.model_validate(document.values)
    except ValidationError as error:
        raise ConfigError(tuple(_problems(error, document, source))) from error


def _problems(error: ValidationError, document: Document, source: str) -> Iterator[Problem]:
    for each in error.errors():
        path = tuple(part for part in each["loc"] if part != "[key]")
        place = _place(path, document)
        message, suggestion = _words(each, path)
        yield Problem(message, dotted(path), *place, suggestion, source)


def _place(path: tuple[str | int, ...], document: Document) -> tuple[int, int]:
    while path and path not in document.places:
        path = path[:-1]
    return document.places.get(path, (0, 0))


_KEYS: Mapping[type[_Model], tuple[str, ...]] = {
    model: tuple(model.model_fields) for model in (Project, Service, Build, Base)
}


def _known_keys(path: tuple[str | int, ...]) -> tuple[str, ...]:
    match path[:-1]:
        case ():
            return _KEYS[Project]
        case ("services", _):
            return _KEYS[Service]
        case ("services", _, "build"):
            return _KEYS[Build]
        case ("base",):
            return _KEYS[Base]
        case _:
            return ()


def _words(error: Any, path: tuple[str | int, ...]) -> tuple[str, str]:
    """What is wrong, and what was probably meant."""
    if error["type"] == "extra_forbidden":
        known = _known_keys(path)
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
        return f"unknown key `{path[-1]}`", hint
    if error["type"] == "missing":
        return f"`{path[-1]}` is missing", ""
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    if isinstance(given, bool) and error["type"] != "value_error":
        return (
            f"{message[0].lower()}{message[1:]}, and YAML reads a bare yes, no, on or off as a boolean",
            "put it in quotes",
        )
    if error["type"] == "literal_error":
        near = difflib.get_close_matches(
            str(given), error["ctx"]["expected"].replace("'", "").replace(" or ", ",").split(","), 1
        )
        return f"must be {error['ctx']['expected']}, not {given!r}", f"did you mean `{near[0]}`?" if near else ""
    return f"{message[0].lower()}{message[1:]}", ""


def confined(root: Path, relative: str, *, kind: str, path: str = "") -> Path | Problem:
    """The file or folder inside `root`, followed through symlinks; a Problem where it is outside or not there."""
    inside = root.resolve()
    found = (inside / relative).resolve()
    if not found.is_relative_to(inside):
        return Problem(f"`{relative}` leads out of the repository", path)
    if not (found.is_dir() if kind == "folder" else found.is_file()):
        return Problem(f"there is no {kind} `{relative}` in the repository", path)
    return found
