"""The typefaces that lines are drawn in, from Debian's font packages; each has all 134 letters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from PIL import ImageFont

from vietnamese.letters import ACCENTED_LETTERS

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts"))
STYLE_SHARES = (0.62, 0.2, 0.12, 0.06)  # regular, bold, italic, bold italic


class FaceMissing(Exception):
    """A typeface is not installed, or lacks letters; says which package to install."""


@dataclass(frozen=True)
class Family:
    """One family: regular, bold, italic, bold italic; how often it is drawn; its Debian package."""

    files: tuple[str, str, str, str]
    share: float
    package: str


@dataclass(frozen=True)
class Face:
    """One file and how often it is drawn."""

    path: Path
    share: float


def _family(stem: str, styles: str, share: float, package: str) -> Family:
    regular, bold, italic, both = (stem.replace("*", style) for style in styles.split(","))
    return Family((regular, bold, italic, both), share, package)


_STYLES = "Regular,Bold,Italic,BoldItalic"

TRAINED = (
    _family("Tinos-*.ttf", _STYLES, 8.0, "fonts-croscore"),
    _family("texgyretermes-*.otf", "regular,bold,italic,bolditalic", 3.5, "fonts-texgyre"),
    _family("LiberationSerif-*.ttf", _STYLES, 1.5, "fonts-liberation2"),
    _family("Arimo-*.ttf", _STYLES, 1.0, "fonts-croscore"),
    _family("LinLibertine_*.otf", "R,RB,RI,RZI", 0.5, "fonts-linuxlibertine"),
    _family("NotoSerif-*.ttf", _STYLES, 0.5, "fonts-noto-core"),
    _family("CharisSIL-*.ttf", _STYLES, 0.4, "fonts-sil-charis"),
    _family("DejaVuSerif*.ttf", ",-Bold,-Italic,-BoldItalic", 0.3, "fonts-dejavu-extra"),
    _family("NotoSans-*.ttf", _STYLES, 0.3, "fonts-noto-core"),
    _family("OpenSans-*.ttf", _STYLES, 0.3, "fonts-open-sans"),
    _family("Roboto-*.ttf", _STYLES, 0.3, "fonts-roboto-unhinted"),
    _family("Cousine-*.ttf", _STYLES, 0.3, "fonts-croscore"),
)
HELD_BACK = (
    _family("FreeSerif*.ttf", ",Bold,Italic,BoldItalic", 4.0, "fonts-freefont-ttf"),
    _family("GenBas*.ttf", "R,B,I,BI", 1.0, "fonts-sil-gentium-basic"),
    _family("Carlito-*.ttf", _STYLES, 1.0, "fonts-crosextra-carlito"),
)
"""Families that no training picture is drawn in; reading them is what the reader is judged by."""


def faces_of(families: Sequence[Family]) -> tuple[Face, ...]:
    """The files of the families with their shares.

    Raises: FaceMissing when one is not installed or has not all letters.
    """
    return tuple(_faces(families))


def one_of(faces: Sequence[Face], chance: np.random.Generator) -> Face:
    """A face at random, by the shares."""
    shares = np.array([face.share for face in faces])
    return faces[int(chance.choice(len(faces), p=shares / shares.sum()))]


@cache
def font(path: Path, pixels: int) -> ImageFont.FreeTypeFont:
    """The face at `pixels` to the em."""
    return ImageFont.truetype(str(path), size=pixels, layout_engine=ImageFont.Layout.BASIC)


def _faces(families: Iterable[Family]) -> Iterator[Face]:
    for family in families:
        for file, style_share in zip(family.files, STYLE_SHARES, strict=True):
            path = _find(file)
            if path is None:
                raise FaceMissing(f"{file}: install {family.package}")
            _refuse_without_letters(path)
            yield Face(path, family.share * style_share)


@cache
def _find(file: str) -> Path | None:
    return next((path for folder in FOLDERS for path in folder.rglob(file)), None)


@cache
def _refuse_without_letters(path: Path) -> None:
    with TTFont(path, lazy=True) as opened:
        known = opened.getBestCmap()
    missing = sorted(letter for letter in ACCENTED_LETTERS if ord(letter) not in known)
    if missing:
        raise FaceMissing(f"{path.name} lacks {''.join(missing)}")
