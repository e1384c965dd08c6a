"""Buckets on a real server."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hooks import files
from hooks.contract import Foreign, Problem, Unreachable
from hooks.providers import aws_buckets
from model import names
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Answer, Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack")]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with aws.place("s3", request) as made:
        made.world = made.fresh(**{files.FOLDER_VARIABLE: str(tmp_path)})
        yield made


def stranger(place: Place, name: str, tags: list[dict[str, str]], **objects: str) -> str:
    """A bucket that somebody else has made."""
    s3 = place.client()
    elsewhere = s3.meta.region_name != aws_buckets.FIRST_REGION
    where = {"CreateBucketConfiguration": {"LocationConstraint": s3.meta.region_name}} if elsewhere else {}
    s3.create_bucket(Bucket=name, **where)
    place.later(lambda: name in aws_buckets.names(s3) and aws_buckets.delete(place.world, s3, name, "s3"))
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    for key, body in objects.items():
        s3.put_object(Bucket=name, Key=key.replace("_", "/"), Body=body.encode(), ContentType="text/plain")
    return name


def contents(place: Place, bucket: str) -> dict[str, str]:
    s3 = place.client()
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
    found = {}
    for key in keys:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        found[key] = body.read().decode()
        body.close()
    return found


def tags(place: Place, bucket: str) -> dict[str, str]:
    return aws_buckets.tags(place.client(), bucket) or {}


def test_a_bucket_takes_objects_and_tells_the_service_its_name(place: Place) -> None:
    made = place.ensure(name="uploads", env="BUCKET")
    bucket = made.values["BUCKET"]
    assert bucket == f"uploads-f{place.id}x"
    place.client().put_object(Bucket=bucket, Key="a", Body=b"hello")
    assert contents(place, bucket) == {"a": "hello"}
    assert sorted(place.client().get_bucket_tagging(Bucket=bucket)["TagSet"], key=str) == sorted(
        aws.marked(place.scope), key=str
    )


def test_a_second_ensure_changes_nothing_and_keeps_the_objects(place: Place) -> None:
    first = place.ensure(name="uploads", env="BUCKET")
    place.client().put_object(Bucket=first.values["BUCKET"], Key="a", Body=b"hello")
    assert place.ensure(name="uploads", env="BUCKET") == first
    assert contents(place, first.values["BUCKET"]) == {"a": "hello"}


def test_tags_that_somebody_added_stay(place: Place) -> None:
    bucket = place.ensure(name="uploads", env="BUCKET").values["BUCKET"]
    aws_buckets.tag(place.client(), bucket, {**tags(place, bucket), "team": "shop"})
    place.ensure(name="uploads", seed=[{"from": f"s3://{stranger(place, f'base-{place.id}', [], a='1')}"}])
    assert tags(place, bucket).items() >= {"team": "shop", "devstack.dev/service": "orders"}.items()


def test_versioning_is_altered(place: Place) -> None:
    place.ensure(name="uploads")
    bucket, s3 = f"uploads-f{place.id}x", place.client()
    assert s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled"
    place.ensure(name="uploads", versioning=True)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    place.ensure(name="uploads")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_objects_of_the_base_are_copied_once_and_the_base_keeps_them(place: Place) -> None:
    base = stranger(place, f"base-{place.id}", [], samples_a="1", samples_b_c="2", private_x="3")
    seed = [{"from": f"s3://{base}/samples/"}]
    bucket = place.ensure(name="uploads", seed=seed, env="BUCKET").values["BUCKET"]
    assert contents(place, bucket) == {"samples/a": "1", "samples/b/c": "2"}
    assert place.client().head_object(Bucket=bucket, Key="samples/a")["ContentType"] == "text/plain"
    s3 = place.client()
    s3.put_object(Bucket=bucket, Key="samples/a", Body=b"changed by the feature")
    s3.delete_object(Bucket=bucket, Key="samples/b/c")
    place.ensure(name="uploads", seed=seed)
    assert contents(place, bucket) == {"samples/a": "changed by the feature"}
    assert contents(place, base) == {"samples/a": "1", "samples/b/c": "2", "private/x": "3"}


def test_a_changed_seed_is_sown_anew(place: Place, tmp_path: Path) -> None:
    base = stranger(place, f"base-{place.id}", [], samples_a="1", other_b="2")
    (tmp_path / names.file_key("seed/menu.json")).write_bytes(gzip.compress(b'{"dish": 1}'))
    menu = {"file": "seed/menu.json"}
    bucket = place.ensure(name="uploads", seed=[{"from": f"s3://{base}/samples/"}, menu], env="B").values["B"]
    assert contents(place, bucket) == {"samples/a": "1", "menu.json": '{"dish": 1}'}
    assert place.client().head_object(Bucket=bucket, Key="menu.json")["ContentType"] == "application/json"
    (tmp_path / names.file_key("seed/menu.json")).write_bytes(gzip.compress(b'{"dish": 2}'))
    place.ensure(name="uploads", seed=[{"from": f"s3://{base}/samples/"}, menu])
    assert contents(place, bucket)["menu.json"] == '{"dish": 2}'
    place.ensure(name="uploads", seed=[{"from": f"s3://{base}/other/", "key": "here/"}, {**menu, "key": "k"}])
    assert contents(place, bucket) == {
        "samples/a": "1", "menu.json": '{"dish": 2}', "here/b": "2", "k": '{"dish": 2}',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ({"from": "s3://base-{id}/nowhere/"}, "there is nothing under `s3://base-{id}/nowhere/`"),
        ({"from": "s3://no-such-bucket-{id}"}, "there is no bucket `no-such-bucket-{id}` to copy from"),
        ({"file": "seed/menu.json"}, "the file `seed/menu.json` is not here"),
    ],
)
def test_a_seed_that_is_not_there_is_told_before_anything_is_made(place: Place, seed: Any, words: str) -> None:
    stranger(place, f"base-{place.id}", [], a="1")
    seed = json.loads(json.dumps(seed).replace("{id}", place.id))
    with pytest.raises(Problem) as raised:
        place.check(name="uploads", seed=[seed])
    assert raised.value.sentence == words.replace("{id}", place.id)
    assert place.find() == []


def test_more_objects_than_are_wanted_are_refused(place: Place) -> None:
    base = stranger(place, f"base-{place.id}", [], a="1", b="2", c="3")
    with pytest.raises(Problem, match="holds more than 2 objects"):
        place.ensure(name="uploads", seed=[{"from": f"s3://{base}", "limit": 2}])
    bucket = place.ensure(name="uploads", seed=[{"from": f"s3://{base}", "limit": 3}], env="B").values["B"]
    assert len(contents(place, bucket)) == 3


def test_a_bucket_that_was_deleted_by_hand_is_made_and_seeded_again(place: Place) -> None:
    seed = [{"from": f"s3://{stranger(place, f'base-{place.id}', [], a='1')}"}]
    first = place.ensure(name="uploads", seed=seed, env="B")
    aws_buckets.delete(place.world, place.client(), first.values["B"], "s3")
    assert place.ensure(name="uploads", seed=seed, env="B") == first
    assert contents(place, first.values["B"]) == {"a": "1"}


def test_what_a_run_left_that_died_before_it_could_mark_the_bucket_is_ours(place: Place) -> None:
    bucket = stranger(place, f"uploads-f{place.id}x", [])
    making = place.receipt(name="uploads")
    place.module.check(place.world, place.spec(name="uploads"), place.scope, making)
    place.module.ensure(place.world, place.spec(name="uploads"), place.scope, making)
    assert [each.name for each in place.find()] == [bucket]
    aws_buckets.tag(place.client(), bucket, {})
    assert place.remove(name="uploads")
    assert bucket not in aws_buckets.names(place.client())


@pytest.mark.parametrize("state", ["ready", "failed", "removing"])
def test_an_unmarked_bucket_is_ours_only_while_it_is_being_made(place: Place, state: str) -> None:
    stranger(place, f"uploads-f{place.id}x", [])
    receipt = replace(place.receipt(name="uploads"), state=state)
    with pytest.raises(Foreign):
        place.module.ensure(place.world, place.spec(name="uploads"), place.scope, receipt)
    assert not place.module.remove(place.world, receipt, place.scope)


def test_a_bucket_that_holds_something_is_never_taken_for_half_made(place: Place) -> None:
    bucket = stranger(place, f"uploads-f{place.id}x", [], a="1")
    with pytest.raises(Foreign):
        place.module.ensure(place.world, place.spec(name="uploads"), place.scope, place.receipt(name="uploads"))
    assert not place.remove(name="uploads")
    assert contents(place, bucket) == {"a": "1"}


def test_removed_is_gone_with_versions_and_uploads_and_removing_again_is_no_fault(place: Place) -> None:
    bucket, s3 = place.ensure(name="uploads", versioning=True, env="B").values["B"], place.client()
    for number in range(3):
        s3.put_object(Bucket=bucket, Key="a", Body=f"{number}".encode())
    s3.put_object(Bucket=bucket, Key="b/ü &+ %41?", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    s3.create_multipart_upload(Bucket=bucket, Key="never-finished")
    assert place.remove(name="uploads")
    assert place.find() == []
    assert bucket not in aws_buckets.names(s3)
    assert not place.remove(name="uploads")


def test_a_bucket_of_many_pages_is_emptied(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_buckets, "PAGE", 3)
    bucket = place.ensure(name="uploads", env="B").values["B"]
    for number in range(10):
        place.client().put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    assert place.remove(name="uploads")
    assert place.find() == []


@pytest.mark.parametrize("tags", aws.STRANGERS)
def test_a_bucket_of_somebody_else_is_left_alone(place: Place, tags: list[dict[str, str]]) -> None:
    name = stranger(place, f"uploads-f{place.id}x", tags, a="1")
    assert place.foreign(name="uploads", versioning=True).sentence.startswith(f"the bucket `{name}` ")
    assert contents(place, name) == {"a": "1"}
    assert place.client().get_bucket_versioning(Bucket=name).get("Status") != "Enabled"


def test_buckets_of_the_base_and_of_other_features_are_safe(place: Place) -> None:
    base = stranger(place, f"uploads-{place.id}", [], a="1")
    other = place.of("orders", label=f"f{place.id}x-2", stack="acme-shop-2")
    place.module.ensure(place.world, place.spec(name="uploads"), other, None)
    place.ensure(name="uploads")
    assert [each.name for each in place.find()] == [f"uploads-f{place.id}x"]
    assert place.remove(name="uploads")
    assert contents(place, base) == {"a": "1"}
    [left] = place.find(other)
    assert place.module.remove(place.world, left, other)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_first_region_of_all_and_any_other(place: Place, region: str) -> None:
    place.world = place.fresh(AWS_REGION=region)
    bucket = place.ensure(name="uploads", env="B").values["B"]
    place.ensure(name="uploads")
    assert (place.client().get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1") == region
    assert [each.name for each in place.find()] == [bucket]


def test_a_server_that_is_down() -> None:
    aws.down("s3", name="uploads")


def test_wrong_credentials() -> None:
    aws.wrong_credentials("s3", name="uploads")


def test_too_few_rights() -> None:
    aws.denied("s3", name="uploads")


def test_throttled() -> None:
    aws.throttled("s3", name="uploads")


def test_a_name_that_another_account_has() -> None:
    """AWS tells it when the bucket is made; to all other questions it says that we may not ask."""
    words = "The requested bucket name is not available."
    with aws.answering("s3", Answer(409, "BucketAlreadyExists", words)) as env:
        assert words in aws.said("s3", env, Problem, name="uploads")


def test_a_bucket_that_is_still_written_to_takes_another_try(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = place.ensure(name="uploads", env="B").values["B"]
    monkeypatch.setattr(aws_buckets, "_some_objects", lambda *_: [])  # as if it were filled again at once
    place.client().put_object(Bucket=bucket, Key="a", Body=b"x")
    with pytest.raises(Unreachable, match="BucketNotEmpty"):
        place.remove(name="uploads")
    monkeypatch.undo()
    assert place.remove(name="uploads")
