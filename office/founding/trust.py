"""Whom the office trusts: anchors and pinned certificates in rows, and the files that are made of them.

Rules of this module:
1. An anchor vouches for one thing: a root of time-stamp authorities vouches for no signer, and the other
   way round. The roots of the government's own authority and those under the national root are kept apart.
2. Nobody's certificate is trusted by its name: a person has confirmed its whole fingerprint.
3. Every change stands in the ledger, in the change's own transaction.
4. The rows are the truth; the files of DATA/trust are made of them whenever trust is asked for.
5. A certificate of another office may be known as one that signs there in a role; it still needs its root.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from certify.question import Pin, SignerRole
from foundation.durable import write_whole
from foundation.faults import Fault
from foundation.row_types import insert_once
from office.tables import anchors, pins
from office.value import Office, TrustStore
from storage import ledger
from storage.database import reading, writing

if TYPE_CHECKING:  # reading certificates is needed where something is added, and nowhere else
    from certify.services.certificate_card import CertificateCard

FOLDER = "trust"
LEAST_OF_A_FINGERPRINT = 16  # hex digits by which something trusted already may be named


class TrustList(StrEnum):
    """Whose list an anchor stands on."""

    GOVERNMENT = "government"  # chữ ký số chuyên dùng công vụ
    NATIONAL = "national"  # chữ ký số công cộng, under the national root
    OFFICE = "office"  # another office's own


class VouchesFor(StrEnum):
    """What an anchor vouches for."""

    SIGNERS = "signers"
    STAMPS = "stamps"


class TrustCode(StrEnum):
    """What can be wrong with something to be trusted."""

    NOT_ONE_CERTIFICATE = "NOT_ONE_CERTIFICATE"
    NOT_AN_AUTHORITY = "NOT_AN_AUTHORITY"
    NOT_A_SIGNER = "NOT_A_SIGNER"
    KEY_TOO_SHORT = "KEY_TOO_SHORT"
    OUT_OF_DATE = "OUT_OF_DATE"
    FINGERPRINT_DIFFERS = "FINGERPRINT_DIFFERS"
    AGENCY_MISSING = "AGENCY_MISSING"
    NOT_TRUSTED = "NOT_TRUSTED"


class TrustFault(Fault):
    """What is not to be trusted so; nothing has been changed."""

    code: TrustCode


@dataclass(frozen=True)
class Anchor:
    """An anchor as it is trusted now."""

    sha256: str
    vouches_for: VouchesFor
    list: TrustList
    agency: str
    subject: str
    not_after: datetime
    added_at: datetime
    added_by: str


@dataclass(frozen=True)
class Confirmed:
    """A certificate, and the fingerprint that a person gave for it."""

    card: "CertificateCard"
    fingerprint: str

    def require(self) -> None:
        """Raise TrustFault FINGERPRINT_DIFFERS unless it is the certificate's own (rule 2)."""
        from certify.services.certificate_card import is_fingerprint  # noqa: PLC0415

        if not is_fingerprint(self.fingerprint, self.card):
            raise TrustFault(TrustCode.FINGERPRINT_DIFFERS)


def add_anchor(
    office: Office, by: str, confirmed: Confirmed, vouches_for: VouchesFor, listed: tuple[TrustList, str]
) -> bool:
    """Trust a root from now on; False when it is trusted for that purpose already.

    `by`: an account or a system name; `listed`: on which list, and of which agency on the list of offices.
    Raises: TrustFault NOT_AN_AUTHORITY, KEY_TOO_SHORT, OUT_OF_DATE, FINGERPRINT_DIFFERS, AGENCY_MISSING.
    """
    card, (listing, agency) = confirmed.card, listed
    now = office.clock()
    if not card.is_authority:
        raise TrustFault(TrustCode.NOT_AN_AUTHORITY)
    if listing is TrustList.OFFICE and not agency.strip():
        raise TrustFault(TrustCode.AGENCY_MISSING)
    _require_usable(card, now)
    confirmed.require()
    told = {"vouches_for": vouches_for, "list": listing, "agency": agency}
    row = {"subject": card.subject, "not_after": card.not_after, "certificate": card.pem}
    with writing(office.engine) as connection:
        added = insert_once(connection, anchors, sha256=card.sha256, **told, **row, added_at=now, added_by=by)
        if added:
            _note(connection, "anchor_trusted", by, now, sha256=card.sha256, subject=card.subject, **told)
    return added


def pin_certificate(office: Office, by: str, confirmed: Confirmed, role: SignerRole, agency: str) -> bool:
    """Know a certificate of another office as one that signs there in this role; False when it is known.

    Raises: TrustFault NOT_A_SIGNER, KEY_TOO_SHORT, OUT_OF_DATE, FINGERPRINT_DIFFERS, AGENCY_MISSING.
    """
    card, now = confirmed.card, office.clock()
    if card.is_authority:
        raise TrustFault(TrustCode.NOT_A_SIGNER)
    if not agency.strip():
        raise TrustFault(TrustCode.AGENCY_MISSING)
    _require_usable(card, now)
    confirmed.require()
    told = {"sha256": card.sha256, "role": role, "agency": agency, "subject": card.subject}
    with writing(office.engine) as connection:
        pinned = insert_once(connection, pins, **told, pinned_at=now, pinned_by=by)
        if pinned:
            _note(connection, "certificate_pinned", by, now, **told)
    return pinned


def remove_trusted(office: Office, by: str, told: str, wanted_for: Iterable[str] = ()) -> tuple[str, ...]:
    """Trust a root no more, or forget another office's certificate; returns the fingerprints that went.

    `told`: the fingerprint or at least its first 16 digits; `wanted_for`: what it is trusted for; none: all.
    Raises: TrustFault NOT_TRUSTED.
    """
    beginning = plain_fingerprint(told)
    if len(beginning) < LEAST_OF_A_FINGERPRINT:
        raise TrustFault(TrustCode.NOT_TRUSTED)
    wanted, now = frozenset(wanted_for), office.clock()
    with writing(office.engine) as connection:
        gone = []
        for table, column, event in (
            (anchors, anchors.c.vouches_for, "anchor_distrusted"),
            (pins, pins.c.role, "certificate_unpinned"),
        ):
            where = [table.c.sha256.startswith(beginning, autoescape=True)]
            where += [column.in_(wanted)] if wanted else []
            for row in connection.execute(sa.delete(table).where(*where).returning(table.c.sha256, column)):
                gone.append(row[0])
                _note(connection, event, by, now, sha256=row[0], role=row[1])
        if not gone:
            raise TrustFault(TrustCode.NOT_TRUSTED)
    return tuple(dict.fromkeys(gone))


def list_anchors(connection: Connection) -> tuple[Anchor, ...]:
    """Every anchor, by list, purpose and name."""
    columns = [anchors.c[name] for name in Anchor.__dataclass_fields__]
    ordered = sa.select(*columns).order_by(anchors.c.list, anchors.c.vouches_for, anchors.c.subject)
    return tuple(
        Anchor(row[0], VouchesFor(row[1]), TrustList(row[2]), *row[3:]) for row in connection.execute(ordered)
    )


def lists_by_root(connection: Connection) -> dict[str, str]:
    """On which list each root stands, by its fingerprint."""
    return {one.sha256: str(one.list) for one in list_anchors(connection)}


def list_pins(connection: Connection) -> tuple[tuple[Pin, str], ...]:
    """Every certificate of another office that is pinned here, with its name."""
    ordered = sa.select(pins).order_by(pins.c.agency, pins.c.role, pins.c.pinned_at, pins.c.sha256)
    return tuple(
        (Pin(row.sha256, SignerRole(row.role), row.agency, own=False), row.subject)
        for row in connection.execute(ordered)
    )


def trust_in_rows(data: Path, engine: Engine) -> TrustStore:
    """What the rows trust now, as files in `data`/trust (rule 4)."""
    with reading(engine) as connection:
        chosen = sa.select(anchors.c.sha256, anchors.c.vouches_for, anchors.c.certificate)
        rows = connection.execute(chosen.order_by(anchors.c.sha256)).all()
        known = tuple(pin for pin, _ in list_pins(connection))
    files = {row.sha256: _on_disk(data / FOLDER, row.sha256, row.certificate) for row in rows}
    roots_of = {
        whom: tuple(files[row.sha256] for row in rows if row.vouches_for == whom) for whom in VouchesFor
    }
    return TrustStore(roots_of[VouchesFor.SIGNERS], known, roots_of[VouchesFor.STAMPS])


def plain_fingerprint(told: str) -> str:
    """A fingerprint as rows keep it: small letters, without colons and spaces."""
    return "".join(letter for letter in told.casefold() if letter not in ": -\t")


def _require_usable(card: "CertificateCard", now: datetime) -> None:
    if not card.is_strong:
        raise TrustFault(TrustCode.KEY_TOO_SHORT)
    if not card.not_before <= now <= card.not_after:
        raise TrustFault(TrustCode.OUT_OF_DATE)


def _on_disk(folder: Path, sha256: str, pem: str) -> Path:
    """The anchor's file, written anew where it is missing or is no longer what the row says."""
    path = folder / f"{sha256}.pem"
    wanted = pem.encode("ascii")
    if not path.is_file() or path.read_bytes() != wanted:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, wanted)
    return path


def _note(connection: Connection, what: str, by: str, at: datetime, **body: Any) -> None:
    ledger.append(connection, ledger.Entry(what=what, at=at, actor=by, subject="trust", body=body))
