"""Fit how likely a word is right: pages of the page maker read by both readers, held against their text.

Writes digitize/reader/calibration.json: logistic curves, the bounds that follow, and what they rest on. Half
of the pages fit the curves, the other half say how well they hold. Run it anew for new weights.

    ./motcua bench calibration [--pages N] [--seed N] [--weights FILE] [--out FILE]
"""

import argparse
import difflib
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 the rooms run in place, from the root
from numpy.typing import NDArray  # noqa: E402

from bench.stress.conditions import Fate, Page, all_pages  # noqa: E402
from bench.stress.making import PageFile, make_page  # noqa: E402
from bench.stress.scoring import collapsed, locate  # noqa: E402
from digitize.pixels.raster import Pixels  # noqa: E402
from digitize.reader.calibration import CALIBRATION, Curve  # noqa: E402
from digitize.reader.network import WEIGHTS, LineReader  # noqa: E402
from digitize.reader.reading import read_plane  # noqa: E402
from digitize.sources.sources import PageSource, load, survey_source  # noqa: E402
from digitize.staging import stage, upright_plane  # noqa: E402
from digitize.words.both_readers import heard_around  # noqa: E402 the rooms run in place, from the root
from digitize.words.opinions import Place, preference_of, side_by_side  # noqa: E402
from digitize.words.same_number import is_number  # noqa: E402
from vietnamese.statistics import Statistics, statistics  # noqa: E402

SEED = 4711  # another one than the stress bench's, so that its pages stay unseen
UPRIGHT = {
    *("ordinary", "red-seals", "blue-seals", "shade", "skew-slight", "skew-middling", "200-dpi", "150-dpi"),
    *("noise-15", "bleed-through", "table", "columns", "italics", "capitals", "grey-paper", "soft"),
}
FAR_OFF = 0.4  # of a line's letters: such a line is not what was printed
SHORTEST = 5  # letters; anything shorter is found whole or not at all
RIDGE = 1e-3
ROUNDS = 40
# Shares; the goals are 0.005 and 0.002, but of real paper, where several times as many sure words are wrong.
WRONG_WHEN_SURE, WRONG_NUMBERS, WRONG_UNASKED = 0.0007, 0.002, 0.003

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One place of a page: what was seen there, and which reading was right."""

    evidence: tuple[float, ...]
    heard: float
    preference: float
    agrees: bool
    number: bool
    printed: bool
    own_right: bool
    heard_right: bool


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=48)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--weights", type=Path, default=WEIGHTS)
    asked.add_argument("--out", type=Path, default=CALIBRATION)
    options = asked.parse_args(arguments)
    weights = options.weights.read_bytes()
    reader, language = LineReader(weights), statistics()
    with tempfile.TemporaryDirectory(prefix="motcua-calibration-") as folder:
        files = [make_page(page, Path(folder)) for page in _pages(options.seed, options.pages)]
        cases = [list(_cases(file, reader, language, Path(folder))) for file in files]
    fitted = fit([case for page in cases[::2] for case in page])
    held = [case for page in cases[1::2] for case in page]
    told = {
        "fitted_on": {
            "pages": len(files[::2]),
            "held_back_pages": len(files[1::2]),
            "words": sum(map(len, cases)),
            "page_maker_seed": options.seed,
        },
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        **{name: {"bias": curve.bias, "weights": curve.weights} for name, curve in fitted.items()},
        **bounds(held, fitted, [case for page in cases for case in page if case.number]),
    }
    options.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))
    return 0


def _pages(seed: int, count: int) -> list[Page]:
    pages = [page for page in all_pages(seed) if page.fate is not Fate.BLANK]  # spoiled ones too: evidence
    return pages[:: max(1, len(pages) // count)][:count]


def plane_of(file: PageFile) -> tuple[Pixels, float]:
    """The upright reading plane of a page, and its resolution."""
    return plane_of_file(file.path)


def plane_of_file(path: Path) -> tuple[Pixels, float]:
    """The upright reading plane of a picture, as the digitizing room makes it, and its resolution."""
    survey = survey_source(path)
    raster = load(PageSource(path, survey.kind, 0, survey.is_pdfa))
    staged = stage(raster, None, None, dewarped=False)
    rotation = (90 if staged.lay.sideways else 0) + (180 if staged.lay.upside_down else 0)
    return upright_plane(staged.plane, rotation, staged.lay.tilt), staged.framed.raster.pixels_dpi


def _cases(file: PageFile, reader: LineReader, language: Statistics, work: Path) -> Iterator[Case]:
    plane, dpi = plane_of(file)
    lines = read_plane(plane, dpi, reader, language).lines
    truth = collapsed(" ".join(line for block in file.blocks for line in block.lines))
    heard = heard_around(lines, [[True] * len(line.words) for line in lines], work, language)
    for piece, words in heard.items():
        own = lines[piece.line].words
        printed = printed_words(" ".join(word.text for word in own), truth)
        if printed is None:  # ink of a seal or a signature, or a line read beyond recognition
            printed = [""] * len(own)
        before = None
        at = 0
        for place in side_by_side(own, words):
            wanted = " ".join(printed[at : at + len(place.own)]).strip()
            at += len(place.own)
            yield _case(place, wanted, before, language)
            before = place.own[-1].text


def _case(place: Place, wanted: str, before: str | None, language: Statistics) -> Case:
    agreed = place.agreed(language)
    return Case(
        place.evidence(),
        place.heard_odds(),
        preference_of(place, before, language),
        agreed is not None,
        is_number(place.own_text),
        bool(wanted),
        place.own_text == wanted,
        (place.heard_text if agreed is None else agreed) == wanted,
    )


def printed_words(read: str, truth: str) -> list[str] | None:
    """What was printed where each word of `read` stands; None when the line is not on the page."""
    if f" {read} " in f" {truth} ":
        return read.split()
    found = locate(read, truth)
    if len(read) < SHORTEST or found.distance > FAR_OFF * len(read):
        return None
    start = truth.rfind(" ", 0, found.start + 1) + 1
    end = truth.find(" ", max(found.end - 1, start))
    printed, words = truth[start : end if end > 0 else len(truth)].split(), read.split()
    told = [""] * len(words)
    for kind, first, last, begin, finish in difflib.SequenceMatcher(
        None, words, printed, autojunk=False
    ).get_opcodes():
        if kind == "equal" or (kind == "replace" and last - first == finish - begin):
            told[first:last] = printed[begin:finish]
        elif kind == "replace":
            told[first] = " ".join(printed[begin:finish])
    return told


def fit(cases: Sequence[Case]) -> dict[str, Curve]:
    """Fit the four curves."""
    agreed = [case for case in cases if case.agrees]
    differ = [case for case in cases if case.printed and not case.agrees]  # of noise neither is right
    return {
        "alone": logistic([case.evidence for case in cases], [case.own_right for case in cases]),
        "agreed": logistic([(*c.evidence, c.heard) for c in agreed], [c.heard_right for c in agreed]),
        "own": logistic([_all_of(case) for case in differ], [case.own_right for case in differ]),
        "heard": logistic([_all_of(case) for case in differ], [case.heard_right for case in differ]),
    }


def _all_of(case: Case) -> tuple[float, ...]:
    return (*case.evidence, case.heard, case.preference)


def logistic(evidence: Sequence[Sequence[float]], right: Sequence[bool]) -> Curve:
    """A logistic curve by Newton's method, held back a little towards nought."""
    x = np.column_stack([np.ones(len(right)), np.array(evidence, float)])
    y = np.array(right, float)
    at = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(x @ at, -30, 30)))
        slope = x.T @ (y - chance) - RIDGE * len(y) * at
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + RIDGE * len(y) * np.eye(len(at))
        at += np.linalg.solve(bend, slope)
    return Curve(round(float(at[0]), 4), tuple(round(float(weight), 4) for weight in at[1:]))


def bounds(cases: Sequence[Case], curves: dict[str, Curve], all_numbers: Sequence[Case]) -> dict[str, object]:
    """The least probabilities that keep the shares of wrong words, and what they cover."""
    alone = [(curves["alone"].at(*case.evidence), case.own_right) for case in cases]
    ask_below = least_bound(alone, WRONG_UNASKED)
    words = [told for case in cases if not case.number for told in [_decided(case, curves, ask_below)]]
    numbers = [
        (curves["agreed"].at(*case.evidence, case.heard), case.heard_right)
        for case in all_numbers  # there are few
        if case.agrees
    ]
    sure_from, number_sure = least_bound(words, WRONG_WHEN_SURE), least_bound(numbers, WRONG_NUMBERS)
    ask_below = max(ask_below, sure_from)  # a word that is not sure alone may be when both have read it
    count = len(all_numbers)
    return {
        "sure_from": round(sure_from, 4),
        "number_sure_from": round(number_sure, 4),
        "ask_below": round(ask_below, 4),
        "held_back": {
            "words": _told(words, sure_from, len(words)),
            "all_numbers": _told(numbers, number_sure, count),
            "asked": round(sum(c < ask_below for c, _ in alone) / len(alone), 4),
        },
    }


def _decided(case: Case, curves: dict[str, Curve], ask_below: float) -> tuple[float, bool]:
    alone = curves["alone"].at(*case.evidence)
    if alone >= ask_below:
        return alone, case.own_right
    if case.agrees:
        return curves["agreed"].at(*case.evidence, case.heard), case.heard_right
    return 0.0, False  # never sure


def least_bound(told: Sequence[tuple[float, bool]], wrong: float) -> float:
    """The least probability above which no larger share than `wrong` is wrong."""
    ordered = sorted(told, reverse=True)
    shares = np.cumsum([not right for _, right in ordered]) / np.arange(1, len(ordered) + 1)
    chances = np.array([chance for chance, _ in ordered])
    is_last = np.diff(chances, append=-1.0) < 0  # of those with the same probability
    good = np.flatnonzero((shares <= wrong) & is_last)
    return ordered[int(good[-1])][0] if len(good) else 1.0


def _told(told: Sequence[tuple[float, bool]], bound: float, all_of_them: int) -> dict[str, float]:
    sure = [right for chance, right in told if chance >= bound]
    wrong = sum(not right for right in sure) / max(1, len(sure))
    return {"coverage": round(len(sure) / max(1, all_of_them), 4), "wrong": round(wrong, 5)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
