"""Pages of a few printed lines whose places are known to the pixel."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TINOS = Path("/usr/share/fonts/truetype/croscore")


def printed(
    *rows: tuple[str, int, int, int], size: tuple[int, int] = (1500, 500), face: str = "Tinos-Regular.ttf"
) -> np.ndarray:
    """Rows of text, left end of the baseline, and size, all in pixels."""
    page = Image.new("L", size, 245)
    pen = ImageDraw.Draw(page)
    for text, left, baseline, high in rows:
        pen.text((left, baseline), text, fill=30, font=ImageFont.truetype(TINOS / face, high), anchor="ls")
    return np.asarray(page)
