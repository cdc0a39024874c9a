"""A demo directory, made by the command, and everything the command says about it and its copy."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from office.cli.main import main
from office.confined.confine import ROOT
from tests.digitize.digitize_papers import write_paper

STAGES = [
    "Chuẩn bị",
    "Quét",
    "Đọc",
    "Ký bản quét",
    "Bóc tách",
    "Rà soát",
    "Lưu trữ",
    "Duyệt chứng thực",
    "Cấp bản sao",
    "Trả kết quả",
    "Kiểm tra",
    "Tìm kiếm",
]
SIGNATURE_FACTS = {
    "field",
    "signer",
    "verdict",
    "sub_indication",
    "signed_at",
    "timestamped_at",
    "level",
    "covers_whole_file",
}
HIT_FACTS = {"record", "file", "page", "title", "snippet", "boxes", "score"}
ELSEWHERE = ["--data", "/nonexistent/house"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("MOTCUA_")]:
        monkeypatch.delenv(name)


def run_demo(data):
    given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "office", "demo", "--once", "--json", "--data", data],
        env={**given, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `demo --once --json` says; pytest's own workers share one demo."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    folder = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    told = folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            done = run_demo(folder / "demo-house")
            assert done.returncode == 0, done.stderr
            told.write_text(done.stdout)
    return json.loads(told.read_text())


@pytest.fixture
def data(demo):
    return str(Path(demo["trust"]).parent.parent)


def kept(folder):
    """What stands in a data directory, save for what any start may touch."""
    passing = {".starting", "motcua.db-wal", "motcua.db-shm"}
    files = (path for path in Path(folder).rglob("*") if path.is_file() and path.name not in passing)
    return {str(path): path.read_bytes() for path in files}


def asked(capsys, *words):
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_demo_tells_every_stage_and_where_everything_is(demo):
    assert [stage["name"] for stage in demo["stages"]] == STAGES
    assert all(set(stage) == {"name", "seconds", "result"} for stage in demo["stages"])
    assert {"copy", "digitized", "record", "trust", "url", "accounts"} <= set(demo)
    assert Path(demo["copy"]).read_bytes().startswith(b"%PDF-")
    assert Path(demo["digitized"]).read_bytes().startswith(b"%PDF-")
    assert set(demo["accounts"]) == {"canbo", "lanhdao", "vanthu"}


def test_a_second_demo_changes_nothing_and_says_so(demo, data):
    before = kept(data)
    again = run_demo(data)
    assert again.returncode == 0
    assert "không có gì thay đổi" in again.stderr
    told = json.loads(again.stdout)
    assert {**told, "stages": None} == {**demo, "stages": None}
    assert kept(data) == before


def test_a_certified_copy_passes_where_the_register_knows_it(demo, data, capsys):
    code, told = asked(capsys, "verify", demo["copy"], "--data", data)
    assert (code, told["verdict"]) == (0, "TOTAL-PASSED")
    assert "BẢN MẪU" in told["sentence"]
    assert told["register"]["state"] == "ISSUED"
    assert len(told["signatures"]) >= 2
    assert all(set(signature) >= SIGNATURE_FACTS for signature in told["signatures"])
    assert all({"step", "standard", "detail"} <= set(finding) for finding in told["findings"])


def test_elsewhere_it_passes_with_the_demo_root_and_is_unsure_without(demo, capsys):
    code, told = asked(capsys, "verify", demo["copy"], *ELSEWHERE, "--trust", demo["trust"])
    assert (code, told["register"]) == (0, None)
    assert asked(capsys, "verify", demo["copy"], *ELSEWHERE)[0] == 2


def test_a_changed_byte_fails_and_a_cut_back_copy_fails_where_the_register_is(demo, data, tmp_path, capsys):
    whole = Path(demo["copy"]).read_bytes()
    changed = tmp_path / "changed.pdf"
    middle = len(whole) // 3
    changed.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert asked(capsys, "verify", str(changed), "--data", data)[0] == 1
    ends = [at + 5 for at in range(len(whole)) if whole.startswith(b"%%EOF", at)]
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[: ends[-2]] + b"\n")
    code, told = asked(capsys, "verify", str(cut), "--data", data)
    assert (code, told["register"]) == (1, None)
    assert asked(capsys, "verify", str(cut), *ELSEWHERE, "--trust", demo["trust"])[0] in (1, 2)


def test_a_broken_file_that_claims_a_signature_fails_and_one_that_does_not_is_unreadable(tmp_path, capsys):
    (tmp_path / "claims.pdf").write_bytes(b"%PDF-1.7\n1 0 obj << /ByteRange [0 1 2 3] >>")
    (tmp_path / "words.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    assert asked(capsys, "verify", str(tmp_path / "claims.pdf"), *ELSEWHERE)[0] == 1
    assert asked(capsys, "verify", str(tmp_path / "words.pdf"), *ELSEWHERE)[0] == 3


def test_a_file_beyond_the_limits_is_undecided_when_it_claims_a_signature(
    demo, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MOTCUA_CHILD_MEMORY_MB", "1")
    assert asked(capsys, "verify", demo["copy"], *ELSEWHERE)[0] == 2
    (tmp_path / "plain.pdf").write_bytes(b"%PDF-1.7\n%%EOF")
    assert asked(capsys, "verify", str(tmp_path / "plain.pdf"), *ELSEWHERE)[0] == 3


def test_of_several_files_the_worst_decides_and_every_one_is_told(demo, data, tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("words")
    missing = str(tmp_path / "missing.pdf")
    code, told = asked(capsys, "verify", demo["copy"], str(tmp_path / "letter.txt"), missing, "--data", data)
    assert (code, told["verdict"]) == (3, "UNREADABLE")
    assert [Path(one["file"]).name for one in told["files"]] == ["copy.pdf", "letter.txt", "missing.pdf"]
    assert [one["verdict"] for one in told["files"]] == ["TOTAL-PASSED", "UNREADABLE", "UNREADABLE"]
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\n1 0 obj << /ByteRange [0 1 2 3] >>")
    assert asked(capsys, "verify", missing, str(bad), demo["copy"], "--data", data)[0] == 1


def test_english_is_spoken_about_files_too(demo, data, capsys):
    main(["--lang", "en", "verify", demo["copy"], "--data", data])
    assert "SPECIMEN, without legal value. Certified copy no. 1" in capsys.readouterr().out


def test_what_was_archived_is_found_without_marks(demo, data, capsys):
    code, told = asked(capsys, "search", "so hoa ket qua", "--data", data, "--limit", "1")
    assert code == 0
    assert set(told) == {"took_ms", "total", "hits"}
    (hit,) = told["hits"]
    assert set(hit) >= HIT_FACTS
    assert hit["record"] == demo["record"]
    assert all(0 <= edge <= 1 for box in hit["boxes"] for edge in box)
    assert asked(capsys, "search", "so hoa ket qua", "--data", data, "--year", "1999")[1]["total"] == 0
    assert asked(capsys, "search", "so hoa", "--data", data, "--procedure", "9.999999")[1]["total"] == 0
    assert main(["search", "số hóa", "--data", data]) == 0
    assert demo["record"] in capsys.readouterr().out


def test_the_book_is_printed_and_its_log_holds(data, capsys):
    code, told = asked(capsys, "register", "print", "--data", data)
    assert code == 0
    assert [(row["number"], row["state"]) for row in told["entries"]] == [(1, "ISSUED")]
    code, log = asked(capsys, "register", "verify", "--data", data)
    assert (code, log["altered"]) == (0, [])
    assert log["size"] >= 1


def test_accounts_are_listed_and_the_doctor_is_content(data, capsys):
    assert main(["users", "list", "--data", data]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [
        "canbo",
        "lanhdao",
        "vanthu",
    ]
    assert main(["doctor", "--data", data]) == 0


def test_one_flipped_byte_in_the_archive_is_found(data, tmp_path, capsys):
    code, told = asked(capsys, "archive", "verify", "--data", data)
    assert (code, told["findings"], told["ledger"]["first_break"]) == (0, [], None)
    harmed = tmp_path / "house"
    shutil.copytree(data, harmed)
    victim = next(path for path in sorted((harmed / "archive").rglob("*.pdf")))
    victim.chmod(0o600)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    code, told = asked(capsys, "archive", "verify", "--data", str(harmed))
    assert code == 1
    assert any(victim.name in finding["place"] for finding in told["findings"])


def test_the_index_is_made_anew_from_the_archive(data, tmp_path, capsys):
    bare = tmp_path / "house"
    shutil.copytree(data, bare)
    shutil.rmtree(bare / "index")
    assert asked(capsys, "search", "số hóa", "--data", str(bare))[0] == 1
    assert asked(capsys, "archive", "rebuild", "--data", str(bare)) == (0, {"papers": 1})
    assert asked(capsys, "search", "số hóa", "--data", str(bare))[1]["total"] >= 1


def test_a_signed_file_alone_is_kept_byte_for_byte(demo, tmp_path):
    outputs = ["-o", str(tmp_path / "out.pdf"), "--report", str(tmp_path / "r.json")]
    outputs += ["--text", str(tmp_path / "out.txt")]
    assert main(["digitize", demo["copy"], *outputs, *ELSEWHERE]) == 0
    assert (tmp_path / "out.pdf").read_bytes() == Path(demo["copy"]).read_bytes()
    assert json.loads((tmp_path / "r.json").read_text())["conformance"] is None
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def specimens(tmp_path_factory):
    """A demo directory of its own, for copies made by `certify`."""
    return str(tmp_path_factory.mktemp("specimens") / "house")


@pytest.mark.parametrize("kind", ["chung-thuc", "sao-y", "sao-luc", "trich-sao"])
def test_a_specimen_of_every_kind_is_made_and_passes(kind, page, specimens, tmp_path, capsys):
    out = tmp_path / "bản sao.pdf"
    words = [str(page), "-o", str(out), "--kind", kind, "--pages-of-original", "1", "--data", specimens]
    code, told = asked(capsys, "certify", *words)
    assert code == 0
    assert told["copy"] == str(out)
    assert "BẢN MẪU" in told["sentence"]
    assert (told["register"] is not None) == (kind == "chung-thuc")
    assert main(["verify", str(out), "--data", specimens]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {out.name}


def test_other_pages_than_the_original_has_make_no_copy(page, specimens, tmp_path, capsys):
    words = [str(page), "-o", str(tmp_path / "c.pdf"), "--pages-of-original", "3", "--data", specimens]
    code, told = asked(capsys, "certify", *words)
    assert (code, told["error"]["code"]) == (1, "PAGES_DIFFER")
    assert list(tmp_path.iterdir()) == []


def test_a_signed_file_is_never_certified(demo, specimens, tmp_path, capsys):
    words = [demo["digitized"], "-o", str(tmp_path / "c.pdf"), "--data", specimens]
    code, told = asked(capsys, "certify", *words)
    assert (code, told["error"]["code"]) == (1, "ELECTRONIC_ORIGINAL")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_never_was_paper_is_never_certified(specimens, tmp_path, capsys):
    born = write_paper(tmp_path / "born.pdf", pdfa=True)
    words = [str(born), "-o", str(tmp_path / "c.pdf"), "--data", specimens]
    code, told = asked(capsys, "certify", *words)
    assert (code, told["error"]["code"]) == (1, "ELECTRONIC_ORIGINAL")
    assert list(tmp_path.iterdir()) == [born]
