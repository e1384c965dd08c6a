"""What a run is to do: the task that the chart wrote into the Pod's environment."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from hooks import rules, table
from hooks.contract import Scope, Several, Shape, Spec

VARIABLE = "DEVSTACK_TASK"
RECEIPTS = "DEVSTACK_RECEIPTS"

Given = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class TaskError(Exception):
    """The task cannot be used. Holds every problem that was found, each a sentence for people."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__("; ".join(sentences))


class Task(Shape):
    """The JSON of `DEVSTACK_TASK`. Resources are as their owner wrote them; `specs` reads them."""

    stack: Given
    label: Given
    service: Given
    release: Given
    namespace: Given
    image: str = ""
    """The service's own image, which `image: self` means."""
    image_pull_secrets: Annotated[tuple[str, ...], Several] = Field((), alias="imagePullSecrets")
    resources: Annotated[tuple[dict[str, Any], ...], Several] = ()
    deadline_seconds: int = Field(240, alias="deadlineSeconds", ge=5, le=7200)
    parallel: int = Field(4, ge=1, le=32)
    keep_ledger: bool = Field(False, alias="keepLedger")
    hook: str = ""
    """As what it runs: `pod` or `job`."""

    @property
    def scope(self) -> Scope:
        """Whose resources they are."""
        return Scope(
            stack=self.stack, label=self.label, service=self.service, release=self.release, namespace=self.namespace
        )

    @property
    def servers(self) -> tuple[tuple[str, str], ...]:
        """(kind, provider) of each resource, once each. Of specs that cannot be read too: they may have been made when
        an older version could."""
        found = (
            (str(each["kind"]), str(each.get("provider") or table.module(str(each["kind"])).Spec.default_provider))
            for each in self.resources
            if str(each.get("kind")) in table.KINDS
        )
        return tuple(dict.fromkeys(found))


def parse(env: Mapping[str, str]) -> Task:
    """The task of this environment. TaskError where there is none, or it is malformed."""
    written = env.get(VARIABLE)
    if not written:
        raise TaskError(f"there is no task: {VARIABLE} is not set")
    try:
        return Task.model_validate_json(written)
    except ValidationError as errors:
        raise TaskError(*(f"{VARIABLE}: {sentence}" for sentence in _sentences(errors))) from errors


def specs(task: Task) -> tuple[Spec, ...]:
    """The resources of the task. TaskError with all that is wrong with them, also with each other."""
    found: list[Spec] = []
    problems: list[str] = []
    for number, resource in enumerate(task.resources, 1):
        kind = resource.get("kind")
        if not isinstance(kind, str) or kind not in table.KINDS:
            problems.append(f"resource {number}: {_unknown(kind)}")
            continue
        try:
            found.append(table.module(kind).Spec.model_validate_json(json.dumps(resource)))
        except ValidationError as errors:
            problems += [f"resource {number} ({kind}): {sentence}" for sentence in _sentences(errors)]
    problems += [] if problems else [f"{each.sentence}. {each.remedy}" for each in rules.findings(found)]
    if problems:
        raise TaskError(*problems)
    return tuple(found)


def _unknown(kind: object) -> str:
    if kind is None:
        return "it has no `kind`"
    return f"there is no kind `{kind}`; the kinds are {', '.join(table.KINDS)}"


def _sentences(errors: ValidationError) -> Iterator[str]:
    """Without the values: a task is no place for secrets, and a mistake may have put one there."""
    for error in errors.errors(include_input=False, include_url=False):
        where = ".".join(map(str, error["loc"]))
        if error["type"] == "extra_forbidden":
            yield f"there is no key `{where}`"
        elif error["type"] == "missing":
            yield f"`{where}` is missing"
        else:
            what = error["msg"].removeprefix("Value error, ")
            yield f"`{where}`: {what}" if where else what
