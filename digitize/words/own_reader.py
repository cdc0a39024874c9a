"""Our own reader as this process has it: loaded once, or known to be missing."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from digitize.model import DigitizeFault, FaultCode, Line
from digitize.pixels.raster import Pixels
from digitize.reader.calibration import CALIBRATION, Calibration, calibration
from digitize.reader.network import WEIGHTS, WEIGHTS_SHA256, LineReader
from digitize.reader.reading import OwnReading, read_plane
from digitize.words.both_readers import as_line, weighed
from vietnamese.statistics import AlteredCountsError, Statistics, statistics

MOST_DOUBT = 0.15  # of the page's letters that stand on no line: the layout is not understood
LEAST_CHANCE = 0.5  # of the page's words, in the mean: ours cannot read this print


@dataclass(frozen=True, eq=False)
class OwnReader:
    """Weights, language and curves that belong together."""

    network: LineReader
    language: Statistics
    curves: Calibration

    def read(self, plane: Pixels, dpi: float) -> OwnReading:
        """Read an upright reading plane."""
        return read_plane(plane, dpi, self.network, self.language)

    def lines(self, reading: OwnReading, plane: Pixels, work: Path) -> tuple[Line, ...]:
        """The words of a reading, Tesseract asked where needed. Raises: DigitizeFault OCR_MISSING."""
        judged = weighed(reading.lines, work, self.curves, self.language)
        found = zip(reading.lines, judged, strict=True)
        return tuple(as_line(words, line.cut, plane) for line, words in found if words)


@cache
def own_reader() -> OwnReader | None:
    """Our reader, or None where its weights or curves are missing or altered: then Tesseract reads alone."""
    try:
        return load_own_reader()
    except DigitizeFault:
        return None


def load_own_reader() -> OwnReader:
    """Load our reader.

    Raises: DigitizeFault READER_MISSING when weights, curves or counts are absent, altered or of two makings.
    """
    network = LineReader.load(WEIGHTS)
    try:
        curves, language = calibration(CALIBRATION), statistics()
    except (OSError, AlteredCountsError) as absent:
        raise DigitizeFault(FaultCode.READER_MISSING, CALIBRATION.name, None, str(absent)) from absent
    if curves.weights_sha256 != WEIGHTS_SHA256:
        raise DigitizeFault(FaultCode.READER_MISSING, CALIBRATION.name, None, "fitted with other weights")
    return OwnReader(network, language, curves)


def is_understood(reading: OwnReading) -> bool:
    """May our reading stand: is the layout clear, and the print such as our reader knows?"""
    if reading.doubt > MOST_DOUBT or not reading.lines:
        return False
    chances = [word.together for line in reading.lines for word in line.words]
    return sum(chances) / len(chances) >= LEAST_CHANCE
