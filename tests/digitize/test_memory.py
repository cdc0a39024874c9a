"""A long document is bound and checked without ever holding all its pictures in memory."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES, MOST_MB = 90, 60
BIND = """
import sys
from pathlib import Path
import cv2, numpy as np, psutil
from digitize.pixels import jpeg
from digitize.pdf.assembly import Assembly
from digitize.pdf.check import inspect
from digitize.pdf.compose import write_page
from digitize.pixels.geometry import Pose
from digitize.model import PageText
from digitize.pixels.raster import Coding, Stream

def most():
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) / 1000

folder, count = Path(sys.argv[1]), int(sys.argv[2])
grain = np.random.default_rng(1).integers(0, 255, (1200, 900, 3), dtype=np.uint8)
data = cv2.imencode(".jpg", grain, [cv2.IMWRITE_JPEG_QUALITY, 97])[1].tobytes()
stream = Stream(data, Coding.JPEG, 900, 1200, 3)
document = Assembly(folder / "parts")
for number in range(count):
    page = folder / f"{number}.pdf"
    write_page(stream, Pose(), PageText(number + 1, 210.0, 297.0, ()), page)
    document.add_written(page)
    before = most() if number == 0 else before
document.finish(folder / "out.pdf")
inspect(folder / "out.pdf", [""] * count)
print((folder / "out.pdf").stat().st_size / 1e6, most() - before)
"""


def test_a_long_document_is_finished_in_the_memory_of_a_few_pages(tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-c", BIND, str(tmp_path), str(PAGES)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    size, grown = map(float, done.stdout.split())
    assert size > 2 * MOST_MB
    assert grown < MOST_MB, grown
