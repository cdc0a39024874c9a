"""What is known of a page survives being written down, and a page taken out of a job shows."""

import json
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner_adapters.model import (
    ColorMode,
    DpiSource,
    FaultCode,
    ScanFault,
    ScannedPage,
    ScanSettings,
    ScanSource,
    Side,
    is_chained,
)

FOLDER = Path("spool") / "job"
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
SETTINGS = st.builds(
    ScanSettings, st.sampled_from(ScanSource), st.sampled_from(ColorMode), st.integers(50, 2400)
)
RESOLUTIONS = st.floats(1.5, 4800, allow_nan=False)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=7))])
PAGES = st.builds(
    ScannedPage,
    job=st.text(max_size=30),
    sequence=st.integers(1, 500),
    path=st.sampled_from(["0001.jpg", "0002.pdf", "tờ khai.tif"]).map(FOLDER.joinpath),
    source_name=st.text(max_size=60),
    source_time_ns=st.integers(0, 2**63),
    media_type=st.sampled_from(["image/jpeg", "application/pdf"]),
    sha256=DIGESTS,
    previous_sha256=st.just("") | DIGESTS,
    size_bytes=st.integers(0, 2**40),
    width=st.integers(0, 40_000),
    height=st.integers(0, 40_000),
    dpi=st.none() | st.tuples(RESOLUTIONS, RESOLUTIONS),
    dpi_source=st.sampled_from(DpiSource),
    frames=st.integers(1, 500),
    scanned_at=st.datetimes(timezones=ZONES),
    device=st.text(max_size=20),
    operator=st.text(max_size=20),
    asked=SETTINGS,
    effective=st.none() | SETTINGS,
    side=st.sampled_from(Side),
    device_page_ref=st.text(max_size=20),
    retries=st.integers(0, 3),
    flags=st.lists(st.text(max_size=10), max_size=3).map(tuple),
)


@given(PAGES)
def test_a_page_written_down_and_read_again_is_the_same_page(page):
    line = json.dumps(page.to_json(), ensure_ascii=False)
    assert ScannedPage.from_json(json.loads(line), FOLDER) == page


@given(PAGES)
def test_a_page_written_down_names_no_folder(page):
    assert str(FOLDER) not in json.dumps(page.to_json()["file"])
    assert "path" not in page.to_json()


@given(PAGES, st.sampled_from(["../0001.jpg", "/0001.jpg", "a/0001.jpg"]))
def test_a_page_whose_file_lies_elsewhere_is_not_read(page, elsewhere):
    with pytest.raises(ValueError, match="not a file of this folder"):
        ScannedPage.from_json(page.to_json() | {"file": elsewhere}, FOLDER)


@given(PAGES, st.sampled_from(["sha256", "dpi_source", "scanned_at", "asked", "flags"]))
def test_a_page_that_lacks_something_is_not_read(page, lacking):
    told = page.to_json()
    del told[lacking]
    with pytest.raises((KeyError, TypeError)):
        ScannedPage.from_json(told, FOLDER)


def chain(page: ScannedPage, digests: list[str]) -> list[ScannedPage]:
    pairs = zip(digests, ["", *digests], strict=False)
    return [
        replace(page, sequence=place, sha256=digest, previous_sha256=before)
        for place, (digest, before) in enumerate(pairs, start=1)
    ]


@given(PAGES, st.lists(DIGESTS, min_size=2, max_size=6, unique=True), st.data())
def test_a_page_taken_out_put_in_or_moved_breaks_the_chain(page, digests, data):
    pages = chain(page, digests)
    assert is_chained(pages)
    place = data.draw(st.integers(0, len(pages) - 2))
    assert not is_chained(pages[:place] + pages[place + 1 :])
    assert not is_chained([*pages[:place], pages[place], *pages[place:]])
    assert not is_chained([*pages[:place], pages[place + 1], pages[place], *pages[place + 2 :]])


def test_no_pages_are_a_chain():
    assert is_chained([])


@given(PAGES, st.text(max_size=10))
def test_a_flag_is_added_to_those_there(page, flag):
    assert page.flagged(flag).flags == (*page.flags, flag)


def test_a_fault_tells_its_code_its_detail_and_the_pages_kept():
    fault = ScanFault(FaultCode.JAM, "tray 2", pages=3)
    assert (fault.code, fault.detail, fault.pages, str(fault)) == (FaultCode.JAM, "tray 2", 3, "JAM: tray 2")
    assert str(ScanFault(FaultCode.BUSY)) == "BUSY"
