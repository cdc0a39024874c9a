"""What an office lacks until its first copy can be issued, and what will soon stand in the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from certify.signing.keyring import AGENCY
from foundation.faults import Fault
from office.faults import DeskCode
from office.founding.serving_place import certificate_ends, serving_place
from office.founding.trust import list_anchors
from office.founding.units import unit_on
from office.nouns import Person
from office.people.accounts import list_accounts
from office.procedure import Role
from office.value import Office
from storage.database import reading

SOON = timedelta(days=30)
ANCHOR_SOON = timedelta(days=90)


class Lack(StrEnum):
    """What can be missing, or end soon; `office.cli.doctoring` has its words."""

    NO_NAME = "NO_NAME"
    NO_PERSON = "NO_PERSON"
    NO_SIGNER_ROOT = "NO_SIGNER_ROOT"
    NO_STAMP_ROOT = "NO_STAMP_ROOT"
    NO_STAMPS = "NO_STAMPS"
    NO_ANSWERS = "NO_ANSWERS"
    NO_KEY = "NO_KEY"
    NO_AGENCY_KEY = "NO_AGENCY_KEY"
    NO_TLS = "NO_TLS"
    ANCHOR_ENDS = "ANCHOR_ENDS"
    TLS_ENDS = "TLS_ENDS"


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: which, whose or of whom, and until when it still holds."""

    lack: Lack
    whose: str = ""
    until: datetime | None = None


SIGNERS = {Role.CLERK: "cán bộ một cửa", Role.OFFICER: "người ký chứng thực"}
ACTORS = {**SIGNERS, Role.RECORDS_OFFICER: "văn thư"}


def missing(office: Office) -> Iterator[Missing]:
    """Everything that is missing until the first copy, then what ends soon.

    Raises: SettingsFault where the pages' certificate cannot be used.
    """
    with reading(office.engine) as connection:
        if unit_on(connection, office.settings.unit, office.today) is None:
            yield Missing(Lack.NO_NAME)
    people = [one for one in list_accounts(office) if one.active]
    yield from _people(people)
    yield from _trust(office)
    yield from _services(office)
    yield from _keys(office, people)
    yield from _pages(office)


def _people(people: list[Person]) -> Iterator[Missing]:
    for role, words in ACTORS.items():
        if not any(role in one.roles for one in people):
            yield Missing(Lack.NO_PERSON, words)


def _trust(office: Office) -> Iterator[Missing]:
    trust = office.trust
    if not trust.roots:
        yield Missing(Lack.NO_SIGNER_ROOT)
    if not trust.stamp_roots:
        yield Missing(Lack.NO_STAMP_ROOT)
    with reading(office.engine) as connection:
        anchors = list_anchors(connection)
    for one in anchors:
        if one.not_after - office.clock() < ANCHOR_SOON:
            yield Missing(Lack.ANCHOR_ENDS, one.subject, one.not_after)


def _services(office: Office) -> Iterator[Missing]:
    told = office.settings.services
    if not told.authorities:
        yield Missing(Lack.NO_STAMPS)
    if not told.answer_addresses:
        yield Missing(Lack.NO_ANSWERS)


def _keys(office: Office, people: list[Person]) -> Iterator[Missing]:
    for one in people:
        if one.roles & SIGNERS.keys() and not _has_key(office, one.id):
            yield Missing(Lack.NO_KEY, one.full_name)
    if not _has_key(office, AGENCY):
        yield Missing(Lack.NO_AGENCY_KEY)


def _has_key(office: Office, holder: str) -> bool:
    """Has somebody given this holder a key? One that is not open in this process counts."""
    try:
        office.keyring.of(holder)
    except Fault as fault:
        return fault.code is not DeskCode.KEYS_MISSING
    return True


def _pages(office: Office) -> Iterator[Missing]:
    place = serving_place(office.settings)
    if place.tls is None and not place.only:
        yield Missing(Lack.NO_TLS)
    ends = certificate_ends(office.settings)
    if ends is not None and ends - office.clock() < SOON:
        yield Missing(Lack.TLS_ENDS, until=ends)
