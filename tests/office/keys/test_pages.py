"""What stands in the way of a signature is told at the page, in place of the button that would ask for it."""

import sqlalchemy as sa

from certify.signing.keyring import AGENCY
from office.desk import certifying
from office.keys import delegations
from office.keys.certificates import list_certificates, remove_certificate
from office.tables import certificates, copies
from office.work.dispatcher import run_until_idle
from storage.database import reading, writing
from tests.office.browsing import Visitor, served
from tests.office.keys.real_houses import PASSWORD
from tests.office.keys.real_keys import keys_open

OPERATOR = "system:operator"


def paper_of(house, copy):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(copies.c.paper).where(copies.c.id == copy)).scalar_one()


def page_seen_by(name, office, house, copy):
    with served(office) as url, Visitor(url) as visitor:
        visitor.log_in(name, PASSWORD)
        return visitor.get(f"/papers/{paper_of(house, copy)}").text


def test_an_officer_in_order_is_offered_the_act(approved):
    house, copy = approved
    told = page_seen_by("lanhdao", house.office, house, copy)
    assert f'action="/copies/{copy}/confirm"' in told


def test_an_officer_without_a_delegation_reads_why_and_cannot_send_the_form(approved):
    house, copy = approved
    delegations.end_delegations(house.office, OPERATOR, house.officer.account)
    paper = paper_of(house, copy)
    with served(house.office) as url, Visitor(url) as visitor:
        visitor.log_in("lanhdao", PASSWORD)
        told = visitor.get(f"/papers/{paper}").text
        assert "chưa được giao hoặc ủy quyền chứng thực" in told
        assert f'action="/copies/{copy}/confirm"' not in told
        sent = visitor.send(f"/copies/{copy}/confirm", page=f"/papers/{paper}", **{"seen-1": "yes"})
        assert sent.status_code == 409
        assert "chưa được giao hoặc ủy quyền chứng thực" in sent.text
    with reading(house.office.engine) as connection:
        row = connection.execute(sa.select(copies).where(copies.c.id == copy)).one()
    assert (row.confirmed_by, row.number) == (None, None)


def test_the_records_officer_reads_that_the_agency_has_no_key(confirmed):
    house, copy = confirmed
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(certificates).values(is_unattended=False))
    with keys_open(house.office) as office:
        run_until_idle(office)
    (agencys,) = [one for one in list_certificates(house.office) if one.holder == AGENCY]
    assert f'action="/copies/{copy}/seal"' in page_seen_by("vanthu", house.office, house, copy)
    remove_certificate(house.office, OPERATOR, agencys.id)
    told = page_seen_by("vanthu", house.office, house, copy)
    assert f'action="/copies/{copy}/seal"' not in told
    assert "Chưa cấu hình khóa ký" in told


def test_a_copy_whose_key_is_open_elsewhere_says_so(approved):
    house, copy = approved
    certifying.confirm_copy(house.office, house.officer, copy)
    assert "máy đang mở khóa ký" in page_seen_by("canbo", house.office, house, copy)
    with keys_open(house.office) as office:
        assert "máy đang mở khóa ký" not in page_seen_by("canbo", office, house, copy)
