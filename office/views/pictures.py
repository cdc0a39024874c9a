"""Pictures of pages for the screen, drawn once in a confined child and kept beside the data.

The cache is keyed by the digest of the file drawn from, so a picture is never of another version; losing the
cache loses nothing. What a paper shows: its signed scan, before that its digitized form, before that the
scans themselves.
"""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digitize.model import FaultCode
from office.confined.confine import ChildFault, Limits, run
from office.confined.orders import Drawing
from office.confined.tasks import PICTURE
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, FileKept
from office.procedure import FileRole
from office.rows import keeping, recording
from office.rows.nouns import file_of
from office.tables import copies, files, papers
from office.value import Office
from storage.database import reading

THUMBNAIL = 160
PAGE = 1000
WIDTHS = (THUMBNAIL, PAGE)  # pixels
DRAWING_SECONDS = 30
OF_PAPER = (FileRole.SIGNED_SCAN, FileRole.DIGITIZED)
OF_COPY = (FileRole.COPY, FileRole.AGENCY_SIGNED, FileRole.OFFICER_SIGNED)


@dataclass(frozen=True)
class Picture:
    """Which page (from 1) of which paper, or of its copy with this id, in which of WIDTHS.

    `of_scan`: the page's scan as it came, instead of what became of it.
    """

    paper: str
    page: int
    width: int
    copy: str = ""
    of_scan: bool = False


def page_picture(office: Office, actor: Actor, asked: Picture) -> Path:
    """The JPEG of a page, drawn now when nobody has looked at it yet.

    Raises: DeskFault(NOT_FOUND), also for a paper this actor may not see; ChildFault when the page cannot be
    drawn.
    """
    if asked.width not in WIDTHS or asked.page < 1:
        raise DeskFault(DeskCode.NOT_FOUND, f"page {asked.page} at {asked.width}")
    with reading(office.engine) as connection:
        recording.find_row(connection, papers, asked.paper, actor)
        if asked.copy:
            recording.find_row(connection, copies, asked.copy, actor)
        row, page = _drawn_from(connection, asked)
    return picture_of(office, row.sha256, page, asked.width)


def picture_of(office: Office, sha256: str, page: int, width: int) -> Path:
    """The JPEG of a page of the kept file with this digest; whoever asks has asked who may see it.

    Raises: DeskFault(NOT_FOUND), ChildFault.
    """
    if width not in WIDTHS:
        raise DeskFault(DeskCode.NOT_FOUND, f"at {width}")
    kept: Path = office.settings.data / "pictures" / sha256[:2] / f"{sha256}-{page}-{width}.jpg"
    if not kept.exists():
        _draw(office, sha256, page, kept, width)
    return kept


def _drawn_from(connection: Connection, asked: Picture) -> tuple[FileKept, int]:
    """The file that shows the page, and the page's number in that file."""
    chosen = sa.select(files).where(files.c.paper == asked.paper, files.c.copy == asked.copy)
    found = [file_of(row) for row in connection.execute(chosen)]
    by_place = {(kept.role, kept.ordinal): kept for kept in found}
    made = () if asked.of_scan else OF_COPY if asked.copy else OF_PAPER
    for role in made:
        if (role, 1) in by_place:
            return by_place[role, 1], asked.page
    master = by_place.get((FileRole.MASTER, asked.page))
    if master is None:
        raise DeskFault(DeskCode.NOT_FOUND, f"page {asked.page} of {asked.copy or asked.paper}")
    return master, 1


def _draw(office: Office, sha256: str, page: int, kept: Path, width: int) -> None:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with office.work_folder() as work:
        source = keeping.fetch(office, sha256, work / "source")
        drawn = work / "page.jpg"
        limits = Limits(office.settings.limits.child_memory_mb, DRAWING_SECONDS)
        try:
            list(run(PICTURE, Drawing(source, page, width, drawn), limits))
        except ChildFault as fault:
            if fault.code != FaultCode.NO_PAGES:
                raise
            raise DeskFault(DeskCode.NOT_FOUND, f"page {page}") from fault
        drawn.replace(kept)
