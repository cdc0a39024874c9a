"""The small inputs of ../shared/corpora/cases-1 that once went wrong; their README says what is right."""

import contextlib
import io
import runpy
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.cases.folders import order_of
from bench.cases.judging import Case, Right, answer_to, case
from bench.cases.machines import scanned_whole
from digitize.model import FaultCode, Origin, ReasonCode
from storage.search.index import SearchIndex
from storage.search.model import PageRecord, Query, Scope

CASES = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "cases-1"
SAYS = (
    "PHƯỜNG ĐỒNG TÂM",
    "Giấy xác nhận nơi ở của công dân",
    "Ông Trần Văn Kiên sinh ngày 12 tháng 3 năm 1980",
    "hiện ở tổ dân phố số 7 đường Hoa Sen",
    "làm nghề thợ mộc từ năm 2004 đến nay",
)
A4, ACROSS, A5 = (210.0, 297.0), (297.0, 210.0), (148.0, 210.0)
SCAN = Right(says=SAYS, size=A4, origin=Origin.SCAN)
RIGHT = {
    "01-drawing-orientation-6.jpg": Right(size=ACROSS),
    "01-text-orientation-2.jpg": SCAN,
    "01-fax-204x98-orientation-6.tif": SCAN,
    "02-thumbnail.tif": SCAN,
    "03-userunit-scan.pdf": SCAN,
    "04-clipped-scan-flate.pdf": Right(says=SAYS, lacks=("Nay đề nghị",), size=A4),
    "04-layer-off-scan.pdf": Right(lacks=("PHƯỜNG", "Trần"), told=ReasonCode.BLANK),
    "05-strips-page-number.pdf": Right(says=(*SAYS, "Trang 1"), origin=Origin.SCAN),
    "06-text-under-picture.pdf": Right(says=SAYS, lacks=("PHUÔNG", "I98O")),
    "07-filled-form.pdf": Right(says=("Phạm Thị Hồng Nhung", "ngõ Cây Đa Lịch Sử")),
    "08-vni.pdf": Right(
        says=("1980", "2004", "Hoa Sen"), lacks=("Giaáy", "daân"), told=ReasonCode.WORDS_DIFFER
    ),
    "09-xfa-dynamic.pdf": Right(fault=FaultCode.DYNAMIC_FORM),
    "10-portfolio.pdf": Right(fault=FaultCode.PORTFOLIO),
    "11-outside-crop.pdf": Right(says=SAYS, lacks=("555444333",)),
    "11-blacked-out-text.pdf": Right(says=SAYS, lacks=("555444333", "BỊ CHE")),
    "18-exif-dpi-only-a5.jpg": Right(says=SAYS, size=A5, dpi=254.0),
    "20-byterange-word.pdf": SCAN,
}


def given_cases() -> Iterator[Case]:
    """Every input but the verifier's; none where they are not here."""
    if not CASES.is_dir():
        return
    for name, right in RIGHT.items():
        yield case("given", name, partial(_given, name), right)
    yield Case("given", "14-hyphen-line-end.pdf", _number_is_found)
    yield Case("given", "folder-numbered-copies", _copies_in_order)
    yield Case("given", "one_page_jobs.py", _one_page_jobs)
    yield Case("given", "pdfa_variants.py", _unsigned_pdfa)


def _given(name: str, _folder: Path) -> Path:
    return CASES / name


def _number_is_found(folder: Path) -> str:
    (page,) = answer_to(CASES / "14-hyphen-line-end.pdf", folder).pages
    words = tuple((word.text, (0.0, 0.0, 1.0, 1.0)) for line in page.text.lines for word in line.words)
    record = PageRecord("H1", "p", "p.pdf", 1, "", page.text.text, words, "u", 0, 2026, "", 1)
    SearchIndex.rebuild(folder / "index", [record], 1)
    index = SearchIndex.open_reader(folder / "index")
    wanted = ("123/QĐ-UBND", "H29-0417", "15-16")
    missed = [text for text in wanted if not index.search(Query(text, Scope(frozenset("u"), 9))).total]
    return f"{missed[0]} is not found" if missed else ""


def _copies_in_order(folder: Path) -> str:
    names = [path.name for path in (CASES / "folder-numbered-copies").iterdir()]
    wanted = ["Image.jpg", "Image (2).jpg", "Image (3).jpg", "Image (10).jpg"]
    return order_of(dict.fromkeys(names, 60), wanted, folder)


def _one_page_jobs(folder: Path) -> str:
    return scanned_whole(CASES / "one_page_jobs.py", 4, folder)


def _unsigned_pdfa(folder: Path) -> str:
    source = CASES / "pdfa_variants.py"
    out, before = folder / "made", sys.argv
    sys.argv = [str(source), str(out)]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(source), run_name="__main__")
    finally:
        sys.argv = before
    origin = answer_to(out / "plain.pdf", folder).origin
    return f"plain.pdf is told as {origin}" if origin is not Origin.BORN_DIGITAL else ""
