"""What the runner and the kinds of resources have to do with each other. A kind is a module with the names of `Kind`."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from model import names
from model.marks import LABEL_LABEL, LABEL_SERVICE, LABEL_STACK

if TYPE_CHECKING:
    from hooks.world import World


EVERYTHING = ("*", "")  # in `needs`: all other resources of the list, but for those that need everything themselves

Several = Field(strict=False)  # YAML's lists become tuples; what is in them stays strict
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


# The docs of the fields are read from the source code: 0.15 s of CPU that a run of the hooks can do without.
DESCRIBED = not os.environ.get("DEVSTACK_SPECS_BARE")


class Shape(BaseModel):
    """A mapping in a resource that knows its keys and takes no others; docstrings under the fields are the docs."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=DESCRIBED,
        populate_by_name=True,
        defer_build=True,  # a removal reads no specs
    )


class Spec(Shape):
    """What a service owner writes of one resource. Each kind's own has `kind: Literal["…"]` and its fields."""

    provider: ProviderName | None = None
    """Which server, where the operator offers several: the environment's `DEVSTACK_PROVIDER_<NAME>_…`. Without it: the
    kind's default."""

    default_provider: ClassVar[str] = ""  # "aws", "postgres" …; empty where no server is needed
    named_by: ClassVar[str] = "name"  # the field by which others of the list refer to it, see `Kind.needs`

    @property
    def server(self) -> str:
        """The provider's name, given or the kind's default."""
        return self.provider or self.default_provider

    @property
    def hash(self) -> str:
        """Changes when the owner changes anything in the spec."""
        written = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose resource it is. All names and marks come from here."""

    stack: str  # name of the Stack object; without a bot `<namespace>-<release>`
    label: str  # the feature's label, never empty
    service: str
    release: str
    namespace: str

    @property
    def marks(self) -> dict[str, str]:
        """What every made thing carries, as tags or labels, where its server has a place for them."""
        return {LABEL_STACK: self.stack, LABEL_SERVICE: self.service, LABEL_LABEL: self.label}

    @property
    def labels(self) -> dict[str, str]:
        """The marks as Kubernetes takes them for labels: what is longer than 63 characters is shortened with a hash."""
        return {mark: names.dns_label(value) for mark, value in self.marks.items()}

    def name(self, base: str, limit: int, separator: str = "-") -> str:
        """`<base>-<label>`, shortened with a hash where it is longer than `limit` characters."""
        return names.resource(base, self.label, limit, separator)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is on record of one resource. Holds no secret: it is shown and kept in plain sight.

    Written with the state `making` before anything is made, so that no crash can hide it from the removal.
    """

    kind: str
    name: str  # the real name on its server, unique together with kind and provider
    service: str
    provider: str = ""
    state: str = "making"  # making | ready | failed | removing
    id: str = ""  # ARN, URL or whatever else the server calls it
    env: tuple[str, ...] = ()  # variables that the service's pods get from it
    facts: Mapping[str, Any] = field(default_factory=dict)  # what `remove` will need besides; flat JSON
    spec_hash: str = ""  # of the spec that it was last made from
    problem: str = ""  # one sentence for people, where the state is `failed`
    remedy: str = ""
    warning: str = ""  # what people should know though it worked: recreated, shortened …

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return (self.kind, self.provider, self.name)


@dataclass(frozen=True, slots=True)
class Made:
    """What `ensure` gives back. `values` are secret, whatever they hold: they go to the service's Secret alone."""

    id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""


class Kind(Protocol):
    """The names that every module in `hooks/kinds` has. Imports of clients belong into the functions: a run that needs
    only queues loads no database driver.

    A kind whose `remove` needs something of the spec may have one more: `facts(spec, scope)`, pure, which is on record
    before anything is made; what `ensure` gives back as facts takes its place. One that reads files of the repository
    has `files(spec)`, pure: their paths.
    """

    Spec: type[Spec]

    @staticmethod
    def name(spec: Any, scope: Scope) -> str:
        """The real name on the server: pure, the same for ever after."""

    @staticmethod
    def env(spec: Any) -> tuple[str, ...]:
        """The variables that it gives, in the spec's order. Pure."""

    @staticmethod
    def needs(spec: Any) -> tuple[tuple[str, str], ...]:
        """What must be made before it, as (kind, name as written in the spec); what is not in the list is the base's."""

    @staticmethod
    def check(world: "World", spec: Any, scope: Scope, before: Receipt | None) -> None:
        """Before the first resource of all is made: is the server there, may we, is the name free or ours? Changes
        nothing. Raises Problem, Foreign, Unreachable. `before` is what is on record from earlier runs; where a server
        has no place for a mark, only that tells ours from a stranger's."""

    @staticmethod
    def ensure(world: "World", spec: Any, scope: Scope, before: Receipt | None) -> Made:
        """Make it, or make it what the spec says now. Can be repeated at any point, also after half of it was done or
        somebody deleted it. Never adopts what exists without our mark: Foreign."""

    @staticmethod
    def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
        """Take it away with all that it holds; False where it was gone already. Touches nothing that is not ours."""

    @staticmethod
    def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
        """Everything on the server that carries this stack's and service's mark, asked anew: what proves absence, and
        what finds things that no record tells of. Empty where the server has no place for marks."""


class Problem(Exception):
    """It cannot work like this, and trying again will not help. The sentence and the remedy are for people; neither may
    hold a secret. `log`: the end of what a program printed, where one ran; it is masked before it is shown."""

    def __init__(self, sentence: str, remedy: str = "", log: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy
        self.log = log


class Foreign(Problem):
    """Something of this name exists and is not ours."""


class Unreachable(Exception):
    """The server does not answer, or is too busy: worth another try. `server` names it for people."""

    def __init__(self, server: str, detail: str = "") -> None:
        super().__init__(f"{server} does not answer: {detail}" if detail else f"{server} does not answer")
        self.server = server
        self.detail = detail
