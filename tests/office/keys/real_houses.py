"""A house that is no demo, with everybody in it; no PIN stands here, for processes are searched for them."""

from pathlib import Path

from argon2.profiles import CHEAPEST

from office.bootstrap import open_office
from office.keys.keyring import office_pins
from office.people.accounts import NewAccount, create_account, list_accounts
from office.people.passwords import Passwords
from office.procedure import Role
from office.settings import Settings
from office.value import TrustStore
from tests.office.conftest import House
from tests.real_authority import RealAuthority

CLERK, OFFICER, RECORDS = "Nguyễn Thị Hoa", "Trần Văn Hoà", "Lê Thị Thuỷ"
WARD = "Ủy ban nhân dân phường Mẫu"  # as in its certificate; the settings print it in capitals
TITLE = "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH"
PASSWORD = "Mot-Cua-Ma-Manh-2026!"
CAST = (
    ("canbo", CLERK, "Công chức tiếp nhận", frozenset({Role.CLERK})),
    ("lanhdao", OFFICER, TITLE, frozenset({Role.OFFICER})),
    ("vanthu", RECORDS, "Văn thư", frozenset({Role.RECORDS_OFFICER, Role.ARCHIVIST})),
)


def open_real_house(data: Path, authority: RealAuthority, **signing) -> House:
    """The office in this directory with everybody in it; trust and services are the tests' authority's."""
    settings = Settings(data=data).having("limits", page_jobs=1).having("signing", **signing)
    office = open_office(settings, demo=False)
    there = {row.name for row in list_accounts(office)}
    for name, full_name, title, roles in CAST:
        if name not in there:
            new = NewAccount(name, full_name, title, roles, settings.unit, PASSWORD, must_change=False)
            create_account(office, Passwords(CHEAPEST), new)
    people = {row.name: row.actor for row in list_accounts(office)}
    house = House(office, people["canbo"], people["lanhdao"], people["vanthu"])
    return trusting(house, authority)


def trusting(house: House, authority: RealAuthority) -> House:
    """The same house as it is once its certificates are pinned and the authority trusted."""
    office = house.office
    trust = TrustStore((authority.trust_pem,), office_pins(office.engine, office.settings.agency))
    services = authority.services()
    return house.with_office(open_trust=lambda: trust, open_services=lambda: services)
