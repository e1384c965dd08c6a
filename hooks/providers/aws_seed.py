"""Objects that a bucket begins with: copied from another bucket, or files of the repository."""

import hashlib
import json
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks import files
from hooks.contract import Problem, Unreachable
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import unless

if TYPE_CHECKING:
    from hooks.world import World

LARGEST = 5 * 1024**3  # bytes that AWS copies at once
PAGE = 1000
GONE = frozenset({"NoSuchBucket"})


@dataclass(frozen=True, slots=True)
class Copy:
    """Objects of another bucket whose keys begin with `prefix`, which `to` takes the place of; `most` of them."""

    bucket: str
    prefix: str
    to: str
    most: int


@dataclass(frozen=True, slots=True)
class File:
    """A file of the repository that becomes the object `key`."""

    path: str
    key: str


def digest(world: "World", seeds: Sequence[Copy | File]) -> str:
    """Changes with what is asked for, and with the files of the repository; not with the other bucket's objects."""
    told = [
        (each.path, each.key, files.read(world, each.path))
        if isinstance(each, File)
        else (each.bucket, each.prefix, each.to, each.most)
        for each in seeds
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def check(world: "World", s3: Any, seeds: Sequence[Copy | File]) -> None:
    """Whether all of it is there. Problem for what is not."""
    for each in seeds:
        if isinstance(each, File):
            files.read(world, each.path)
        else:
            next(_pages(s3, each, 1))


def sow(world: "World", s3: Any, bucket: str, seeds: Sequence[Copy | File], server: str) -> None:
    """Put it all into the bucket; what has the same key is overwritten."""
    for each in seeds:
        if isinstance(each, File):
            kind = mimetypes.guess_type(each.key)[0] or "application/octet-stream"
            s3.put_object(Bucket=bucket, Key=each.key, Body=files.read(world, each.path).encode(), ContentType=kind)
        else:
            _copy(world, s3, bucket, each, server)


def _copy(world: "World", s3: Any, bucket: str, wish: Copy, server: str) -> None:
    found = [each for page in _pages(s3, wish, PAGE) for each in page]
    if len(found) > wish.most:
        raise Problem(
            f"`s3://{wish.bucket}/{wish.prefix}` holds more than {wish.most} objects",
            "Choose a longer prefix, or raise `limit`.",
        )
    for each in found:
        if each["Size"] > LARGEST:
            raise Problem(f"`s3://{wish.bucket}/{each['Key']}` is larger than 5 GiB", "Choose a prefix without it.")

    def one(each: Any) -> None:
        if world.stop.is_set() or not world.seconds_left:
            raise Unreachable(server, f"the time was up before all of `s3://{wish.bucket}/{wish.prefix}` was copied")
        key = wish.to + each["Key"][len(wish.prefix) :]
        s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": wish.bucket, "Key": each["Key"]})

    marks.side_by_side(one, found)


def _pages(s3: Any, wish: Copy, size: int) -> Iterator[list[Any]]:
    """The objects, until there are more than are wanted. Problem where there is none."""
    token: dict[str, str] = {}
    seen = 0
    while True:
        answer = unless(GONE, s3.list_objects_v2, Bucket=wish.bucket, Prefix=wish.prefix, MaxKeys=size, **token)
        if answer is None:
            raise Problem(f"there is no bucket `{wish.bucket}` to copy from", "Correct `from` of the seed.")
        found = answer.get("Contents", [])
        seen += len(found)
        if not seen:
            raise Problem(f"there is nothing under `s3://{wish.bucket}/{wish.prefix}`", "Correct `from` of the seed.")
        yield found
        if seen > wish.most or not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}
