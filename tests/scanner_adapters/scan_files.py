"""Files as scanners write them, made in memory: every kind, whole."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

KILLED = 9
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


def picture(seed: int = 0, width: int = 64, height: int = 48) -> Image.Image:
    """A coloured picture full of detail, so that every byte of its file matters."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def written(image: Image.Image, kind: str, **options) -> bytes:
    held = BytesIO()
    image.save(held, format=kind, **options)
    return held.getvalue()


def jpeg(seed: int = 0, width: int = 64, height: int = 48, **options) -> bytes:
    return written(picture(seed, width, height), "JPEG", **({"dpi": (300, 300)} | options))


def tiff(pages: int = 1, **options) -> bytes:
    others = [picture(number) for number in range(1, pages)]
    return written(picture(), "TIFF", save_all=True, append_images=others, dpi=(200, 200), **options)


def pdf(pages: int = 1, **options) -> bytes:
    held = BytesIO()
    with pikepdf.new() as made:
        for seed in range(pages):
            made.add_blank_page(page_size=(595, 842))
            image = made.make_stream(
                jpeg(seed),
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=64,
                Height=48,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
            made.pages[seed].add_resource(image, pikepdf.Name.XObject)
        made.save(held, **options)
    return held.getvalue()


def growing_pdf(pages: int) -> list[bytes]:
    """A PDF as a device lets it grow: whole after each page, by updates (ISO 32000-2 7.5.6)."""
    content, states, start = b"%PDF-1.4\n", [], 0
    for count in range(1, pages + 1):
        kids = " ".join(f"{number + 2} 0 R" for number in range(1, count + 1))
        objects = {1: "<</Type/Catalog/Pages 2 0 R>>", 2: f"<</Type/Pages/Count {count}/Kids[{kids}]>>"}
        objects[count + 2] = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
        places = {}
        for number, body in objects.items():
            places[number] = len(content)
            content += f"{number} 0 obj{body}endobj\n".encode()
        before = f"/Prev {start}" if start else ""
        start = len(content)
        rows = "".join(f"{number} 1\n{place:010d} 00000 n \n" for number, place in places.items())
        free = "" if before else "0 1\n0000000000 65535 f \n"
        trailer = f"trailer<</Size {count + 3}/Root 1 0 R{before}>>\nstartxref\n{start}\n%%EOF\n"
        content += f"xref\n{free}{rows}{trailer}".encode()
        states.append(content)
    return states


def dies_in_child(act: Callable[[Callable[[str], None]], object], step: str) -> bool:
    """Run `act` in a child that ends without any clean-up right after `step`; did it reach the step?"""

    def after(done: str) -> None:
        if done == step:
            os._exit(KILLED)

    child = os.fork()
    if child == 0:
        try:
            act(after)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


def put(folder: Path, name: str | bytes, content: bytes, clock: Clock, age: float = 60.0) -> Path:
    """A file in a folder, last written `age` seconds ago."""
    path = folder / os.fsdecode(name)
    path.write_bytes(content)
    changed = (clock() - timedelta(seconds=age)).timestamp()
    os.utime(path, (changed, changed))
    return path
