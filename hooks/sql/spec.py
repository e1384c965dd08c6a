"""The fields of a database in a service owner's `resources`."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from hooks.contract import ProviderName, Several, Shape, Spec, Variable

S3_URL = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\x00-\x1f\x7f]{1,1024}$"


def _inside(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise ValueError("must be a path from the repository's root, such as `db/orders.sql`, without `..`")
    return path


RepositoryFile = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$"), AfterValidator(_inside)
]
BucketFile = Annotated[str, StringConstraints(pattern=S3_URL)]
Word = Annotated[str, StringConstraints(max_length=8192)]
Words = Annotated[tuple[Word, ...], Several, Field(max_length=100)]
Program = Annotated[tuple[Word, ...], Several, Field(min_length=1, max_length=100)]
Image = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\s]+$")]


def _one_of(*keys: str) -> dict[str, Any]:
    """For editors that check against the JSON schema: exactly one of these."""
    return {"oneOf": [{"required": [key]} for key in keys]}


class Script(Shape):
    """Plain SQL, in the repository or in a bucket."""

    model_config = ConfigDict(json_schema_extra=_one_of("file", "s3"), defer_build=False)  # threads make some

    file: RepositoryFile | None = None
    """Path from the repository's root."""
    s3: BucketFile | None = None
    """`s3://bucket/key`; may be compressed by gzip."""
    provider: ProviderName | None = None
    """Which AWS holds the bucket, where the operator offers several. Without it: `aws`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.file is None) == (self.s3 is None):
            raise ValueError("needs `file` or `s3`, and not both")
        if self.provider and not self.s3:
            raise ValueError("`provider` goes with `s3` only")
        return self


class Command(Shape):
    """A program that works on the database. It gets the database's variables, and must end with the status 0."""

    model_config = ConfigDict(defer_build=False)  # threads make some

    image: Image = "self"
    """The image it runs in: `self` is the service's own."""
    command: Program
    """The program and its arguments; no shell."""
    args: Words = ()
    """Further arguments."""
    env: dict[Variable, Word] = Field(default_factory=dict)
    """Further variables of its environment. Not for secrets."""


class Seed(Shape):
    """Rows that the database begins with: from plain SQL, or by a program."""

    model_config = ConfigDict(json_schema_extra=_one_of("file", "s3", "command"))

    file: RepositoryFile | None = None
    """Plain SQL; path from the repository's root."""
    s3: BucketFile | None = None
    """Plain SQL in a bucket."""
    provider: ProviderName | None = None
    """Which AWS holds the bucket."""
    image: Image = "self"
    """The image that `command` runs in: `self` is the service's own."""
    command: Program | None = None
    """A program, run once when the database is new."""
    args: Words = ()
    """Further arguments of `command`."""
    env: dict[Variable, Word] = Field(default_factory=dict)
    """Further variables of its environment."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [key for key in ("file", "s3", "command") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError("needs one of `file`, `s3`, `command`")
        if self.command is None and ({"image", "args", "env"} & self.model_fields_set):
            raise ValueError("`image`, `args` and `env` go with `command` only")
        if self.provider and not self.s3:
            raise ValueError("`provider` goes with `s3` only")
        return self

    @property
    def what(self) -> "Script | Command":
        """Either of the two that it can be."""
        if self.command is not None:
            return Command(image=self.image, command=self.command, args=self.args, env=self.env)
        return Script(file=self.file, s3=self.s3, provider=self.provider)


class Outputs(Shape):
    """Variables for the parts of the access, where a program does not want a URL."""

    url: Variable | None = None
    """All of it as one URL."""
    host: Variable | None = None
    """Where the server is, as pods reach it."""
    port: Variable | None = None
    """Its port."""
    user: Variable | None = None
    """Who to log in as."""
    password: Variable | None = None
    """That one's password."""
    database: Variable | None = None
    """The name of the database."""

    @model_validator(mode="after")
    def _some_and_different(self) -> Self:
        given = self.by_part.values()
        if not given:
            raise ValueError("names no variable")
        if len(set(given)) != len(given):
            raise ValueError("names a variable twice")
        return self

    @property
    def by_part(self) -> dict[str, str]:
        """What is named: part → variable."""
        return {part: variable for part, variable in self.model_dump().items() if variable}


class Database(Spec):
    """A database of the feature's own, with a login of its own. The kinds add `kind`, `database` and `template`."""

    named_by: ClassVar[str] = "database"

    database: str
    template: str | None = None
    dump: Script | None = None
    """Plain SQL to fill it from. Where it changes later, the database is made anew, with a warning."""
    migrate: Command | None = None
    """A program that brings the schema up to date; run again whenever its image or its words change."""
    seed: Seed | None = None
    """What it begins with besides; run once, after `migrate`."""
    env: Variable | Outputs = Field(examples=["DATABASE_URL"])
    """The variable that gets the URL of the database, or one for each part: `url`, `host`, `port`, `user`, `password`,
    `database`."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.template is not None and self.dump is not None:
            raise ValueError("has a `template` and a `dump`: a database can be filled from one of them only")
        return self

    @property
    def variables(self) -> dict[str, str]:
        """Part of the access → the variable that gets it."""
        return self.env.by_part if isinstance(self.env, Outputs) else {"url": self.env}

    @property
    def repository_files(self) -> tuple[str, ...]:
        """The files of the repository that are needed to make it."""
        return tuple(each.file for each in (self.dump, self.seed) if each is not None and each.file is not None)
