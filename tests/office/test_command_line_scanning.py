"""`devices`, `scan` and `simulate-scanner` as people and programs meet them."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from office.bootstrap import open_office
from office.cli import scanning
from office.cli.main import main
from office.confined.confine import ROOT
from office.settings import Settings
from scanner_adapters.queue.spool import SpoolJob
from tests.scanner_adapters.scan_files import jpeg
from tests.scanner_adapters.telling_machine import WSD_ELEMENTS, telling

PAGES = {f"{number}.jpg": jpeg(number, 80, 113, dpi=(300, 300)) for number in range(1, 5)}
READY_SECONDS = 60
FACTS = {"file", "sha256", "width", "height", "dpi", "color"}


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("MOTCUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MOTCUA_DATA", str(tmp_path / "data"))


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "giấy tờ"
    folder.mkdir()
    for name, content in PAGES.items():
        (folder / name).write_bytes(content)
    return folder


def started(*words, **options):
    given = {name: value for name, value in os.environ.items() if name != "MOTCUA_DATA"}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "office", *map(str, words)],
        env={**given, "PYTHONPATH": str(ROOT), **options},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def simulated(pages, faults="", *words):
    """A simulated machine as a process of its own; the value is its address."""
    script = pages.parent / "faults.toml"
    script.write_text(faults)
    machine = started("simulate-scanner", "--json", "--pages", pages, "--faults", script, *words)
    try:
        yield "escl:" + json.loads(machine.stdout.readline())["url"]
    finally:
        machine.send_signal(signal.SIGTERM)
        machine.communicate(timeout=READY_SECONDS)
    assert machine.returncode == 0


def scanned(capsys, *words):
    code = main(["scan", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_stack_comes_into_the_folder_byte_for_byte_and_the_feeder_is_full_again(pages, tmp_path, capsys):
    out = tmp_path / "bản quét"
    with simulated(pages) as address:
        code, told = scanned(capsys, address, "-o", out)
        assert (code, told["state"], told["fault"]) == (0, "COMPLETED", None)
        assert [page["file"] for page in told["pages"]] == ["0001.jpg", "0002.jpg", "0003.jpg", "0004.jpg"]
        assert [(out / page["file"]).read_bytes() for page in told["pages"]] == list(PAGES.values())
        assert all(set(page) == FACTS for page in told["pages"])
        assert {path.name for path in out.iterdir()} == {page["file"] for page in told["pages"]}
        code, told = scanned(capsys, address, "-o", out, "--source", "adf-duplex")
        assert (code, told["pages"][0]["file"]) == (0, "0005.jpg")
        code, told = scanned(capsys, address, "-o", tmp_path / "g", "--source", "flatbed", "--color", "gray")
        assert (code, [page["color"] for page in told["pages"]]) == (0, ["gray"])


def test_a_jam_leaves_what_was_scanned_and_says_so(pages, tmp_path, capsys):
    with simulated(pages, '[[fault]]\nact = "jam"\npage = 3\nanswer = 503\n') as address:
        code, told = scanned(capsys, address, "-o", tmp_path / "out")
    assert (code, told["state"], told["fault"]["kind"]) == (1, "PARTIAL", "JAM")
    assert "2 trang" in told["fault"]["sentence"]
    assert len(told["pages"]) == len(list((tmp_path / "out").iterdir())) == 2


def test_a_machine_that_is_not_there_is_told(tmp_path, capsys):
    for device in ("escl:http://127.0.0.1:1/eSCL", "escl:nonsense"):
        code, told = scanned(capsys, device, "-o", tmp_path / "out")
        assert (code, told["state"], told["fault"]["kind"], told["pages"]) == (1, "FAILED", "OFFLINE", [])


def test_a_machine_found_by_mdns_is_scanned_by_its_id(pages, tmp_path, capsys):
    with simulated(pages) as address:
        machine, found = None, []
        until = time.monotonic() + READY_SECONDS
        while machine is None and time.monotonic() < until:
            assert main(["devices", "--json"]) == 0
            found = json.loads(capsys.readouterr().out)["devices"]
            machine = next((one for one in found if one["name"] == "Motcua Simulated Scanner"), None)
        assert machine, found
        assert machine["sources"] == ["flatbed", "adf", "adf-duplex"]
        known = json.loads((tmp_path / "data" / "scanners" / "machines.json").read_text())
        if [one["address"] for one in known] == [address]:  # else another test's machine was found
            assert scanned(capsys, machine["id"], "-o", tmp_path / "out")[0] == 0
    assert main(["devices"]) == 0
    assert "Motcua Simulated Scanner" in capsys.readouterr().out


def test_a_machine_not_listed_is_refused(pages, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MOTCUA_SCANNERS", "6d6f7463-7561-4d43-8a5e-0000000000ff")
    with simulated(pages) as address:
        code, told = scanned(capsys, address, "-o", tmp_path / "out")
    assert (code, told["state"], told["fault"]["kind"], told["pages"]) == (1, "FAILED", "NOT_ALLOWED", [])


def test_a_full_spool_begins_no_scan(pages, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MOTCUA_SPOOL_MB", "1")
    left = tmp_path / "data" / "spool" / "left"
    left.mkdir(parents=True)
    (left / "0001.jpg").write_bytes(bytes(1_000_000))
    with simulated(pages) as address:
        code, told = scanned(capsys, address, "-o", tmp_path / "out")
    assert (code, told["state"], told["fault"]["kind"], told["pages"]) == (1, "FAILED", "SPOOL_FULL", [])
    assert "1 MB" in told["fault"]["sentence"]


def test_one_machine_is_asked_what_it_speaks_and_the_next_step_is_told(pages, capsys):
    with simulated(pages) as address:
        assert main(["devices", "--address", address.removeprefix("escl:http://").removesuffix("/eSCL")]) == 0
        told = capsys.readouterr()
    assert told.out.startswith(f"eSCL\t{address}\tMotcua Simulated Scanner\tflatbed (75, ")
    assert f"./motcua scan {address}" in told.err
    with telling({("POST", "/WSDScanner"): WSD_ELEMENTS}) as address:
        assert main(["devices", "--json", "--address", address]) == 0
        told = capsys.readouterr()
    answer = json.loads(told.out)
    assert (answer["way"], [one["name"] for one in answer["speaks"]]) == ("WSD", ["Ward 200"])
    assert answer["speaks"][0]["sources"][0]["resolutions"] == [300]
    assert "sane-airscan" in told.err
    assert main(["devices", "--json", "--address", "127.0.0.1:1"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "OFFLINE"


def test_a_scan_killed_in_the_middle_loses_nothing_and_frees_the_machine(pages, tmp_path, capsys):
    out = tmp_path / "out"
    with simulated(pages, "", "--seconds-per-page", "0.7") as address:
        scan = started("scan", address, "-o", out, "--data", tmp_path / "data")
        until = time.monotonic() + READY_SECONDS
        while not list(out.glob("*.jpg")) and time.monotonic() < until:
            time.sleep(0.02)
        scan.kill()
        scan.communicate()
        kept = sorted(out.iterdir())
        assert kept
        assert all(path.read_bytes() == PAGES[f"{place}.jpg"] for place, path in enumerate(kept, start=1))
        code, told = scanned(capsys, address, "-o", out)
    assert (code, told["state"]) == (0, "COMPLETED")
    assert [(out / page["file"]).read_bytes() for page in told["pages"]] == list(PAGES.values())
    assert all(path.suffix == ".jpg" for path in out.iterdir())


def test_an_interrupted_scan_is_cancelled_and_keeps_its_pages(pages, tmp_path):
    out = tmp_path / "out"
    with simulated(pages, "", "--seconds-per-page", "0.7") as address:
        scan = started("scan", address, "-o", out, "--data", tmp_path / "data", "--json")
        until = time.monotonic() + READY_SECONDS
        while not list(out.glob("*.jpg")) and time.monotonic() < until:
            time.sleep(0.02)
        scan.send_signal(signal.SIGTERM)
        told = json.loads(scan.communicate(timeout=READY_SECONDS)[0])
    assert (scan.returncode, told["state"], told["fault"]["kind"]) == (1, "CANCELLED", "CANCELLED")
    assert [page["file"] for page in told["pages"]] == sorted(path.name for path in out.iterdir())


@pytest.mark.parametrize("place", ["handed out", "told"])
def test_a_page_is_told_once_wherever_the_scan_is_interrupted(pages, tmp_path, monkeypatch, capsys, place):
    """A signal may come between a page's file, its row and its release."""
    struck = []

    def strike(work, *, first):
        def once(*arguments, **options):
            done = work(*arguments, **options) if first or struck else None
            if not struck:
                struck.append(place)
                raise KeyboardInterrupt
            return done

        return once

    target = (scanning, "hand_out") if place == "handed out" else (SpoolJob, "release")
    monkeypatch.setattr(*target, strike(getattr(*target), first=place == "handed out"))
    out = tmp_path / "out"
    with simulated(pages) as address:
        code, told = scanned(capsys, address, "-o", out, "--data", tmp_path / "data")
    assert (code, told["state"], struck) == (1, "CANCELLED", [place])
    assert [page["file"] for page in told["pages"]] == sorted(path.name for path in out.iterdir())


@pytest.mark.parametrize("dpi", ["0", "-1", "fine", "99999"])
def test_a_resolution_that_is_none_is_a_usage_error(dpi):
    with pytest.raises(SystemExit) as refused:
        main(["scan", "escl:http://127.0.0.1:1/eSCL", "-o", "out", "--dpi", dpi])
    assert refused.value.code == 64


def test_in_a_house_a_scan_stands_in_line(pages, tmp_path, capsys):
    open_office(Settings(data=tmp_path / "data"), demo=True)
    with simulated(pages) as address:
        code, told = scanned(capsys, address, "-o", tmp_path / "out")
    assert (code, len(told["pages"])) == (0, 4)


def test_a_script_that_cannot_be_understood_is_refused(pages, tmp_path, capsys):
    bad = tmp_path / "bad.toml"
    bad.write_text('[[fault]]\nact = "explode"\n')
    assert main(["simulate-scanner", "--faults", str(bad)]) == 1
    assert "explode" in capsys.readouterr().err
    for words in (
        ["--profile", "nobody"],
        ["--pages", str(tmp_path / "nothing")],
        ["--pages", str(pages.parent)],
    ):
        assert main(["simulate-scanner", *words]) == 1
        assert "docs/scanning.md" in capsys.readouterr().err
