"""`office init`: from an empty directory to an office that lacks its keys alone; again, nothing changes."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from certify.book.register_tables import books
from office.bootstrap import open_office
from office.cli.main import USAGE_ERROR, main
from office.desk.books import books_of
from office.founding.calendar import is_working_day
from office.founding.plan import FoundingCode, FoundingFault, plan_of
from office.founding.trust import list_anchors
from office.founding.units import keep_units, named, unit_on
from office.people.accounts import Attempt, list_accounts, log_in
from office.people.passwords import Passwords
from office.procedure import Role
from office.settings import Settings, load_settings
from storage import ledger
from storage.database import reading, writing
from tests.authority_server import Authority, fingerprint_of, pem_of

YEAR = datetime.now(UTC).year
PLAN = """
unit = "phuong-thu"

[[units]]
agency = "ỦY BAN NHÂN DÂN PHƯỜNG THỬ NGHIỆM"
code = "H29.50.05.13"
since = 2025-07-01

[[units]]
agency = "ỦY BAN NHÂN DÂN PHƯỜNG THỬ CŨ"
code = "H29.50.05.07"
since = 2020-01-01
until = 2025-07-01

[[accounts]]
name = "lan"
full_name = "Nguyễn Thị Lan"
title = "Công chức tiếp nhận"
roles = ["clerk"]

[[accounts]]
name = "lanh"
full_name = "Trần Văn Lãnh"
title = "CHỦ TỊCH"
roles = ["officer"]

[[accounts]]
name = "vy"
full_name = "Lê Thị Vy"
title = "Văn thư"
roles = ["records_officer", "archivist"]

[[trust]]
file = "root.pem"
fingerprint = "{root}"
vouches_for = ["signers"]

[[trust]]
file = "stamps.pem"
fingerprint = "{stamps}"
vouches_for = ["stamps"]

[web]
host = "127.0.0.1"
port = 8443
names = ["motcua.phuong.test"]

[services]
stamps = ["http://127.0.0.1:9/tsa"]
answers = ["http://127.0.0.1:9"]

[[holidays]]
day = 2026-01-01
name = "Tết Dương lịch"

[[holidays]]
day = 2026-01-10
name = "Làm bù"
open = true
"""


@pytest.fixture(scope="module")
def authority():
    return Authority("http://127.0.0.1:9")


@pytest.fixture
def plan(tmp_path, authority) -> Path:
    (tmp_path / "root.pem").write_bytes(pem_of(authority.root))
    (tmp_path / "stamps.pem").write_bytes(pem_of(authority.stamp_root))
    told = PLAN.format(root=fingerprint_of(authority.root), stamps=fingerprint_of(authority.stamp_root))
    (tmp_path / "plan.toml").write_text(told)
    return tmp_path / "plan.toml"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "house"


def init(data, plan, capsys):
    code = main(["office", "init", "--plan", str(plan), "--data", str(data), "--json"])
    out = capsys.readouterr()
    return code, json.loads(out.out) if out.out else out.err


def opened(data):
    return open_office(load_settings(Path("/nowhere"), {}, data))


@pytest.mark.law("L54")
def test_an_empty_directory_becomes_an_office_that_lacks_its_keys_alone(data, plan, capsys):
    code, told = init(data, plan, capsys)
    assert code == 0
    office = opened(data)
    assert not office.is_demo
    assert (office.settings.agency, office.settings.unit_code) == (
        "ỦY BAN NHÂN DÂN PHƯỜNG THỬ NGHIỆM",
        "H29.50.05.13",
    )
    assert (office.settings.web.port, office.settings.web.further_names) == (8443, ("motcua.phuong.test",))
    assert office.settings.services.authorities == ("http://127.0.0.1:9/tsa",)
    assert office.services.stamp_roots != office.services.roots
    with reading(office.engine) as connection:
        assert len(list_anchors(connection)) == 2
        assert [book.volume for book in books_of(connection, YEAR)] == [1]
        events = [one.what for one in ledger.entries(connection)]
        assert ledger.verify(connection).first_break is None
    assert {"units_set", "holidays_set", "book_opened", "anchor_trusted", "office_settings_changed"} <= set(
        events
    )
    for name, password in told["passwords"].items():
        actor, _ = log_in(office, Passwords(), Attempt(name, password))
        assert actor.units == {"phuong-thu"}
    assert {one.name: one.roles for one in list_accounts(office)} == {
        "lan": {Role.CLERK},
        "lanh": {Role.OFFICER},
        "vy": {Role.RECORDS_OFFICER, Role.ARCHIVIST},
    }
    lacking = [one["what"] for one in told["missing"]]
    assert lacking == [
        "Nguyễn Thị Lan chưa có khóa ký",
        "Trần Văn Lãnh chưa có khóa ký",
        "Cơ quan chưa có khóa ký",
    ]
    office.engine.dispose()


def files_of(data):
    kept = [path for path in data.rglob("*") if path.is_file() and ".db" not in path.name]
    return {path: path.read_bytes() for path in kept}


def test_run_again_it_changes_nothing_and_tells_no_password(data, plan, capsys):
    init(data, plan, capsys)
    was = files_of(data)
    office = opened(data)
    with reading(office.engine) as connection:
        count = ledger.verify(connection).count
    code, told = init(data, plan, capsys)
    assert (code, told["done"], told["passwords"]) == (0, [], {})
    assert files_of(data) == was
    with reading(office.engine) as connection:
        assert ledger.verify(connection).count == count
    office.engine.dispose()


def test_a_plan_that_changed_changes_that_alone(data, plan, capsys):
    init(data, plan, capsys)
    plan.write_text(
        plan.read_text().replace("port = 8443", "port = 9443").replace("H29.50.05.13", "H29.50.05.14")
    )
    _, told = init(data, plan, capsys)
    assert told["done"] == ["Danh mục đơn vị", "Thiết lập"]
    office = opened(data)
    assert (office.settings.web.port, office.settings.unit_code) == (9443, "H29.50.05.14")
    office.engine.dispose()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('unit = "phuong-thu"', 'unit = "Phường Thử"', "không hợp lệ"),
        ("H29.50.05.13", "H29/50", "không hợp lệ"),
        ("until = 2025-07-01", "", "hai tên trong cùng một ngày"),
        ('roles = ["officer"]', 'roles = ["king"]', "không hợp lệ"),
        ("names =", "nmaes =", "không hợp lệ"),
        ('unit = "phuong-thu"', "unit = ", "Không đọc được"),
        ('fingerprint = "', 'fingerprint = "00', "Dấu vân tay không khớp"),
        ('file = "root.pem"', 'file = "nothing.pem"', "đúng một chứng thư"),
        ("port = 8443", "port = 84430", "không hợp lệ"),
        ("port = 8443", 'tls = "files"', "không hợp lệ"),
        ('stamps = ["http:', 'stamps = ["ftp:', "không hợp lệ"),
    ],
)
def test_a_plan_that_is_wrong_is_told_and_nothing_is_made(data, plan, capsys, old, new, words):
    text = plan.read_text()
    assert old in text
    plan.write_text(text.replace(old, new, 1))
    code, _ = main(["office", "init", "--plan", str(plan), "--data", str(data)]), None
    assert code in (1, USAGE_ERROR)
    assert words in capsys.readouterr().err
    assert not data.exists()


def test_a_demo_directory_is_never_made_an_office(data, plan, capsys):
    open_office(Settings(data=data), demo=True).engine.dispose()
    assert init(data, plan, capsys)[0] == 1


ANSWERS = [
    *("ỦY BAN NHÂN DÂN PHƯỜNG THỬ NGHIỆM", "H29.50.05.13", "", "2025-07-01"),
    *("", "", ""),  # pages: as usual
    *("http://127.0.0.1:9/tsa", "http://127.0.0.1:9"),
    *("lan", "Nguyễn Thị Lan", ""),
    *("lanh", "Trần Văn Lãnh", "KT. CHỦ TỊCH"),
    *("", ""),  # no records officer and no administrator yet
    *("", ""),  # no roots yet
]


def test_without_a_plan_it_asks_and_enter_takes_what_is_usual(data, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO("\n".join(ANSWERS) + "\n"))
    assert main(["office", "init", "--data", str(data), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    office = opened(data)
    assert (office.settings.unit, office.settings.web.port) == ("phuong-thu-nghiem", 8443)
    assert {one.title for one in list_accounts(office)} == {"Công chức tiếp nhận", "KT. CHỦ TỊCH"}
    lacking = [one["what"] for one in told["missing"]]
    assert "Chưa có tài khoản văn thư" in lacking
    assert "Chưa tin gốc chứng thư nào của người ký" in lacking
    office.engine.dispose()


def test_answers_that_break_off_make_nothing(data, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO("\n".join(ANSWERS[:5])))
    assert main(["office", "init", "--data", str(data)]) == USAGE_ERROR
    assert "Chưa trả lời hết" in capsys.readouterr().err
    assert not data.exists()


@pytest.mark.law("L54")
@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2019, 12, 31), None),
        (date(2020, 1, 1), "H29.50.05.07"),
        (date(2025, 6, 30), "H29.50.05.07"),
        (date(2025, 7, 1), "H29.50.05.13"),
        (date(2030, 1, 1), "H29.50.05.13"),
    ],
)
def test_a_unit_has_the_name_and_code_of_its_day(tmp_path, database_url, day, code):
    office = open_office(
        Settings(data=tmp_path / "house", unit="phuong-thu").having("database", url=database_url)
    )
    with writing(office.engine) as connection:
        assert keep_units(connection, plan_of(two_units()))
        assert not keep_units(connection, plan_of(two_units()))
        found = unit_on(connection, "phuong-thu", day)
    assert (found.code if found else None) == code
    expected = code or office.settings.unit_code
    assert named(office.settings, office.engine, day).unit_code == expected
    office.engine.dispose()


def two_units():
    new = {"agency": "UBND PHƯỜNG THỬ", "code": "H29.50.05.13", "since": "2025-07-01"}
    old = {"agency": "UBND PHƯỜNG CŨ", "code": "H29.50.05.07", "since": "2020-01-01", "until": "2025-07-01"}
    return {"unit": "phuong-thu", "units": [new, old]}


def test_a_name_that_ends_before_it_begins_is_refused():
    told = two_units()
    told["units"][1]["until"] = "2020-01-01"
    with pytest.raises(FoundingFault) as refused:
        plan_of(told)
    assert refused.value.code is FoundingCode.WRONG


def test_the_counter_is_open_on_working_days_but_for_holidays(data, plan, capsys):
    init(data, plan, capsys)
    office = opened(data)
    days = {date(2026, 1, 1): False, date(2026, 1, 2): True, date(2026, 1, 3): False, date(2026, 1, 10): True}
    with reading(office.engine) as connection:
        assert {day: is_working_day(connection, day) for day in days} == days
    office.engine.dispose()


# The doctor


def doctor(data, capsys):
    code = main(["doctor", "--json", "--data", str(data)])
    return code, {one["what"]: one["cure"] for one in json.loads(capsys.readouterr().out)["ailments"]}


def test_the_doctor_tells_all_that_is_missing_until_the_first_copy(data, capsys):
    open_office(Settings(data=data)).engine.dispose()
    code, told = doctor(data, capsys)
    assert code == 1
    wanted = {
        *("Danh mục chưa có tên cơ quan cho hôm nay", "Chưa có tài khoản cán bộ một cửa"),
        *("Chưa có tài khoản người ký chứng thực", "Chưa có tài khoản văn thư", "Cơ quan chưa có khóa ký"),
        *("Chưa tin gốc chứng thư nào của người ký", "Chưa tin gốc nào của dấu thời gian"),
        *(
            "Chưa khai địa chỉ cấp dấu thời gian (services.stamps)",
            "Chưa có TLS nên chỉ máy này mở được các trang",
        ),
        "Chưa khai địa chỉ OCSP, CRL được phép hỏi (services.answers)",
    }
    assert wanted <= set(told)
    assert all("motcua" in told[what] for what in wanted)


def test_the_doctor_warns_before_an_anchor_or_the_pages_certificate_ends(data, plan, capsys, monkeypatch):
    init(data, plan, capsys)
    later = datetime.now(UTC) + timedelta(days=380)
    monkeypatch.setattr("office.bootstrap.utc_now", lambda: later)
    _, told = doctor(data, capsys)
    assert any("Chứng thư TLS của các trang hết hạn ngày" in what for what in told)
    far = datetime.now(UTC) + timedelta(days=3600)
    monkeypatch.setattr("office.bootstrap.utc_now", lambda: far)
    _, told = doctor(data, capsys)
    assert any("Gốc tin cậy Gốc chứng thực Thử Nghiệm hết hạn" in what for what in told)


def test_a_directory_is_marked_demo_by_nobody_who_makes_a_specimen(tmp_path, page, plan, capsys):
    data = tmp_path / "new"
    assert main(["certify", str(page), "-o", str(tmp_path / "c.pdf"), "--data", str(data)]) == 0
    assert not (data / "kind").exists()
    assert main(["verify", str(tmp_path / "c.pdf"), "--data", str(data)]) == 0
    capsys.readouterr()
    assert init(data, plan, capsys)[0] == 0
    office = opened(data)
    assert not office.is_demo
    with reading(office.engine) as connection:
        assert [row.opened_by for row in connection.execute(books.select())] == ["system"]
    office.engine.dispose()
