"""Số hóa: a scanned paper is read, signed by the clerk who scanned it, its fields taken out, and reviewed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.signing import signing
from certify.signing.keyring import Purpose
from digitize.fields import Field, extract
from digitize.model import USUAL, Digitized, Origin, PageReport, PageText, Wishes
from digitize.pixels.corners import can_be_paper
from foundation.clock import on_paper
from foundation.durable import sha256_of
from office import plausible
from office.confined.reader import as_kept, digitize_confined, read_into, wishes_of
from office.desk.signers import credentials_of, require_signer, signer_of
from office.faults import DeskCode, DeskFault
from office.nouns import Actor, FileKept
from office.procedure import Act, FileRole, PaperState, Role, event_of
from office.rows import claims, keeping, recording
from office.rows import page_texts as words
from office.tables import dossiers, fields, pages, papers
from office.value import Office
from storage.database import reading, writing

CLERK_PROFILE = "clerk"
MOST_TITLE = 500  # letters of a paper's title
LEDGER_STEPS = 10_000  # of a picture's side: the ledger knows whole numbers only


@dataclass(frozen=True)
class Review:
    """What the clerk confirmed: how many pages the original has, and the value of every field."""

    original_pages: int
    values: Mapping[str, str]


def read_paper(office: Office, claim: claims.Claim) -> None:
    """Read a scanned paper into a searchable PDF/A; every page is a row as soon as it is done."""
    with reading(office.engine) as connection:
        paper = claims.read(connection, claim)
        masters = keeping.masters(connection, paper.id)
    with office.work_folder() as work:
        sources = tuple(_fetch_master(office, master, work) for master in masters)
        digitized, texts = _digitize(office, claim, sources, work)
        packed = words.pack(work, texts)
        kept = keeping.keep(office, digitized.path, digitized.sha256)
        kept_words = keeping.keep(office, packed, sha256_of(packed))
        with writing(office.engine) as connection:
            at = office.clock()
            of = paper.id
            place = keeping.Place(of, FileRole.DIGITIZED)
            keeping.attach(connection, office, place, kept, keeping.PDF, at=at)
            place = keeping.Place(of, FileRole.WORDS)
            keeping.attach(connection, office, place, kept_words, words.MEDIA_TYPE, at=at)
            keeping.tell_origins(connection, masters, digitized.origins)
            recording.move_paper(connection, claim, Act.READ_PAPER, page_count=len(texts))
            told = {"sha256": kept.sha256, "pages": len(texts), "conformance": digitized.conformance}
            recording.note(connection, office, recording.SYSTEM, event_of(Act.READ_PAPER), of, **told)


def sign_scan(office: Office, actor: Actor, paper_id: str) -> None:
    """The clerk signs what was scanned, before anything is extracted from it (TT 01/2023 Art. 8).

    A paper that came as a signed PDF is kept as it is: it is no scan, and a further signature would alter it.
    Raises: DeskFault KEYS_MISSING or a KeysFault when the clerk may not sign now.
    """
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        recording.find_row(connection, papers, paper_id, actor)
        digitized = keeping.find(connection, keeping.Place(paper_id, FileRole.DIGITIZED))
        is_signed = came_signed(connection, paper_id)
    with claims.held(office, papers, paper_id) as claim, office.work_folder() as work:
        unsigned = keeping.fetch(office, digitized.sha256, work / "digitized.pdf")
        signed = unsigned if is_signed else _sign(office, actor, unsigned, work / "signed.pdf")
        kept = keeping.keep(office, signed, sha256_of(signed))
        with writing(office.engine) as connection:
            at = office.clock()
            place = keeping.Place(paper_id, FileRole.SIGNED_SCAN)
            keeping.attach(connection, office, place, kept, keeping.PDF, at=at)
            recording.move_paper(connection, claim, Act.SIGN_SCAN, signed_at=at)
            what = "signed_document_kept" if is_signed else event_of(Act.SIGN_SCAN)
            recording.note(connection, office, actor, what, paper_id, sha256=kept.sha256)


def extract_fields(office: Office, claim: claims.Claim) -> None:
    """Bóc tách: take the fields out of the words, each with value, confidence and place."""
    with reading(office.engine) as connection:
        paper = claims.read(connection, claim)
    found = extract(words.unpack(office, paper.id))
    with writing(office.engine) as connection:
        connection.execute(sa.delete(fields).where(fields.c.paper == paper.id))
        for field in found:
            connection.execute(sa.insert(fields).values(paper=paper.id, **_field_row(field)))
        recording.move_paper(connection, claim, Act.EXTRACT_FIELDS)
        names = [field.name for field in found]
        recording.note(
            connection, office, recording.SYSTEM, event_of(Act.EXTRACT_FIELDS), paper.id, fields=names
        )


def review_paper(office: Office, actor: Actor, paper_id: str, review: Review) -> None:
    """The clerk confirms page count and fields; the result's code is assigned (cấp mã).

    Raises: DeskFault PAGES_DIFFER when the original has more or fewer pages than were scanned,
    VALUES_IMPOSSIBLE for what cannot stand on a paper, WRONG_STATE when somebody else was first: then the
    ledger tells both that a second review came, and which fields differed.
    """
    actor.require(Role.CLERK)
    today = office.today
    with reading(office.engine) as connection:
        paper = recording.find_row(connection, papers, paper_id, actor)
        dossier = recording.find_row(connection, dossiers, paper.dossier, actor)
    values = {name: plausible.as_kept(name, value, today) for name, value in review.values.items()}
    if paper.reviewed_by and paper.state != PaperState.EXTRACTED:
        _note_late_review(office, actor, paper_id, values)
        raise DeskFault(DeskCode.WRONG_STATE, paper.state)
    if review.original_pages != paper.page_count:
        raise DeskFault(DeskCode.PAGES_DIFFER, f"{review.original_pages} ≠ {paper.page_count}")
    impossible = plausible.doubts(values, today)
    if impossible:
        raise DeskFault(DeskCode.VALUES_IMPOSSIBLE, ", ".join(sorted(impossible)))
    kept = {
        "original_pages": review.original_pages,
        "reviewed_by": actor.account,
        "title": values.get("subject", "")[:MOST_TITLE] or paper.title,
        "result_code": f"{dossier.code}.{paper.ordinal}",
    }
    with claims.held(office, papers, paper_id) as claim, writing(office.engine) as connection:
        recording.move_paper(connection, claim, Act.REVIEW_PAPER, **kept)
        for name, value in values.items():
            _confirm(connection, office, actor, (paper_id, name, value))
        recording.note(
            connection, office, actor, event_of(Act.REVIEW_PAPER), paper_id, pages=review.original_pages
        )


def rescan_paper(office: Office, actor: Actor, paper_id: str, wishes: Wishes = USUAL) -> None:
    """Read the paper again from its scans, as the clerk wishes; the old reading and its signature go.

    The wishes stay with the paper until it is sent back again.
    Raises: DeskFault CORNERS_IMPOSSIBLE for corners that enclose no paper, NOT_FOUND for those of a page that
    the paper does not have.
    """
    actor.require(Role.CLERK)
    with reading(office.engine) as connection:
        paper = recording.find_row(connection, papers, paper_id, actor)
    _require_corners(wishes, paper.page_count)
    with claims.held(office, papers, paper_id) as claim, writing(office.engine) as connection:
        recording.move_paper(connection, claim, Act.RESCAN_PAPER, wishes=as_kept(wishes), signed_at=None)
        connection.execute(sa.delete(pages).where(pages.c.paper == paper_id))
        keeping.detach(connection, keeping.Place(paper_id, FileRole.SIGNED_SCAN))
        recording.note(
            connection, office, actor, event_of(Act.RESCAN_PAPER), paper_id, wishes=_as_told(wishes)
        )


def came_signed(connection: Connection, paper_id: str) -> bool:
    """Did this paper come as a signed PDF, which is kept as it is?"""
    return Origin.SIGNED in _origins(connection, paper_id)


def is_electronic(connection: Connection, paper_id: str) -> bool:
    """Did any file of this paper come as something that never was paper? Each is asked by itself."""
    return any(origin is not Origin.SCAN for origin in _origins(connection, paper_id))


def _origins(connection: Connection, paper_id: str) -> set[Origin]:
    """What the paper's files are; of one read before that was written down, its own bytes tell."""
    masters = keeping.masters(connection, paper_id)
    told = {master.origin for master in masters if master.origin}
    if any(master.origin is None for master in masters):
        digitized = keeping.find(connection, keeping.Place(paper_id, FileRole.DIGITIZED))
        unchanged = digitized.sha256 in {master.sha256 for master in masters}
        told.add(Origin.SIGNED if unchanged else Origin.SCAN)
    return told


def _digitize(
    office: Office, claim: claims.Claim, sources: tuple[Path, ...], work: Path
) -> tuple[Digitized, list[PageText]]:
    texts: list[PageText] = []
    with reading(office.engine) as connection:
        paper = claims.read(connection, claim)
    wishes = wishes_of(paper.wishes)
    order = read_into(office.settings, sources, work, office.readings(paper.id), wishes)
    for event in digitize_confined(office.settings, order):
        if isinstance(event, Digitized):
            return event, texts
        texts.append(event.text)
        _write_page(office, claim, event.report)
    raise AssertionError("digitizing ends with a document or a fault")


def _write_page(office: Office, claim: claims.Claim, report: PageReport) -> None:
    with writing(office.engine) as connection:
        claims.renew(connection, office, claim)  # a page of what was read in vain is never written
        paper = claim.id
        where = (pages.c.paper == paper, pages.c.page == report.page)
        connection.execute(sa.delete(pages).where(*where))
        connection.execute(
            sa.insert(pages).values(
                paper=paper, page=report.page, verdict=report.verdict, report=asdict(report)
            )
        )


def _require_corners(wishes: Wishes, page_count: int | None) -> None:
    for page, corners in wishes.corners:
        if not 1 <= page <= (page_count or 0):
            raise DeskFault(DeskCode.NOT_FOUND, f"page {page}")
        if not can_be_paper(corners):
            raise DeskFault(DeskCode.CORNERS_IMPOSSIBLE, str(page))


def _as_told(wishes: Wishes) -> dict[str, Any]:
    """The wishes for the ledger; corners in ten-thousandths of the picture, by page."""
    corners = {
        str(page): [[round(part * LEDGER_STEPS) for part in corner] for corner in shown]
        for page, shown in wishes.corners
    }
    return {**as_kept(wishes), "corners": corners}


def _fetch_master(office: Office, master: FileKept, work: Path) -> Path:
    return keeping.fetch(office, master.sha256, work / f"{master.ordinal:04d}{master.suffix}")


def _sign(office: Office, actor: Actor, unsigned: Path, out: Path) -> Path:
    require_signer(office, actor.account, Purpose.DIGITIZE)
    day = on_paper(office.clock()).date()
    appearance = office.rules.appearance(CLERK_PROFILE, day)
    hand = signing.Hand(signer_of(office, actor), credentials_of(office, actor.account), appearance)
    return signing.sign_scan(unsigned, out, hand).path


def _field_row(field: Field) -> dict[str, Any]:
    box = asdict(field.box) if field.box else None
    return {
        "name": field.name,
        "read_value": field.value,
        "confidence": field.confidence,
        "page": field.page,
        "box": box,
    }


def _note_late_review(office: Office, actor: Actor, paper_id: str, values: Mapping[str, str]) -> None:
    """Tell whoever looks at the paper that somebody reviewed it too, and where the two differ."""
    with writing(office.engine) as connection:
        rows = connection.execute(sa.select(fields).where(fields.c.paper == paper_id))
        stands = {row.name: row.confirmed_value or "" for row in rows}
        differs = sorted(name for name, value in values.items() if stands.get(name, "") != value)
        recording.note(connection, office, actor, "review_came_late", paper_id, fields=differs)


def _confirm(connection: Connection, office: Office, actor: Actor, told: tuple[str, str, str]) -> None:
    paper, name, value = told
    confirmed = {"confirmed_value": value, "confirmed_by": actor.account, "confirmed_at": office.clock()}
    changed = connection.execute(
        sa.update(fields).where(fields.c.paper == paper, fields.c.name == name).values(**confirmed)
    )
    if changed.rowcount == 0:
        connection.execute(sa.insert(fields).values(paper=paper, name=name, **confirmed))
