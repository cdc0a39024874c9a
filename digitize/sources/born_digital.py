"""The words that a page says itself and that a person sees on it, with their places, as they were written.

A letter is seen when the page looks different without the text: what is covered, cut away by a clip or the
page's edge, in a layer that is off, or as white as its paper makes no difference. Letters that a program
painted twice (as bold) count once.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.model import Box, Line, Word
from digitize.pixels.geometry import turned_box
from digitize.pixels.raster import Pixels
from digitize.sources.drawing import NESTED, draw, grey_of, switched_off
from digitize.sources.letters import LOST, Letter, letters_of, once
from digitize.words.tesseract import clean
from digitize.words.ways_of_writing import Way
from vietnamese.statistics import statistics

FEW_LETTERS = 300  # on a page filled by pictures: a stamp or a page number over a scan
PICTURES_FILL = 0.5  # of the page's area
SEEN_SCALE = 2.0  # pixels to a point of the drawings that show which letters are seen
LEAST_CHANGE = 24  # of 255, of a pixel's tone, that an eye notices
SEEN_SHARE = 0.5  # of a letter's own ink
CROSSED_SHARE = 0.1  # of it, where the letters beside it are seen
SEEN_AREA = 0.02  # of its box, for letters that are lighter than what they lie on
LEGACY_LETTERS = frozenset("¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿")  # letters in fonts older than Unicode (TCVN 5712)
MOST_LEGACY = 0.03  # of the letters
MOST_LOST, MOST_LOST_LETTERS = 0.1, 24  # of the letters; a line of such letters is read from the picture
LEAST_KNOWN = 0.7  # of the words: fewer known syllables are no Vietnamese, or letters in another code
ENOUGH_WORDS = 8  # to judge by
SURE = 100.0
NEXT_LINE = 0.25  # of a letter's told height
FULL_TURN = 360


@dataclass(frozen=True, eq=False)
class Seen:
    """What of a page's own words is seen.

    Args:
        letters: as they were written; line feeds end lines.
        painted: how many letters the file paints, seen or not.
        all_seen: the file carries no letter on this page that is not seen.
        beneath: the page without its text, at SEEN_SCALE.
        way: where most of them run on the page as it is shown.
    """

    letters: tuple[Letter, ...]
    painted: int
    all_seen: bool
    beneath: Pixels
    way: Way = Way.RIGHT

    @property
    def count(self) -> int:
        """Letters and figures."""
        return sum(letter.text.isalnum() for letter in self.letters)

    @property
    def text(self) -> str:
        """Everything as one string."""
        return "".join(letter.text for letter in self.letters)


def seen_letters(page: pypdfium2.PdfPage) -> Seen:
    """The letters of the page that make a difference to how it looks."""
    whole = draw(page, SEEN_SCALE)
    letters = tuple(once(letters_of(page)))
    with switched_off(page, text=True):
        beneath = draw(page, SEEN_SCALE)
    with switched_off(page, text=False):
        alone = grey_of(draw(page, SEEN_SCALE))
    inked = np.asarray(255 - alone > LEAST_CHANGE, np.uint8)
    marks = cv2.integral(_changed(whole, beneath)), cv2.integral(inked)
    frame = Frame(page)
    shape = beneath.shape[:2]
    shares = [_seen_share(letter, frame, shape, marks) for letter in letters]
    kept = tuple(letter for at, letter in enumerate(letters) if _is_seen(shares, at))
    painted, shown = _inked(letters), _inked(kept)
    hidden = _inked(tuple(letters_of(page, hidden=True)))
    return Seen(kept, painted, painted == shown and not hidden, beneath, _commonest_way(kept, page))


def _commonest_way(letters: Sequence[Letter], page: pypdfium2.PdfPage) -> Way:
    turns = Counter(letter.turn for letter in letters if not letter.text.isspace())
    commonest = max(turns, key=turns.__getitem__, default=page.get_rotation())
    return Way((commonest - page.get_rotation()) % FULL_TURN)


def own_lines(seen: Seen, page: pypdfium2.PdfPage) -> tuple[Line, ...]:
    """The visible words in NFC; boxes are fractions of the page as it is shown."""
    frame, writing = Frame(page), Frame(page, turned=False)
    lines: list[Line] = []
    words: list[Word] = []
    before: Box | None = None
    for group in _groups(seen.letters):
        if group:
            text = clean("".join(letter.text for letter in group))
            word = Word(text, frame.box(group), SURE)
            place = turned_box(writing.box(group), group[0].turn)
            if text and words and before and _is_elsewhere(place, before):
                lines.append(Line(tuple(words)))
                words = []
            if text:
                words.append(word)
                before = place
        elif words:
            lines.append(Line(tuple(words)))
            words = []
    if words:
        lines.append(Line(tuple(words)))
    return tuple(lines)


def _is_elsewhere(box: Box, before: Box) -> bool:
    """A field's value or a note is written where it lies, not where the line before it ended.

    Letters of drawings may be told to be taller than their lines lie apart: a word that starts left of the
    one before it, and lower, begins a line.
    """
    below = box.top >= before.bottom or box.bottom <= before.top
    moved = abs(box.top + box.bottom - before.top - before.bottom) / 2
    begins = box.left < before.left and moved > NEXT_LINE * (before.bottom - before.top)
    return begins or (below and (box.left >= before.right or box.right <= before.left))


def is_garbled(text: str) -> bool:
    """Are these letters of a code older than Unicode, or without any?"""
    letters = sum(letter.isalnum() for letter in text)
    lost = sum(
        unicodedata.category(letter) in ("Co", "Cn", "Cc") or letter == LOST
        for letter in "".join(text.split())
    )
    legacy = sum(letter in LEGACY_LETTERS for letter in text)
    return lost > min(MOST_LOST * letters, MOST_LOST_LETTERS) or legacy > MOST_LEGACY * letters


def known_share(words: Sequence[str]) -> float | None:
    """How many of these words are syllables of Vietnamese; None where there are too few to say."""
    plain = [word for word in ("".join(filter(str.isalpha, each)) for each in words) if len(word) > 1]
    if len(plain) < ENOUGH_WORDS:
        return None
    known = statistics().number
    return sum(known(word) >= 0 for word in plain) / len(plain)


def is_doubtful(lines: Sequence[Line]) -> bool:
    """Do these words look like another code, or another language, than Vietnamese?"""
    share = known_share([word.text for line in lines for word in line.words])
    return share is not None and share < LEAST_KNOWN


def picture_share(page: pypdfium2.PdfPage) -> float:
    """How much of the page lies under pictures, all together."""
    width, height = page.get_size()
    across, down = max(1, round(width / 4)), max(1, round(height / 4))
    covered = np.zeros((down, across), bool)
    left, bottom, right, top = page.get_bbox()
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=NESTED):
        x1, y1, x2, y2 = picture.get_bounds()
        columns = [round((edge - left) / (right - left) * across) for edge in (x1, x2)]
        rows = [round((top - edge) / (top - bottom) * down) for edge in (y2, y1)]
        covered[max(rows[0], 0) : max(rows[1], 0), max(columns[0], 0) : max(columns[1], 0)] = True
    return float(covered.mean())


def _inked(letters: Sequence[Letter]) -> int:
    return sum(not letter.text.isspace() for letter in letters)


def _changed(whole: Pixels, beneath: Pixels) -> Pixels:
    first, second = (
        cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels  # noqa: PLR2004 no colour axis
        for pixels in (whole, beneath)
    )
    return np.asarray(cv2.absdiff(first, second).max(axis=2) > LEAST_CHANGE, np.uint8)


def _is_seen(shares: Sequence[float], at: int) -> bool:
    """A letter that a stroke runs through still is seen between two that are."""
    if shares[at] >= SEEN_SHARE:
        return True
    around = (*shares[at - 1 : at], *shares[at + 1 : at + 2])
    return shares[at] >= CROSSED_SHARE and len(around) > 1 and min(around) >= SEEN_SHARE


def _seen_share(
    letter: Letter, frame: "Frame", shape: tuple[int, ...], marks: tuple[np.ndarray, np.ndarray]
) -> float:
    """How much of the letter's own ink makes a difference; 1 for what has none to show."""
    if letter.text.isspace():
        return 1.0
    box = frame.box([letter], bounded=False)
    height, width = shape
    left, right = int(box.left * width) - 1, int(np.ceil(box.right * width)) + 1
    top, bottom = int(box.top * height) - 1, int(np.ceil(box.bottom * height)) + 1
    left, right = min(max(left, 0), width), min(max(right, 0), width)
    top, bottom = min(max(top, 0), height), min(max(bottom, 0), height)
    if right <= left or bottom <= top:
        return 0.0
    changed, own = (int(m[bottom, right] - m[top, right] - m[bottom, left] + m[top, left]) for m in marks)
    area = (right - left) * (bottom - top)
    if changed < max(1, SEEN_AREA * area):
        return 0.0
    return min(1.0, changed / own) if own else 1.0


def _groups(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """Letters of one word each; an empty group ends a line."""
    word: list[Letter] = []
    for letter in letters:
        if letter.text in "\r\n":
            yield word
            yield []
            word = []
        elif letter.text.isspace():
            yield word or []
            word = []
        else:
            word.append(letter)
    yield word


class Frame:
    """From points of the PDF's own page to fractions of the page as it is shown, turned by /Rotate."""

    def __init__(self, page: pypdfium2.PdfPage, *, turned: bool = True) -> None:
        """`turned` false: the page as it is written, /Rotate not heeded."""
        self._left, self._bottom, right, top = page.get_bbox()
        self._width, self._height = right - self._left, top - self._bottom
        self._turn = page.get_rotation() % FULL_TURN if turned else 0

    def box(self, letters: Sequence[Letter], *, bounded: bool = True) -> Box:
        """The box around letters; `bounded` keeps it on the page."""
        left = (min(letter.left for letter in letters) - self._left) / self._width
        right = (max(letter.right for letter in letters) - self._left) / self._width
        top = 1 - (max(letter.top for letter in letters) - self._bottom) / self._height
        bottom = 1 - (min(letter.bottom for letter in letters) - self._bottom) / self._height
        turned = {
            0: (left, top, right, bottom),
            90: (1 - bottom, left, 1 - top, right),
            180: (1 - right, 1 - bottom, 1 - left, 1 - top),
            270: (top, 1 - right, bottom, 1 - left),
        }[self._turn]
        if not bounded:
            return Box(*turned)
        return Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in turned))
