"""A corner of a Redis for the feature alone: a key prefix, or a logical database, each with a user of its own."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Several, Unreachable, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import logins, redis_users
from hooks.providers import redis as server
from hooks.providers.redis_ledger import Entry, Ledger, entry

if TYPE_CHECKING:
    from hooks.world import World

LIMIT = 100  # characters of the name of user and prefix; Redis itself sets no limit
BATCH = 1000  # keys that are deleted at once, so that nobody else has to wait
SCHEMES = ("redis", "rediss")
PREFIX_VARIABLE = "REDIS_PREFIX"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
Rule = Annotated[str, StringConstraints(pattern=r"^[+-]@?[a-z][a-z0-9_.-]{0,60}(\|[a-z0-9_-]{1,60})?$")]


class Spec(AnySpec):
    """A key prefix `<name>-<label>:` or a logical database of Redis, and the user `<name>-<label>`. It begins empty."""

    default_provider: ClassVar[str] = "redis"

    kind: Literal["redis"]
    name: Name = Field(examples=["orders"])
    """Name of user and prefix, without the label."""
    isolation: Literal["prefix", "database"] = "prefix"
    """`prefix`: the service puts the prefix before all its keys and channels; the user can reach no others. `database`:
    for services that cannot; a server has 16 of them by default, and the user can reach database 0 besides its own.
    Changing this empties it."""
    env: Variable = Field("REDIS_URL", examples=["REDIS_URL"])
    """Variable that gets the URL, with user, password and database."""
    prefix_env: Variable | None = Field(None, alias="prefixEnv")
    """Variable that gets the prefix, with `:` at its end. Without it: `REDIS_PREFIX`."""
    commands: Annotated[tuple[Rule, ...], Several] = Field((), max_length=50, examples=[["-@scripting", "+scan"]])
    """Rules of Redis' ACL on what the user may do: `-@scripting` takes away, `-@all` and `+get` leave a few commands.
    Administration is never given; `+scan`, `+keys`, `+randomkey`, `+dbsize`, `+sort` are on request: they show the names
    of everybody's keys."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.prefix_env and self.isolation == "database":
            raise ValueError("`prefixEnv` goes with `isolation: prefix` only")
        if len(set(env(self))) != len(env(self)):
            raise ValueError("`env` and `prefixEnv` must be different variables")
        for rule in self.commands:
            if redis_users.refused(rule):
                raise ValueError(f"`{rule}` in `commands` is not given to a feature: the server belongs to others too")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The user's real name, and the prefix without its `:`."""
    return scope.name(spec.name, LIMIT)


def env(spec: Spec) -> tuple[str, ...]:
    """The variables that it gives."""
    return (spec.env, spec.prefix_env or PREFIX_VARIABLE) if spec.isolation == "prefix" else (spec.env,)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Whether Redis answers, knows users, and the name is free or ours; whether there is a free database."""
    with server.answering(spec.server):
        redis = server.client(world, spec.server)
        ledger = Ledger(redis)
        _own(redis, ledger, spec, scope, before)
        for rule in _unknown(redis, spec.commands):
            raise Problem(f"{server.named(spec.server)} knows nothing by the name `{rule[1:]}`", "Correct `commands`.")
        wanted = entry(name(spec, scope), scope, spec.isolation)
        if spec.isolation == "database" and ledger.database(wanted) is None and not ledger.free():
            raise _full(spec, ledger)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """The user as the spec says; what is in the prefix or the database stays."""
    real = name(spec, scope)
    wanted, warning, number = entry(real, scope, spec.isolation), "", 0
    with server.answering(spec.server):
        redis = server.client(world, spec.server)
        ledger = Ledger(redis)
        _own(redis, ledger, spec, scope, before)
        owner = ledger.own(wanted)  # the mark, before anything is made
        if not owner.belongs(scope):
            raise _foreign(spec, scope, "name")
        if owner != wanted:
            _acl(redis, "DELUSER", real)  # pods of the last deploy must not write on while it is emptied
            if _empty(world, redis, ledger, owner, spec.server):
                warning = f"the isolation is `{spec.isolation}` now: what was in the {owner.isolation} is lost"
            ledger.change(wanted)
        rules = redis_users.in_prefix(f"{real}:", spec.commands)
        if spec.isolation == "database":
            claimed = ledger.claim(wanted)
            if claimed is None:
                raise _full(spec, ledger)
            number, rules = claimed, redis_users.in_database(claimed, spec.commands)
        password = logins.password(real, SCHEMES, world.values_so_far())
        world.masker.learn(password)
        unknown = _unknown(redis, rules)
        _acl(redis, "SETUSER", real, "reset", "on", f">{password}", *(rule for rule in rules if rule not in unknown))
        _save(redis)
    values = {spec.env: server.access(world, spec.server).url(real, password, number)}
    if spec.isolation == "prefix":
        values[spec.prefix_env or PREFIX_VARIABLE] = f"{real}:"
    made = {"name": spec.name, "isolation": spec.isolation, "database": number}
    return Made(id=real, values=values, facts=made, warning=warning)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The user first, so that nothing is written any more, the mark last. Without our mark, nothing is touched."""
    provider = receipt.provider or Spec.default_provider
    with server.answering(provider):
        redis = server.client(world, provider)
        ledger = Ledger(redis)
        owner = ledger.owner(receipt.name)
        made = scope.name(str(receipt.facts.get("name", "")), LIMIT) == receipt.name
        if owner is None and made:  # somebody deleted the mark
            owner = entry(receipt.name, scope, str(receipt.facts.get("isolation")))
        if owner is None or not owner.belongs(scope):
            return False
        there = ledger.owner(receipt.name) is not None
        there |= bool(_acl(redis, "DELUSER", receipt.name))
        _save(redis)
        there |= _empty(world, redis, ledger, owner, provider)
        ledger.disown(receipt.name)
    return there


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """By the server's own ledger."""
    provider = provider or Spec.default_provider
    with server.answering(provider):
        owned = list(Ledger(server.client(world, provider)).owned(scope))
    return [
        Receipt("redis", each.name, scope.service, provider, id=each.name, facts={"isolation": each.isolation})
        for each in owned
    ]


def _own(redis: Any, ledger: Ledger, spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Foreign where the name, the user or keys of the prefix are somebody else's."""
    real = name(spec, scope)
    owner = ledger.owner(real)
    user = _acl(redis, "GETUSER", real)
    if owner is None and before is not None and before.facts.get("name"):
        return  # we made it, and somebody deleted the mark
    if owner is None and user is not None:
        raise _foreign(spec, scope, "user")
    if owner is None and next(_keys(redis, real), None):
        raise _foreign(spec, scope, "keys")
    if owner is not None and not owner.belongs(scope):
        raise _foreign(spec, scope, "name")


def _foreign(spec: Spec, scope: Scope, what: str) -> Foreign:
    real, where = name(spec, scope), server.named(spec.server)
    sentences = {
        "name": f"`{real}` on {where} belongs to another service or stack",
        "user": f"the user `{real}` exists on {where} and is not ours",
        "keys": f"keys that begin with `{real}:` exist on {where} and are not ours",
    }
    return Foreign(sentences[what], "Delete it if nobody needs it, or give the resource another `name`.")


def _full(spec: Spec, ledger: Ledger) -> Problem:
    return Problem(
        f"{server.named(spec.server)} has no free database left of its {ledger.databases()}",
        "Use `isolation: prefix`, destroy an old stack, or let the operator raise `databases` in the server's settings.",
    )


def _acl(redis: Any, *words: str) -> Any:
    return redis.execute_command("ACL", *words)


def _unknown(redis: Any, rules: Iterable[str]) -> list[str]:
    """Those rules of an ACL that are about commands or categories which this server has not. It would refuse them all."""
    named = {rule: rule[1:].partition("|")[0] for rule in rules if rule[0] in "+-"}
    commands = sorted({each for each in named.values() if not each.startswith("@")})
    known = {f"@{each}" for each in ("all", *_acl(redis, "CAT"))}
    if commands:
        answers = redis.execute_command("COMMAND INFO", *commands)
        known |= {command for command, answer in zip(commands, answers, strict=True) if answer}
    return [rule for rule, what in named.items() if what not in known]


def _save(redis: Any) -> None:
    """Users outlive a restart only in the server's ACL file, where it has one; else the next deploy makes them anew."""
    from redis.exceptions import ResponseError

    try:
        _acl(redis, "SAVE")
    except ResponseError as error:
        if "ACL file" not in str(error):
            raise


def _keys(redis: Any, real: str) -> Any:
    return redis.scan_iter(match=f"{real}:*", count=BATCH)


def _empty(world: "World", redis: Any, ledger: Ledger, owner: Entry, provider: str) -> bool:
    """Whether there was something to delete: the keys of our prefix, or all of our database."""
    if owner.isolation == "database":
        return ledger.release(owner)
    cursor, deleted = 0, 0
    while True:
        cursor, keys = redis.scan(cursor, match=f"{owner.name}:*", count=BATCH)
        deleted += redis.unlink(*keys) if keys else 0
        if not cursor:
            return deleted > 0
        if not world.seconds_left:
            raise Unreachable(server.named(provider), f"{deleted} keys are deleted, and the time is up")
