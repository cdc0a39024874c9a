"""Pictures as batches of like width, made by worker processes beside the training."""

import multiprocessing
import queue
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels
from digitize.reader.alphabet import columns_of
from digitize.reader.network import stacked, steps_of, stretched
from digitize.training.agreed import endless_agreed, read_lines
from digitize.training.dice import happens
from digitize.training.faces import HELD_BACK, TRAINED, faces_of
from digitize.training.pictures import LinePicture, PictureMaker
from digitize.training.texts import read_corpus

BATCH_PIXELS = 10_000  # of width
WIDTH_UNIT = 128  # of padded widths
REAL = 0.25  # share of lines of real scans, when there are any
JUDGED = 20  # held-back lines in a batch
READY = 40  # batches that wait at most
HELD_BACK_SEED = 2_147_480_000  # far from any training seed


@dataclass(frozen=True)
class Batch:
    """Lines of like width (lines x 48 x width), the steps of each, their texts as columns in a row."""

    lines: Pixels
    steps: NDArray[np.int64]
    columns: NDArray[np.int64]
    lengths: NDArray[np.int64]
    texts: tuple[str, ...]


def batch_of(pictures: list[LinePicture]) -> Batch:
    """One batch of these pictures."""
    return Batch(
        stacked([stretched(picture.pixels) for picture in pictures], WIDTH_UNIT),
        np.array([steps_of(picture.pixels.shape[1]) for picture in pictures]),
        np.array([column for picture in pictures for column in columns_of(picture.text)]),
        np.array([len(picture.text) for picture in pictures]),
        tuple(picture.text for picture in pictures),
    )


def endless_batches(pictures: Iterable[LinePicture]) -> Iterator[Batch]:
    """Batches of like width, each width with its size of batch: a new shape costs seconds of planning."""
    waiting: defaultdict[int, list[LinePicture]] = defaultdict(list)
    for picture in pictures:
        width = -(-picture.pixels.shape[1] // WIDTH_UNIT) * WIDTH_UNIT
        waiting[width].append(picture)
        if len(waiting[width]) >= max(1, BATCH_PIXELS // width):
            yield batch_of(waiting.pop(width))


def held_back_pictures(corpus: Path, lines: int) -> list[LinePicture]:
    """The fixed pictures that choose the weights: texts and faces that no training picture has."""
    maker = PictureMaker(read_corpus(corpus, held_back=True), faces_of(HELD_BACK), HELD_BACK_SEED)
    return list(islice(maker, lines))


def drawn_pictures(corpus: Path, lines: int, seed: int = 0) -> list[LinePicture]:
    """Some pictures as they are trained on."""
    maker = PictureMaker(read_corpus(corpus, held_back=False), faces_of(TRAINED), seed)
    return list(islice(maker, lines))


def judged(pictures: Sequence[LinePicture]) -> list[Batch]:
    """These pictures in batches of like width."""
    pool = sorted(pictures, key=lambda picture: picture.pixels.shape[1])
    return [batch_of(pool[start : start + JUDGED]) for start in range(0, len(pool), JUDGED)]


@dataclass(frozen=True)
class Sources:
    """Where pictures come from: a folder of texts to draw, and lines of real scans if there are any."""

    corpus: Path
    agreed: Path | None = None


class Supply:
    """Worker processes that make batches; ended with `close`."""

    def __init__(self, sources: Sources, seed: int, workers: int = 1) -> None:
        context = multiprocessing.get_context("spawn")
        self._ready: multiprocessing.Queue[Batch] = context.Queue(READY)
        self._workers = [
            context.Process(target=_work, args=(sources, seed + worker, self._ready), daemon=True)
            for worker in range(workers)
        ]
        for worker in self._workers:
            worker.start()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self._next()

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.terminate()

    def _next(self) -> Batch:
        while True:
            try:
                return self._ready.get(timeout=60)
            except queue.Empty:
                if not any(worker.is_alive() for worker in self._workers):
                    raise RuntimeError("the workers that make pictures have ended") from None


def _work(sources: Sources, seed: int, ready: "multiprocessing.Queue[Batch]") -> None:
    cv2.setNumThreads(1)
    drawn = PictureMaker(read_corpus(sources.corpus, held_back=False), faces_of(TRAINED), seed)
    pictures: Iterable[LinePicture] = drawn
    if sources.agreed:
        real = endless_agreed(read_lines(sources.agreed, held_back=False), seed)
        pictures = mixed(iter(drawn), real, seed)
    for batch in endless_batches(pictures):
        ready.put(batch)


def mixed(drawn: Iterator[LinePicture], real: Iterator[LinePicture], seed: int) -> Iterator[LinePicture]:
    """Drawn lines with lines of real scans among them."""
    chance = np.random.default_rng(seed)
    while True:
        yield next(real if happens(chance, REAL) else drawn)
