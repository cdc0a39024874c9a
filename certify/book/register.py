"""Sổ chứng thực: books, numbers, and what became of each (NĐ 23/2015 Art. 13, TT 01/2020 Art. 4).

Rules of this module:
1. Numbers of a series (book code and medium) run 1, 2, 3 … through a local year, across its volumes, without
   gap or repetition; a number belongs to the request it was reserved for, for good.
2. A number is VOID (with a reason) only before the agency has signed; afterwards only CANCELLED, by decision.
3. Rows are never deleted, finished ones only annotated; issue, void and cancellation are leaves of the log.
4. Every function works in the caller's transaction (on SQLite a BEGIN IMMEDIATE one) and may be repeated.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from certify.book import translog
from certify.book.entries import OPEN_STATES, Closing, EntryState, Particulars, RegisterEntry
from certify.book.register_tables import books, metadata, rows, series, versions
from certify.model import LOCAL_TIME, Book, CertifyFault, FaultCode, Medium, Number
from foundation.row_types import insert_once

__all__ = [
    "Closing",
    "EntryState",
    "Particulars",
    "RegisterEntry",
    "book_of_today",
    "by_digest",
    "by_request",
    "cancel",
    "close_book",
    "describe",
    "entries",
    "metadata",
    "open_book",
    "record_agency_signature",
    "record_issue",
    "record_renewal",
    "reserve",
    "void",
]


def open_book(connection: Connection, book: Book, opened_by: str, now: datetime) -> None:
    """Open a book; opening an open one again changes nothing.

    Raises: CertifyFault BOOK_CLOSED when it was closed, WRONG_STATE while another volume of its year is open.
    """
    _lock(connection, book.code, book.medium, book.year)
    standing = connection.execute(sa.select(books).where(*_is_book(book))).one_or_none()
    if standing is not None:
        if standing.closed_at is not None:
            raise CertifyFault(FaultCode.BOOK_CLOSED, str(book))
        return
    if _open_book(connection, book.code, book.medium, book.year) is not None:
        raise CertifyFault(FaultCode.WRONG_STATE, f"another volume is open beside {book}")
    values = asdict(book) | {"opened_at": now, "opened_by": opened_by}
    connection.execute(sa.insert(books).values(values))


def book_of_today(connection: Connection, code: str, medium: Medium, now: datetime) -> Book | None:
    """The open book of the local year of `now`, None when none is open."""
    found = _open_book(connection, code, medium, now.astimezone(LOCAL_TIME).year)
    return None if found is None else _book(found)


def reserve(connection: Connection, request_id: str, code: str, medium: Medium, now: datetime) -> Number:
    """The number of a request: its own if it has one already, else the next of the local year.

    Raises: CertifyFault BOOK_MISSING or BOOK_CLOSED, NUMBER_TAKEN when the request holds a number of another
    series, WRONG_STATE when its number is void or cancelled.
    """
    year = now.astimezone(LOCAL_TIME).year
    _lock(connection, code, medium, year)
    held = by_request(connection, request_id)
    if held is not None:
        return _number_held(held, code, medium)
    book = _open_book(connection, code, medium, year)
    if book is None:
        raise CertifyFault(_why_no_book(connection, code, medium, year), f"{code} {medium} {year}")
    next_one = (
        sa.update(series)
        .where(series.c.code == code, series.c.medium == medium, series.c.year == year)
        .values(last=series.c.last + 1)
        .returning(series.c.last)
    )
    value: int = connection.execute(next_one).scalar_one()
    key = {"code": code, "medium": medium, "year": year, "volume": book.volume, "value": value}
    state = {"request_id": request_id, "state": EntryState.RESERVED, "reserved_at": now}
    connection.execute(sa.insert(rows).values(key | state))
    return Number(value, _book(book))


def describe(connection: Connection, request_id: str, particulars: Particulars) -> None:
    """Fill in the statutory columns while the number is open; afterwards they stand.

    Raises: CertifyFault NUMBER_UNKNOWN, WRONG_STATE.
    """
    _require(connection, request_id, *OPEN_STATES)
    connection.execute(sa.update(rows).where(rows.c.request_id == request_id).values(asdict(particulars)))


def record_agency_signature(connection: Connection, request_id: str) -> None:
    """The agency is about to sign: from now on the number can no longer be void.

    Raises: CertifyFault NUMBER_UNKNOWN, WRONG_STATE.
    """
    _require(connection, request_id, *OPEN_STATES)
    _set(connection, request_id, state=EntryState.AGENCY_SIGNED)


def record_issue(connection: Connection, request_id: str, sha256: str, now: datetime) -> None:
    """The copy with this digest (hex) was issued under the request's number; a leaf of the log says so.

    Raises: CertifyFault NUMBER_UNKNOWN; WRONG_STATE for another digest or a number void or cancelled.
    """
    entry = _require(connection, request_id, *OPEN_STATES, EntryState.ISSUED)
    if entry.state is EntryState.ISSUED:
        if _owner(connection, sha256) != request_id:
            raise CertifyFault(FaultCode.WRONG_STATE, f"{request_id} was issued with another digest")
        return
    _add_version(connection, entry, sha256, now)
    _set(connection, request_id, state=EntryState.ISSUED, finished_at=now)


def record_renewal(connection: Connection, request_id: str, sha256: str, now: datetime) -> None:
    """The issued copy was renewed (archive time-stamp): its new digest is known as well, the old ones stay.

    Raises: CertifyFault NUMBER_UNKNOWN, WRONG_STATE.
    """
    entry = _require(connection, request_id, EntryState.ISSUED, EntryState.CANCELLED)
    if _owner(connection, sha256) is None:
        _add_version(connection, entry, sha256, now)


def void(connection: Connection, request_id: str, reason: str, now: datetime) -> None:
    """Give a number up before the agency has signed; it is never used again.

    Raises: CertifyFault NUMBER_UNKNOWN, WRONG_STATE.
    """
    entry = _require(connection, request_id, EntryState.RESERVED, EntryState.VOID)
    if entry.state is EntryState.RESERVED:
        _finish(connection, entry, EntryState.VOID, reason, now)


def cancel(connection: Connection, request_id: str, decision: str, now: datetime) -> None:
    """Take an issued copy's value away; `decision` names number, day and reason (TT 01/2020 Art. 7).

    Raises: CertifyFault NUMBER_UNKNOWN, WRONG_STATE.
    """
    states = (EntryState.AGENCY_SIGNED, EntryState.ISSUED, EntryState.CANCELLED)
    entry = _require(connection, request_id, *states)
    if entry.state is not EntryState.CANCELLED:
        _finish(connection, entry, EntryState.CANCELLED, decision, now)


def close_book(connection: Connection, book: Book, closed_by: str, now: datetime) -> Closing:
    """Close a book and count it; a closed one is counted again, unchanged.

    Raises: CertifyFault BOOK_MISSING, BOOK_HAS_OPEN_NUMBERS.
    """
    _lock(connection, book.code, book.medium, book.year)
    standing = connection.execute(sa.select(books).where(*_is_book(book))).one_or_none()
    if standing is None:
        raise CertifyFault(FaultCode.BOOK_MISSING, str(book))
    within = entries(connection, book)
    unfinished = [entry.number.value for entry in within if entry.state in OPEN_STATES]
    if unfinished:
        raise CertifyFault(FaultCode.BOOK_HAS_OPEN_NUMBERS, str(unfinished))
    if standing.closed_at is None:
        closing = {"closed_at": now, "closed_by": closed_by, "total": len(within)}
        connection.execute(sa.update(books).where(*_is_book(book)).values(closing))
    return _counted(within)


def by_digest(connection: Connection, sha256: str) -> RegisterEntry | None:
    """The entry whose copy, in any version, has this SHA-256 (hex)."""
    owner = _owner(connection, sha256.lower())
    return None if owner is None else by_request(connection, owner)


def by_request(connection: Connection, request_id: str) -> RegisterEntry | None:
    """The entry of a request."""
    row = connection.execute(_reading().where(rows.c.request_id == request_id)).one_or_none()
    return None if row is None else _entry(row)


def entries(connection: Connection, book: Book) -> list[RegisterEntry]:
    """All rows of one volume, by number."""
    found = connection.execute(
        _reading()
        .where(
            rows.c.code == book.code,
            rows.c.medium == book.medium,
            rows.c.year == book.year,
            rows.c.volume == book.volume,
        )
        .order_by(rows.c.value)
    )
    return [_entry(row) for row in found]


def _lock(connection: Connection, code: str, medium: Medium, year: int) -> None:
    """Whoever numbers or opens in a series does it alone until the transaction ends."""
    key = {"code": code, "medium": medium, "year": year}
    insert_once(connection, series, last=0, **key)
    connection.execute(sa.select(series).filter_by(**key).with_for_update())


def _number_held(held: RegisterEntry, code: str, medium: Medium) -> Number:
    if (held.number.book.code, held.number.book.medium) != (code, medium):
        raise CertifyFault(FaultCode.NUMBER_TAKEN, f"{held.request_id} holds {held.number}")
    if held.state in (EntryState.VOID, EntryState.CANCELLED):
        raise CertifyFault(FaultCode.WRONG_STATE, f"{held.number} is {held.state}")
    return held.number


def _open_book(connection: Connection, code: str, medium: Medium, year: int) -> Row[Any] | None:
    return connection.execute(
        sa.select(books).filter_by(code=code, medium=medium, year=year, closed_at=None)
    ).one_or_none()


def _why_no_book(connection: Connection, code: str, medium: Medium, year: int) -> FaultCode:
    closed = connection.execute(
        sa.select(books.c.volume).filter_by(code=code, medium=medium, year=year)
    ).first()
    return FaultCode.BOOK_MISSING if closed is None else FaultCode.BOOK_CLOSED


def _require(connection: Connection, request_id: str, *states: EntryState) -> RegisterEntry:
    """The entry of a request, locked, when it is in one of these states."""
    connection.execute(sa.select(rows.c.request_id).filter_by(request_id=request_id).with_for_update())
    entry = by_request(connection, request_id)
    if entry is None:
        raise CertifyFault(FaultCode.NUMBER_UNKNOWN, request_id)
    if entry.state not in states:
        raise CertifyFault(FaultCode.WRONG_STATE, f"{entry.number} is {entry.state}")
    return entry


def _set(connection: Connection, request_id: str, **values: object) -> None:
    connection.execute(sa.update(rows).where(rows.c.request_id == request_id).values(values))


def _finish(
    connection: Connection, entry: RegisterEntry, state: EntryState, reason: str, now: datetime
) -> None:
    _set(connection, entry.request_id, state=state, reason=reason, finished_at=now)
    translog.append(connection, _facts(entry, state, now))


def _add_version(connection: Connection, entry: RegisterEntry, sha256: str, now: datetime) -> None:
    if _owner(connection, sha256) not in (None, entry.request_id):
        raise CertifyFault(FaultCode.NUMBER_TAKEN, f"{sha256} was issued under another number")
    position = translog.append(connection, _facts(entry, EntryState.ISSUED, now) | {"sha256": sha256})
    counted = sa.select(sa.func.count()).select_from(versions).filter_by(request_id=entry.request_id)
    ordinal = connection.execute(counted).scalar_one() + 1
    value = {"sha256": sha256, "request_id": entry.request_id, "ordinal": ordinal}
    connection.execute(sa.insert(versions).values(value | {"recorded_at": now, "position": position}))


def _facts(entry: RegisterEntry, state: EntryState, now: datetime) -> dict[str, Any]:
    book = entry.number.book
    return {
        "number": entry.number.value,
        "book": book.code,
        "medium": str(book.medium),
        "year": book.year,
        "volume": book.volume,
        "state": str(state),
        "at": now.astimezone(LOCAL_TIME).isoformat(),
    }


def _owner(connection: Connection, sha256: str) -> str | None:
    return connection.execute(sa.select(versions.c.request_id).where(versions.c.sha256 == sha256)).scalar()


def _reading() -> sa.Select[Any]:
    newest = (
        sa.select(versions.c.sha256)
        .where(versions.c.request_id == rows.c.request_id)
        .order_by(versions.c.ordinal.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(rows, newest.label("sha256"))


def _entry(row: Row[Any]) -> RegisterEntry:
    return RegisterEntry(
        number=Number(row.value, _book(row)),
        request_id=row.request_id,
        state=EntryState(row.state),
        reserved_at=row.reserved_at,
        certified_on=row.reserved_at.astimezone(LOCAL_TIME).date(),
        particulars=Particulars(**{name: getattr(row, name) for name in Particulars.__dataclass_fields__}),
        sha256=row.sha256,
        reason=row.reason,
    )


def _book(row: Row[Any]) -> Book:
    return Book(row.code, Medium(row.medium), row.year, row.volume)


def _is_book(book: Book) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        books.c.code == book.code,
        books.c.medium == book.medium,
        books.c.year == book.year,
        books.c.volume == book.volume,
    )


def _counted(within: list[RegisterEntry]) -> Closing:
    values = [entry.number.value for entry in within]
    return Closing(
        total=len(within),
        void=sum(entry.state is EntryState.VOID for entry in within),
        cancelled=sum(entry.state is EntryState.CANCELLED for entry in within),
        first=min(values, default=None),
        last=max(values, default=None),
    )
