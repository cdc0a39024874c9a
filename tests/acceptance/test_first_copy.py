"""A real office opens: from an empty directory to its first lawful copy, over TLS, with services over HTTP.

The first copy is signed with tokens (SoftHSM2), all by commands and pages. Where a trouble is tried out, the
keys are files of the test's own authority behind the keyring's port.
"""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from certify.signing.keyring import AGENCY
from office.bootstrap import open_office
from office.cli.main import main
from office.confined.confine import ROOT
from office.desk import certifying
from office.explain import explain_code
from office.faults import DeskCode, DeskFault
from office.people.accounts import list_accounts
from office.procedure import CopyState
from office.settings import load_settings
from office.tables import copies, papers
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from scanner_adapters.simulator.papers import sheets
from storage import ledger
from storage.database import reading
from tests.authority_server import authority_server, fingerprint_of, pem_of, slowly
from tests.office.browsing import Visitor, led_to, served, trusting, until_it_answers
from tests.office.conftest import House
from tests.softhsm import Tokens, softhsm_module

pytestmark = pytest.mark.slow

NAME = "ỦY BAN NHÂN DÂN PHƯỜNG BẾN THỬ"
PEOPLE = {
    "lan": ("Nguyễn Thị Lan", "Công chức tiếp nhận", "clerk"),
    "lanh": ("Trần Văn Lãnh", "KT. CHỦ TỊCH\\nPHÓ CHỦ TỊCH", "officer"),
    "vy": ("Lê Thị Vy", "Văn thư", "records_officer"),
}
OWN_PASSWORD = "Mot-Cua-Ben-Thu-2026!"
MOST_COMMANDS = 10
PATIENCE_SECONDS = 120
SPECIMEN = re.compile("bản mẫu|specimen|phường mẫu", re.IGNORECASE)


def plan_for(server, folder: Path) -> Path:
    authority = server.authority
    (folder / "root.pem").write_bytes(pem_of(authority.root))
    (folder / "stamps.pem").write_bytes(pem_of(authority.stamp_root))
    accounts = "".join(
        f'[[accounts]]\nname = "{name}"\nfull_name = "{full}"\ntitle = "{title}"\nroles = ["{role}"]\n'
        for name, (full, title, role) in PEOPLE.items()
    )
    anchors = "".join(
        f'[[trust]]\nfile = "{file}"\nvouches_for = ["{whom}"]\nlist = "{listed}"\n'
        f'fingerprint = "{fingerprint_of(root)}"\n'
        for file, whom, listed, root in (
            ("root.pem", "signers", "government", authority.root),
            ("stamps.pem", "stamps", "national", authority.stamp_root),
        )
    )
    unit = f'unit = "ben-thu"\n[[units]]\nagency = "{NAME}"\ncode = "H29.50.05.13"\nsince = 2025-07-01\n'
    services = f'[services]\nstamps = ["{server.tsa}"]\nanswers = ["{server.url}"]\n'
    plan = folder / "plan.toml"
    plan.write_text(f"{unit}{accounts}{anchors}{services}[web]\nport = 8443\n")
    return plan


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """One sample page at 150 dpi, quick to read."""
    sheet = sheets.certificate(3, dpi=150)
    return sheets.save(sheet.image, tmp_path_factory.mktemp("pages") / "page.jpg", sheet.dpi)


class FileKeys:
    """A keyring of files: who holds which key is told when it is made."""

    def __init__(self, keys):
        self._keys = keys

    def of(self, holder):
        if holder not in self._keys:
            raise DeskFault(DeskCode.KEYS_MISSING, holder)
        return self._keys[holder]

    def is_unattended(self, _holder):
        return False

    def is_here(self, _holder):
        return True

    def refusal(self, holder, _purpose):
        return None if holder in self._keys else DeskFault(DeskCode.KEYS_MISSING, holder)


def keys_for(server, office, folder):
    """A certificate for each person who signs, and for the agency, in their very names."""
    issued = {one.id: server.authority.issue(one.full_name, NAME) for one in list_accounts(office)}
    issued[AGENCY] = server.authority.issue(NAME, NAME)
    return FileKeys({holder: server.authority.key(one, folder) for holder, one in issued.items()})


@pytest.fixture(scope="module")
def server():
    with authority_server() as serving:
        yield serving


class Commands:
    """The command line, counted."""

    def __init__(self):
        self.count = 0

    def __call__(self, *words):
        self.count += 1
        return main([*map(str, words)])


@pytest.fixture
def founded(server, tmp_path, capsys):
    """An office founded by commands; its keys, its first passwords, how many commands it took."""
    run, data = Commands(), tmp_path / "house"
    assert run("office", "init", "--plan", plan_for(server, tmp_path), "--data", data, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    settings = load_settings(Path("/nowhere"), {}, data).having("limits", page_jobs=1)
    office = open_office(settings)
    office = replace(office, keyring=keys_for(server, office, tmp_path / "keys"))
    yield office, told["passwords"], run
    office.engine.dispose()


def enter(url, office, name, password):
    """Log in with the first password and change it, as everybody must."""
    visitor = Visitor(url, trusting(office.settings.data / "tls" / "motcua-ca.pem"))
    assert led_to(visitor.log_in(name, password)) == "/"
    assert led_to(visitor.get("/")) == "/password"
    changed = {"old": password, "new": OWN_PASSWORD, "again": OWN_PASSWORD}
    assert led_to(visitor.send("/password", page="/password", **changed)) == "/"
    return visitor


def bring_to_officer(office, clerk, page, settle=run_until_idle):
    """The clerk's part: a paper scanned, signed, reviewed; its copy asked for and approved."""
    files = [("files", ("trang.jpg", page.read_bytes(), "image/jpeg"))]
    told = {"requester": "Trần Thị Bình", "procedure": "2.000815", "title": "Giấy xác nhận"}
    sent = clerk.send("/dossiers", page="/dossiers/new", files=files, source="upload", how="finish", **told)
    paper = led_to(sent)
    settle(office)
    assert led_to(clerk.send(f"{paper}/sign", page=paper, sure="yes")) == paper
    settle(office)
    fields = dict.fromkeys(re.findall(r'name="(ok-\w+)"', clerk.get(paper).text), "yes")
    fields |= {"f-subject": "Xác nhận tình trạng hôn nhân", "original_pages": "1", "how": "finish"}
    assert led_to(clerk.send(f"{paper}/review", page=paper, **fields)) == paper
    settle(office)
    clerk.send(f"{paper}/copies", page=paper, original_seen="yes", original_pages="1")
    copy = re.search(r'action="(/copies/[^/]+)/approve"', clerk.get(paper).text)[1]
    answers = {f"clause-{number}": "applies-not" for number in range(1, 7)}
    assert led_to(clerk.send(f"{copy}/approve", page=paper, compared="yes", how="finish", **answers)) == paper
    return paper, copy


def copy_row(office):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(copies)).one()


def judge_by_others(server, issued, eu_dss, verapdf):
    """EU DSS and veraPDF, who know nothing of this house."""
    both = issued.parent / "both.pem"
    both.write_bytes(pem_of(server.authority.root) + pem_of(server.authority.stamp_root))
    assert verapdf([issued])[issued]
    judged = eu_dss([issued], both)[issued]
    assert {(one["indication"], one["level"]) for one in judged} == {("TOTAL_PASSED", "PAdES-BASELINE-LTA")}
    assert len(judged) == 2


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def put_on_tokens(server, folder):
    """A token for each who signs, with a certificate in their very names; `module`, and PINs by holder."""
    tokens = Tokens(folder / "softhsm", softhsm_module()).begin()
    above = folder / "intermediate.pem"
    above.write_bytes(pem_of(server.authority.intermediate))
    names = {"lan": PEOPLE["lan"][0], "lanh": PEOPLE["lanh"][0], AGENCY: NAME}
    pins = {}
    for number, (holder, name) in enumerate(names.items(), start=1):
        pins[holder] = f"{number}{secrets.randbelow(10**7):07d}"
        issued = server.authority.issue(name, NAME)
        tokens.initialise(holder, pins[holder])
        tokens.put((holder, pins[holder]), f"{number:02x}", issued.key, issued.certificate)
    return tokens, above, pins


def keys_by_command(run, tokens, above, data):
    """Who signs with what, and who may certify."""
    found = ["--module", tokens.module, "--chain", above, "--data", data]
    assert run("keys", "add", "--account", "lan", *found) == 0
    assert run("keys", "add", "--account", "lanh", *found) == 0
    assert run("keys", "add", "--agency", *found) == 0
    assert run("keys", "delegate", "lanh", "--capacity", "KT", "--since", "01/07/2025", "--data", data) == 0


@contextmanager
def serving(run, data, pins):
    """`serve --unlock`, the PINs typed as they are asked for; its address."""
    run.count += 1
    words = ["serve", "--unlock", "--port", str(free_port()), "--data", str(data)]
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "office", *words],
        env={**given, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        server.stdin.write("".join(f"{pin}\n" for pin in pins))
        server.stdin.close()
        url = next(line for line in server.stderr if line.startswith("https://")).strip().rstrip("/")
        until_it_answers(f"{url}/healthz", trusting(data / "tls" / "motcua-ca.pem"))
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)
        server.stderr.close()


def let_it_work(office):
    """Until the workers of `serve` have had nothing to do for a while."""
    deadline, quiet = time.monotonic() + PATIENCE_SECONDS, 0
    while quiet < 3:
        assert time.monotonic() < deadline
        quiet = 0 if at_work(office) or due_work(office) else quiet + 1
        time.sleep(0.1)


def at_work(office):
    with reading(office.engine) as connection:
        held = (sa.select(table.c.id).where(table.c.owner.is_not(None)) for table in (papers, copies))
        return any(connection.execute(asked).first() for asked in held)


def through_the_pages(url, office, passwords, page, out):
    """Clerk, officer, văn thư; then a citizen with the copy. What the pages said, the citizen's last."""
    tls = trusting(office.settings.data / "tls" / "motcua-ca.pem")
    with ExitStack() as held:
        clerk, officer, records = (
            held.enter_context(enter(url, office, name, passwords[name])) for name in PEOPLE
        )
        paper, copy = bring_to_officer(office, clerk, page, let_it_work)
        assert led_to(officer.send(f"{copy}/confirm", page=paper, sure="yes", **{"seen-1": "yes"})) == paper
        let_it_work(office)
        assert led_to(records.send(f"{copy}/seal", page=paper, sure="yes")) == paper
        let_it_work(office)
        told = clerk.get(paper).text
        assert "Đã phát hành" in told, copy_row(office).fault
        file = re.search(r'href="(/files/[^"]+)">Bản sao đã phát hành', told)[1]
        out.write_bytes(clerk.get(file).content)
        citizen = held.enter_context(Visitor(url, tls))
        answer = citizen.send("/check", files={"file": (out.name, out.read_bytes(), "application/pdf")}).text
    return [told, answer], answer


@pytest.mark.law("L43")
@pytest.mark.law("L60")
def test_an_empty_directory_becomes_an_office_that_issues_its_first_lawful_copy(
    server, page, tmp_path, capsys, monkeypatch, eu_dss, verapdf
):
    run, data = Commands(), tmp_path / "house"
    tokens, above, pins = put_on_tokens(server, tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", tokens.environment["SOFTHSM2_CONF"])
    assert run("office", "init", "--plan", plan_for(server, tmp_path), "--data", data, "--json") == 0
    passwords = json.loads(capsys.readouterr().out)["passwords"]
    keys_by_command(run, tokens, above, data)
    capsys.readouterr()
    assert run("keys", "list", "--data", data, "--json") == 0
    listed = json.loads(capsys.readouterr().out)["certificates"]
    assert [one["hindrance"] for one in listed] == [None] * 3
    office = open_office(load_settings(Path("/nowhere"), {}, data))
    issued = tmp_path / "ban-sao.pdf"
    with serving(run, data, [pins[one["holder"]] for one in listed]) as url:
        said, answer = through_the_pages(url, office, passwords, page, issued)
    assert f"số 1, quyển 1/{office.today.year}-SCT/BS" in answer
    assert answer.count('<li class="done">') == 3
    assert "Trần Văn Lãnh" in answer
    said.append(subprocess.run(["pdftotext", issued, "-"], capture_output=True, text=True, check=True).stdout)
    assert NAME.rsplit(maxsplit=1)[-1] in said[-1]
    assert run("verify", issued, "--data", data, "--json") == 0
    judged = json.loads(capsys.readouterr().out)
    said.append(judged["sentence"])
    told = {(one["list"], one["specimen"]) for one in judged["signatures"]}
    assert told == {("government", False), ("national", False)}  # both signers, the archive time-stamp
    assert not [found for words in said if (found := SPECIMEN.search(words))]
    judge_by_others(server, issued, eu_dss, verapdf)
    assert {"/tsa", "/ocsp", "/root.crl", "/stamps.crl"} == set(server.asked)
    with reading(office.engine) as connection:
        assert ledger.verify(connection).first_break is None
    office.engine.dispose()
    assert run.count <= MOST_COMMANDS


@pytest.mark.parametrize("trouble", ["revoked", "unknown", "OCSP dead"])
@pytest.mark.law("L26")
def test_no_number_is_reserved_for_an_officer_whose_certificate_nobody_vouches_for(
    server, founded, page, trouble
):
    office, passwords, _ = founded
    (person,) = (one for one in list_accounts(office) if one.name == "lanh")
    serial = office.keyring.of(person.id).certificate.serial_number
    with ExitStack() as held:
        url = held.enter_context(served(office))
        clerk = held.enter_context(enter(url, office, "lan", passwords["lan"]))
        officer = held.enter_context(enter(url, office, "lanh", passwords["lanh"]))
        paper, copy = bring_to_officer(office, clerk, page)
        server.behave()
        if trouble == "revoked":
            server.authority.revoke(server.authority.issued[serial])
        if trouble == "unknown":
            server.authority.unknown.add(serial)
        if trouble == "OCSP dead":
            server.misbehave("/ocsp", lambda _: (503, "text/plain", b""))
        officer.send(f"{copy}/confirm", page=paper, sure="yes", **{"seen-1": "yes"})
        run_until_idle(office)
        told = clerk.get(paper).text
        server.behave()
    row = copy_row(office)
    assert (row.state, row.number) == (CopyState.APPROVED, None)
    words = "đã bị thu hồi" if trouble == "revoked" else "Chưa hỏi được tình trạng chứng thư"
    assert words in told
    if trouble != "revoked":
        assert row.retry_at is not None


@pytest.mark.law("L42")
def test_whatever_a_time_stamp_authority_does_a_copy_waits_with_its_number_and_goes_on(
    server, founded, page, tmp_path
):
    office, _, _ = founded
    hurried = office.settings.having("signing", tsa_wait_seconds=1).having("services", stamp_tries=1)
    office = replace(open_office(hurried), keyring=office.keyring)
    people = {one.name: one.actor for one in list_accounts(office)}
    house = House(office, people["lan"], people["lanh"], people["vy"])
    copy = house.approved(house.archived(page))
    certifying.confirm_copy(office, house.officer, copy)
    authority = server.authority
    troubles = {
        "dead": lambda _: (503, "text/plain", b""),
        "of another root": lambda body: authority.stamp(body, authority.issue_tsa(issuer=authority.root)),
        "of yesterday": lambda body: authority.stamp(body, at=office.clock() - timedelta(days=1)),
        "slow": slowly(2, authority.stamp),
        "redirecting": lambda _: (307, "text/plain", f"{server.url}/tsa-2".encode()),
    }
    for trouble, reply in troubles.items():
        server.misbehave("/tsa", reply)
        run_until_idle(office)
        row = copy_row(office)
        assert row.fault == "CertifyFault.timestamp-unavailable", trouble
        assert (row.number, row.retry_at is not None) == (1, True)
        assert "tự thử lại" in explain_code(row.fault)
        office = replace(office, clock=lambda at=row.retry_at: at)
    server.behave()
    run_until_idle(office)
    certifying.seal_copy(office, house.records_officer, copy)
    run_until_idle(office)
    assert (copy_row(office).state, copy_row(office).number) == (CopyState.ISSUED, 1)
    office.engine.dispose()


def test_serve_speaks_tls_with_what_init_made(founded):
    office, _, _ = founded
    authority = trusting(office.settings.data / "tls" / "motcua-ca.pem")
    port = free_port()
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    words = ["serve", "--port", str(port), "--data", str(office.settings.data)]
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "office", *words],
        env={**given, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr.readline().strip() == f"https://127.0.0.1:{port}/"
        until_it_answers(f"https://127.0.0.1:{port}/healthz", authority)
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)
