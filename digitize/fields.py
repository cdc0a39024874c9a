"""Fields of an office paper, taken from its words by their form and place (NĐ 30/2020, Phụ lục I).

Only what is found is told. A field's confidence is that of its least sure word: one wrong mark makes a value
wrong. Values are as read, spaces evened; dates are written dd/mm/yyyy.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from digitize.model import Box, Line, PageText
from vietnamese.letters import fold

HEAD = 0.4  # of the page's height: where number, date, issuer and subject stand
FOOT_FROM = 0.15  # the signer's block never stands at the very top
MIDDLE = 0.5
LEFT_CELL = 0.48  # of the page's width: the issuer's cell lies left of it
NUMBER = re.compile(r"^s[o0]\s*[:.;,]?\s*(\d{1,5})\s*[/⁄]\s*(.+)$")
SYMBOL = re.compile(r"^[0-9A-ZĐÂĂÊÔƠƯ]+(?:\s?[-–/.&]\s?[0-9A-ZĐÂĂÊÔƠƯ]+)*")
DATED = re.compile(r"(?:^|[\s,.])ngay\s*(\d{1,2})\s*thang\s*(\d{1,2})\s*nam\s*(\d{4})")
KINDS = (
    "NGHỊ QUYẾT", "QUYẾT ĐỊNH", "CHỈ THỊ", "QUY CHẾ", "QUY ĐỊNH", "THÔNG CÁO", "THÔNG BÁO", "HƯỚNG DẪN",
    "CHƯƠNG TRÌNH", "KẾ HOẠCH", "PHƯƠNG ÁN", "ĐỀ ÁN", "DỰ ÁN", "BÁO CÁO", "BIÊN BẢN", "TỜ TRÌNH", "HỢP ĐỒNG",
    "CÔNG ĐIỆN", "BẢN GHI NHỚ", "BẢN THỎA THUẬN", "GIẤY ỦY QUYỀN", "GIẤY MỜI", "GIẤY GIỚI THIỆU",
    "GIẤY NGHỈ PHÉP", "PHIẾU GỬI", "PHIẾU CHUYỂN", "PHIẾU BÁO", "THÔNG TƯ", "NGHỊ ĐỊNH", "GIẤY XÁC NHẬN",
    "GIẤY CHỨNG NHẬN", "TRÍCH LỤC", "GIẤY KHAI SINH", "PHỤ LỤC",
)  # fmt: skip
LETTER_KIND = "CÔNG VĂN"  # it bears no name; it is known by its subject under the number
ABOUT = ("ve viec", "v/v")
SUBJECT_ENDS = ("can cu", "kinh gui", "dieu 1", "uy ban", "hoi dong", "chu tich", "xet de nghi", "xet ")
MOST_SUBJECT_LINES = 5
LINE_GAP = 1.6  # of a line's height: further down something else begins
TITLE = re.compile(
    r"^(?:kt|tm|tl|tuq|q)\s*[.,]|^(?:pho\s+|quyen\s+)?(?:chu tich|giam doc|bo truong|thu truong|thu tuong"
    r"|cuc truong|truong|chanh van phong|tong giam doc|chu nhiem|bi thu|cong chung vien|vien truong"
    r"|chanh an)\b"
)
NAME_WORDS = (2, 6)
COUNTRY = "cong hoa xa hoi"


@dataclass(frozen=True)
class Field:
    """One value, how sure (0-100), on which page (from 1) and where."""

    name: str
    value: str
    confidence: float
    page: int
    box: Box | None


def extract(pages: Sequence[PageText]) -> tuple[Field, ...]:
    """Find number_symbol, issued_on, place, issuer, document_type, subject, signer_title and signer."""
    if not pages:
        return ()
    first = pages[0]
    head = [line for line in first.as_read if line.box.bottom < HEAD]
    found = [*_number(head, first), *_dated(head, first), *_issuer(head, first), *_kind(head, first)]
    for page in reversed(pages):
        signed = [*_signer(page)]
        if signed:
            return (*found, *signed)
    return tuple(found)


def _number(head: Sequence[Line], page: PageText) -> Iterator[Field]:
    for line in head:
        match = NUMBER.match(_fold(line.text))
        if match is None:
            continue
        shown = SYMBOL.match(line.text[len(line.text) - len(match[2]) :].upper())
        if shown and any(letter.isalpha() for letter in shown[0]):
            symbol = re.sub(r"\s+", "", shown[0]).replace("–", "-").rstrip(".")
            yield _field("number_symbol", f"{match[1]}/{symbol}", [line], page)
            return


def _dated(head: Sequence[Line], page: PageText) -> Iterator[Field]:
    for line in head:
        match = DATED.search(_fold(line.text))
        if match is None or not _is_date(match):
            continue
        day, month, year = (int(part) for part in match.groups())
        yield _field("issued_on", f"{day:02d}/{month:02d}/{year:04d}", [line], page)
        place = line.text[: match.start()].strip(" ,.")
        if place:
            yield _field("place", place, [line], page)
        return


def _issuer(head: Sequence[Line], page: PageText) -> Iterator[Field]:
    """The capitals of the left cell, above the number."""
    left = [line for line in head if _centre(line) < LEFT_CELL and line.box.right < LEFT_CELL + 0.1]
    above = list(takewhile(lambda line: not NUMBER.match(_fold(line.text)), left))
    names = [line for line in above if _is_capitals(line.text) and COUNTRY not in _fold(line.text)]
    if names:
        yield _field("issuer", " ".join(line.text for line in names), names, page)


def _kind(head: Sequence[Line], page: PageText) -> Iterator[Field]:
    folded_kinds = {_fold(kind): kind for kind in KINDS}
    for at, line in enumerate(head):
        folded = _fold(line.text).strip(" .:")
        kind = next((kind for kind in folded_kinds if folded.startswith(kind)), None)
        if kind is None or not _is_capitals(line.text) or _centre(line) < LEFT_CELL - 0.2:
            continue
        value = folded_kinds[kind] if folded == kind else line.text
        yield _field("document_type", value, [line], page)
        yield from _subject(head[at + 1 :], page)
        return
    yield from _letter(head, page)


def _letter(head: Sequence[Line], page: PageText) -> Iterator[Field]:
    """An official letter says what it is about in small print under its number."""
    left = [line for line in head if _centre(line) < LEFT_CELL]
    for at, line in enumerate(left):
        if _fold(line.text).startswith(ABOUT):
            yield _field("document_type", LETTER_KIND, [line], page)
            yield from _subject(left[at:], page)
            return


def _subject(lines: Sequence[Line], page: PageText) -> Iterator[Field]:
    told: list[Line] = []
    for line in lines[:MOST_SUBJECT_LINES]:
        folded = _fold(line.text)
        if folded.startswith(SUBJECT_ENDS) or (told and _is_far_below(told[-1], line)):
            break
        told.append(line)
    if told:
        yield _field("subject", " ".join(line.text for line in told), told, page)


def _signer(page: PageText) -> Iterator[Field]:
    """The title in the right half, and the first name that stands below it."""
    right = [line for line in page.as_read if _centre(line) > MIDDLE and line.box.top > FOOT_FROM]
    titles = [
        at for at, line in enumerate(right) if TITLE.match(_fold(line.text)) and _is_capitals(line.text)
    ]
    if not titles:
        return
    last = titles[-1]
    first = last
    while first - 1 in titles:
        first -= 1
    block = right[first : last + 1]
    yield _field("signer_title", " ".join(line.text for line in block), block, page)
    names = [line for line in right[last + 1 :] if _is_name(line.text)]
    if names:
        yield _field("signer", names[-1].text, [names[-1]], page)


def _field(name: str, value: str, lines: Sequence[Line], page: PageText) -> Field:
    words = [word for line in lines for word in line.words]
    boxes = [line.box for line in lines]
    around = Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
    return Field(name, value, min(word.confidence for word in words), page.page, around)


def _is_date(match: re.Match[str]) -> bool:
    day, month, year = (int(part) for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    words = text.split()
    few, many = NAME_WORDS
    return few <= len(words) <= many and all(word.isalpha() and word[0].isupper() for word in words)


def _is_capitals(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) > 1 and sum(letter.isupper() for letter in letters) >= 0.8 * len(letters)


def _is_far_below(above: Line, below: Line) -> bool:
    height = above.box.bottom - above.box.top
    return below.box.top - above.box.bottom > LINE_GAP * height


def _centre(line: Line) -> float:
    return (line.box.left + line.box.right) / 2


def _fold(text: str) -> str:
    return fold(text).lower()
