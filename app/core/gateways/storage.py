"""Documents stored under the sha256 of their content: a folder, or an S3-compatible bucket."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.core.errors import ServiceUnavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")
_S3 = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 2, "mode": "standard"})


class Damaged(ServiceUnavailable):
    """What is kept under a sha256 is not what was put: to whoever needs it, as good as no answer."""


class Storage(Protocol):
    """What is put is never changed: the same content has the same name, and is kept once.

    Every method raises ServiceUnavailable("storage", …) when the store fails, Damaged when its content
    is; `get` raises KeyError for a digest that was never put.
    """

    def put(self, content: bytes) -> str:
        """Keep `content` for good; its sha256 in hexadecimal. Putting it again does nothing."""

    def get(self, digest: str) -> bytes:
        """The content of that sha256, checked."""

    def exists(self, digest: str) -> bool:
        """Whether that sha256 was put."""


class FolderStorage:
    """Storage in a folder, `ab/abcdef…`; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """See Storage."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(path, content)
        except OSError as fault:
            raise ServiceUnavailable("storage", str(fault)) from fault
        self.get(digest)  # a damaged copy must be seen while the content is still at hand
        return digest

    def get(self, digest: str) -> bytes:
        """See Storage."""
        try:
            return _checked(self._path(digest).read_bytes(), digest)
        except FileNotFoundError as missing:
            raise KeyError(digest) from missing
        except OSError as fault:
            raise ServiceUnavailable("storage", str(fault)) from fault

    def exists(self, digest: str) -> bool:
        """See Storage."""
        return self._path(digest).exists()

    def _path(self, digest: str) -> Path:
        return self._folder / _valid(digest)[:2] / digest


class BucketStorage:
    """Storage in a bucket; S3 shows an object only once all of it has been received."""

    def __init__(self, bucket: str, prefix: str = "", client: Any = None, **options: str) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._client = client or boto3.client("s3", config=_S3, **options)

    def put(self, content: bytes) -> str:
        """See Storage."""
        digest = hashlib.sha256(content).hexdigest()
        if not self.exists(digest):
            self._call("put_object", digest, Body=content, ContentType="application/pdf")
        self.get(digest)
        return digest

    def get(self, digest: str) -> bytes:
        """See Storage."""
        found = self._call("get_object", digest)
        try:
            return _checked(found["Body"].read(), digest)
        except (BotoCoreError, OSError) as fault:
            raise ServiceUnavailable("storage", str(fault)) from fault

    def exists(self, digest: str) -> bool:
        """See Storage."""
        try:
            self._call("head_object", digest)
        except KeyError:
            return False
        return True

    def _call(self, operation: str, digest: str, **arguments: object) -> Any:
        key = self._prefix + _valid(digest)
        try:
            return getattr(self._client, operation)(Bucket=self._bucket, Key=key, **arguments)
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise KeyError(digest) from refusal
            raise ServiceUnavailable("storage", str(refusal)) from refusal
        except BotoCoreError as fault:
            raise ServiceUnavailable("storage", str(fault)) from fault


def open_storage(url: str) -> Storage:
    """The storage at `file:///folder` or `s3://bucket/prefix?endpoint=https://…&region=…`.

    The keys of a bucket are read where boto3 reads them (environment, profile, role).
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        names = {"endpoint": "endpoint_url", "region": "region_name"}
        options = {names[name]: values[0] for name, values in parse_qs(parts.query).items()}
        prefix = parts.path.strip("/")
        return BucketStorage(parts.netloc, f"{prefix}/" if prefix else "", **options)
    raise ValueError(f"storage address: {url}")


def _valid(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"not a sha256: {digest!r}")
    return digest


def _checked(content: bytes, digest: str) -> bytes:
    if hashlib.sha256(content).hexdigest() != digest:
        raise Damaged("storage", f"{digest} is damaged")
    return content


def _write_whole(path: Path, content: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Without this the name of a new file may be lost by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
