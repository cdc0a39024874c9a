"""The command as people and programs meet it: files in, files and one JSON object out, honest exit codes."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foundation.durable import copy_whole, write_whole
from office.cli.main import main
from office.confined.confine import ROOT
from office.faults import DeskCode

PAGE_FACTS = {
    "page",
    "verdict",
    "reasons",
    "dpi",
    "rotation",
    "skew_degrees",
    "words",
    "mean_confidence",
    "cpu_seconds",
    "bytes",
    "quad",
    "crop",
    "recipe",
}
DOCUMENT_FACTS = {"pages", "cpu_seconds", "wall_seconds", "pdf_bytes", "conformance"}
SETTINGS_ALONE = "from pydantic import TypeAdapter; TypeAdapter"
STRONG = "Mot-Cua-Ma-Manh-2026!"


def motcua(*arguments, cwd=None, told="", **environment):
    """The command as a process of its own, the way the shell command starts it."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "office", *map(str, arguments)],
        env={**given, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1", **environment},
        cwd=cwd,
        input=told,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    """No test may meet the data directory of the checkout."""
    for name in [name for name in os.environ if name.startswith("MOTCUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def digitized(page, tmp_path_factory):
    """One page digitized by the command, called from a folder with a namesake of a room in it."""
    folder = tmp_path_factory.mktemp("đơn của bà Ánh")
    (folder / "storage").mkdir()
    (folder / "storage" / "__init__.py").write_text("raise SystemExit('the wrong storage')\n")
    shutil.copy(page, folder / "Giấy tờ số 1 (bản chụp).jpg")
    outputs = ["-o", "Kết quả.pdf", "--text", "chữ.txt", "--report", "báo cáo.json"]
    outputs += ["--reading-copy", "bản đọc.pdf", "--alto", "chữ.xml", "--hocr", "chữ.html"]
    done = motcua("digitize", "Giấy tờ số 1 (bản chụp).jpg", *outputs, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_picture_becomes_a_searchable_file_with_its_words_and_its_report(digitized):
    assert (digitized / "Kết quả.pdf").read_bytes().startswith(b"%PDF-")
    assert "HÔN NHÂN" in (digitized / "chữ.txt").read_text(encoding="utf-8")
    report = json.loads((digitized / "báo cáo.json").read_text(encoding="utf-8"))
    assert set(report) == DOCUMENT_FACTS
    (only,) = report["pages"]
    assert set(only) == PAGE_FACTS
    assert (only["page"], report["conformance"]) == (1, "PDF/A-2u")
    assert report["pdf_bytes"] == (digitized / "Kết quả.pdf").stat().st_size
    for reason in only["reasons"]:
        assert set(reason) == {"code", "sentence", "box"}


def test_alto_and_hocr_hold_the_words_of_the_text(digitized):
    from xml.etree import ElementTree as ET

    words = (digitized / "chữ.txt").read_text(encoding="utf-8").split()
    alto = ET.parse(digitized / "chữ.xml").iter("{http://www.loc.gov/standards/alto/ns-v4#}String")  # noqa: S314
    assert [string.get("CONTENT") for string in alto] == words
    spans = ET.parse(digitized / "chữ.html").iter("{http://www.w3.org/1999/xhtml}span")  # noqa: S314
    assert [span.text for span in spans if span.get("class") == "ocrx_word"] == words


def test_a_reading_copy_is_small_and_holds_the_same_words(digitized):
    small, whole = (digitized / name for name in ("bản đọc.pdf", "Kết quả.pdf"))
    assert small.stat().st_size < 80_000 < whole.stat().st_size
    words = [
        subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split()
        for path in (small, whole)
    ]
    assert sorted(words[0]) == sorted(words[1]) != []


def test_two_outputs_at_one_place_are_refused(page, tmp_path):
    out = str(tmp_path / "out.pdf")
    assert main(["digitize", str(page), "-o", out, "--reading-copy", out]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_reason_is_told_in_the_language_asked_for(page, tmp_path):
    from PIL import Image

    with Image.open(page) as picture:
        picture.save(tmp_path / "bare.png")  # without dpi
    outputs = ["-o", str(tmp_path / "out.pdf"), "--report", str(tmp_path / "r.json")]
    assert main(["--lang", "en", "digitize", str(tmp_path / "bare.png"), *outputs]) == 0
    (only,) = json.loads((tmp_path / "r.json").read_text())["pages"]
    told = {reason["code"]: reason["sentence"] for reason in only["reasons"]}
    assert "resolution" in told["DPI_ASSUMED"]


def test_one_bad_file_among_good_ones_and_nothing_is_written(page, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("words")
    outputs = ["-o", str(tmp_path / "out.pdf"), "--text", str(tmp_path / "out.txt")]
    assert main(["digitize", str(page), str(tmp_path / "notes.txt"), *outputs]) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt"}
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip().startswith("Tệp notes.txt không phải ảnh hay PDF.")
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize("option", ["-o", "--text", "--report", "--reading-copy", "--alto"])
def test_an_output_in_a_folder_that_is_not_there_is_refused_before_anything_is_written(
    option, page, tmp_path, capsys
):
    names = {"-o": "out.pdf", "--text": "out.txt", "--report": "r.json", "--reading-copy": "small.pdf"}
    names |= {"--alto": "out.xml", "--hocr": "out.html"}
    places = {name: tmp_path / file for name, file in names.items()}
    places[option] = tmp_path / "nowhere" / "out"
    outputs = [word for name, path in places.items() for word in (name, str(path))]
    assert main(["digitize", str(page), *outputs]) == 1
    assert "Không ghi được kết quả" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_is_there_at_once():
    done = motcua("--help")
    assert done.returncode == 0
    assert "verify" in done.stdout
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    plain |= {"PYTHONPATH": str(ROOT)}
    helped = least_cpu([sys.executable, "-P", "-m", "office", "--help"], plain)
    assert helped < 1.5 * least_cpu([sys.executable, "-P", "-c", SETTINGS_ALONE], plain)


def least_cpu(command, environment):
    """Processor seconds, however busy this machine is."""

    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(5))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["verify"],
        ["digitize", "a.jpg"],
        ["certify", "a.pdf", "-o", "b.pdf", "--kind", "sao"],
        ["users", "add"],
        ["users", "add", "x", "--role", "king"],
        ["--lang", "fr", "doctor"],
        ["search", "x", "--limit", "many"],
    ],
)
def test_a_command_line_that_cannot_be_understood_leaves_with_64(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 64
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("MOTCUA_UINT", "x"), ("MOTCUA_PORT", "many"), ("MOTCUA_LANG", "fr"), ("MOTCUA_WORKERS", "0")],
)
def test_settings_that_cannot_be_leave_with_64_and_one_sentence(name, value, monkeypatch, capsys):
    monkeypatch.setenv(name, value)
    assert main(["search", "x", "--json"]) == 64
    told = capsys.readouterr()
    assert set(json.loads(told.out)["error"]) == {"code", "sentence"}
    assert json.loads(told.out)["error"]["sentence"] == told.err.strip()


def test_vietnamese_by_default_english_when_asked_before_or_after_the_command(tmp_path, monkeypatch, capsys):
    def told(*words):
        assert main([*words]) == 1
        return capsys.readouterr().err

    assert told("search", "x").startswith("Chưa có chỉ mục")
    assert told("--lang", "en", "search", "x").startswith("There is no search index")
    assert told("search", "x", "--lang", "en").startswith("There is no search index")
    monkeypatch.setenv("MOTCUA_LANG", "en")
    assert told("search", "x").startswith("There is no search index")
    assert told("search", "x", "--lang", "vi").startswith("Chưa có chỉ mục")


@pytest.mark.parametrize(
    "words",
    [
        ["search", "x"],
        ["archive", "verify"],
        ["archive", "rebuild"],
        ["register", "print"],
        ["users", "list"],
    ],
)
def test_looking_makes_no_house(words, tmp_path):
    assert main([*words, "--data", str(tmp_path / "new")]) == 1
    assert not (tmp_path / "new").exists()


def test_a_new_house_has_nothing_to_find_and_says_what_to_do(tmp_path, monkeypatch, capsys):
    assert add_user(tmp_path, monkeypatch, "canbo") == 0
    capsys.readouterr()
    assert main(["search", "giấy", "--json", "--data", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "INDEX_MISSING"


def add_user(data, monkeypatch, name, password=STRONG):
    from io import StringIO

    monkeypatch.setattr(sys, "stdin", StringIO(password + "\n"))
    words = ["--full-name", "Trần Văn Mẫu", "--role", "clerk", "--role", "archivist"]
    return main(["users", "add", name, *words, "--data", str(data)])


def test_an_account_is_added_with_a_strong_password_once(tmp_path, monkeypatch, capsys):
    assert add_user(tmp_path, monkeypatch, "canbo") == 0
    assert add_user(tmp_path, monkeypatch, "canbo") == 1
    assert "canbo" in capsys.readouterr().err
    assert add_user(tmp_path, monkeypatch, "second", "weak") == 1
    assert "mật khẩu" in capsys.readouterr().err
    assert main(["users", "list", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "canbo\tTrần Văn Mẫu\tarchivist, clerk\n"


def test_no_house_is_shared_between_demo_and_office(tmp_path, monkeypatch, digitized, capsys):
    add_user(tmp_path, monkeypatch, "canbo")
    capsys.readouterr()
    words = [str(digitized / "Kết quả.pdf"), "-o", str(tmp_path / "c.pdf"), "--json", "--data", str(tmp_path)]
    assert main(["certify", *words]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == DeskCode.WRONG_HOUSE
    assert main(["demo", "--once", "--data", str(tmp_path)]) == 1


def test_an_unsigned_file_is_indeterminate_and_what_is_no_pdf_unreadable(digitized, tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("words")
    assert main(["verify", str(digitized / "Kết quả.pdf"), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"verdict", "sentence", "signatures", "register", "findings"}
    assert (told["verdict"], told["register"]) == ("INDETERMINATE", None)
    assert main(["verify", str(tmp_path / "letter.txt"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "UNREADABLE"


@pytest.mark.parametrize(
    "pem", [None, b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_root_that_is_no_certificate_is_a_wrong_command_not_a_failed_file(pem, digitized, tmp_path, capsys):
    if pem:
        (tmp_path / "root.pem").write_bytes(pem)
    words = ["verify", str(digitized / "Kết quả.pdf"), "--trust", str(tmp_path / "root.pem")]
    assert main(words) == 64
    assert "root.pem" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "begins", "holds"),
    [
        ("pdf", b"%PDF-1.7", b"%%EOF"),
        ("xml", b"<?xml", b"SIGNED_DATA_NOT_FOUND"),
        ("json", b"{", b'"verdict": "INDETERMINATE"'),
    ],
)
def test_an_answer_is_written_as_a_report(digitized, tmp_path, capsys, kind, begins, holds):
    report = tmp_path / f"tra lời.{kind}"
    assert main(["verify", str(digitized / "Kết quả.pdf"), "--report", str(report), "--lang", "en"]) == 2
    assert report.read_bytes().startswith(begins)
    assert holds in report.read_bytes()
    assert "no signature" in capsys.readouterr().out


def test_a_report_of_another_kind_or_of_several_files_is_refused_before_any_work(digitized, tmp_path):
    file = str(digitized / "Kết quả.pdf")
    for words in (
        [file, "--report", str(tmp_path / "a.docx")],
        [file, file, "--report", str(tmp_path / "a.pdf")],
    ):
        assert main(["verify", *words]) == 64
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("a.")]


def test_what_is_no_document_has_no_report(tmp_path):
    (tmp_path / "letter.txt").write_text("Kính gửi")
    report = tmp_path / "a.pdf"
    assert main(["verify", str(tmp_path / "letter.txt"), "--report", str(report)]) == 3
    assert not report.exists()


def test_doctor_names_what_is_missing_with_its_cure_and_is_content_otherwise(tmp_path, monkeypatch, capsys):
    assert main(["doctor", "--json"]) == 0
    holding = {"network": True, "files": True, "environment": True}
    assert json.loads(capsys.readouterr().out) == {"ailments": [], "walls": holding}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["ailments"]
    assert {"Thiếu chương trình tesseract", "Thiếu chương trình qpdf"} <= {one["what"] for one in found}
    assert all(one["cure"].startswith("apt-get install") for one in found)


def test_a_text_appears_whole_or_not_at_all(tmp_path):
    write_whole(tmp_path / "a.txt", "tiếng Việt".encode())
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "tiếng Việt"
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "b.txt", "\udcff".encode())
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt"}
    copy_whole(tmp_path / "a.txt", tmp_path / "c.txt")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "c.txt"}
    assert Path(tmp_path / "c.txt").read_bytes() == "tiếng Việt".encode()
