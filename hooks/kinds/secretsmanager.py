"""A secret of AWS Secrets Manager."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Made, Problem, Receipt, Scope, Unreachable, Variable
from hooks.keys import Plain
from hooks.providers import aws, aws_values
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import code, translated, unless
from model.marks import LABEL_LABEL

if TYPE_CHECKING:
    from hooks.world import World

SERVICE = "secretsmanager"
NAME_MOST = 512
GONE = frozenset({"ResourceNotFoundException"})
TAKEN = frozenset({"ResourceExistsException"})

SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@-]+$", min_length=1, max_length=NAME_MOST)]
SecretId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@:-]+$", min_length=1, max_length=2048)]

Value = dict[str, str | bytes]  # as AWS has it: {"SecretString": …} or {"SecretBinary": …}


class Spec(aws_values.Values):
    """A secret: `<name>-<label>`. Its values are a JSON object, unless it is a `text` or the copy of one. At the
    teardown it goes at once, without AWS's days of grace."""

    default_provider = "aws"

    kind: Literal["secretsmanager"]
    name: SecretName = Field(examples=["shop/orders"])
    """Name of the secret, without the label."""
    source: SecretId | None = Field(None, alias="from", examples=["shop/orders"])
    """Name or ARN of a secret of the base that values are copied from."""
    text: Plain | None = None
    """The whole secret as it stands here: for tests, since what stands here is no secret. Not with the others."""
    env: Variable | None = Field(None, examples=["ORDERS_SECRET"])
    """Variable that gets the secret's ARN."""
    value_env: Variable | None = Field(None, alias="valueEnv")
    """Variable that gets what is in it."""

    @property
    def origin(self) -> str | None:
        """A secret."""
        return self.source

    @model_validator(mode="after")
    def _something(self) -> Self:
        others = bool(self.source or self.given or self.generate)
        if others == (self.text is not None):
            raise ValueError("it needs `from`, `set` or `generate`, or `text` and none of these")
        if self.env and self.env == self.value_env:
            raise ValueError("`env` and `valueEnv` must be different variables")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The secret's real name."""
    return scope.name(spec.name, NAME_MOST)


def env(spec: Spec) -> tuple[str, ...]:
    """The variables that it gives."""
    return tuple(each for each in (spec.env, spec.value_env) if each)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: what it is copied from is the base's."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Whether AWS answers, the name is free or ours, and what is copied is there."""
    with translated(world, spec.server, SERVICE):
        client = aws.client(world, spec.server, SERVICE)
        _own(client, name(spec, scope), scope)
        _wanted(world, client, spec, {})


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:  # noqa: ARG001
    """The secret, with the values that the base's has now; what was made up stays."""
    secret = name(spec, scope)
    with translated(world, spec.server, SERVICE, busy=GONE | TAKEN):
        client = aws.client(world, spec.server, SERVICE)
        found = _own(client, secret, scope)
        if found and found.get("DeletedDate"):  # somebody removed it by hand, and AWS waits for some days
            client.restore_secret(SecretId=secret)
        has = _value(unless(GONE, client.get_secret_value, SecretId=secret) or {}) if found else {}
        wanted = _wanted(world, client, spec, has)
        if found is None:
            arn = _create(client, secret, wanted, scope, aws.access(world, spec.server, SERVICE).server)
        else:
            arn = found["ARN"]
            if _meaning(wanted) != _meaning(has):
                client.put_secret_value(SecretId=secret, **wanted)
    shown = wanted.get("SecretString") or wanted.get("SecretBinary", b"")
    if spec.value_env and isinstance(shown, bytes):
        raise Problem(f"the secret `{spec.source}` is no text, so no variable can hold it", "Leave out `valueEnv`.")
    given = {spec.env: arn, spec.value_env: str(shown)}
    return Made(id=arn, values={key: value for key, value in given.items() if key})


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The secret, at once."""
    with translated(world, receipt.provider, SERVICE):
        client = aws.client(world, receipt.provider, SERVICE)
        found = unless(GONE, client.describe_secret, SecretId=receipt.name)
        if found is None or not marks.ours(marks.read(found.get("Tags", ())), scope):
            return False
        unless(GONE, client.delete_secret, SecretId=receipt.name, ForceDeleteWithoutRecovery=True)
    return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """All secrets of this service under this label, but for those that are on their way out."""
    with translated(world, provider, SERVICE):
        client = aws.client(world, provider, SERVICE)
        filters = [{"Key": "tag-key", "Values": [LABEL_LABEL]}, {"Key": "tag-value", "Values": [scope.label]}]
        pages = client.get_paginator("list_secrets").paginate(Filters=filters)
        found = [each for page in pages for each in page["SecretList"]]
    return [
        Receipt(SERVICE, each["Name"], scope.service, provider, state="ready", id=each["ARN"])
        for each in found
        if marks.ours(marks.read(each.get("Tags", ())), scope) and not each.get("DeletedDate")
    ]


def _own(client: Any, secret: str, scope: Scope) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = unless(GONE, client.describe_secret, SecretId=secret)
    if found is None:
        return None
    has = marks.read(found.get("Tags", ()))
    if not marks.ours(has, scope):
        raise marks.stranger(f"the secret `{secret}`", has, scope)
    return found


def _create(client: Any, secret: str, wanted: Value, scope: Scope, server: str) -> str:
    from botocore.exceptions import ClientError

    try:
        return str(client.create_secret(Name=secret, Tags=marks.listed(scope), **wanted)["ARN"])
    except ClientError as error:
        if code(error) == "InvalidRequestException" and "deletion" in str(error):
            raise Unreachable(server, f"the name `{secret}` is not free yet: its last owner is being deleted") from error
        raise


def _wanted(world: "World", client: Any, spec: Spec, has: Value) -> Value:
    """What is to be in it. `has`: what is in it now."""
    if spec.text is not None:
        return {"SecretString": spec.text}
    base = _base(client, spec) if spec.source else {}
    _learn(world, base)
    if spec.whole and not spec.given and not spec.generate:
        return base
    values = _object(base)
    if values is None:
        raise Problem(
            f"the secret `{spec.source}` is no JSON object, so it has no keys",
            "Copy all of it with `whole: true`, without `keys`, `set` and `generate`.",
        )
    made_up = aws_values.generated(spec, _object(has) or {})
    for each in made_up.values():
        world.masker.learn(each)
    copied = aws_values.chosen(spec, values, f"the secret `{spec.source}`")
    return {"SecretString": json.dumps({**copied, **spec.given, **made_up}, ensure_ascii=False)}


def _base(client: Any, spec: Spec) -> Value:
    answer = unless(GONE, client.get_secret_value, SecretId=spec.source)
    if answer is None:
        raise Problem(f"the base has no secret `{spec.source}`", "Correct `from`, or create it there first.")
    return _value(answer)


def _value(answer: Mapping[str, Any]) -> Value:
    return {key: answer[key] for key in ("SecretString", "SecretBinary") if answer.get(key) is not None}


def _object(value: Value) -> dict[str, Any] | None:
    """The values by key; None where it is no JSON object. Of nothing: no values."""
    if not value:
        return {}
    try:
        found = json.loads(value["SecretString"]) if "SecretString" in value else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _meaning(value: Value) -> Any:
    """What does not change by the order of keys."""
    found = _object(value)
    return value if found is None or not value else found


def _learn(world: "World", value: Value) -> None:
    """From now on this is masked, all of it and each value."""
    for each in (value.get("SecretString"), *(_object(value) or {}).values()):
        if isinstance(each, str):
            world.masker.learn(each)
