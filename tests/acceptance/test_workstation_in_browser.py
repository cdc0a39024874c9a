"""The officer signs with the program on the computer in use: in a browser over TLS, the program beside it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import expect

from certify.model import Profile
from certify.signing.keyring import AGENCY, KeyPlace
from certify.signing.trust import Credentials
from foundation.clock import utc_now
from office.desk import certifying
from office.founding.own_authority import make_server_files
from office.keys.certificates import NewCertificate, add_certificate, remove_certificate
from office.nouns import Capacity
from office.procedure import CopyState
from office.work.dispatcher import run_until_idle
from scanner_adapters.simulator.papers import sheets
from tests.acceptance.conftest import log_in
from tests.office.browsing import served
from tests.office.keys.real_houses import CLERK, OFFICER, PASSWORD, WARD, open_real_house, trusting
from tests.office.keys.real_keys import delegated, der_of, key_in_files
from tests.office.keys.test_signing import copy_row
from tests.real_authority import RealAuthority
from tests.s3_server import make_certificate
from tests.signing_program import Way, as_found, sign
from tests.workstation_program import SigningProgram

pytestmark = pytest.mark.slow
DESK = {"width": 1366, "height": 620}
SLOW_MS = 60_000  # a browser, a program and two checks on a busy machine


class FileKeys:
    """The agency's and the clerk's keys in files; the officer's is where the house says."""

    def __init__(self, keyring, keys):
        self._keyring, self._keys = keyring, keys

    def of(self, holder):
        return self._keys.get(holder) or self._keyring.of(holder)

    def is_unattended(self, holder):
        return holder == AGENCY

    def is_here(self, _holder):
        return True

    def refusal(self, holder, purpose):
        return None if holder in self._keys else self._keyring.refusal(holder, purpose)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return RealAuthority(tmp_path_factory.mktemp("real") / "authority")


@pytest.fixture(scope="module")
def house(tmp_path_factory, authority):
    """A house that speaks TLS; the officer's key is none of ours, the agency's and the clerk's are files."""
    data = tmp_path_factory.mktemp("workstation") / "house"
    opened = open_real_house(data, authority)
    keys = {}
    for holder, name in ((opened.clerk.account, CLERK), (AGENCY, WARD)):
        key = ec.generate_private_key(ec.SECP256R1())
        issued = authority.issue(name, key.public_key())
        keys[holder] = key_in_files(key, issued, authority.folder / f"file-{holder}")
        new = NewCertificate(holder, KeyPlace.TOKEN, {"module": "m", "serial": "s"}, der_of(issued))
        add_certificate(opened.office, "system:operator", new)
    settings = opened.office.settings
    make_server_files(data, settings.agency, (), utc_now())
    tls = {"certificate": "tls/server.pem", "key": "tls/server.key"}
    keyring = FileKeys(opened.office.keyring, keys)
    yield opened.with_office(settings=settings.having("web", **tls), keyring=keyring)
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def officers(authority):
    """The certificate of the officer's own token, and its key for the program alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    issued = authority.issue(OFFICER, key.public_key())
    files = key_in_files(key, issued, authority.folder / "officers")
    return issued, Credentials(files, authority.services())


@pytest.fixture
def program(request, house, officers, tmp_path):
    """The program of the officer, in the profile that is asked for; the house knows of it."""
    issued, credentials = officers
    make_certificate(tmp_path / "tls")
    ca = house.office.settings.data / "tls" / "motcua-ca.pem"
    started = SigningProgram(tmp_path / "tls", ca, lambda data: sign(data, credentials, way(data)))

    def way(data):
        return Way() if request.param is Profile.ADDS else as_found(data)

    place = {"address": started.address, "act": "SignCopy", "profile": request.param}
    added = add_certificate(
        house.office,
        "system:operator",
        NewCertificate(house.officer.account, KeyPlace.WORKSTATION, place, der_of(issued)),
    )
    yield started
    remove_certificate(house.office, "system:operator", added)
    started.stop()


@pytest.fixture(scope="module")
def paper(house, tmp_path_factory):
    sheet = sheets.certificate(3, dpi=150)
    page = sheets.save(sheet.image, tmp_path_factory.mktemp("pages") / "page.jpg", sheet.dpi)
    delegated(house, Capacity.KT, date(2026, 1, 1))
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(house.archived, page).result()


def settle(house):
    """Everything that is due, in a thread of its own: the browser's driver has the event loop of this one."""
    with ThreadPoolExecutor(1) as beside:
        beside.submit(run_until_idle, house.office).result()


def confirmed(house, paper):
    copy = house.approved(paper)
    certifying.confirm_copy(house.office, house.officer, copy)
    settle(house)
    return copy


@pytest.mark.parametrize("program", list(Profile), indirect=True)
def test_the_officer_signs_with_the_program_beside_the_browser(house, paper, program, chromium, authority):
    house = trusting(house, authority)
    copies = [confirmed(house, paper) for _ in range(2)]
    complaints = []
    with served(house.office) as url:
        context = chromium.new_context(viewport=DESK, locale="vi-VN", base_url=url, ignore_https_errors=True)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Security" in said.text else None)
        log_in(page, "lanhdao", PASSWORD)
        page.goto("/workstation")
        first = page.locator(f"#ky-{copies[0]}")
        program.says = "cancel"
        first.get_by_role("button", name="Ký", exact=True).click()
        expect(first.locator("[data-told]")).to_contain_text("Người dùng đã hủy", timeout=SLOW_MS)
        program.says = "sign"
        first.get_by_role("button", name="Ký", exact=True).click()
        expect(first.locator("[data-told]")).to_contain_text("Đã nhận chữ ký", timeout=SLOW_MS)
        second = page.locator(f"#ky-{copies[1]}")
        program.says = "another"  # it brings the first copy back once more
        second.get_by_role("button", name="Ký", exact=True).click()
        expect(second.locator("[data-told]")).to_contain_text("không phải bản đã gửi", timeout=SLOW_MS)
        program.says = "sign"
        page.reload()
        page.get_by_role("button", name="Ký", exact=True).click()
        expect(page.locator("[data-told]")).to_contain_text("Đã nhận chữ ký", timeout=SLOW_MS)
        page.reload()
        expect(page.locator(".empty")).to_contain_text("Không có bản sao nào")
        context.close()
    settle(house)
    assert [copy_row(house.office, copy).state for copy in copies] == [CopyState.ISSUED] * 2
    assert set(program.acts) == {"SignCopy"}
    assert complaints == []


@pytest.mark.parametrize("program", [Profile.ADDS], indirect=True)
def test_without_the_program_the_page_says_so_and_several_are_signed_one_after_another(
    house, paper, program, chromium, authority
):
    house = trusting(house, authority)
    copies = [confirmed(house, paper) for _ in range(3)]
    with served(house.office) as url:
        context = chromium.new_context(viewport=DESK, locale="vi-VN", base_url=url, ignore_https_errors=True)
        page = context.new_page()
        log_in(page, "lanhdao", PASSWORD)
        page.goto("/workstation")
        page.get_by_role("button", name="Ký 3 bản sao").click()
        for copy in copies:
            told = page.locator(f"#ky-{copy} [data-told]")
            expect(told).to_contain_text("Đã nhận chữ ký", timeout=SLOW_MS)
        late = confirmed(house, paper)
        program.stop()
        page.reload()
        page.get_by_role("button", name="Ký", exact=True).click()
        expect(page.locator(f"#ky-{late} [data-told]")).to_contain_text("Không thấy chương trình ký")
        context.close()
    settle(house)
    assert {copy_row(house.office, copy).state for copy in copies} == {CopyState.ISSUED}
    assert copy_row(house.office, late).state is CopyState.OFFICER_ASKED
