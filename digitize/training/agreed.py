"""Lines of real scans with what they say, where two models of Tesseract that err differently read the same.

Kept in one `.npz` file outside the repository. No transcribed page may be among the scans: they are the exam.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from digitize.pixels.raster import WHITE, Pixels
from digitize.reader.network import LINE_HEIGHT
from digitize.training.dice import happens, one_out_of
from digitize.training.pictures import LinePicture, has_room
from digitize.training.worn import bilevel

HELD_BACK_EVERY = 5  # of the documents one only chooses between weights
STRETCHED = 0.05  # deviation of width and height
MOVED = 0.8  # pixels, deviation


@dataclass(frozen=True)
class AgreedLine:
    """A line's picture, its text, and the document it comes from."""

    picture: LinePicture
    document: str


def write_lines(lines: Sequence[AgreedLine], out: Path) -> None:
    """Keep the lines in one file."""
    ends = np.cumsum([line.picture.pixels.shape[1] for line in lines])
    np.savez_compressed(
        out,
        pixels=np.hstack([line.picture.pixels for line in lines]),
        ends=ends,
        texts=np.array([line.picture.text for line in lines]),
        documents=np.array([line.document for line in lines]),
    )


def read_lines(kept: Path, *, held_back: bool) -> tuple[LinePicture, ...]:
    """The lines of the documents trained on, or of those held back."""
    with np.load(kept) as file:
        pixels, ends, texts, documents = (file[name] for name in ("pixels", "ends", "texts", "documents"))
    held = set(sorted(set(documents.tolist()))[::HELD_BACK_EVERY])
    pictures = np.hsplit(pixels, ends[:-1])
    return tuple(
        LinePicture(picture, str(text))
        for picture, text, document in zip(pictures, texts, documents, strict=True)
        if (document in held) == held_back
    )


def endless_agreed(lines: Sequence[LinePicture], seed: int) -> Iterator[LinePicture]:
    """The lines again and again, each time cut and worn a little differently."""
    chance = np.random.default_rng(seed)
    while True:
        line = one_out_of(lines, chance)
        again = LinePicture(_again(line.pixels, chance), line.text)
        if has_room(again):
            yield again


def _again(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    wide, high = chance.normal(1, STRETCHED, 2)
    width = max(1, round(pixels.shape[1] * wide))
    down = LINE_HEIGHT * (1 - high) / 2 + chance.normal(0, MOVED)
    turn = np.array([[wide, 0, 0], [chance.normal(0, MOVED) / width, high, down]], np.float32)
    moved = cv2.warpAffine(
        pixels, turn, (width, LINE_HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    grey = np.asarray(moved, np.uint8)
    if happens(chance, 0.3):
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), chance.uniform(0.3, 0.9)), np.uint8)
    if happens(chance, 0.2):
        noisy = grey + chance.normal(0, chance.uniform(2, 12), grey.shape)
        grey = np.clip(noisy, 0, WHITE).astype(np.uint8)
    return bilevel(grey, chance.uniform(0.35, 0.6), 0.0, chance) if happens(chance, 0.12) else grey
