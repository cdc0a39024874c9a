"""The 18 fields of a dossier and the 21 of each document (TT 05/2025/TT-BNV), from rows and confirmed values.

1. The tables of the day on which the dossier was opened hold, so that a retry says the same.
2. A confirmed value that its field cannot take is not cut: the field stays empty, the description says
   which, and `mo-ta/ho_so.json` has the value whole. Nobody is asked to write less than the paper says.
3. What still does not fit its table is refused: nothing wrong is written for good.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from foundation.clock import on_paper
from office.desk.describing.contents import BORN_DIGITAL, DIGITIZED, Document
from office.faults import DeskCode, DeskFault
from office.law.archive_fields import MIXED, ArchiveFields
from office.law.rules import Rules
from office.nouns import Dossier, Sensitivity

VIETNAMESE = "01"  # of the list `language`
MODES = {  # công khai, có điều kiện, mật
    Sensitivity.PUBLIC: "01",
    Sensitivity.INTERNAL: "02",
    Sensitivity.RESTRICTED: "02",
    Sensitivity.SECRET: "03",
}
NUMBER_LETTERS = 11  # of codeNumber; a longer one without a stroke is all notation
OWN_CODE_DIGITS = 7  # of a document's ordinal in docCode
ID_LETTERS = 25
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
BYTES_OF_ID = 16  # in 25 letters of 36

Values = Mapping[str, str]


@dataclass(frozen=True)
class Described:
    """The fields of a dossier, and of each of its documents beside its file."""

    dossier: Values
    documents: tuple[tuple[str, Values], ...]


def describe(rules: Rules, agency: str, dossier: Dossier, documents: Sequence[Document]) -> Described:
    """The fields as they are written. Raises: DeskFault METADATA_INVALID for what does not fit (rule 3)."""
    day = on_paper(dossier.created_at).date()
    maintenance = rules.archive.maintenance(dossier.procedure, day)
    told = tuple(
        (one.file, {**_document(rules.archive, (agency, dossier, one), day), "maintenance": maintenance})
        for one in documents
    )
    described = Described({**_dossier(rules, dossier, documents, day), "maintenance": maintenance}, told)
    found = dict(rules.archive.misfits("dossier", described.dossier, day))
    for _file, values in told:
        found |= rules.archive.misfits("document", values, day)
    if found:
        listed = ", ".join(f"{name} {misfit}" for name, misfit in sorted(found.items()))
        raise DeskFault(DeskCode.METADATA_INVALID, listed)
    return described


def _dossier(rules: Rules, dossier: Dossier, documents: Sequence[Document], day: date) -> dict[str, str]:
    name = rules.procedure_names(day).get(dossier.procedure, dossier.procedure)
    pages = sum(one.paper.page_count or 0 for one in documents)
    levels = {BORN_DIGITAL if one.copy else DIGITIZED for one in documents}
    level = levels.pop() if len(levels) == 1 else MIXED
    ends = max((one.made_at for one in documents), default=dossier.created_at)
    return {
        "fileCode": dossier.code,
        "title": f"{name} - {dossier.requester}",
        "mode": MODES[dossier.sensitivity],
        "language": VIETNAMESE,
        "startDate": f"{day:%d/%m/%Y}",
        "endDate": f"{on_paper(ends):%d/%m/%Y}",
        "totalDoc": str(len(documents)),
        "numberOfPage": str(pages),
        "confidenceLevel": level,
        "paperFileCode": dossier.code,
    }


def _document(archive: ArchiveFields, of: tuple[str, Dossier, Document], day: date) -> dict[str, str]:
    agency, dossier, one = of
    common = {
        "docId": document_id(one.id),
        "docCode": f"{dossier.code}.{one.ordinal:0{OWN_CODE_DIGITS}d}",
        "language": VIETNAMESE,
        "numberOfPage": str(one.paper.page_count or 0),
        "mode": MODES[one.copy.sensitivity if one.copy else one.paper.sensitivity],
        "confidenceLevel": BORN_DIGITAL if one.copy else DIGITIZED,
    }
    if one.copy is not None:
        issued = f"{on_paper(one.made_at):%d/%m/%Y}"
        number = "" if one.copy.number is None else str(one.copy.number)
        return {
            **common,
            "codeNumber": number,
            "issuedDate": issued,
            "organName": agency,
            "subject": one.paper.title,
            "description": "Bản sao điện tử",
        }
    values = _from_confirmed(one.confirmed)
    wrong = [name for name in archive.misfits("document", values, day) if values.get(name)]
    fitting = {name: value for name, value in values.items() if name not in wrong}
    notes = {"description": f"Xem ho_so.json: {', '.join(sorted(wrong))}"} if wrong else {}
    kind = archive.code_of("typeName", one.confirmed.get("document_type", ""), day)
    return {"subject": one.paper.title, **common, **fitting, **notes, "typeName": kind}


def _from_confirmed(confirmed: Values) -> dict[str, str]:
    """What the fields take from confirmed values; 15/QĐ-UBND is a number and a notation."""
    number, slash, notation = confirmed.get("number_symbol", "").partition("/")
    found = {
        "codeNumber": number.strip(),
        "codeNotation": notation.strip(),
        "issuedDate": confirmed.get("issued_on", ""),
        "organName": confirmed.get("issuer", ""),
        "subject": confirmed.get("subject", ""),
    }
    if not slash and len(number) > NUMBER_LETTERS:
        found |= {"codeNumber": "", "codeNotation": number.strip()}
    return {name: value for name, value in found.items() if value}


def document_id(row_id: str) -> str:
    """A document's id for good: 25 letters and figures, made from its row's."""
    number = int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:BYTES_OF_ID], "big")
    found = ""
    while number or len(found) < ID_LETTERS:
        number, rest = divmod(number, len(LETTERS))
        found = LETTERS[rest] + found
    return found
