"""Scripts of the repository and of buckets."""

import gzip
import hashlib
import io
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.response import StreamingBody

from hooks.contract import Problem, Unreachable
from hooks.files import FOLDER_VARIABLE
from hooks.kube import Kube
from hooks.providers import aws
from hooks.sql.source import Source
from hooks.sql.spec import Script
from hooks.world import World
from model import names

TEXT = "SELECT 'ä\r\n';\n" + "SELECT 1;\n" * 50_000


class Bucket:
    """Stands in for S3's client."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.read = 0

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"ETag": f'"{hashlib.md5(self._bytes(Bucket, Key), usedforsecurity=False).hexdigest()}"'}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self.read += 1
        data = self._bytes(Bucket, Key)
        return {"Body": StreamingBody(io.BytesIO(data), len(data))}

    def _bytes(self, bucket: str, key: str) -> bytes:
        if (bucket, key) in self.objects:
            return self.objects[bucket, key]
        answer: Any = {"Error": {"Code": "404", "Message": "Not Found"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
        raise ClientError(answer, "HeadObject")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    monkeypatch.setattr(aws, "client", lambda world, provider, service: made)
    return made


def source(folder: Path, **script: str) -> Source:
    env = {FOLDER_VARIABLE: str(folder), "AWS_REGION": "eu-central-1"}
    return Source(World(env, Kube(None), deadline=time.monotonic() + 60, settings={}), Script(**script))


def test_a_file_of_the_repository(tmp_path: Path) -> None:
    place = tmp_path / names.file_key("db/a.sql")
    place.write_bytes(gzip.compress(b"SELECT 1;\nSELECT 2;\n"))
    found = source(tmp_path, file="db/a.sql")
    digest = found.digest()
    with found.lines() as lines:
        assert list(lines) == ["SELECT 1;\n", "SELECT 2;\n"]
    place.write_bytes(gzip.compress(b"SELECT 3;\n"))
    assert found.digest() != digest
    with pytest.raises(Problem, match=r"`db/b\.sql` is not here"):
        source(tmp_path, file="db/b.sql").digest()


@pytest.mark.parametrize("data", [TEXT.encode(), gzip.compress(TEXT.encode())])
def test_an_object_of_a_bucket_plain_or_compressed(tmp_path: Path, bucket: Bucket, data: bytes) -> None:
    bucket.objects["acme-dumps", "a/b c.sql"] = data
    found = source(tmp_path, s3="s3://acme-dumps/a/b c.sql")
    digest = found.digest()
    assert bucket.read == 0
    with found.lines() as lines:
        assert next(lines) == "SELECT 'ä\r\n"
        assert "".join(lines) == TEXT.removeprefix("SELECT 'ä\r\n")
    bucket.objects["acme-dumps", "a/b c.sql"] = b"SELECT 2;"
    assert found.digest() != digest


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PGDMP\x01\x0e", "in pg_dump's own format"),
        (b"SELECT '\xff';\n", "no text in UTF-8"),
        (gzip.compress(TEXT.encode())[:-20], "cannot be read: is it cut off?"),
        (b"\x1f\x8bnonsense", "cannot be read"),
    ],
)
def test_objects_that_cannot_be_used(tmp_path: Path, bucket: Bucket, data: bytes, words: str) -> None:
    bucket.objects["acme-dumps", "a.sql"] = data
    with pytest.raises(Problem) as raised, source(tmp_path, s3="s3://acme-dumps/a.sql").lines() as lines:
        list(lines)
    assert "`s3://acme-dumps/a.sql`" in raised.value.sentence
    assert words in raised.value.sentence


def test_an_object_that_is_not_there(tmp_path: Path, bucket: Bucket) -> None:
    with pytest.raises(Problem) as raised:
        source(tmp_path, s3="s3://acme-dumps/nosuch.sql").digest()
    assert raised.value.sentence == "there is no `s3://acme-dumps/nosuch.sql`"


def test_a_bucket_that_stops_answering_in_the_midst(tmp_path: Path, bucket: Bucket) -> None:
    class Lost(StreamingBody):
        def readinto(self, b: Any) -> Any:
            raise ReadTimeoutError(endpoint_url="http://s3")

    bucket.objects["acme-dumps", "a.sql"] = b"x"
    bucket.get_object = lambda Bucket, Key: {"Body": Lost(io.BytesIO(b""), 1)}  # type: ignore[method-assign] # noqa: N803
    with pytest.raises(Unreachable), source(tmp_path, s3="s3://acme-dumps/a.sql").lines() as lines:
        list(lines)


def test_a_mistake_of_the_reader_is_not_the_buckets(tmp_path: Path, bucket: Bucket) -> None:
    bucket.objects["acme-dumps", "a.sql"] = b"SELECT 1;\n"
    with pytest.raises(OSError, match="mine"), source(tmp_path, s3="s3://acme-dumps/a.sql").lines():
        raise OSError("mine")
