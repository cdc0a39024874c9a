"""Lưu: what is finished goes into the archive, one OCFL object per dossier, and gets its change number."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.clock import on_paper
from office.procedure import Act, CopyState, FileRole, PaperState
from office.rows import claims, keeping, recording
from office.tables import catalogue, copies, dossiers, fields, papers
from office.value import Office
from storage import changes
from storage.database import reading, writing

DESCRIPTION = "mo-ta/ho_so.json"
DIGITIZED = "02"  # số hóa, in the code list of the archive's metadata


def archive_id(office: Office, code: str) -> str:
    """The OCFL id of a dossier."""
    return f"urn:motcua:{office.settings.unit}:{code}"


def archive_name(code: str, ordinal: int) -> str:
    """The archive's name of a document (TT 05/2025 Art. 8: dossier code, point, ordinal)."""
    return f"du-lieu/{code}.{ordinal}.pdf"


def archive_result(office: Office, claim: claims.Claim) -> None:
    """Archive a reviewed paper: the signed scan, its masters, its words and the dossier's description."""
    with reading(office.engine) as connection:
        paper = claims.read(connection, claim)
        dossier = _dossier_of(connection, paper)
        content = _paper_content(connection, paper, dossier.code)
        description = _describe(connection, dossier, paper.id)
    version = _add_version(office, dossier, content, description)
    with writing(office.engine) as connection:
        recording.move_paper(connection, claim, Act.ARCHIVE_RESULT, archived_version=version)
        _enter_catalogue(connection, paper.id, dossier.code, version)
        told = {"version": version, "files": sorted(content)}
        recording.note(connection, office, recording.SYSTEM, "paper_archived", dossier.code, **told)
    shutil.rmtree(office.readings(paper.id), ignore_errors=True)  # the archive has the words now


def archive_copy(office: Office, claim: claims.Claim) -> None:
    """Archive an issued copy as a further version of its dossier."""
    with reading(office.engine) as connection:
        copy = claims.read(connection, claim)
        paper = connection.execute(sa.select(papers).where(papers.c.id == copy.paper)).one()
        dossier = _dossier_of(connection, paper)
        place = keeping.Place(copy.paper, FileRole.COPY, copy.id)
        content = {archive_name(dossier.code, copy.ordinal): keeping.find(connection, place).sha256}
        description = _describe(connection, dossier, copy.id)
    version = _add_version(office, dossier, content, description)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"archived_version": version})
        told = {"version": version, "files": sorted(content)}
        recording.note(connection, office, recording.SYSTEM, "copy_archived", dossier.code, **told)


def _add_version(
    office: Office, dossier: Row[Any], content: Mapping[str, str], description: Mapping[str, Any]
) -> int:
    with office.work_folder() as work:
        named = {
            name: keeping.fetch(office, sha256, work / f"{number:04d}")
            for number, (name, sha256) in enumerate(sorted(content.items()))
        }
        named[DESCRIPTION] = _write_json(work / "description", description)
        who = (office.settings.agency, f"urn:motcua:{office.settings.unit}")
        added = office.archive.add_version(archive_id(office, dossier.code), named, "archive", who)
    return added.number


def _paper_content(connection: Connection, paper: Row[Any], code: str) -> dict[str, str]:
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


def _describe(connection: Connection, dossier: Row[Any], finishing: str) -> dict[str, Any]:
    """The dossier as it stands with the paper or copy `finishing`: only what no later retry would change."""
    return {
        "fileCode": dossier.code,
        "procedure": dossier.procedure,
        "requester": dossier.requester,
        "startDate": on_paper(dossier.created_at).date().isoformat(),
        "documents": [
            *_papers_described(connection, dossier, finishing),
            *_copies_described(connection, dossier, finishing),
        ],
    }


def _papers_described(connection: Connection, dossier: Row[Any], finishing: str) -> list[dict[str, Any]]:
    chosen = sa.select(papers).where(papers.c.dossier == dossier.id).order_by(papers.c.ordinal)
    return [
        {
            "docCode": paper.result_code,
            "file": archive_name(dossier.code, paper.ordinal),
            "subject": paper.title,
            "numberOfPage": paper.page_count,
            "confidenceLevel": DIGITIZED,
            "fields": _confirmed(connection, paper.id),
        }
        for paper in connection.execute(chosen)
        if paper.id == finishing or paper.state == PaperState.ARCHIVED
    ]


def _copies_described(connection: Connection, dossier: Row[Any], finishing: str) -> list[dict[str, Any]]:
    joined = sa.select(copies).join(papers, copies.c.paper == papers.c.id)
    chosen = joined.where(papers.c.dossier == dossier.id).order_by(copies.c.ordinal)
    return [
        {
            "file": archive_name(dossier.code, copy.ordinal),
            "kind": copy.kind,
            "number": copy.number,
            "book": copy.book,
            "issuedAt": copy.issued_at.isoformat(),
        }
        for copy in connection.execute(chosen)
        if copy.id == finishing or (copy.archived_version and copy.state != CopyState.CANCELLED)
    ]


def _confirmed(connection: Connection, paper_id: str) -> dict[str, str]:
    rows = connection.execute(sa.select(fields).where(fields.c.paper == paper_id).order_by(fields.c.name))
    return {row.name: row.confirmed_value for row in rows if row.confirmed_value is not None}


def _dossier_of(connection: Connection, paper: Row[Any]) -> Row[Any]:
    return connection.execute(sa.select(dossiers).where(dossiers.c.id == paper.dossier)).one()


def _enter_catalogue(connection: Connection, paper: str, record: str, version: int) -> None:
    change = changes.next_change(connection)
    row = {"change": change, "paper": paper, "record": record, "version": version}
    connection.execute(sa.insert(catalogue).values(**row))


def _write_json(path: Path, value: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
    return path
