"""What a server really enforces, tried out with a canary; what it says of itself is not asked.

Must hold, else a store is not opened: versions, delete and shortening of what is locked refused, conditional
writes, also of many at once and on a state that is not there. Only told: whether it checks digests; where it
does not, the store reads back what it wrote. The canary is locked for two hours (GOVERNANCE) and removed with
the right to lift that, where the credentials have it; else it goes when its time has come.
"""

import contextlib
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from storage.faults import StorageCode, StorageFault
from storage.s3.answers import ABSENT, Condition
from storage.s3.bucket import Bucket

CANARIES = ".probe"
LOCKED_FOR = timedelta(hours=2)
RACERS = 16
TOLD_ONLY = ("checks_digests",)


@dataclass(frozen=True)
class Strength:
    """What the server did when it was tried."""

    keeps_versions: bool
    refuses_to_delete: bool
    refuses_to_shorten: bool
    writes_once: bool
    lets_one_of_many_win: bool
    refuses_a_missing_state: bool
    checks_digests: bool

    @property
    def lacking(self) -> tuple[str, ...]:
        """What must hold and does not."""
        return tuple(name for name, held in asdict(self).items() if not held and name not in TOLD_ONLY)


def probe(bucket: Bucket, now: datetime, token: str) -> Strength:
    """Try the server out below `.probe/`; `token` makes the canary's names new.

    Raises: StorageFault UNREACHABLE, DENIED, NO_BUCKET when it cannot even be asked.
    """
    name = f"{CANARIES}/{token}"
    keeps_versions = bucket.is_versioned()
    version = bucket.put(name, token.encode()).version
    try:
        return Strength(
            keeps_versions=keeps_versions and bool(version),
            writes_once=_is_refused(lambda: bucket.put(name, b"other")),
            lets_one_of_many_win=_winners(bucket, f"{name}-race") == 1,
            refuses_a_missing_state=_is_refused(
                lambda: bucket.put(f"{name}-missing", b"", Condition("0" * 32))
            )
            and not _stands(bucket, f"{name}-missing"),
            refuses_to_delete=_locks(bucket, name, version, now)
            and _is_refused(lambda: bucket.remove(name, version)),
            refuses_to_shorten=_is_refused(lambda: bucket.retain(name, version, now + LOCKED_FOR / 2)),
            checks_digests=_is_refused(
                lambda: bucket.put(f"{name}-digest", b"body", ABSENT, hashlib.sha256(b"other").hexdigest())
            ),
        )
    finally:
        _clean(bucket, name)


def _is_refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except StorageFault as fault:
        if fault.code is StorageCode.UNREACHABLE:
            raise
        return True
    return False


def _winners(bucket: Bucket, name: str) -> int:
    def write(number: int) -> bool:
        return not _is_refused(lambda: bucket.put(name, b"%d" % number))

    with ThreadPoolExecutor(RACERS) as pool:
        return sum(pool.map(write, range(RACERS)))


def _locks(bucket: Bucket, name: str, version: str, now: datetime) -> bool:
    return not _is_refused(lambda: bucket.retain(name, version, now + LOCKED_FOR))


def _stands(bucket: Bucket, name: str) -> bool:
    return not _is_refused(lambda: bucket.see(name))


def _clean(bucket: Bucket, below: str) -> None:
    with contextlib.suppress(StorageFault):  # what stays is locked for hours, and tells nothing
        for name, version, _ in bucket.versions(below):
            bucket.remove(name, version, lift_governance=True)
