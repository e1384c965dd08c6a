"""A bucket of S3, and what it begins with."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from hooks.contract import Foreign, Made, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import aws
from hooks.providers import aws_buckets as buckets
from hooks.providers import aws_marks as marks
from hooks.providers import aws_seed as seeds
from hooks.providers.aws_errors import translated
from hooks.sql.spec import RepositoryFile

if TYPE_CHECKING:
    from hooks.world import World

NAME_MOST = 63
URL = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\x00-\x1f\x7f]{0,900})?$"

BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", min_length=1, max_length=NAME_MOST)]
Key = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=900)]


class Seed(Shape):
    """Objects that the bucket begins with: of another bucket (`from`), or a file of the repository (`file`)."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["from"]}, {"required": ["file"]}]})

    source: Annotated[str, StringConstraints(pattern=URL)] | None = Field(
        None, alias="from", examples=["s3://shop-uploads/samples/"]
    )
    """`s3://bucket/prefix`: objects that AWS copies by itself, with the same keys."""
    limit: int = Field(1000, ge=1, le=100_000)
    """How many objects may be copied; where there are more, the deploy fails."""
    file: RepositoryFile | None = None
    """A text file of the repository; path from its root."""
    key: Key | None = None
    """With `file`: the object's key. Without it: the file's name. With `from`: what takes the prefix's place."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.source is None) == (self.file is None):
            raise ValueError("needs `from` or `file`, and not both")
        if self.file and "limit" in self.model_fields_set:
            raise ValueError("`limit` goes with `from` only")
        if self.file and self.key == "":
            raise ValueError("`key` is empty")
        return self

    @property
    def seed(self) -> seeds.Copy | seeds.File:
        """What is to be done."""
        if self.file:
            return seeds.File(self.file, self.key or self.file.rpartition("/")[2])
        bucket, _, prefix = (self.source or "").removeprefix("s3://").partition("/")
        return seeds.Copy(bucket, prefix, prefix if self.key is None else self.key, self.limit)


class Spec(AnySpec):
    """A bucket of S3: `<name>-<label>`. Names of buckets are shared with all the world: choose one with your company's
    name in it. At the teardown it goes with all that is in it."""

    default_provider = "aws"

    kind: Literal["s3"]
    name: BucketName = Field(examples=["acme-shop-uploads"])
    """Name of the bucket, without the label."""
    versioning: bool = False
    """Whether older versions of objects are kept."""
    seed: Annotated[tuple[Seed, ...], Several] = Field((), max_length=20)
    """What it begins with. Put there once, and again where `seed` or one of its files changes; nothing is deleted."""
    env: Variable | None = Field(None, examples=["UPLOADS_BUCKET"])
    """Variable that gets the bucket's real name."""


def name(spec: Spec, scope: Scope) -> str:
    """The bucket's real name."""
    return scope.name(spec.name, NAME_MOST)


def env(spec: Spec) -> tuple[str, ...]:
    """The variable that it gives."""
    return (spec.env,) if spec.env else ()


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: what it is seeded from is the base's."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Whether S3 answers, the name is free or ours, and what it is seeded from is there."""
    with translated(world, spec.server, "s3"):
        s3 = aws.client(world, spec.server, "s3")
        buckets.own(s3, name(spec, scope), scope, before)
        seeds.check(world, s3, _seeds(spec))


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """The bucket; what is in it stays."""
    bucket, wanted = name(spec, scope), _seeds(spec)
    how = aws.access(world, spec.server, "s3")
    with translated(world, spec.server, "s3", busy=buckets.GONE):
        s3 = aws.client(world, spec.server, "s3")
        has = buckets.put(s3, bucket, how.region, scope, before)
        buckets.version(s3, bucket, wanted=spec.versioning)
        digest = seeds.digest(world, wanted) if wanted else ""
        if wanted and has.get(marks.MARK_SEED) != digest:
            seeds.sow(world, s3, bucket, wanted, how.server)
            buckets.tag(s3, bucket, {**has, marks.MARK_SEED: digest})
    return Made(id=f"s3://{bucket}", values={spec.env: bucket} if spec.env else {})


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The bucket, with all that is in it. Its service may still be writing: then it takes another try."""
    how = aws.access(world, receipt.provider, "s3")
    with translated(world, receipt.provider, "s3", busy=buckets.GONE | {"BucketNotEmpty"}):
        s3 = aws.client(world, receipt.provider, "s3")
        try:
            has = buckets.own(s3, receipt.name, scope, receipt)
        except Foreign:
            return False
        if has is None:
            return False
        buckets.delete(world, s3, receipt.name, how.server)
        return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """All buckets of this service under this label."""
    with translated(world, provider, "s3"):
        s3 = aws.client(world, provider, "s3")
        found = [each for each in buckets.names(s3) if marks.could_be(each, scope)]
        tags = marks.side_by_side(lambda bucket: buckets.tags(s3, bucket), found)
    return [
        Receipt("s3", bucket, scope.service, provider, state="ready", id=f"s3://{bucket}")
        for bucket, has in zip(found, tags, strict=True)
        if marks.ours(has or {}, scope)
    ]


def _seeds(spec: Spec) -> list[seeds.Copy | seeds.File]:
    return [each.seed for each in spec.seed]
