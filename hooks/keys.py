"""What the kinds `secret` and `configmap` share: values of an object of the base, chosen by key, and values besides."""

import re
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Made, Problem, Receipt, Scope, Several, Shape, Spec, Variable
from model.names import RELEASE_MAX

if TYPE_CHECKING:
    from hooks.world import World

ALPHABET = string.ascii_letters + string.digits

Namespace = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
ObjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", max_length=253)]
DataKey = Annotated[str, StringConstraints(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
Marker = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=RELEASE_MAX)]
Plain = Annotated[str, StringConstraints(max_length=8192, pattern=r"^[^\x00]*$")]


class Source(Shape):
    """An object of the base application."""

    namespace: Namespace
    """Namespace where it lives: `base.namespace`, or one that the bot's operator allows (`DEVSTACK_FROM_NAMESPACES`)."""
    name: ObjectName
    """Its name."""


class Generated(Shape):
    """A value made up once: letters and digits."""

    length: int = Field(32, ge=8, le=256)
    """How many characters."""


class Keys(Spec):
    """Values for a service's pods: copied from the base, given here, or made up."""

    named_by: ClassVar[str] = "marker"

    name: Marker | None = None
    """How it is called in the comment and in the record. Without it: the name of what it is copied from, else
    `values`."""
    source: Source | None = Field(None, alias="from")
    """Where values are copied from. Read anew at every deploy."""
    keys: Annotated[tuple[DataKey, ...], Several] = Field((), max_length=200)
    """The keys that are copied. Each becomes a variable of the same name; what a variable's name cannot hold becomes
    `_`."""
    whole: bool = False
    """Copy all keys. Without it: only those that `keys` names."""
    prefix: Annotated[str, StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$", max_length=64)] = ""
    """Stands before the variables that are copied."""
    given: dict[Variable, Plain] = Field({}, alias="set", max_length=200)
    """Variables with values that are no secret, since they stand here. They win over what is copied."""
    generate: dict[Variable, Generated] = Field({}, max_length=50)
    """Variables with values that are made up at the first deploy and stay."""

    @property
    def marker(self) -> str:
        """What it is called."""
        return self.name or (self.source.name if self.source else "values")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.source and bool(self.keys) == self.whole:
            raise ValueError("say which `keys` to copy, or `whole: true` for all of them, and not both")
        if not self.source and (self.keys or self.whole or self.prefix):
            raise ValueError("`keys`, `whole` and `prefix` need `from`")
        if not self.source and not self.given and not self.generate:
            raise ValueError("it gives nothing: it needs `from`, `set` or `generate`")
        for variable in self.given.keys() & self.generate.keys():
            raise ValueError(f"`{variable}` is in `set` and in `generate`")
        clash = _clash(self.keys, self.prefix)
        if clash:
            raise ValueError(f"`{clash[0]}` and `{clash[1]}` would be the same variable")
        for variable in {variable_of(key, self.prefix) for key in self.keys} & self.generate.keys():
            raise ValueError(f"`{variable}` is copied and in `generate`")
        return self


def variable_of(key: str, prefix: str) -> str:
    """The variable that a copied key becomes."""
    name = prefix + re.sub(r"[^A-Za-z0-9_]", "_", key)
    return f"_{name}" if name[0].isdigit() else name


def variables(spec: Keys) -> tuple[str, ...]:
    """The variables that are known before the source is read: of `whole` only those that are set or generated."""
    return tuple(dict.fromkeys([*(variable_of(key, spec.prefix) for key in spec.keys), *spec.given, *spec.generate]))


def real_name(spec: Keys, scope: Scope) -> str:
    """There is nothing of this name on any server: it is the name of the record."""
    return scope.name(spec.marker, 253)


def made(
    world: "World", spec: Keys, before: Receipt | None, read: Callable[[Source], Mapping[str, bytes]], what: str
) -> Made:
    """The values. `read` gives the data of the source, `what` is its kind for people."""
    values = dict(_copied(spec, read, what)) if spec.source else {}
    values |= spec.given
    known = world.values_so_far() if before else {}
    mine = set(before.env) if before else set()
    for variable, wish in spec.generate.items():
        if variable in values:
            raise Problem(f"`{variable}` is copied and in `generate`", "Give the generated one another name.")
        old = known.get(variable, "") if variable in mine else ""
        values[variable] = (
            old if len(old) == wish.length else "".join(secrets.choice(ALPHABET) for _ in range(wish.length))
        )
    source = f"{spec.source.namespace}/{spec.source.name}" if spec.source else ""
    return Made(id=source, values=values)


def _copied(spec: Keys, read: Callable[[Source], Mapping[str, bytes]], what: str) -> Iterator[tuple[str, str]]:
    source = spec.source
    if source is None:
        return
    data = read(source)
    where = f"the {what} `{source.name}` in the namespace `{source.namespace}`"
    missing = [key for key in spec.keys if key not in data]
    if missing:
        there = ", ".join(f"`{key}`" for key in sorted(data)[:20]) or "none"
        raise Problem(
            f"{where} has no key {', '.join(f'`{key}`' for key in missing)}", f"Its keys are: {there}. Change `keys`."
        )
    chosen = spec.keys or tuple(data)
    clash = _clash(chosen, spec.prefix)
    if clash:
        raise Problem(f"`{clash[0]}` and `{clash[1]}` of {where} would be the same variable", "Choose by `keys`.")
    for key in chosen:
        try:
            text = data[key].decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise Problem(f"the key `{key}` of {where} is no text", "A variable holds text only: leave it out of `keys`.")
        yield variable_of(key, spec.prefix), text


def _clash(keys: tuple[str, ...], prefix: str) -> tuple[str, str] | None:
    seen: dict[str, str] = {}
    for key in keys:
        other = seen.setdefault(variable_of(key, prefix), key)
        if other != key:
            return other, key
    return None
