"""ScannerStatus: what the machine is doing, what its feeder says, and how each job stands."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from scanner_adapters.escl.elements import every, number_of, read_root, text_of
from scanner_adapters.model import FaultCode

PREFIXES = ("ScannerAdf", "ScannedAdf")
FEEDER_FAULTS = {
    "jam": FaultCode.JAM,
    "mispick": FaultCode.JAM,
    "inputtrayfailed": FaultCode.JAM,
    "inputtrayoverloaded": FaultCode.JAM,
    "multipickdetected": FaultCode.MULTIFEED,
    "multipick": FaultCode.MULTIFEED,
    "hatchopen": FaultCode.COVER_OPEN,
    "dooropen": FaultCode.COVER_OPEN,
    "coveropen": FaultCode.COVER_OPEN,
    "duplexpagetooshort": FaultCode.FEED_LENGTH,
    "duplexpagetoolong": FaultCode.FEED_LENGTH,
}
OPEN_STATES = ("Pending", "PendingHeld", "Processing")


class Standing(StrEnum):
    """How a device's job stands, as far as we must tell apart."""

    RUNNING = "running"
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class JobInfo:
    """One job as the machine lists it; numbers are None where it tells none."""

    path: str
    standing: Standing
    reasons: tuple[str, ...] = ()
    images_completed: int | None = None
    images_to_transfer: int | None = None
    age_seconds: int | None = None


@dataclass(frozen=True)
class DeviceStatus:
    """The machine now: its own state, its feeder's word in small letters without prefix, its jobs."""

    state: str
    feeder: str
    jobs: tuple[JobInfo, ...]

    @property
    def feeder_fault(self) -> FaultCode | None:
        """What is wrong with the feeder; an empty one is no fault by itself."""
        return FEEDER_FAULTS.get(self.feeder)

    @property
    def is_empty(self) -> bool:
        """Does the feeder say that it holds no paper?"""
        return self.feeder == "empty"

    @property
    def is_loaded(self) -> bool:
        """Does the feeder say that it holds paper?"""
        return self.feeder == "loaded"

    def job(self, path: str) -> JobInfo | None:
        """Our job, found by the path of its address."""
        wanted = job_path(path)
        return next((job for job in self.jobs if job.path == wanted), None)

    def is_serving_another(self, path: str = "") -> bool:
        """Does a job other than ours run?"""
        ours = job_path(path) if path else ""
        return any(job.standing is Standing.RUNNING and job.path != ours for job in self.jobs)


def job_path(address: str) -> str:
    """The path of a job's address: hosts in it may be wrong or no host at all."""
    path = address
    if "://" in address:
        try:
            path = urlsplit(address).path
        except ValueError:  # a malformed IPv6 host
            path = "/" + address.split("://", 1)[1].partition("/")[2]
    return "/" + path.strip().strip("/")


def parse_status(text: bytes) -> DeviceStatus:
    """What ScannerStatus says. Raises: ScanFault PROTOCOL."""
    root = read_root(text, "ScannerStatus")
    feeder = text_of(root, "AdfState")
    for prefix in PREFIXES:
        feeder = feeder.removeprefix(prefix)
    feeder = feeder.removeprefix("Adf").lower()
    return DeviceStatus(text_of(root, "State"), feeder, tuple(_job(info) for info in every(root, "JobInfo")))


def _job(info: Element) -> JobInfo:
    reasons = tuple((reason.text or "").strip() for reason in every(info, "JobStateReason"))
    return JobInfo(
        path=job_path(text_of(info, "JobUri")),
        standing=standing_of(text_of(info, "JobState")),
        reasons=reasons,
        images_completed=number_of(info, "ImagesCompleted"),
        images_to_transfer=number_of(info, "ImagesToTransfer"),
        age_seconds=number_of(info, "Age"),
    )


def standing_of(told: str) -> Standing:
    """How a job stands that the machine calls so."""
    if told in OPEN_STATES:
        return Standing.RUNNING
    known = {
        "Completed": Standing.COMPLETED,
        "Aborted": Standing.ABORTED,
        "Canceled": Standing.CANCELED,
        "Cancelled": Standing.CANCELED,
    }
    return known.get(told, Standing.UNKNOWN)
