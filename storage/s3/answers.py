"""What a bucket is told and what it tells: conditions, locks, headers and XML."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

SHA256 = "x-amz-meta-sha256"


class Lock(StrEnum):
    """How firmly: GOVERNANCE may be lifted by who holds that right, COMPLIANCE by nobody."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True)
class Seen:
    """An object as the server tells of it: size in bytes, etag, version, the sha256 it was put with."""

    size_bytes: int
    etag: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Condition:
    """What must hold for a write: nothing stands there (`etag` empty), or this very state does."""

    etag: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """As HTTP says it."""
        return {"If-Match": f'"{self.etag}"'} if self.etag else {"If-None-Match": "*"}


ABSENT = Condition()


def seen_in(headers: Mapping[str, str], size: int) -> Seen:
    """What the headers of an answer tell of an object of this size in bytes."""
    return Seen(
        size,
        headers.get("etag", "").strip('"'),
        headers.get("x-amz-version-id", ""),
        headers.get(SHA256, ""),
    )


def text_of(body: str, tag: str) -> str:
    """The text of the first element of this name, whatever name space the server puts it in."""
    if not body:
        return ""
    found = (one.text for one in ET.fromstring(body).iter() if one.tag.rpartition("}")[2] == tag)  # noqa: S314 our own server, TLS
    return next(found, None) or ""


def instant_of(text: str) -> datetime | None:
    """An instant in UTC; fractions of a second are dropped, however many digits they have."""
    if not text:
        return None
    return datetime.fromisoformat(text.rstrip("Z").partition(".")[0]).replace(tzinfo=UTC)
