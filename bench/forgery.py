"""A genuine copy and everything done to it: `verify` must answer 0 for the one and never for the others.

Single bytes changed at random offsets, every /Contents padding (a digit, the case of a digit), things
appended, every earlier revision: judged by the command with the demo root trusted, with the register at
hand and without it; poppler's pdfsig beside. Then every mutant of every kind that the tests know
(tests/certify/mutants.py): an honest file after somebody did something to it, or one made by people under a
trusted root to be taken for what it is not.
Usage: ./motcua bench forgery [--data DIR of a finished demo] [--offsets N] [--kinds-only]
"""

import argparse
import json
import logging
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from certify.question import Question
from certify.verdict import NotADocument
from certify.verification.steps import verify

ROOT = Path(__file__).resolve().parent.parent
MOTCUA = [sys.executable, "-P", "-m", "office"]
SEED = 20261124
BATCH = 20
OBJECT = b"\n9000 0 obj\n<< /Type /Catalog >>\nendobj\n"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="data directory of a finished demo; made when absent")
    parser.add_argument("--offsets", type=int, default=200)
    parser.add_argument("--kinds-only", action="store_true", help="not what is done to the demo's copy")
    chosen = parser.parse_args()
    if chosen.kinds_only:
        return try_kinds()
    with tempfile.TemporaryDirectory() as folder:
        data = chosen.data or Path(folder) / "demo"
        subprocess.run(
            [*MOTCUA, "demo", "--once", "--data", str(data)], capture_output=True, check=True, cwd=ROOT
        )
        wrong = try_all(data, Path(folder), chosen.offsets)
    return max(try_kinds(), int(bool(wrong)))


def try_kinds() -> int:
    """Judge every mutant of every kind; the exit status."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "certify")]
    import attacks_workshop  # noqa: PLC0415 where tests keep it
    import mutants  # noqa: PLC0415

    from bench.goals import Goal, concluded  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    accepted: list[str] = []
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        root = attacks_workshop.people().write_root(Path(folder))
        for kind, make in mutants.KINDS.items():
            answers: Counter[str] = Counter()
            for pdf, pins in make():
                path = Path(folder) / "mutant.pdf"
                path.write_bytes(pdf)
                answers[answer(Question(path, (root,), None, datetime.now(UTC), pins))] += 1
            accepted += [kind] * answers["TOTAL-PASSED"]
            counts[kind] = answers.total()
            told_answers = ", ".join(f"{name} {count}" for name, count in answers.most_common())
            print(f"{counts[kind]:4} {kind:66} {told_answers}", flush=True)
    print(*(f"accepted: {kind}" for kind in accepted), sep="\n")
    return concluded(
        [
            Goal("kinds of forgeries", len(counts), 60, least=True),
            Goal("mutants", counts.total(), 600, least=True),
            Goal("mutants called good", len(accepted), 0),
        ]
    )


def answer(question: Question) -> str:
    """The verdict on one mutant."""
    try:
        return verify(question).indication
    except NotADocument:
        return "NO DOCUMENT"


def try_all(data: Path, folder: Path, offsets: int) -> int:
    """Judge the genuine copy and all that was done to it; the number of wrong answers."""
    genuine = (data / "demo" / "copy.pdf").read_bytes()
    wrong = 0
    kinds = {
        "genuine": ((0,), [genuine]),
        "one byte changed": ((1,), flipped(genuine, offsets)),
        "padding changed": ((1,), padded(genuine)),
        "something appended": ((1,), appended(genuine)),
        "cut back": ((1, 2), cut_back(genuine)),
    }
    for name, (allowed, variants) in kinds.items():
        files = written(folder / name.replace(" ", "-"), variants)
        with_register = judged(files, ["--data", str(data)])
        trust = ["--data", str(folder / "none"), "--trust", str(data / "demo-authority" / "root.pem")]
        without = judged(files, trust)
        wrong += sum(code not in allowed for code in with_register)
        wrong += sum((code == 0) != (name == "genuine") for code in without)
        fooled = sum(map(pdfsig_accepts, files))
        print(f"{name:<20} {len(files):>4} files; register at hand {told(with_register)}", end="; ")
        print(f"without {told(without)}; pdfsig calls both signatures valid in {fooled}")
    print(f"{wrong} wrong")
    return wrong


def flipped(genuine: bytes, offsets: int) -> Iterator[bytes]:
    chance = random.Random(SEED)  # noqa: S311 offsets, not secrets
    for _ in range(offsets):
        place = chance.randrange(len(genuine))
        yield genuine[:place] + bytes([genuine[place] ^ (1 << chance.randrange(8))]) + genuine[place + 1 :]


def padded(genuine: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"/Contents ?<([0-9A-Fa-f]+)>", genuine):
        digits = found.group(1)
        place = found.start(1) + len(digits) - 1
        yield genuine[:place] + b"1" + genuine[place + 1 :]
        letter = next(i for i, digit in enumerate(digits) if chr(digit).isalpha())
        place = found.start(1) + letter
        yield genuine[:place] + bytes([genuine[place]]).swapcase() + genuine[place + 1 :]


def appended(genuine: bytes) -> Iterator[bytes]:
    yield from (genuine + tail for tail in (b"\n", b"\0", b" ", b"%comment\n", OBJECT, genuine))
    start = genuine.rfind(b"startxref")
    yield genuine + OBJECT + genuine[start:]


def cut_back(genuine: bytes) -> Iterator[bytes]:
    ends = [found.end() for found in re.finditer(rb"%%EOF\n?", genuine)]
    yield from (genuine[:end] for end in ends if end < len(genuine))


def written(folder: Path, variants: Sequence[bytes] | Iterator[bytes]) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, variant in enumerate(variants):
        path = folder / f"{number:04d}.pdf"
        path.write_bytes(variant)
        paths.append(path)
    return paths


def judged(files: list[Path], options: list[str]) -> list[int]:
    """The exit code of each file, as the command tells them in JSON."""
    codes = {"TOTAL-PASSED": 0, "TOTAL-FAILED": 1, "INDETERMINATE": 2, "UNREADABLE": 3}
    answers: list[int] = []
    for begin in range(0, len(files), BATCH):
        batch = [str(path) for path in files[begin : begin + BATCH]]
        line = [*MOTCUA, "verify", "--json", *options, *batch]
        done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=ROOT)
        told_all = json.loads(done.stdout)
        results = told_all.get("files", [told_all])
        answers += [codes[result["verdict"]] for result in results]
    return answers


def pdfsig_accepts(path: Path) -> bool:
    done = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False)
    verdicts = re.findall(r"Signature Validation: (.*)", done.stdout)
    return len(verdicts) > 1 and all("is Valid" in verdict for verdict in verdicts[:2])


def told(codes: list[int]) -> str:
    return ", ".join(f"{code}: {count}" for code, count in sorted(Counter(codes).items()))


if __name__ == "__main__":
    sys.exit(main())
