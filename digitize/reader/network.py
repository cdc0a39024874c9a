"""Our line reader as it runs: weights in the ONNX format, checked by their digest, on one thread.

A line is a grey picture LINE_HEIGHT pixels high and of any width, paper light, ink dark, its baseline level.
The answer is a table of log-probabilities: a row for every STEP pixels, one column for each of COLUMNS.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitize.model import DigitizeFault, FaultCode
from digitize.pixels.brightness import percentiles
from digitize.pixels.raster import WHITE, Pixels

LINE_HEIGHT = 48  # pixels
STEP = 4  # pixels of width that one row of the answer stands for

WEIGHTS = Path(__file__).with_name("weights.onnx")
WEIGHTS_SHA256 = "106a04a500c999dab252bdb98bb1db9018a19ecc819dd12a1d77c6bb20b8a4c1"
BATCH_PIXELS = 4_000  # of width, padding included; more is slower and takes memory
MOST_WIDER = 1.1  # than the narrowest line of its batch, and a WIDTH_UNIT more: padding is read too
WIDTH_UNIT = 32  # widths are padded to a multiple of it
SLOWING = ["QDQPropagationTransformer"]  # it would pool the first layer in bytes, which is not vectorized
INK_PERCENTILE, PAPER_PERCENTILE = 1, 95  # what becomes black and white
LEAST_CONTRAST = 24.0  # of 255; a fainter line is not stretched further: it would be noise

LogProbabilities = NDArray[np.float32]


class LineReader:
    """The network with its weights; one for each process, used by one thread."""

    def __init__(self, weights: bytes) -> None:
        os.environ.setdefault(
            "ORT_DISABLE_TELEMETRY", "1"
        )  # a thread would start with the import, for reports
        import onnxruntime  # noqa: PLC0415 only after that; and what reads nothing does without it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            weights, options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWING
        )

    @classmethod
    def load(cls, weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> "LineReader":
        """Load the weights.

        Raises: DigitizeFault READER_MISSING when the file is absent or not the one that was released.
        """
        try:
            data = weights.read_bytes()
        except OSError as absent:
            raise DigitizeFault(FaultCode.READER_MISSING, weights.name, None, str(absent)) from absent
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DigitizeFault(FaultCode.READER_MISSING, weights.name, None, "altered")
        return cls(data)

    def read(self, lines: Sequence[Pixels]) -> list[LogProbabilities]:
        """Read lines, each LINE_HEIGHT x width, uint8.

        Returns: for each line, in the same order, its log-probabilities, ceil(width / STEP) x COLUMNS.
        """
        answers: dict[int, LogProbabilities] = {}
        for places in batches([line.shape[1] for line in lines]):
            stack = stacked([stretched(lines[place]) for place in places])
            (table,) = self._session.run(None, {"lines": stack})
            for row, place in enumerate(places):
                answers[place] = np.asarray(table[row, : steps_of(lines[place].shape[1])], np.float32)
        return [answers[place] for place in range(len(lines))]


def steps_of(width: int) -> int:
    """How many rows of the answer belong to a line of this width."""
    return -(-width // STEP)


def stretched(line: Pixels) -> Pixels:
    """The line with its ink pulled to black and its paper to white."""
    sample = line[:, ::2]
    ink, paper = percentiles(sample, INK_PERCENTILE, PAPER_PERCENTILE)
    scale = WHITE / max(paper - ink, LEAST_CONTRAST)
    table = np.clip((np.arange(256) - paper) * scale + WHITE, 0, WHITE)
    return np.asarray(table.astype(np.uint8)[line], np.uint8)


def stacked(lines: Sequence[Pixels], unit: int = WIDTH_UNIT) -> Pixels:
    """Lines as one array, lines x LINE_HEIGHT x width (a multiple of `unit`); short ones end in paper."""
    widest = max(line.shape[1] for line in lines)
    width = -(-widest // unit) * unit
    stack = np.full((len(lines), LINE_HEIGHT, width), WHITE, np.uint8)
    for row, line in enumerate(lines):
        stack[row, :, : line.shape[1]] = line
    return stack


def batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Places of lines of like width, so many together as BATCH_PIXELS allows, at least one."""
    batch: list[int] = []
    for place in sorted(range(len(widths)), key=widths.__getitem__):
        width = widths[place]
        is_full = (len(batch) + 1) * width > BATCH_PIXELS
        if batch and (is_full or width > MOST_WIDER * widths[batch[0]] + WIDTH_UNIT):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
