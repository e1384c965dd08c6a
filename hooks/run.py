"""One run over the resources of one release: what its phases share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hooks import table
from hooks.drivers import Drivers
from hooks.ledger import Ledger
from hooks.report import Report
from hooks.task import Task
from hooks.vault import Vault

if TYPE_CHECKING:
    from hooks.contract import Kind, Scope
    from hooks.world import World


@dataclass(frozen=True, slots=True)
class Run:
    """The task, and where its record, its values and its results go."""

    task: Task
    world: "World"
    ledger: Ledger
    vault: Vault
    report: Report
    drivers: Drivers

    @property
    def scope(self) -> "Scope":
        """Whose resources they are."""
        return self.task.scope

    def load(self) -> None:
        """Read what earlier runs left: the ledger and the Secret. Problem, Unreachable."""
        self.ledger.load()
        self.vault.load()
        self.learn_values()

    def learn_values(self) -> None:
        """Hand what the Secret holds to the kinds; none of it is shown from now on."""
        public = " ".join(f"{each.name} {each.id} {dict(each.facts)}" for each in self.ledger.all())
        self.world.keep(self.vault.values, public + str(self.task.resources))


def begun(task: Task, world: "World", report: Report) -> Run:
    """A run of which nothing is read yet."""
    drivers = Drivers(str(each.get("kind")) for each in task.resources)
    return Run(task, world, Ledger(world, task.scope), Vault(world, task.scope), report, drivers)


def module(kind: str) -> "Kind":
    """The kind's module; Problem where this version knows no such kind, though a record tells of one."""
    from hooks.contract import Problem

    if kind not in table.KINDS:
        raise Problem(f"this version of the hooks knows no kind `{kind}`", "Use the image that made it, or a newer one.")
    return table.module(kind)
