"""Storage: by content, checked on the way in and on the way out."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from app.core.errors import ServiceUnavailable
from app.core.gateways.storage import BucketStorage, Damaged, FolderStorage, Storage, open_storage

CONTENT = b"%PDF-1.7 convention"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ABSENT = "0" * 64


class Bucket:
    """What boto3's client does, in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.fault: Exception | None = None

    def _find(self, key: str, code: str) -> bytes:
        if self.fault:
            raise self.fault
        if key not in self.objects:
            raise ClientError({"Error": {"Code": code}}, "GetObject")
        return self.objects[key]

    def put_object(self, *, Key: str, Body: bytes, **_: object) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: object) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self._find(Key, "NoSuchKey"))}

    def head_object(self, *, Key: str, **_: object) -> None:  # noqa: N803
        self._find(Key, "404")


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Storage:
    if request.param == "folder":
        return FolderStorage(tmp_path / "documents")
    return BucketStorage("documents", "pdf/", client=bucket)


def test_keeps_what_is_put_under_its_digest(storage: Storage) -> None:
    assert not storage.exists(DIGEST)
    assert storage.put(CONTENT) == storage.put(CONTENT) == DIGEST
    assert storage.exists(DIGEST)
    assert storage.get(DIGEST) == CONTENT


def test_knows_what_it_has_not(storage: Storage) -> None:
    with pytest.raises(KeyError):
        storage.get(ABSENT)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, ""])
def test_refuses_what_is_not_a_digest(storage: Storage, name: str) -> None:
    with pytest.raises(ValueError, match="sha256"):
        storage.get(name)


def test_never_gives_back_a_damaged_file(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    storage.put(CONTENT)
    (tmp_path / DIGEST[:2] / DIGEST).write_bytes(b"damaged")
    for action in (lambda: storage.get(DIGEST), lambda: storage.put(CONTENT)):
        with pytest.raises(Damaged):
            action()


def test_never_gives_back_a_damaged_object(bucket: Bucket) -> None:
    storage = BucketStorage("documents", client=bucket)
    bucket.objects[DIGEST] = b"damaged"
    with pytest.raises(Damaged):
        storage.get(DIGEST)


def test_leaves_nothing_behind_when_the_disk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.core.gateways.storage.os.fsync", full)
    with pytest.raises(ServiceUnavailable, match="No space left"):
        FolderStorage(tmp_path).put(CONTENT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "fault",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ClientError({"Error": {"Code": "AccessDenied"}}, "HeadObject"),
    ],
)
def test_waits_for_a_bucket_that_fails(bucket: Bucket, fault: Exception) -> None:
    bucket.fault = fault
    storage = BucketStorage("documents", client=bucket)
    for action in (lambda: storage.put(CONTENT), lambda: storage.get(DIGEST)):
        with pytest.raises(ServiceUnavailable, match="storage"):
            action()


def test_opens_by_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert open_storage(f"file://{tmp_path}/d%C3%A9p%C3%B4t").put(CONTENT) == DIGEST
    assert (tmp_path / "dépôt" / DIGEST[:2] / DIGEST).read_bytes() == CONTENT
    bucket = open_storage("s3://documents/pdf?endpoint=http://127.0.0.1:9&region=eu-west-3")
    with pytest.raises(ServiceUnavailable):
        bucket.get(DIGEST)
    with pytest.raises(ValueError, match="ftp"):
        open_storage("ftp://127.0.0.1/")
