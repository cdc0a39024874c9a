"""Sổ chứng thực at the desk: the year's book is there when the first number is asked for."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import register
from certify.book.register_tables import books
from certify.model import Book, Medium, Number
from foundation.clock import on_paper
from office.rows import recording
from office.value import Office

BOOK_CODE = "SCT/BS"  # bản sao từ bản chính


def reserve_number(connection: Connection, office: Office, request: str, now: datetime) -> Number:
    """The request's number in the electronic series; opens the year's first volume if there is none yet.

    Raises: CertifyFault BOOK_CLOSED when the year's last volume was closed and no new one opened.
    """
    open_first_volume(connection, office, now)
    return register.reserve(connection, request, BOOK_CODE, Medium.ELECTRONIC, now)


def open_first_volume(connection: Connection, office: Office, now: datetime) -> bool:
    """Open the first volume of the local year of `now`; False when the year has a volume already."""
    year = on_paper(now).year
    if books_of(connection, year):
        return False
    register.open_book(connection, Book(BOOK_CODE, Medium.ELECTRONIC, year, 1), "system", now)
    recording.note(connection, office, recording.SYSTEM, "book_opened", f"1/{year}-{BOOK_CODE}")
    return True


def books_of(connection: Connection, year: int) -> list[Book]:
    """The volumes of a year, in order."""
    chosen = sa.select(books).where(books.c.year == year, books.c.code == BOOK_CODE)
    rows = connection.execute(chosen.order_by(books.c.medium, books.c.volume))
    return [Book(row.code, Medium(row.medium), row.year, row.volume) for row in rows]
