"""Buckets of S3, one at a time."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hooks.contract import Foreign, Problem, Receipt, Scope, Unreachable
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import DENIED, code, unless

if TYPE_CHECKING:
    from hooks.world import World

GONE = frozenset({"NoSuchBucket"})
UNTAGGED = frozenset({"NoSuchTagSet"})
FIRST_REGION = "us-east-1"  # the one whose name AWS does not want to hear
PAGE = 1000


def tags(s3: Any, bucket: str) -> dict[str, str] | None:
    """The tags of a bucket; None where there is none of this name. Foreign where it is in another account."""
    from botocore.exceptions import ClientError

    try:
        answer = unless(UNTAGGED, s3.get_bucket_tagging, Bucket=bucket)
    except ClientError as error:
        if code(error) in GONE:
            return None
        if code(error) in DENIED and bucket not in names(s3, bucket):
            raise _elsewhere(bucket) from error
        raise
    return marks.read(answer["TagSet"]) if answer else {}


def names(s3: Any, prefix: str = "") -> list[str]:
    """All buckets of our account whose names begin like this."""
    pages = s3.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": PAGE})
    found = [each["Name"] for page in pages for each in page.get("Buckets", ())]
    return [each for each in found if each.startswith(prefix)]


def own(s3: Any, bucket: str, scope: Scope, before: Receipt | None) -> dict[str, str] | None:
    """Tags of a bucket of ours; None where there is none. Foreign where it is somebody else's."""
    has = tags(s3, bucket)
    if has is None or marks.ours(has, scope) or _half_made(s3, bucket, has, before):
        return has
    raise marks.stranger(f"the bucket `{bucket}`", has, scope)


def put(s3: Any, bucket: str, region: str, scope: Scope, before: Receipt | None) -> dict[str, str]:
    """Tags of the bucket, which is made where there is none."""
    from botocore.exceptions import BotoCoreError, ClientError

    has, wanted = own(s3, bucket, scope, before), marks.tags(scope)
    new = has is None
    if has is None:
        where = {} if region == FIRST_REGION else {"LocationConstraint": region}
        try:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={**where, "Tags": marks.listed(scope)})
        except ClientError as error:
            if code(error) == "BucketAlreadyExists":
                raise _elsewhere(bucket) from error
            raise
        has = tags(s3, bucket) or {}
        if has and not marks.ours(has, scope):
            raise marks.stranger(f"the bucket `{bucket}`", has, scope)  # made a moment ago
    if has == wanted or (marks.ours(has, scope) and not new):
        return has
    # Some servers make no bucket with its tags at once, or give it those of an earlier one of its name. Where it fails
    # here, no bucket stays that nobody knows.
    try:
        return tag(s3, bucket, wanted)
    except (ClientError, BotoCoreError):
        with suppress(ClientError, BotoCoreError):
            s3.delete_bucket(Bucket=bucket)
        raise


def tag(s3: Any, bucket: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Give the bucket just these tags."""
    listed = [{"Key": key, "Value": value} for key, value in wanted.items()]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": listed})
    return dict(wanted)


def version(s3: Any, bucket: str, *, wanted: bool) -> None:
    """Keep older versions of objects, or no more from now on."""
    kept = s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    if kept != wanted:
        status = "Enabled" if wanted else "Suspended"
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def delete(world: "World", s3: Any, bucket: str, server: str) -> None:
    """Remove a bucket with all versions of all objects, and what was begun to be uploaded."""
    while objects := _some_objects(s3, bucket):
        if world.stop.is_set() or not world.seconds_left:
            raise Unreachable(server, f"the time was up before all of `{bucket}` was deleted")
        _delete_objects(s3, bucket, objects, server)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for each in page.get("Uploads", ()):
            gone = frozenset({"NoSuchUpload"})
            unless(gone, s3.abort_multipart_upload, Bucket=bucket, Key=each["Key"], UploadId=each["UploadId"])
    s3.delete_bucket(Bucket=bucket)


def _some_objects(s3: Any, bucket: str) -> list[dict[str, str]]:
    """The first versions that are there: always the first, since some servers lose their place when these go."""
    found = s3.list_object_versions(Bucket=bucket, MaxKeys=PAGE)
    both = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in both]


def _elsewhere(bucket: str) -> Foreign:
    return Foreign(
        f"the bucket `{bucket}` exists in another account of AWS",
        "Give the resource another name: buckets share one space of names with all the world.",
    )


def _delete_objects(s3: Any, bucket: str, objects: list[dict[str, str]], server: str) -> None:
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    for each in answer.get("Errors", ()):
        if each.get("Code") in DENIED:
            raise Problem(
                f"{server} does not allow to delete the object `{each.get('Key')}` of `{bucket}`",
                "The operator allows s3:DeleteObject and s3:DeleteObjectVersion to the hook, or takes the lock off.",
            )
        raise Unreachable(server, f"{each.get('Code')} for an object of `{bucket}`")


def _half_made(s3: Any, bucket: str, has: Mapping[str, str], before: Receipt | None) -> bool:
    """Whether it is what a run left that died between making a bucket and giving it its tags. The record is written
    when the name was found free; that bucket has no tags and holds nothing."""
    if has or before is None or before.state != "making":
        return False
    return not s3.list_objects_v2(Bucket=bucket, MaxKeys=1).get("KeyCount", 0)
