"""Who may sign what when: decided before a number is reserved, told in words, at the page too."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from certify.book import register
from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import AGENCY, KeyPlace, Purpose
from foundation.clock import on_paper
from foundation.faults import Fault
from office.bootstrap import open_office
from office.desk import certifying, digitizing
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.keys import certificates, delegations
from office.keys.certificates import NewCertificate, add_certificate, remove_certificate
from office.keys.faults import KeysCode, KeysFault
from office.keys.keyring import office_pins
from office.nouns import Capacity
from office.people.accounts import switch_off_account
from office.procedure import CopyState
from office.rows.finding import find_copy
from office.settings import Settings
from office.tables import accounts, copies
from office.work.dispatcher import run_until_idle
from storage import ledger
from storage.database import reading, writing
from tests.office.keys.real_houses import OFFICER, WARD
from tests.office.keys.real_keys import at, delegated, der_of, in_days, keys_open

OPERATOR = "system:operator"


def refusal(house, holder=None, purpose=Purpose.CERTIFY, days=0.0):
    office = at(house.office, in_days(days))
    return office.keyring.refusal(holder or house.officer.account, purpose)


def code_of(fault: Fault | None):
    return None if fault is None else fault.code


def set_account(house, **values):
    with writing(house.office.engine) as connection:
        chosen = accounts.c.id == house.officer.account
        connection.execute(sa.update(accounts).where(chosen).values(**values))


def end_delegations(house):
    delegations.end_delegations(house.office, OPERATOR, house.officer.account)


@pytest.mark.law("L26")
def test_with_certificate_and_delegation_in_order_everybody_may_sign(house):
    assert refusal(house) is None
    assert refusal(house, house.clerk.account, Purpose.DIGITIZE) is None
    assert refusal(house, AGENCY, Purpose.SEAL) is None


def delegated_anew(capacity, since=date(2026, 1, 1), until=None):
    def change(house):
        end_delegations(house)
        delegated(house, capacity, since, until)

    return change


def certificate_removed(house):
    for one in certificates.list_certificates(house.office):
        if one.holder == house.officer.account:
            remove_certificate(house.office, OPERATOR, one.id)


def named(**values):
    return lambda house: set_account(house, **values)


def as_it_is(_house):
    """Nothing changes but the day."""


IN_THREE_DAYS, IN_FIVE_DAYS = in_days(3).date(), in_days(5).date()
STANDINGS = {  # what changes, after how many days it is looked at, what is told
    "the account's name changed": (named(full_name="Trần Văn Hòe"), 0, KeysCode.NAME_DIFFERS),
    "a name with a title before it": (named(full_name="Ông Trần Văn Hoà"), 0, KeysCode.NAME_DIFFERS),
    "a look-alike letter": (named(full_name="Trần Văn H\u043eà"), 0, KeysCode.NAME_DIFFERS),
    "expired": (as_it_is, 366, KeysCode.CERTIFICATE_EXPIRED),
    "not yet valid": (as_it_is, -1, KeysCode.CERTIFICATE_NOT_YET),
    "the account is off": (
        lambda house: switch_off_account(house.office, OPERATOR, "lanhdao"),
        0,
        KeysCode.ACCOUNT_OFF,
    ),
    "never delegated": (end_delegations, 0, KeysCode.DELEGATION_MISSING),
    "delegated later": (delegated_anew(Capacity.KT, IN_THREE_DAYS), 0, KeysCode.DELEGATION_NOT_YET),
    "over": (delegated_anew(Capacity.KT, until=IN_FIVE_DAYS), 7, KeysCode.DELEGATION_OVER),
    "delegated in another capacity": (delegated_anew(Capacity.TUQ), 0, KeysCode.TITLE_DIFFERS),
    "KT. where it is one's own": (delegated_anew(Capacity.OWN), 0, KeysCode.TITLE_DIFFERS),
    "the title lost its KT.": (named(title="PHÓ CHỦ TỊCH"), 0, KeysCode.TITLE_DIFFERS),
    "the certificate was removed": (certificate_removed, 0, DeskCode.KEYS_MISSING),
}


@pytest.mark.law("L26")
@pytest.mark.parametrize("kind", STANDINGS)
def test_who_may_not_certify_is_told_why_with_the_next_step(house, kind):
    change, days, code = STANDINGS[kind]
    change(house)
    fault = refusal(house, days=days)
    assert code_of(fault) == code
    told = explain(fault)
    assert not told.unexpected
    assert "{" not in told.sentence


@pytest.mark.parametrize("capacity", Capacity)
def test_each_capacity_goes_with_the_title_that_says_it(house, capacity):
    titles = {
        Capacity.OWN: "CHỦ TỊCH",
        Capacity.KT: "KT. CHỦ TỊCH\nPHÓ CHỦ TỊCH",
        Capacity.TUQ: "TUQ. CHỦ TỊCH\nCÔNG CHỨC TƯ PHÁP",
        Capacity.TL: "TL. CHỦ TỊCH\nCHÁNH VĂN PHÒNG",
    }
    end_delegations(house)
    delegated(house, capacity, date(2026, 1, 1))
    for said, title in titles.items():
        set_account(house, title=title)
        assert code_of(refusal(house)) == (None if said is capacity else KeysCode.TITLE_DIFFERS)


def test_the_last_day_of_a_delegation_is_a_whole_day_at_the_counter(house):
    office = house.office
    end_delegations(house)
    delegated(house, Capacity.KT, office.today, office.today)
    end = on_paper(office.clock()).replace(hour=23, minute=59, second=59, microsecond=0)
    assert at(office, end).keyring.refusal(house.officer.account, Purpose.CERTIFY) is None
    over = at(office, end + timedelta(seconds=1))
    assert code_of(over.keyring.refusal(house.officer.account, Purpose.CERTIFY)) == KeysCode.DELEGATION_OVER


def test_a_clerk_needs_no_delegation_and_cannot_certify_without_one(house):
    clerk = house.clerk.account
    assert refusal(house, clerk, Purpose.DIGITIZE) is None
    assert code_of(refusal(house, clerk)) == KeysCode.DELEGATION_MISSING


def test_a_person_cannot_seal_and_the_agency_cannot_certify(house):
    assert code_of(refusal(house, purpose=Purpose.SEAL)) == DeskCode.NOT_ALLOWED
    assert code_of(refusal(house, AGENCY, Purpose.CERTIFY)) == DeskCode.NOT_ALLOWED


def test_a_new_certificate_signs_as_soon_as_the_old_one_is_over(house, keys):
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    issued = keys.authority.issue(OFFICER, public, since=in_days(300), until=in_days(800))
    place = {"module": "m", "serial": "s"}
    new = NewCertificate(house.officer.account, KeyPlace.TOKEN, place, der_of(issued))
    add_certificate(house.office, OPERATOR, new)
    assert [code_of(refusal(house, days=days)) for days in (0, 320, 400)] == [None, None, None]
    assert code_of(refusal(house, days=900)) == KeysCode.CERTIFICATE_EXPIRED


ADDED_WRONGLY = {
    "of another": (OFFICER, "lanhdao", {"name": "Trần Văn Hóa"}, KeysCode.NAME_DIFFERS),
    "of a person for the agency": (WARD, AGENCY, {"name": OFFICER}, KeysCode.NAME_DIFFERS),
    "unattended for a person": (OFFICER, "lanhdao", {"is_unattended": True}, KeysCode.UNATTENDED_PERSONAL),
    "a person's key file": (OFFICER, "lanhdao", {"kept": KeyPlace.KEY_FILE}, KeysCode.SOFTWARE_KEY_PERSONAL),
    "a key file": (WARD, AGENCY, {"kept": KeyPlace.KEY_FILE}, KeysCode.SOFTWARE_KEYS_OFF),
}


@pytest.mark.parametrize("kind", ADDED_WRONGLY)
def test_a_certificate_is_taken_in_only_for_whom_it_names(house, keys, kind):
    name, holder, changed, code = ADDED_WRONGLY[kind]
    wanted = dict(changed)
    issued = keys.authority.issue(
        wanted.pop("name", name), ec.generate_private_key(ec.SECP256R1()).public_key()
    )
    whose = holder if holder == AGENCY else house.officer.account
    new = NewCertificate(whose, wanted.pop("kept", KeyPlace.TOKEN), {"file": "f"}, der_of(issued), **wanted)
    before = certificates.list_certificates(house.office)
    with pytest.raises(KeysFault) as told:
        add_certificate(house.office, OPERATOR, new)
    assert told.value.code == code
    assert certificates.list_certificates(house.office) == before


def test_one_certificate_has_one_holder_at_a_time(house, keys):
    der = der_of(keys.certificates[OFFICER])
    again = NewCertificate(house.officer.account, KeyPlace.TOKEN, {"module": "m", "serial": "s"}, der)
    with pytest.raises(KeysFault) as told:
        add_certificate(house.office, OPERATOR, again)
    assert told.value.code is KeysCode.CERTIFICATE_TAKEN


def test_a_demo_takes_no_certificate_in(keys, tmp_path):
    office = open_office(Settings(data=tmp_path / "demo"), demo=True)
    new = NewCertificate(AGENCY, KeyPlace.TOKEN, {}, der_of(keys.certificates[WARD]))
    with pytest.raises(KeysFault) as told:
        add_certificate(office, OPERATOR, new)
    office.engine.dispose()
    assert told.value.code is KeysCode.DEMO_HOUSE


def test_what_is_added_and_removed_stands_in_the_ledger_and_stays_pinned(house, keys):
    office = house.office
    pins = office_pins(office.engine, office.settings.agency)
    assert sorted(str(pin.role) for pin in pins) == ["agency", "clerk", "clerk", "officer"]
    (own, *_) = [one for one in certificates.list_certificates(office) if one.holder == house.officer.account]
    remove_certificate(office, OPERATOR, own.sha256[:12])
    assert office_pins(office.engine, office.settings.agency) == pins
    with reading(office.engine) as connection:
        told = [entry.what for entry in ledger.entries(connection, own.id)]
        assert ledger.verify(connection).first_break is None
    assert told == ["certificate_added", "certificate_removed"]


@pytest.mark.law("L26")
def test_nobody_confirms_and_no_number_is_reserved_without_a_delegation(approved):
    house, copy = approved
    end_delegations(house)
    with pytest.raises(KeysFault) as told:
        certifying.confirm_copy(house.office, house.officer, copy)
    assert told.value.code is KeysCode.DELEGATION_MISSING
    delegated(house, Capacity.KT, date(2026, 1, 1))
    certifying.confirm_copy(house.office, house.officer, copy)
    end_delegations(house)  # meanwhile
    with keys_open(house.office) as office:
        run_until_idle(office)
    with reading(house.office.engine) as connection:
        row = find_copy(connection, copy, house.clerk)
        assert register.by_request(connection, copy) is None
    assert (row.state, row.number) == (CopyState.APPROVED, None)
    assert row.fault == f"KeysFault.{KeysCode.DELEGATION_MISSING}"


def test_the_agencys_key_is_looked_at_before_a_number_is_reserved_too(approved):
    house, copy = approved
    (agencys,) = [one for one in certificates.list_certificates(house.office) if one.holder == AGENCY]
    remove_certificate(house.office, OPERATOR, agencys.id)
    with pytest.raises(DeskFault) as told:
        certifying.confirm_copy(house.office, house.officer, copy)
    assert told.value.code is DeskCode.KEYS_MISSING


def test_a_clerk_signs_no_scan_with_a_certificate_that_is_over(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    late = at(house.office, in_days(366))
    with pytest.raises(KeysFault) as told:
        digitizing.sign_scan(late, house.clerk, paper)
    assert told.value.code is KeysCode.CERTIFICATE_EXPIRED


def test_a_clerk_whose_key_is_closed_here_is_told_how_to_open_it(house, page):
    paper = house.scanned(page)
    run_until_idle(house.office)
    with pytest.raises(KeysFault) as told:
        digitizing.sign_scan(house.office, house.clerk, paper)
    assert told.value.code is KeysCode.KEY_CLOSED
    assert "--unlock" in explain(told.value).sentence


def test_an_office_without_certificates_has_no_key(tmp_path):
    office = open_office(Settings(data=tmp_path))
    assert office.keyring.is_here("anybody")
    assert not office.keyring.is_unattended(AGENCY)
    assert code_of(office.keyring.refusal(AGENCY, Purpose.SEAL)) == DeskCode.KEYS_MISSING
    office.engine.dispose()


def test_a_certificate_that_a_revocation_names_gets_no_signature(confirmed, keys):
    house, copy = confirmed
    keys.authority.revoke(keys.certificates[OFFICER])
    with keys_open(house.office) as office:
        run_until_idle(office)
    with reading(house.office.engine) as connection:
        row = connection.execute(sa.select(copies).where(copies.c.id == copy)).one()
    assert row.fault == f"{CertifyFault.family}.{FaultCode.CERTIFICATE_REVOKED}"
    assert row.number is None


def test_another_way_of_writing_the_name_is_the_same_name(house):
    set_account(house, full_name="TRẦN VĂN HÒA")
    assert refusal(house) is None
