"""What the kinds `secretsmanager` and `ssm` share: values of the base, chosen by key, and values besides."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Problem, Several, Spec, Variable
from hooks.keys import ALPHABET, Generated, Plain

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length=200)]


class Values(Spec):
    """Values by key: copied from the base, given here, or made up. The kinds add `from`."""

    keys: Annotated[tuple[Key, ...], Several] = Field((), max_length=200, examples=[["API_KEY"]])
    """The keys of `from` that are copied. Read anew at every deploy."""
    whole: bool = False
    """Copy all keys. Without it: only those that `keys` names."""
    given: dict[Key, Plain] = Field({}, alias="set", max_length=200, examples=[{"MODE": "preview"}])
    """Values that are no secret, since they stand here. They win over what is copied."""
    generate: dict[Key, Generated] = Field({}, max_length=50, examples=[{"TOKEN": {"length": 40}}])
    """Values that are made up at the first deploy and stay."""
    env: Variable | None = None

    @property
    def origin(self) -> str | None:
        """What is copied from; each kind says what that is. Nothing, where it does not."""
        return None

    @model_validator(mode="after")
    def _choice(self) -> Self:
        if self.origin and bool(self.keys) == self.whole:
            raise ValueError("say which `keys` to copy, or `whole: true` for all of them, and not both")
        if not self.origin and (self.keys or self.whole):
            raise ValueError("`keys` and `whole` need `from`")
        for key in self.generate:
            if key in self.given:
                raise ValueError(f"`{key}` is in `set` and in `generate`")
            if key in self.keys:
                raise ValueError(f"`{key}` is copied and in `generate`")
        return self


def chosen(spec: Values, base: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What is copied of the base's values. Problem with the keys that it has, where one is missing."""
    missing = [key for key in spec.keys if key not in base]
    if missing:
        there = ", ".join(f"`{key}`" for key in sorted(base)[:20]) or "none"
        raise Problem(
            f"{where} has no key {', '.join(f'`{key}`' for key in missing)}", f"Its keys are: {there}. Change `keys`."
        )
    clash = [key for key in spec.generate if spec.whole and key in base]
    if clash:
        raise Problem(f"`{clash[0]}` is copied from {where} and in `generate`", "Give the generated one another name.")
    return {key: base[key] for key in (base if spec.whole else spec.keys)}


def generated(spec: Values, has: Mapping[str, Any]) -> dict[str, str]:
    """What is made up; what was made up before, of the same length, stays."""
    return {
        key: has[key]
        if isinstance(has.get(key), str) and len(has[key]) == wish.length
        else "".join(secrets.choice(ALPHABET) for _ in range(wish.length))
        for key, wish in spec.generate.items()
    }
