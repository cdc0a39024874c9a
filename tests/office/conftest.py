"""A demo house per test, its people, and a paper that has come through."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from office.bootstrap import open_office
from office.demo.people import open_people
from office.desk import certifying, digitizing, intake
from office.nouns import Actor
from office.people.accounts import list_accounts
from office.procedure import Role
from office.settings import Settings
from office.value import Office
from office.work.dispatcher import run_until_idle
from scanner_adapters.simulator.papers import sheets

PROCEDURE = "2.000815"


@dataclass(frozen=True)
class House:
    """A demo office with everybody in it."""

    office: Office
    clerk: Actor
    officer: Actor
    records_officer: Actor

    def with_office(self, **changes) -> "House":
        return replace(self, office=replace(self.office, **changes))

    def dossier(self) -> str:
        return intake.open_dossier(self.office, self.clerk, intake.Intake(PROCEDURE, "Trần Thị Bình"))

    def scanned(self, *files: Path) -> str:
        return intake.receive_files(self.office, self.clerk, self.dossier(), "Giấy xác nhận", files)

    def archived(self, *files: Path) -> str:
        paper = self.scanned(*files)
        run_until_idle(self.office)
        digitizing.sign_scan(self.office, self.clerk, paper)
        run_until_idle(self.office)
        digitizing.review_paper(self.office, self.clerk, paper, digitizing.Review(len(files), {}))
        run_until_idle(self.office)
        return paper

    def approved(self, paper: str, pages: int = 1) -> str:
        copy = certifying.request_copy(self.office, self.clerk, paper, certifying.CopyRequest(pages))
        checks = frozenset(check.code for check in self.office.rules.checks(self.office.today))
        certifying.approve_copy(self.office, self.clerk, copy, checks)
        return copy


class AttendedKeys:
    """The house's keyring, but no key may be used without a person's word."""

    def __init__(self, keyring):
        self.of = keyring.of
        self.is_here = keyring.is_here
        self.refusal = keyring.refusal

    def is_unattended(self, _holder):
        return False


def attended(house: House) -> House:
    """The same house where the records officer has to seal each copy."""
    return house.with_office(keyring=AttendedKeys(house.office.keyring))


def open_house(
    data: Path, database_url: str = "", lang: str = "vi", settings: Settings | None = None
) -> House:
    settings = settings or Settings(data=data, lang=lang).having("database", url=database_url)
    office = open_office(settings.having("limits", page_jobs=1), demo=True)
    open_people(office)
    people = {row.name: row.actor for row in list_accounts(office)}
    return House(office, people["canbo"], people["lanhdao"], people["vanthu"])


@pytest.fixture
def house(tmp_path):
    """A demo house on SQLite."""
    opened = open_house(tmp_path / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture
def house_on_each(tmp_path, database_url):
    """A demo house, once on SQLite and once on PostgreSQL."""
    opened = open_house(tmp_path / "house", database_url)
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Path:
    """One sample page at 150 dpi, quick to read."""
    sheet = sheets.certificate(3, dpi=150)
    return sheets.save(sheet.image, tmp_path_factory.mktemp("pages") / "page.jpg", sheet.dpi)


@pytest.fixture
def stranger(house) -> Actor:
    """A clerk of another unit."""
    return replace(house.clerk, account="stranger", units=frozenset({"phuong-khac"}), roles=frozenset(Role))
