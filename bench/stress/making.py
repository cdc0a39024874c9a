"""The bench's pages on disk: made once, kept under a name that says what they were made by."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from bench.stress.conditions import Page
from scanner_adapters.simulator.papers import scans
from scanner_adapters.simulator.papers.scans import Recipe, as_jpeg, make_scan
from scanner_adapters.simulator.papers.truth import Block, Part

SOURCES = Path(scans.__file__).parent
DIGEST_LETTERS = 20


@dataclass(frozen=True)
class PageFile:
    """A page's file and the truth about it: blocks, and the corners of a photographed paper in pixels."""

    page: Page
    path: Path
    blocks: tuple[Block, ...]
    corners: tuple[tuple[float, float], ...] | None
    size: tuple[int, int]


def make_page(page: Page, folder: Path) -> PageFile:
    """The page's file in `folder`: found there, or made now."""
    path = folder / f"{digest(page.recipe)}.jpg"
    truth = path.with_suffix(".json")
    if not truth.exists():
        scan = make_scan(page.recipe)
        told = {
            "blocks": [asdict(block) for block in scan.blocks],
            "corners": scan.corners,
            "size": (scan.image.shape[1], scan.image.shape[0]),
        }
        _write(path, as_jpeg(scan))
        _write(truth, json.dumps(told, ensure_ascii=False).encode())
    known = json.loads(truth.read_text(encoding="utf-8"))
    blocks = tuple(Block(Part(block["part"]), tuple(block["lines"])) for block in known["blocks"])
    corners = known["corners"] and tuple((x, y) for x, y in known["corners"])
    return PageFile(page, path, blocks, corners, (known["size"][0], known["size"][1]))


def digest(recipe: Recipe) -> str:
    """A name that changes with the recipe and with the page maker itself."""
    return hashlib.sha256(f"{_maker()} {recipe!r}".encode()).hexdigest()[:DIGEST_LETTERS]


@cache
def _maker() -> str:
    sources = sorted([*SOURCES.glob("*.py"), *SOURCES.glob("*.toml")])
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
