"""What the end of a stack means. Pure: what was seen goes in, a fault or None (proved complete) comes out.

Rules:
1. A page that came twice is known by its place and its bytes; where only one agrees, the machine's count
   decides.
2. A page that had to be asked for again is the same page only if it names the same place, or if the machine's
   count at the end agrees with ours.
3. Complete is what the machine itself calls completed, with a count equal to ours.
"""

import re
from dataclasses import dataclass, replace

from scanner_adapters.escl.status import DeviceStatus, JobInfo, Standing
from scanner_adapters.model import FaultCode, ScanFault

REASONS = {
    "ResourcesAreNotReady": FaultCode.JAM,
    "JobCanceledByUser": FaultCode.CANCELLED,
    "JobCanceledAtDevice": FaultCode.CANCELLED,
}
SUCCESS = "JobCompletedSuccessfully"


@dataclass(frozen=True)
class Seen:
    """A page as the machine handed it over: where it says the page lives, and its digest."""

    place: str = ""
    sha256: str = ""

    @property
    def number(self) -> int | None:
        """The number at the end of its place."""
        found = re.search(r"(\d+)/?$", self.place)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Tally:
    """What was seen of one device job so far.

    Args:
        received: pages taken in.
        last: the page taken in last.
        failed: the page being asked for again, as far as it named itself; None when none is.
        tries: how often the page to come has failed.
        repeats: duplicates dropped since the last new page.
        lost: pages that were spoilt for sure, by their place in this job, from 1.
        doubtful: pages that are the right ones only if the count agrees.
        waited_for: pages in whose place first came an answer without a page.
        alike: pages that looked like the one before and were kept because the machine counted one more.
    """

    received: int = 0
    last: Seen | None = None
    failed: Seen | None = None
    tries: int = 0
    repeats: int = 0
    lost: tuple[int, ...] = ()
    doubtful: tuple[int, ...] = ()
    waited_for: tuple[int, ...] = ()
    alike: tuple[int, ...] = ()

    def spoilt(self, place: str) -> "Tally":
        """The page to come failed on its way."""
        known = place or (self.failed.place if self.failed else "")
        return replace(self, failed=Seen(known), tries=self.tries + 1)

    def waited(self) -> "Tally":
        """Nothing came although the job runs."""
        due = self.received + 1
        return self if due in self.waited_for else replace(self, waited_for=(*self.waited_for, due))

    def repeated(self) -> "Tally":
        """A page came again and was dropped."""
        return replace(self, repeats=self.repeats + 1)

    def took(self, page: Seen, frames: int) -> "Tally":
        """A page was taken in; was it the one that was due?"""
        due = self.received + 1
        lost, doubtful = self.lost, self.doubtful
        if self.failed is not None:
            if page.place and self.failed.place and page.place != self.failed.place:
                lost = (*lost, due)
            elif not page.place or not self.failed.place:
                doubtful = (*doubtful, due)
        if self.leaves_out_one(page) and due not in lost:
            # A jump alone may be a way of numbering; together with an empty answer it is a page gone.
            lost, doubtful = ((*lost, due), doubtful) if due in self.waited_for else (lost, (*doubtful, due))
        received = self.received + frames
        alike = (*self.alike, due) if self.looks_again(page) else self.alike
        return Tally(received, page, None, 0, 0, lost, doubtful, self.waited_for, alike)

    def leaves_out_one(self, page: Seen) -> bool:
        """Does the page's number jump over one?"""
        beginning = 0 if self.waited_for else None  # else the first page may have any number
        before, now = self.last.number if self.last else beginning, page.number
        return before is not None and now is not None and now > before + 1

    def is_again(self, page: Seen, completed: int | None) -> bool:
        """Is this the page that came last (rule 1)? `completed` is the machine's count at this moment."""
        if self.last is None or (self.failed is not None and page.place and page.place == self.failed.place):
            return False
        same_place = bool(page.place) and page.place == self.last.place
        same_bytes = page.sha256 == self.last.sha256
        if same_place and same_bytes:
            return True
        return (same_place or same_bytes) and completed is not None and completed <= self.received

    def gone(self, counted: int | None) -> int:
        """The first page of which it is not proved that it is here, given the machine's count; 0 for none."""
        # A page kept twice would make up in the count for one that is gone.
        is_moot = counted != self.received or self.alike
        missing = [*self.lost, *(self.doubtful if is_moot else ())]
        if counted is not None and (counted > self.received or self.alike):
            missing.extend(page for page in self.waited_for if page <= counted)
        if self.failed is not None:
            missing.append(self.received + 1)
        return min(missing, default=0)

    def looks_again(self, page: Seen) -> bool:
        """May it be the page that came last?"""
        return self.last is not None and (
            page.sha256 == self.last.sha256 or (bool(page.place) and page.place == self.last.place)
        )


def verdict(tally: Tally, job: JobInfo) -> ScanFault | None:
    """The fault of a job that the machine calls completed; None when all pages are proved to be here."""
    counted, received = job.images_completed, tally.received
    gone = tally.gone(counted)
    if gone:
        return lost(gone, received)
    if received == 0 and not counted:
        return ScanFault(FaultCode.NO_DOCS)
    if counted is None:
        is_plain = SUCCESS in job.reasons or not tally.waited_for
        return None if is_plain else ScanFault(FaultCode.COUNT_UNKNOWN, pages=received)
    if counted != received:
        return _differs(counted, received)
    return None


def trouble(tally: Tally, code: FaultCode, job: JobInfo | None) -> ScanFault:
    """What to call a stack that the feeder stopped: its trouble, unless a page among those here is missing.

    Whoever puts the sheets back begins with the first one not here, which only works without such a gap.
    """
    gap = tally.gone(job.images_completed if job else None)
    if gap and gap <= tally.received:
        return lost(gap, tally.received)
    counted = job.images_completed if job else None
    if tally.alike and counted is not None and counted < tally.received:
        return _differs(counted, tally.received)
    return ScanFault(code, pages=tally.received)


def lost(page: int, received: int) -> ScanFault:
    """Page number `page` of this job is not here, while others are."""
    return ScanFault(FaultCode.PAGE_LOST, f"{page}", pages=received, page=page)


def reason_of_end(tally: Tally, status: DeviceStatus, job: JobInfo, *, from_feeder: bool) -> ScanFault:
    """Why a job was aborted or cancelled."""
    told = next((REASONS[reason] for reason in job.reasons if reason in REASONS), None)
    is_feeders = told is not FaultCode.JAM or from_feeder
    if told is not None and is_feeders and not (status.is_empty and not tally.received):
        return ScanFault(told, ", ".join(job.reasons), pages=tally.received)
    if from_feeder and status.is_empty and not tally.received:
        return ScanFault(FaultCode.NO_DOCS)
    code = FaultCode.CANCELLED if job.standing is Standing.CANCELED else FaultCode.DEVICE_ERROR
    return ScanFault(code, ", ".join(job.reasons), pages=tally.received)


def _differs(counted: int, received: int) -> ScanFault:
    return ScanFault(FaultCode.COUNT_MISMATCH, f"{counted} ≠ {received}", pages=received)
