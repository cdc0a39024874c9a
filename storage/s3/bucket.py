"""One bucket behind the `minio` client: the only place that knows it.

Its public methods have no conditional write, so four of its private ones are used here; requirements keep it
below version 8, and every argument goes by keyword (docs/adr, the S3 adapter). Names are below the address's
prefix. Every request may be sent twice: a write that succeeded unseen is known again by its digest.
"""

import base64
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import certifi
import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.datatypes import Part
from minio.error import MinioException, S3Error
from minio.retention import Retention
from urllib3.exceptions import HTTPError, IncompleteRead

from storage.faults import StorageCode, StorageFault
from storage.s3.address import Access, Address, Patience
from storage.s3.answers import ABSENT, SHA256, Condition, Lock, Seen, instant_of, seen_in, text_of
from storage.s3.asking import LOCKED, Answer, ask

PART_BYTES = 16 << 20  # larger objects travel in parts
CHUNK_BYTES = 1 << 20
CONNECTIONS = 16
PAGE = 1000  # names a request tells; S3 tells no more
_CHECKSUM = "x-amz-checksum-sha256"
_BYPASS = {"x-amz-bypass-governance-retention": "true"}
_NO_LOCK = "NoSuchObjectLockConfiguration"
_UNCHECKED = "unchecked"  # among the headers, but never sent: this body needs no MD5


class _Client(Minio):
    """The client, which can be told to take no MD5 of a body: it costs more than all else of sending it."""

    def _build_headers(
        self, host: str, headers: Any = None, body: bytes | None = None, creds: Any = None
    ) -> tuple[Any, datetime]:
        is_checked = headers is None or headers.pop(_UNCHECKED, None) is None
        return super()._build_headers(host, headers, body if is_checked else None, creds)


class Bucket:
    """Objects of one bucket below one prefix."""

    def __init__(self, address: Address, access: Access, patience: Patience | None = None) -> None:
        """Make the client; nothing is asked yet. Raises: StorageFault BAD_CREDENTIALS."""
        self._patience = patience or Patience()
        self._address = address
        access_key, secret_key = access.keys()
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=self._patience.connect, read=self._patience.read),
            maxsize=CONNECTIONS,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(access.authority or certifi.where()),
            retries=False,  # tried again here, where it is known what may be
        )
        self._client: Any = _Client(  # its private methods differ in what they take
            endpoint=address.endpoint,
            access_key=access_key,
            secret_key=secret_key,
            region=address.region or None,
            http_client=self._pool,
        )

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._pool.clear()

    def put(self, name: str, body: bytes, condition: Condition | None = ABSENT, known: str = "") -> Seen:
        """Write a small object, on a condition.

        Args:
            name: below the prefix.
            body: its bytes.
            condition: on which it is written.
            known: the body's sha256 (hex), if somebody has taken it before; whether the server got these
                bytes is then for the caller to see, or for a server that checks digests.

        Raises: StorageFault ALREADY_KEPT when the condition does not hold, DISK_FULL, DENIED, UNREACHABLE;
        DAMAGED when the body has not the digest that is known and the server looks.
        """
        sha256 = known or hashlib.sha256(body).hexdigest()
        asked = {
            **(condition.headers if condition else {}),
            **({_UNCHECKED: ""} if known else {}),
            SHA256: sha256,
            _CHECKSUM: base64.b64encode(bytes.fromhex(sha256)).decode(),
            "Content-Type": "application/octet-stream",
        }

        def send() -> Seen:
            done = self._client._put_object(  # noqa: SLF001 no public method takes conditions
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                data=body,
                headers=dict(asked),
            )
            return Seen(len(body), done.etag or "", done.version_id or "", sha256)

        return self._written(name, sha256, send)

    def put_file(self, name: str, source: Path, sha256: str, condition: Condition | None = ABSENT) -> Seen:
        """Write a large file in parts, on a condition; the parts of one that failed are dropped.

        Raises: as `put`.
        """
        started = self._ask(
            lambda: self._client._create_multipart_upload(  # noqa: SLF001
                bucket_name=self._address.bucket, object_name=self._full(name), headers={SHA256: sha256}
            )
        )
        try:
            parts = list(self._send_parts(name, source, started))
            return self._written(
                name, sha256, lambda: self._complete(name, sha256, (started, parts), condition)
            )
        except BaseException:
            self._drop_parts(name, started)
            raise

    def see(self, name: str, version: str = "") -> Seen:
        """What stands there. Raises: StorageFault NOT_KEPT, UNREACHABLE."""
        found = self._ask(
            lambda: self._client.stat_object(
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                version_id=version or None,
            )
        )
        return seen_in(found.metadata or {}, found.size or 0)

    def copy_to(self, name: str, take: Callable[[bytes], object], version: str = "") -> Seen:
        """Hand every byte to `take`, in order and once; a broken stream goes on where it broke.

        Raises: StorageFault NOT_KEPT, UNREACHABLE.
        """
        taken = 0
        seen: Seen | None = None

        def go_on() -> Seen:
            nonlocal taken, seen
            chosen = seen.version if seen else version
            if seen and taken >= seen.size_bytes:
                return seen
            with closing(self._open(name, chosen, taken)) as stream:
                seen = seen or seen_in(stream.headers, int(stream.headers.get("content-length", 0)))
                for chunk in stream.stream(CHUNK_BYTES):
                    take(chunk)
                    taken += len(chunk)
                if taken < seen.size_bytes:
                    raise IncompleteRead(taken, seen.size_bytes - taken)
                stream.drain_conn()
            return seen

        return self._ask(go_on)

    def read(self, name: str) -> tuple[bytes, Seen]:
        """The whole of a small object. Raises: StorageFault NOT_KEPT, UNREACHABLE."""
        chunks: list[bytes] = []
        seen = self.copy_to(name, chunks.append)
        return b"".join(chunks), seen

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`. Raises: StorageFault NOT_KEPT, UNREACHABLE."""

        def send() -> bytes:
            try:
                with closing(self._open(name, "", start, length)) as stream:
                    return bytes(stream.read())
            except S3Error as failed:
                if failed.code == "InvalidRange":  # it ends before `start`
                    return b""
                raise

        return self._ask(send) if length else b""

    def names(self, below: str = "") -> Iterator[str]:
        """Every name that begins with `below`, in the order of their bytes."""
        page: list[str] = []
        while True:
            page = self._ask(partial(self._names_after, below, page[-1] if page else ""))
            yield from page
            if len(page) < PAGE:
                return

    def versions(self, below: str = "") -> Iterator[tuple[str, str, bool]]:
        """Every version below a name: its name, its id, and whether it is a delete marker."""
        listed = self._ask(
            lambda: list(
                self._client.list_objects(
                    bucket_name=self._address.bucket,
                    prefix=self._full(below),
                    recursive=True,
                    include_version=True,
                )
            )
        )
        for found in listed:
            yield self._short(found.object_name), str(found.version_id or ""), bool(found.is_delete_marker)

    def remove(self, name: str, version: str = "", *, lift_governance: bool = False) -> None:
        """Remove one version for good; without a version, only hide the object behind a delete marker.

        Raises: StorageFault RETAINED when the server keeps it.
        """
        headers = dict(_BYPASS) if lift_governance else None
        asked = {"versionId": version} if version else {}
        self._locked(
            lambda: self._client._execute(  # noqa: SLF001 the public method takes no headers
                method="DELETE",
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                headers=headers,
                query_params=asked,
            )
        )

    def retain(self, name: str, version: str, until: datetime, lock: Lock = Lock.GOVERNANCE) -> None:
        """Let nobody remove this version before `until`. Raises: StorageFault RETAINED, NOT_KEPT."""
        self._locked(
            lambda: self._client.set_object_retention(
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                config=Retention(mode=lock, retain_until_date=until),
                version_id=version or None,
            )
        )

    def retained_until(self, name: str, version: str = "") -> datetime | None:
        """Until when nobody may remove it; None when anybody may. Raises: StorageFault NOT_KEPT."""
        body = self._lock_of(name, version, "retention")
        # The client's own reader refuses the nanoseconds that Ceph writes.
        return instant_of(text_of(body, "RetainUntilDate")) if body else None

    def hold(self, name: str, version: str = "", *, on: bool) -> None:
        """Set or lift a legal hold, which has no end of its own. Raises: StorageFault NOT_KEPT."""
        change = self._client.enable_object_legal_hold if on else self._client.disable_object_legal_hold
        self._ask(
            lambda: change(
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                version_id=version or None,
            )
        )

    def is_held(self, name: str, version: str = "") -> bool:
        """Is a legal hold set? Raises: StorageFault NOT_KEPT."""
        return text_of(self._lock_of(name, version, "legal-hold"), "Status") == "ON"

    def is_versioned(self) -> bool:
        """Does an overwritten object keep its past? Raises: StorageFault NO_BUCKET."""
        told_by = self._ask(lambda: self._client.get_bucket_versioning(bucket_name=self._address.bucket))
        return bool(told_by.status == ENABLED)

    def _written(self, name: str, sha256: str, send: Callable[[], Seen]) -> Seen:
        """Write; a refusal because our own first try had succeeded unseen is a success."""
        tries = 0

        def counted() -> Seen:
            nonlocal tries
            tries += 1
            return send()

        try:
            return self._ask(counted)
        except StorageFault as refused:
            if tries > 1 and refused.code in (StorageCode.ALREADY_KEPT, StorageCode.NOT_KEPT):
                stands = self.see(name)
                if stands.sha256 == sha256:
                    return stands
            raise

    def _send_parts(self, name: str, source: Path, upload: str) -> Iterator[Part]:
        with source.open("rb") as reading:
            number = 0
            while body := reading.read(PART_BYTES):
                number += 1
                etag = self._ask(partial(self._send_part, name, body, upload, number))
                yield Part(part_number=number, etag=etag)

    def _send_part(self, name: str, body: bytes, upload: str, number: int) -> str:
        return str(
            self._client._upload_part(  # noqa: SLF001
                bucket_name=self._address.bucket,
                object_name=self._full(name),
                data=body,
                headers=None,
                upload_id=upload,
                part_number=number,
            )
        )

    def _complete(
        self, name: str, sha256: str, sent: tuple[str, list[Part]], condition: Condition | None
    ) -> Seen:
        upload, parts = sent
        conditions = condition.headers if condition else {}
        top = ET.Element("CompleteMultipartUpload")
        for part in parts:
            one = ET.SubElement(top, "Part")
            ET.SubElement(one, "PartNumber").text = str(part.part_number)
            ET.SubElement(one, "ETag").text = f'"{part.etag}"'
        answer = self._client._execute(  # noqa: SLF001 the client's own completion takes no conditions
            method="POST",
            bucket_name=self._address.bucket,
            object_name=self._full(name),
            body=ET.tostring(top),
            headers={"Content-Type": "application/xml", **conditions},
            query_params={"uploadId": upload},
        )
        return Seen(0, "", answer.headers.get("x-amz-version-id", ""), sha256)

    def _drop_parts(self, name: str, upload: str) -> None:
        with suppress(MinioException, HTTPError):  # what went wrong before counts; servers drop parts in time
            self._client._abort_multipart_upload(  # noqa: SLF001
                bucket_name=self._address.bucket, object_name=self._full(name), upload_id=upload
            )

    def _open(self, name: str, version: str, start: int, length: int = 0) -> Any:
        return self._client.get_object(
            bucket_name=self._address.bucket,
            object_name=self._full(name),
            offset=start,
            length=length,
            version_id=version or None,
        )

    def _lock_of(self, name: str, version: str, what: str) -> str:
        def send() -> str:
            asked = {"versionId": version} if version else {}
            try:
                answer = self._client._execute(  # noqa: SLF001 see `retained_until`
                    method="GET",
                    bucket_name=self._address.bucket,
                    object_name=self._full(name),
                    query_params={**asked, what: ""},
                )
            except S3Error as failed:
                if failed.code == _NO_LOCK:
                    return ""
                raise
            return str(answer.data.decode())

        return self._ask(send)

    def _locked(self, request: Callable[[], object]) -> None:
        def send() -> None:
            try:
                request()
            except S3Error as failed:
                if failed.code in LOCKED:
                    raise StorageFault(StorageCode.RETAINED, str(failed.object_name)) from failed
                raise

        self._ask(send)

    def _names_after(self, below: str, last: str) -> list[str]:
        """One page of names, in one request."""
        listed = self._client.list_objects(
            bucket_name=self._address.bucket,
            prefix=self._full(below),
            recursive=True,
            start_after=self._full(last) if last else None,
        )
        return [self._short(found.object_name) for found in islice(listed, PAGE)]

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        return ask(self._patience, request)

    def _full(self, name: str) -> str:
        return self._address.prefix + name

    def _short(self, name: str | None) -> str:
        return (name or "")[len(self._address.prefix) :]
