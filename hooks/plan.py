"""In which order resources are made: what needs another comes after it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks import table
from hooks.contract import EVERYTHING, Receipt, Scope, Spec

if TYPE_CHECKING:
    from hooks.contract import Kind

Key = tuple[str, str, str]

# At the teardown: who may still use another goes before it. Kinds that are not here go last, side by side.
REMOVED_FIRST = (("job",), ("http",), ("sns",))


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One resource of a task, with all that the order depends on."""

    kind: str
    written: str  # its name as the owner wrote it
    name: str  # its real name
    provider: str
    env: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]
    spec: Any

    @property
    def key(self) -> Key:
        """As of its receipt."""
        return (self.kind, self.provider, self.name)

    @property
    def module(self) -> "Kind":
        """What can be done with it."""
        return table.module(self.kind)


class Circle(Exception):
    """Resources that wait for each other, in a circle."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(items)
        super().__init__(" → ".join(f"{item.kind} `{item.written}`" for item in items))


def items(specs: Iterable[Spec], scope: Scope) -> tuple[Item, ...]:
    """The resources of a task."""
    return tuple(_item(spec, scope) for spec in specs)


def _item(spec: Any, scope: Scope) -> Item:
    kind: str = spec.kind
    module = table.module(kind)
    name = module.name(spec, scope)
    return Item(
        kind=kind,
        written=str(getattr(spec, spec.named_by, None) or name),
        name=name,
        provider=spec.server,
        env=tuple(module.env(spec)),
        needs=tuple(module.needs(spec)),
        spec=spec,
    )


def needed(item: Item, everybody: Sequence[Item]) -> tuple[Item, ...]:
    """Those of the list that must be made before it. What it needs and the list does not have is the base's."""
    if EVERYTHING in item.needs:
        before = everybody[: everybody.index(item)]
        return tuple(each for each in everybody if EVERYTHING not in each.needs or each in before)
    return tuple(each for each in everybody if each is not item and (each.kind, each.written) in item.needs)


def levels(everybody: Sequence[Item]) -> tuple[tuple[Item, ...], ...]:
    """The resources in levels: those of one level may be made side by side. Circle where there is no such order."""
    waits = {item.key: {each.key for each in needed(item, everybody)} for item in everybody}
    left, found, done = list(everybody), [], set[Key]()
    while left:
        level = tuple(item for item in left if waits[item.key] <= done)
        if not level:
            raise Circle(_circle(left, waits))
        found.append(level)
        done.update(item.key for item in level)
        left = [item for item in left if item.key not in done]
    return tuple(found)


def _circle(left: Sequence[Item], waits: dict[Key, set[Key]]) -> list[Item]:
    """Somewhere in what is left: every one of them waits for another of them."""
    by_key = {item.key: item for item in left}
    path = [left[0]]
    while path[-1] not in path[:-1]:
        path.append(next(by_key[key] for key in by_key if key in waits[path[-1].key]))
    return path[path.index(path[-1]) :]


def removal(receipts: Iterable[Receipt]) -> tuple[tuple[Receipt, ...], ...]:
    """The receipts in the order in which their resources are taken away."""
    everything = list(receipts)
    early = {kind for kinds in REMOVED_FIRST for kind in kinds}
    groups = [tuple(each for each in everything if each.kind in kinds) for kinds in REMOVED_FIRST]
    groups.append(tuple(each for each in everything if each.kind not in early))
    return tuple(group for group in groups if group)
