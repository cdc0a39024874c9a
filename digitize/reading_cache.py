"""Pages that were read before are not read again: what was seen is kept by a digest of pixels and wishes.

The folder holds what papers say, so it is its owner's alone (mode 0700); whoever keeps a paper for good
purges the folder. An entry that cannot be read counts as none.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from digitize.pixels.raster import Raster
from digitize.sight import Aim, Sight
from digitize.staging import RECIPE_VERSION
from digitize.words.recognize import readers

PRIVATE, OTHERS = 0o700, 0o077


class ReadingCache:
    """Sights as JSON files in a private folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if folder.stat().st_mode & OTHERS:
            folder.chmod(PRIVATE)
        self._folder = folder

    def key(self, raster: Raster, aim: Aim) -> str:
        """A digest of everything that decides what is seen: pixels, paper, wishes, versions."""
        told = (raster.width_mm, raster.height_mm, raster.turn, raster.turn_told, raster.size_assumed)
        made = (RECIPE_VERSION, readers())
        counted = hashlib.sha256(repr((made, told, aim.shown, aim.dewarp, aim.whiten)).encode())
        for page in (raster, aim.back):
            counted.update(_pixels_digest(page) if page else b"-")
        return counted.hexdigest()

    def find(self, key: str) -> Sight | None:
        """What was seen, or None."""
        try:
            return sights().validate_json((self._folder / f"{key}.json").read_bytes())
        except (OSError, ValidationError):
            return None

    def keep(self, key: str, sight: Sight) -> None:
        """Keep what was seen; where that cannot be written the page will be read again."""
        part = self._folder / f".{key}.{os.getpid()}.part"
        with suppress(OSError):
            part.write_bytes(sights().dump_json(sight))
            part.replace(self._folder / f"{key}.json")


@cache
def sights() -> TypeAdapter[Sight]:
    """What turns a sight into JSON and back; making it costs as much as reading a short line."""
    return TypeAdapter(Sight)


def purge(folder: Path) -> None:
    """Forget every page read; nothing happens where there is no cache."""
    shutil.rmtree(folder, ignore_errors=True)


def _pixels_digest(raster: Raster) -> bytes:
    """Of the scan's own stream where it has one, else of its pixels."""
    if raster.stream is not None:
        return hashlib.sha256(raster.stream.data).digest()
    counted = hashlib.sha256(repr(raster.pixels.shape).encode())
    counted.update(np.ascontiguousarray(raster.pixels).data)
    return counted.digest()
