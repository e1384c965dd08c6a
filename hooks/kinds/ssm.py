"""Parameters of AWS Systems Manager under a path of their own."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hooks.contract import Made, Problem, Receipt, Scope, Variable
from hooks.providers import aws, aws_values
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import translated, unless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hooks.world import World

SERVICE = "ssm"
PATH_MOST = 200  # characters: it stands in a tag too, which holds 256
LEVELS_MOST = 15
AT_ONCE = 10  # names in one question
MARK_PATH = "devstack.dev/path"
GONE = frozenset({"InvalidResourceId", "ParameterNotFound"})
TAKEN = frozenset({"ParameterAlreadyExists"})
SECURE = "SecureString"


def _allowed(path: str) -> str:
    if path.lower().startswith(("/aws", "/ssm")):
        raise ValueError("AWS keeps paths that begin with `/aws` or `/ssm` to itself")
    return path


ParameterPath = Annotated[
    str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)+$", max_length=PATH_MOST), AfterValidator(_allowed)
]


class Parameter(NamedTuple):
    """What a parameter holds, and as what: String, StringList or SecureString."""

    value: str
    type: str


class Spec(aws_values.Values):
    """Parameters `<path>-<label>/<key>`: beside the base's path, so that who reads all of the base's path does not read
    the feature's."""

    default_provider = "aws"

    kind: Literal["ssm"]
    name: ParameterPath = Field(examples=["/shop/orders"])
    """Path of the parameters, without the label."""
    source: Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.-]+)+$", max_length=1000)] | None = Field(
        None, alias="from", examples=["/shop/orders"]
    )
    """Path of the base's parameters that values are copied from; they keep their types."""
    secure: bool = False
    """Whether what stands in `set` becomes a SecureString. What is made up always does."""
    env: Variable | None = Field(None, examples=["ORDERS_PARAMETERS"])
    """Variable that gets the path, such as `/shop/orders-feature1`."""

    @property
    def origin(self) -> str | None:
        """A path."""
        return self.source

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.source and not self.given and not self.generate:
            raise ValueError("it gives nothing: it needs `from`, `set` or `generate`")
        for key in (*self.keys, *self.given, *self.generate):
            if self.name.count("/") + key.count("/") + 1 > LEVELS_MOST:
                raise ValueError(f"`{key}` lies too deep: AWS allows {LEVELS_MOST} levels")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The path that the parameters lie under."""
    return scope.name(spec.name, PATH_MOST)


def env(spec: Spec) -> tuple[str, ...]:
    """The variable that it gives."""
    return (spec.env,) if spec.env else ()


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: what it is copied from is the base's."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Whether AWS answers, the names are free or ours, and what is copied is there."""
    with translated(world, spec.server, SERVICE):
        ssm = aws.client(world, spec.server, SERVICE)
        path = name(spec, scope)
        wanted, has = _wanted(world, ssm, spec, {}), _under(ssm, path)
        _mine(ssm, path, has, scope, wanted)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:  # noqa: ARG001
    """The parameters, with the values that the base's have now; what was made up stays, what is dropped goes."""
    path = name(spec, scope)
    with translated(world, spec.server, SERVICE, busy=GONE | TAKEN):
        ssm = aws.client(world, spec.server, SERVICE)
        has = _under(ssm, path)
        wanted = _wanted(world, ssm, spec, {key: each.value for key, each in has.items()})
        mine = _mine(ssm, path, has, scope, wanted)
        # AWS changes no parameter's type.
        other = [key for key in mine if key not in wanted or wanted[key].type != has[key].type]
        _delete(ssm, path, other)
        for key, each in wanted.items():
            if key not in mine or key in other:
                tags = [*marks.listed(scope), {"Key": MARK_PATH, "Value": path}]
                ssm.put_parameter(Name=f"{path}/{key}", Value=each.value, Type=each.type, Tags=tags)
            elif each != has[key]:
                ssm.put_parameter(Name=f"{path}/{key}", Value=each.value, Type=each.type, Overwrite=True)
    return Made(id=path, values={spec.env: path} if spec.env else {})


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """All parameters of ours under the path."""
    with translated(world, receipt.provider, SERVICE):
        ssm = aws.client(world, receipt.provider, SERVICE)
        mine = _mine(ssm, receipt.name, _under(ssm, receipt.name), scope, {})
        _delete(ssm, receipt.name, mine)
    return bool(mine)


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """The paths of all parameters of this service under this label."""
    filters = [{"Key": f"tag:{key}", "Values": [value]} for key, value in marks.tags(scope).items()]
    with translated(world, provider, SERVICE):
        ssm = aws.client(world, provider, SERVICE)
        pages = ssm.get_paginator("describe_parameters").paginate(ParameterFilters=filters)
        names = [each["Name"] for page in pages for each in page["Parameters"]]
        tags = marks.side_by_side(lambda each: _tags(ssm, each), names)
    found = {has[MARK_PATH] for has in tags if has and marks.ours(has, scope) and MARK_PATH in has}
    return [Receipt(SERVICE, path, scope.service, provider, state="ready", id=path) for path in sorted(found)]


def _wanted(world: "World", ssm: Any, spec: Spec, has: "Mapping[str, str]") -> dict[str, Parameter]:
    """What is to be there, by key. `has`: the values that are there now."""
    base = _base(ssm, spec) if spec.source else {}
    copied: dict[str, Parameter] = aws_values.chosen(spec, base, f"the path `{spec.source}`")
    made_up = {key: Parameter(value, SECURE) for key, value in aws_values.generated(spec, has).items()}
    for each in (*copied.values(), *made_up.values()):
        if each.type == SECURE:
            world.masker.learn(each.value)
    given = {key: Parameter(value, SECURE if spec.secure else "String") for key, value in spec.given.items()}
    wanted = {**copied, **given, **made_up}
    empty = [key for key, each in wanted.items() if not each.value]
    if empty:
        raise Problem(
            f"the parameter `{empty[0]}` is empty, which AWS does not allow", "Give it a value, or leave it out."
        )
    return wanted


def _base(ssm: Any, spec: Spec) -> dict[str, Parameter]:
    if spec.whole:
        found = _under(ssm, spec.source or "")
        if not found:
            raise Problem(
                f"the base has no parameters under `{spec.source}`", "Correct `from`, or create them there first."
            )
        return found
    found = {}
    for some in _tens(spec.keys):
        answer = ssm.get_parameters(Names=[f"{spec.source}/{key}" for key in some], WithDecryption=True)
        found |= _parameters(answer["Parameters"], spec.source or "")
    return found


def _under(ssm: Any, path: str) -> dict[str, Parameter]:
    """All parameters under a path, whoever they belong to."""
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True, WithDecryption=True)
    return _parameters((each for page in pages for each in page["Parameters"]), path)


def _parameters(found: "Iterable[Mapping[str, Any]]", path: str) -> dict[str, Parameter]:
    return {each["Name"].removeprefix(f"{path}/"): Parameter(each["Value"], each["Type"]) for each in found}


def _mine(
    ssm: Any, path: str, has: "Mapping[str, Parameter]", scope: Scope, wanted: "Mapping[str, Parameter]"
) -> list[str]:
    """The keys of those that are ours. Foreign where one that is wanted is somebody else's."""
    mine = []
    for key, tags in zip(has, marks.side_by_side(lambda key: _tags(ssm, f"{path}/{key}"), list(has)), strict=True):
        if tags is not None and marks.ours(tags, scope):
            mine.append(key)
        elif tags is not None and key in wanted:
            raise marks.stranger(f"the parameter `{path}/{key}`", tags, scope)
    return mine


def _tags(ssm: Any, parameter: str) -> dict[str, str] | None:
    """The tags of a parameter; None where it is gone by now."""
    answer = unless(GONE, ssm.list_tags_for_resource, ResourceType="Parameter", ResourceId=parameter)
    return None if answer is None else marks.read(answer["TagList"])


def _delete(ssm: Any, path: str, keys: "Iterable[str]") -> None:
    for some in _tens(list(keys)):
        ssm.delete_parameters(Names=[f"{path}/{key}" for key in some])


def _tens(keys: "list[str] | tuple[str, ...]") -> "Iterable[list[str] | tuple[str, ...]]":
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))
