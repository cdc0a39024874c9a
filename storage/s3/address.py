"""Where a bucket is, who may ask it, and how long it is waited for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from storage.faults import StorageCode, StorageFault

SCHEME = "s3"
_OPTIONS = {"region"}
_LINES = 2  # of a file of credentials


@dataclass(frozen=True)
class Address:
    """A bucket's place: `s3://HOST[:PORT]/BUCKET[/PREFIX][?region=REGION]`, always by TLS.

    `prefix` is empty or ends with `/`; a region that is not told is asked for.
    """

    endpoint: str
    bucket: str
    prefix: str = ""
    region: str = ""

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read an address. Raises: StorageFault BAD_ADDRESS."""
        told = urlsplit(url)
        options = parse_qs(told.query, keep_blank_values=True)
        bucket, _, prefix = told.path.strip("/").partition("/")
        is_plain = told.scheme == SCHEME and not told.username and not told.fragment
        if not (is_plain and told.hostname and bucket and set(options) <= _OPTIONS):
            raise StorageFault(StorageCode.BAD_ADDRESS, url)
        region = options.get("region", [""])[0]
        return cls(told.netloc, bucket, f"{prefix}/" if prefix else "", region)

    def below(self, folder: str) -> "Address":
        """The same bucket, with everything below `folder`."""
        return Address(self.endpoint, self.bucket, f"{self.prefix}{folder}/", self.region)


@dataclass(frozen=True)
class Access:
    """Who asks: a file with the access key and the secret key, a line each; and the server's own authority.

    `authority` is a PEM file to trust instead of the machine's own certificates.
    """

    credentials: Path
    authority: Path | None = None

    def keys(self) -> tuple[str, str]:
        """The access key and the secret key. Raises: StorageFault BAD_CREDENTIALS."""
        try:
            lines = self.credentials.read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError) as unreadable:
            raise StorageFault(StorageCode.BAD_CREDENTIALS, str(self.credentials)) from unreadable
        if len(lines) != _LINES:
            raise StorageFault(StorageCode.BAD_CREDENTIALS, str(self.credentials))
        return lines[0], lines[1]


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for, in seconds: for the connection, between bytes, and before giving up.

    What fails is asked again up to `tries` times, after a wait that doubles from `first_wait`.
    """

    connect: float = 5.0
    read: float = 20.0
    tries: int = 5
    first_wait: float = 0.2
    longest_wait: float = 5.0
    give_up: float = 90.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
