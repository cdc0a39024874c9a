"""`register`, `users`: what the operator of a house does now and then."""

import argparse
import getpass
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from certify.book import register as books
from certify.book import translog
from certify.signing.keyring import KeyPlace
from foundation.clock import on_paper
from office.bootstrap import open_house, open_office
from office.cli.console import Console
from office.desk.books import books_of
from office.nouns import Certificate
from office.people.accounts import (
    OPERATOR,
    NewAccount,
    create_account,
    list_accounts,
    switch_off_account,
    unlock_account,
)
from office.people.passwords import Passwords
from office.procedure import Role
from office.rows.signatories import all_certificates
from office.settings import Settings
from office.value import Office
from storage.database import reading


def register(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Print the certification book of a year, or verify its log."""
    office = open_house(settings)
    year = chosen.year or on_paper(office.clock()).year
    with reading(office.engine) as connection:
        if chosen.what == "verify":
            return _verify_log(connection, console)
        entries = [e for book in books_of(connection, year) for e in books.entries(connection, book)]
        notes = tuple(_software_keys(all_certificates(connection, past=True), year))
    rows = [_register_row(entry) for entry in entries]
    lines = tuple("\t".join(str(value) for value in row.values()) for row in rows)
    console.answer({"year": year, "entries": rows, "notes": notes}, (*lines, *notes))
    return 0


def _verify_log(connection: Connection, console: Console) -> int:
    altered = translog.altered(connection)
    log = {"size": translog.size(connection), "root": translog.root(connection).hex()}
    console.answer({**log, "altered": altered}, (f"{log['size']} mục, gốc {log['root']}",))
    return 1 if altered else 0


def _software_keys(certificates: Iterable[Certificate], year: int) -> Iterator[str]:
    """Who reads a year's book learns that a key of the agency lay in a file then, and from when to when."""
    for one in certificates:
        since, until = on_paper(one.added_at), one.removed_at and on_paper(one.removed_at)
        if one.kept is KeyPlace.KEY_FILE and since.year <= year and (until is None or until.year >= year):
            days = f"từ {since:%d/%m/%Y}" + (f" đến {until:%d/%m/%Y}" if until else "")
            yield f"Ghi chú: {days} khóa ký của cơ quan nằm trong tệp (PKCS#12), chứng thư {one.sha256[:16]}."


def users(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """List accounts; add one whose password must be changed at once; unlock one; let one in no more."""
    office = open_office(settings) if chosen.what == "add" else open_house(settings)
    done = USERS[chosen.what](office, chosen)
    console.answer({}, done)
    return 0


def _list_users(office: Office, _chosen: argparse.Namespace) -> tuple[str, ...]:
    people = list_accounts(office)
    return tuple(f"{one.name}\t{one.full_name}\t{', '.join(sorted(one.roles))}" for one in people)


def _add_user(office: Office, chosen: argparse.Namespace) -> tuple[str, ...]:
    """Make an account; its password is asked for on the terminal, or read from standard input."""
    password = getpass.getpass("Mật khẩu: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    new = NewAccount(
        name=chosen.name,
        full_name=chosen.full_name or chosen.name,
        title=chosen.title,
        roles=frozenset(Role(role) for role in chosen.role),
        unit=office.settings.unit,
        password=password,
    )
    return (f"{new.name}: {create_account(office, Passwords(), new)}",)


def _unlock_user(office: Office, chosen: argparse.Namespace) -> tuple[str, ...]:
    unlock_account(office, OPERATOR, chosen.name)
    return (f"Đã mở khóa tài khoản {chosen.name}.",)


def _switch_off_user(office: Office, chosen: argparse.Namespace) -> tuple[str, ...]:
    switch_off_account(office, OPERATOR, chosen.name)
    return (f"Tài khoản {chosen.name} đã ngừng; mở lại bằng: ./motcua users unlock {chosen.name}",)


USERS: Mapping[str, Callable[[Office, argparse.Namespace], tuple[str, ...]]] = {
    "list": _list_users,
    "add": _add_user,
    "unlock": _unlock_user,
    "off": _switch_off_user,
}


def _register_row(entry: books.RegisterEntry) -> dict[str, Any]:
    return {
        "number": entry.number.value,
        "book": f"{entry.number.book.volume}/{entry.number.book.year}-{entry.number.book.code}",
        "state": str(entry.state),
        "sha256": entry.sha256,
    }
