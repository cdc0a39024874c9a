"""Lưu: what is finished goes into the archive, one OCFL object per dossier, and gets its change number."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.clock import on_paper
from office.desk.describing import history, metadata
from office.desk.describing.contents import Document, archive_name, documents
from office.faults import DeskCode, DeskFault
from office.nouns import Dossier, Paper
from office.procedure import Act, FileRole, PaperState, event_of
from office.rows import claims, in_archive, keeping, recording, snapshots
from office.rows.finding import claimed_copy, claimed_paper, dossier_of_paper, paper_of_copy
from office.rows.in_archive import archive_id
from office.tables import catalogue, dossiers
from office.value import Office
from storage import changes, ledger
from storage.archive import Version, VersionNote
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.packages.fields import FIELDS, fields_xml
from storage.packages.premis import premis_xml

DESCRIPTION = "mo-ta/ho_so.json"
HISTORY = "mo-ta/premis.xml"
ABOUT = "mo-ta/"  # what lies below it tells of the rest
ROWS = "mo-ta/rows.json"
ROWS_VERSION = 1
README = "mo-ta/README.txt"
READ_ME = Path(__file__).with_name("archive_readme.txt")


def archive_result(office: Office, claim: claims.Claim) -> None:
    """Archive a reviewed paper: the signed scan, its masters, its words, the dossier's description and rows.

    Raises: DeskFault(BUSY) while another act has the dossier.
    """
    with reading(office.engine) as connection:
        paper = claimed_paper(connection, claim)
    with claims.held(office, dossiers, paper.dossier) as whole:
        with reading(office.engine) as connection:
            dossier = dossier_of_paper(connection, paper)
            content = _paper_content(connection, paper, dossier.code)
        version = _add_version(office, dossier, paper.id, content)
        with writing(office.engine) as connection:
            _require_still_held(connection, whole)
            recording.move_paper(connection, claim, Act.ARCHIVE_RESULT, archived_version=version)
            enter_catalogue(connection, paper.id, dossier.code, version)
            told = {"version": version, "files": sorted(content)}
            recording.note(
                connection, office, recording.SYSTEM, event_of(Act.ARCHIVE_RESULT), dossier.code, **told
            )
    shutil.rmtree(office.readings(paper.id), ignore_errors=True)  # the archive has the words now


def archive_copy(office: Office, claim: claims.Claim) -> None:
    """Archive an issued copy as a further version of its dossier.

    Raises: DeskFault(BUSY) while another act has the dossier.
    """
    with reading(office.engine) as connection:
        copy = claimed_copy(connection, claim)
        paper = paper_of_copy(connection, copy)
    with claims.held(office, dossiers, paper.dossier) as whole:
        with reading(office.engine) as connection:
            dossier = dossier_of_paper(connection, paper)
            place = keeping.Place(copy.paper, FileRole.COPY, copy.id)
            content = {archive_name(dossier.code, copy.ordinal): keeping.find(connection, place).sha256}
        version = _add_version(office, dossier, copy.id, content)
        with writing(office.engine) as connection:
            _require_still_held(connection, whole)
            claims.write(connection, claim, {"archived_version": version})
            told = {"version": version, "files": sorted(content)}
            recording.note(
                connection, office, recording.SYSTEM, event_of(Act.ARCHIVE_COPY), dossier.code, **told
            )


def enter_catalogue(connection: Connection, paper: str, record: str, version: int) -> None:
    """Say that every index has to take this paper in, once more if it has it already."""
    change = changes.next_change(connection)
    row = {"change": change, "paper": paper, "record": record, "version": version}
    connection.execute(sa.insert(catalogue).values(**row))


def _require_still_held(connection: Connection, whole: claims.Claim) -> None:
    try:
        claims.read(connection, whole)
    except DeskFault as lost:  # the dossier is somebody else's by now; the paper is ours still, and waits
        raise DeskFault(DeskCode.BUSY, whole.id) from lost


def _add_version(office: Office, dossier: Dossier, finishing: str, content: Mapping[str, str]) -> int:
    """Write the version with this content, described as the dossier stands with what is `finishing`.

    The archive refuses a version that was described upon another than the newest one: somebody died while
    writing that, and the archive has only now finished it. Then it is described once more.
    """
    with office.work_folder() as work:
        named = {
            name: keeping.fetch(office, sha256, work / f"{number:04d}")
            for number, (name, sha256) in enumerate(sorted(content.items()))
        }
        try:
            return _add_described(office, dossier, Finishing(finishing, content), named)
        except StorageFault as fault:
            if fault.code is not StorageCode.MOVED_ON:
                raise
            return _add_described(office, dossier, Finishing(finishing, content), named)


@dataclass(frozen=True)
class Finishing:
    """What is being archived: the id of a paper or copy, and its files: logical path → sha256."""

    id: str
    content: Mapping[str, str]

    def number_after(self, newest: Version) -> int:
        """The number of its version; the newest's, when whoever added that died before saying so."""
        stands = all(newest.sha256.get(name) == sha256 for name, sha256 in self.content.items())
        return newest.number if stands else newest.number + 1


def _add_described(office: Office, dossier: Dossier, finishing: Finishing, named: Mapping[str, Path]) -> int:
    newest = _newest_version(office, dossier)
    number = finishing.number_after(newest)
    with reading(office.engine) as connection:
        found = documents(connection, dossier, finishing.id, newest.sha256)
        rows = _rows(connection, dossier, finishing.id, number)
        happened = tuple(history.events(connection, _subjects(dossier, rows), found))
    fields = metadata.describe(office.rules, office.settings.agency, dossier, found)
    kept = {name: sha256 for name, sha256 in newest.sha256.items() if not name.startswith(ABOUT)}
    held = sorted({**kept, **finishing.content}.items())
    who = (office.settings.agency, f"urn:motcua:{office.settings.unit}")
    note = VersionNote("archive", who, upon=newest.number)
    with office.work_folder() as work:
        described = {
            DESCRIPTION: _write_json(work / "description", _described(dossier, found)),
            FIELDS: _write(work / "fields", fields_xml(fields.dossier, fields.documents)),
            HISTORY: _write(work / "history", premis_xml(dossier.code, held, happened)),
            ROWS: _write_json(work / "rows", rows),
            README: READ_ME,
        }
        office.archive.add_version(archive_id(office, dossier.code), {**named, **described}, note)
    return number


def _newest_version(office: Office, dossier: Dossier) -> Version:
    return in_archive.newest(office, dossier.code)


def _rows(connection: Connection, dossier: Dossier, finishing: str, number: int) -> dict[str, Any]:
    """The rows of the dossier as they will stand, as of the last entry about it: a retry says the same.

    From these the house can be rebuilt (office.desk.upkeep.rebuilding).
    """
    rows = snapshots.of_dossier(connection, dossier.id)
    for paper in rows["papers"]:
        if paper["id"] == finishing:
            paper.update(state=PaperState.ARCHIVED, archived_version=number)
    for copy in rows["copies"]:
        if copy["id"] == finishing:
            copy.update(archived_version=number)
    told = {"version": ROWS_VERSION, "rows": rows}
    return {**told, "as_of": ledger.last_about(connection, _subjects(dossier, told))}


def _subjects(dossier: Dossier, told: Mapping[str, Any]) -> list[str]:
    """What entries of the ledger about a dossier are about."""
    things = [thing["id"] for name in ("papers", "copies") for thing in told["rows"][name]]
    return [dossier.code, dossier.id, *things]


def _described(dossier: Dossier, found: Sequence[Document]) -> dict[str, Any]:
    """The dossier as it stands with what is being archived."""
    return {
        "fileCode": dossier.code,
        "procedure": dossier.procedure,
        "requester": dossier.requester,
        "startDate": on_paper(dossier.created_at).date().isoformat(),
        "documents": [one.described() for one in found],
    }


def _paper_content(connection: Connection, paper: Paper, code: str) -> dict[str, str]:
    content = {
        archive_name(code, paper.ordinal): keeping.find(
            connection, keeping.Place(paper.id, FileRole.SIGNED_SCAN)
        ).sha256,
        f"ocr/{paper.ordinal:03d}.json.zst": keeping.find(
            connection, keeping.Place(paper.id, FileRole.WORDS)
        ).sha256,
    }
    for master in keeping.masters(connection, paper.id):
        suffix = master.suffix
        content[f"goc/{paper.ordinal:03d}-{master.ordinal:04d}{suffix}"] = master.sha256
    return content


def _write_json(path: Path, value: Mapping[str, Any]) -> Path:
    return _write(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
