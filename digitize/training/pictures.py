"""Endless pictures of lines with what they say: set, printed, scanned, worn, and cut as the line finder cuts.

The same seed gives the same pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from digitize.pixels.raster import WHITE, Pixels
from digitize.reader.network import STEP
from digitize.training.cuts import Place, cut
from digitize.training.dice import happens, number, one_out_of
from digitize.training.faces import Face, one_of
from digitize.training.texts import Corpus, a_text
from digitize.training.typeset import EM, Manner, SetLine, typeset
from digitize.training.worn import (
    Copy,
    bilevel,
    framed,
    marks_of_pens,
    marks_of_seals,
    printed,
    raised,
    rippled,
    scanned,
    with_mark,
    worn,
)
from scanner_adapters.simulator.papers.wear import Wear

POINTS_PER_INCH = 72.0
HAIRLINE = 0.031 * EM  # pixels: the thin strokes of Times-like faces
ROOM_OF_A_CHARACTER = 1.15  # steps: narrower lines cannot be aligned (connectionist temporal classification)
LETTER_SPACED, SQUEEZED = 0.05, 0.07  # shares of lines: headings set wide, lines made to fit
RAISED = 0.5  # share of pictures whose marks stand higher or lower than their face has them
RAISED_BY = 0.85, 1.3  # those of real office print stand a quarter higher than those of the faces at hand
RIPPLED, FRAMED = 0.06, 0.04  # shares of pictures of paper that was wet, of lines with a frame's side
SMALL_PRINT = 0.15  # share of pictures of print as small as in stamps and footnotes
HARD = 0.3  # share of pictures that are worn beyond what most office paper is
COPIES = 3  # of each line that is set: setting it takes as long as wearing it down


@dataclass(frozen=True)
class LinePicture:
    """A line as the finder would hand it over, LINE_HEIGHT high, and its text."""

    pixels: Pixels
    text: str


class PictureMaker:
    """Makes pictures without end from texts and faces."""

    def __init__(self, corpus: Corpus, faces: tuple[Face, ...], seed: int) -> None:
        self._corpus = corpus
        self._faces = faces
        self._chance = np.random.default_rng(seed)
        self._seals = marks_of_seals(12, seed)
        self._pens = marks_of_pens(12, seed)

    def __iter__(self) -> Iterator[LinePicture]:
        while True:
            text, line = self._line()
            for _ in range(COPIES):
                picture = LinePicture(self._cut(line, text), text)
                if has_room(picture):
                    yield picture

    def _line(self) -> tuple[str, SetLine]:
        chance = self._chance
        text = a_text(self._corpus, chance)
        manner = _manner(one_of(self._faces, chance), text, chance)
        near = [a_text(self._corpus, chance) if happens(chance, 0.25) else "" for _ in "ab"]
        return text, typeset(text, manner, (near[0], near[1]))

    def _cut(self, line: SetLine, text: str) -> Pixels:
        chance = self._chance
        is_hard = happens(chance, HARD)
        ink = line.ink
        if happens(chance, RAISED):
            ink = raised(ink, line.baseline - line.x_height, chance.uniform(*RAISED_BY))
        cover = printed(ink, _copy(chance, is_hard=is_hard), chance)
        scale = _scan_em(chance) / EM
        small = cv2.resize(
            cover, None, fx=scale * chance.uniform(0.88, 1.12), fy=scale, interpolation=cv2.INTER_AREA
        )
        cover = np.asarray(small, np.uint8)
        if happens(chance, RIPPLED):
            cover = rippled(cover, scale * EM, chance.uniform(0.01, 0.06), chance)
        pixels = cut(self._scan(cover, is_hard=is_hard), Place.of(line, small.shape, text, chance), chance)
        return framed(pixels, chance) if happens(chance, FRAMED) else pixels

    def _scan(self, cover: Pixels, *, is_hard: bool) -> Pixels:
        chance = self._chance
        is_text_mode = happens(chance, 0.4)
        if not is_hard:
            grey = worn(scanned(cover, 250, 250 * 0.3 * chance.random()), _plain(chance), self._seed())
            return bilevel(grey, chance.uniform(0.3, 0.55), 0.0, chance) if is_text_mode else grey
        paper = chance.uniform(200, 255)
        grey = scanned(cover, paper, paper * 0.7 * chance.beta(1.2, 3))
        grey = worn(self._marked(grey), _wear(chance, is_text_mode=is_text_mode), self._seed())
        if is_text_mode:
            speckle = 10 ** chance.uniform(-4.5, -2.3) if happens(chance, 0.4) else 0.0
            grey = bilevel(grey, chance.uniform(0.25, 0.58), speckle, chance)
        return grey

    def _seed(self) -> int:
        return number(self._chance, 0, 1 << 30)

    def _marked(self, grey: Pixels) -> Pixels:
        chance = self._chance
        if happens(chance, 0.4):  # seal ink that the reading plane has not wholly dropped
            seal = one_out_of(self._seals, chance)
            grey = with_mark(grey, seal, 0.75 * chance.beta(1, 2.5), chance)
        if happens(chance, 0.1):
            pen = one_out_of(self._pens, chance)
            grey = with_mark(grey, pen, chance.uniform(0.4, 0.9), chance)
        return _ruled(grey, chance) if happens(chance, 0.1) else grey


def has_room(picture: LinePicture) -> bool:
    """Is the picture wide enough for its text to be aligned with it?"""
    return bool(picture.pixels.shape[1] >= STEP * (len(picture.text) * ROOM_OF_A_CHARACTER + 2))


def _manner(face: Face, text: str, chance: np.random.Generator) -> Manner:
    spread = chance.random()
    letters = 0.0
    if spread < LETTER_SPACED:
        letters = chance.uniform(0.02, 0.25 if text.isupper() else 0.1)
    elif spread < LETTER_SPACED + SQUEEZED:
        letters = -chance.uniform(0.0, 0.025)
    words = chance.uniform(0.75, 1.8) if happens(chance, 0.6) else 1.0  # justified
    underline = chance.uniform(0.03, 0.08) if happens(chance, 0.04) else 0.0
    return Manner(face.path, letters, words, chance.uniform(1.08, 1.6), underline)


def _copy(chance: np.random.Generator, *, is_hard: bool) -> Copy:
    patches = 0.06 * chance.random() if is_hard and happens(chance, 0.5) else 0.0
    spread = chance.uniform(0.6, 2.4 if is_hard else 1.6)
    hairline = min(0.6, HAIRLINE / (spread * float(np.sqrt(2 * np.pi))))  # of full ink: what spreading leaves
    threshold = chance.uniform(max(0.37, 0.75 * hairline), max(0.46, (1.35 if is_hard else 1.1) * hairline))
    return Copy(spread, threshold, chance.uniform(1.6, 5.0), patches)


def _scan_em(chance: np.random.Generator) -> float:
    """Pixels to the em: letters of 6-16 points at 150-300 dots per inch, most of them 12-14 at 200 or 300."""
    if happens(chance, SMALL_PRINT):
        return float(max(16.0, chance.uniform(6, 9) * number(chance, 200, 301) / POINTS_PER_INCH))
    dpi = float(chance.choice((150, 200, 240, 300), p=(0.1, 0.4, 0.1, 0.4)))
    points = chance.uniform(11.5, 14.5) if happens(chance, 0.8) else chance.uniform(8, 16)
    return max(19.0, float(points * dpi / POINTS_PER_INCH))


def _plain(chance: np.random.Generator) -> Wear:
    """What every scanner does."""
    return Wear(
        blur=0.3 + 0.6 * chance.random(),
        noise_sigma=4 * chance.random() if happens(chance, 0.5) else 0.0,
        jpeg_quality=number(chance, 60, 96) if happens(chance, 0.4) else 0,
    )


def _wear(chance: np.random.Generator, *, is_text_mode: bool) -> Wear:
    return Wear(
        shade=chance.uniform(0, 0.35) if happens(chance, 0.25) else 0.0,
        blur=0.3 + 0.9 * chance.beta(1.2, 2),
        noise_sigma=14 * chance.beta(1, 2) if happens(chance, 0.6) else 0.0,
        texture=chance.uniform(0, 4) if happens(chance, 0.3) else 0.0,
        jpeg_quality=0 if is_text_mode or happens(chance, 0.3) else number(chance, 25, 95),
    )


def _ruled(grey: Pixels, chance: np.random.Generator) -> Pixels:
    """A rule of a table down the line."""
    ruled = grey.copy()
    left = number(chance, 0, grey.shape[1])
    ruled[:, left : left + number(chance, 1, 4)] = number(chance, 0, WHITE // 3)
    return ruled
