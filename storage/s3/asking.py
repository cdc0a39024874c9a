"""A request to the server: asked again with back-off where that may help, and failures told as faults."""

from collections.abc import Callable
from ssl import SSLCertVerificationError
from typing import TypeVar

from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError

from storage.faults import StorageCode, StorageFault
from storage.s3.address import Patience

Answer = TypeVar("Answer")

LOCKED = frozenset({"AccessDenied", "InvalidRequest", "ObjectLocked", "MethodNotAllowed"})
_PASSING = frozenset(  # what another try may cure
    {
        *("SlowDown", "SlowDownRead", "SlowDownWrite", "InternalError", "ServiceUnavailable"),
        *("RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "IncompleteBody"),
        *("XMinioServerNotInitialized", "XMinioIAMNotInitialized"),
    }
)
_CODES = {
    "NoSuchKey": StorageCode.NOT_KEPT,
    "NoSuchVersion": StorageCode.NOT_KEPT,
    "NoSuchBucket": StorageCode.NO_BUCKET,
    "PreconditionFailed": StorageCode.ALREADY_KEPT,
    "AccessDenied": StorageCode.DENIED,
    "InvalidAccessKeyId": StorageCode.DENIED,
    "SignatureDoesNotMatch": StorageCode.DENIED,
    "RequestTimeTooSkewed": StorageCode.CLOCK_OFF,
    "XMinioStorageFull": StorageCode.DISK_FULL,
    "XMinioAdminBucketQuotaExceeded": StorageCode.DISK_FULL,
    "QuotaExceeded": StorageCode.DISK_FULL,
    "BadDigest": StorageCode.DAMAGED,
    "XAmzContentChecksumMismatch": StorageCode.DAMAGED,
}


def ask(patience: Patience, request: Callable[[], Answer]) -> Answer:
    """Send the request until it is answered; a request must be one that may be sent twice.

    Raises: StorageFault for what the server refuses, UNREACHABLE when it gave no answer in time.
    """
    began, wait = patience.now(), patience.first_wait
    for left in range(patience.tries - 1, -1, -1):
        try:
            return request()
        except (S3Error, ServerError, InvalidResponseError, HTTPError) as failed:
            is_late = patience.now() - began + wait > patience.give_up
            if not is_passing(failed) or left == 0 or is_late:
                raise told(failed) from failed
        patience.sleep(wait)
        wait = min(2 * wait, patience.longest_wait)
    raise AssertionError("a request is sent at least once")


def is_passing(failed: Exception) -> bool:
    """May the same request succeed a moment later?"""
    if isinstance(failed, S3Error):
        return failed.code in _PASSING
    # A certificate that is not trusted will not be later; other trouble of TLS is a broken line.
    return not any(isinstance(cause, SSLCertVerificationError) for cause in failed.args)


def told(failed: Exception) -> StorageFault:
    """What is wrong, in this room's family."""
    if isinstance(failed, S3Error):
        code = _CODES.get(failed.code or "", StorageCode.REFUSED)
        return StorageFault(code, f"{failed.object_name or failed.resource or ''} {failed.code}".strip())
    return StorageFault(StorageCode.UNREACHABLE, f"{type(failed).__name__}: {failed}"[:300])
