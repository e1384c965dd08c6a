"""Any command in any image: the way out for whatever has no kind of its own. Runs after all other resources."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from hooks import keys, pods
from hooks.contract import EVERYTHING, Made, Problem, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.kube import NotThere

if TYPE_CHECKING:
    from hooks.world import World

Image = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^\S+$")]
Words = Annotated[tuple[Annotated[str, StringConstraints(max_length=8192)], ...], Several]


class Undo(Shape):
    """The command at the teardown."""

    image: Image | None = None
    """Its image. Without it: the job's own."""
    command: Words = Field(min_length=1, max_length=100)
    """The program and its arguments; no shell."""
    args: Words = Field((), max_length=100)
    """Further arguments."""


class Spec(AnySpec):
    """A command that runs to its end, in a Pod of its own."""

    kind: Literal["job"]
    name: keys.Marker
    """How it is called in the comment and in the record."""
    image: Image = "self"
    """The image it runs in: `self` is the service's own."""
    command: Words = Field((), max_length=100)
    """The program and its arguments; no shell. Without it: what the image starts."""
    args: Words = Field((), max_length=100)
    """Further arguments."""
    env: Annotated[tuple[Variable, ...], Several] | None = None
    """Which variables of the other resources it gets. Without it: all."""
    always: bool = False
    """Run at every deploy. Without it: at the first, and when something here was changed."""
    timeout: int | None = Field(None, ge=1, le=7200)
    """Seconds that it may take. Without it: what is left of the deploy's time."""
    remove: Undo | None = None
    """What runs at the teardown, with the same variables, before anything else is removed. Without it: nothing."""


def name(spec: Spec, scope: Scope) -> str:
    """The name of the record."""
    return scope.name(spec.name, 253)


def env(spec: Spec) -> tuple[str, ...]:  # noqa: ARG001
    """It gives none."""
    return ()


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """All else, and the jobs before it."""
    return (EVERYTHING,)


def facts(spec: Spec, scope: Scope) -> dict[str, Any]:  # noqa: ARG001
    """What the teardown runs, on record before anything runs."""
    if spec.remove is None:
        return {}
    told: dict[str, Any] = {
        "job": spec.name,
        "image": spec.remove.image or spec.image,
        "command": json.dumps(spec.remove.command),
        "args": json.dumps(spec.remove.args),
    }
    return {**told, **({"env": json.dumps(spec.env)} if spec.env is not None else {})}


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Is it known which image is meant?"""
    for image in (spec.image, (spec.remove and spec.remove.image) or spec.image):
        pods.image_of(world, image)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """Run it, once for each state of the spec."""
    told = facts(spec, scope)
    if told:
        told["image"] = pods.image_of(world, told["image"])
    done = before is not None and before.state == "ready" and before.spec_hash == spec.hash
    if done and not spec.always:
        return Made(facts=told)
    values = _chosen(world, spec.env)
    pod = f"job-{spec.name}"
    outcome = pods.run(world, scope, pod, spec.image, spec.command, spec.args, values, spec.timeout)
    if not outcome.ok:
        raise outcome.problem(f"job `{spec.name}`")
    return Made(facts=told)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """Run the command of the teardown, where there is one."""
    told = receipt.facts
    if not told.get("command"):
        return True
    values = _chosen(world, json.loads(told["env"]) if "env" in told else None, lenient=True)
    command, args = json.loads(told["command"]), json.loads(told.get("args") or "[]")
    try:
        outcome = pods.run(world, scope, f"job-{told['job']}", str(told["image"]), command, args, values)
    except NotThere:  # its namespace is gone, and all that the command could have run beside
        return False
    if not outcome.ok:
        raise outcome.problem(f"the teardown of job `{told['job']}`")
    return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:  # noqa: ARG001
    """Its Pods are deleted by the runner; nobody can be asked what else a command has left."""
    return []


def _chosen(world: "World", wanted: Any, *, lenient: bool = False) -> dict[str, str]:
    values = world.values_so_far()
    if wanted is None:
        return values
    missing = [variable for variable in wanted if variable not in values]
    if missing and not lenient:
        raise Problem(
            f"no resource gives the variable `{missing[0]}` that it asks for", "Correct `env`, or add the resource."
        )
    return {variable: values[variable] for variable in wanted if variable in values}
