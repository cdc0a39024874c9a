"""Verdicts on other people's signed files: ours, stock pyHanko's and pdfsig's, side by side in one run.

    ./motcua bench verification [--alone] [--write] [FOLDER ...]

Without a folder it reads the project's shared corpora beside the repository (signed test files of pyHanko
and EU DSS, signed Vietnamese documents); where they are absent it says so and ends. Every file is asked in
a child process with 60 s and 1 GiB, and must end in a verdict or in "no document". All are asked on one day,
without roots, and held against the table of tests/certify/expected.toml: `--write` writes what is answered
there. What the product's limit of processor time cut short is asked once more without it: a table must not
depend on how fast a machine is. `--alone` leaves the others' answers out.

What to look for: stock pyHanko (no trust roots; intact, valid, allowed changes) and `pdfsig -nocert` accept
files that ours calls TOTAL-FAILED; ours never calls a file TOTAL-PASSED without roots.
"""

import argparse
import hashlib
import io
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.goals import Goal, concluded  # noqa: E402 the rooms run in place, from the root
from certify.question import MOST_CPU_SECONDS  # noqa: E402
from certify.verdict import FindingCode, NotADocument  # noqa: E402
from certify.verification.steps import Question, verify  # noqa: E402

CORPORA = (ROOT.parent / "shared/corpora/signatures", ROOT.parent / "shared/corpora/vn-scans")
SECONDS, MEMORY = 60, 1 << 30
TABLE = ROOT / "tests" / "certify" / "expected.toml"
PUBLIC = "[public]\n"
ASKED_ON = datetime(2026, 12, 1, tzinfo=UTC)
TIMED_OUT, CRASHED = "TOO LONG", "CRASHED"
CUT_SHORT = f"1:{FindingCode.LIMIT_EXCEEDED}"
UNHURRIED = 45.0  # seconds of processor time for the table's answer
MOST_SECONDS = 5


@dataclass(frozen=True)
class Row:
    """One file and the three answers about it."""

    file: Path
    ours: str
    step: str
    findings: str
    pyhanko: str
    pdfsig: str
    seconds: float


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--alone", action="store_true")
    asked.add_argument("--write", action="store_true")
    asked.add_argument("folders", nargs="*", type=Path)
    chosen = asked.parse_args()
    folders = chosen.folders or [one for one in CORPORA if one.is_dir()]
    if not folders:
        print("No corpora beside the repository: nothing measured. Name a folder with signed PDFs.")
        return 0
    logging.disable(logging.CRITICAL)
    files = sorted(one for folder in folders for one in folder.rglob("*.pdf") if is_signed(one))
    rows = []
    for file in files:
        rows.append(row := measure(file, alone=chosen.alone))
        answers = f"{row.ours:14} {row.pyhanko:9} {row.pdfsig:9}"
        print(f"{answers} {row.seconds:6.2f} s  {row.file.name}  {row.findings}", flush=True)
    summarise(rows)
    if chosen.write:
        write_table(rows)
    wrong = list(differences(rows))
    print(*wrong, sep="\n")
    return concluded(
        (
            Goal("answers that differ from the table", len(wrong), 0),
            Goal("crashed or without an end", sum(row.ours in {TIMED_OUT, CRASHED} for row in rows), 0),
            Goal("called good without a root", sum(row.ours == "TOTAL-PASSED" for row in rows), 0),
            Goal("seconds of the slowest", max(row.seconds for row in rows), MOST_SECONDS),
        )
    )


def write_table(rows: list[Row]) -> None:
    """Put what was answered in place of the table's public part."""
    told = {digest(row.file): (row.ours, row.step, row.file.name) for row in rows}
    lines = [
        f'"{sha256}" = {json.dumps(list(row), ensure_ascii=False)}' for sha256, row in sorted(told.items())
    ]
    before = TABLE.read_text(encoding="utf-8").partition(PUBLIC)[0]
    TABLE.write_text(before + PUBLIC + "\n".join(lines) + "\n", encoding="utf-8")


def differences(rows: list[Row]) -> Iterator[str]:
    """Files that the table knows, and are answered otherwise."""
    expected = tomllib.loads(TABLE.read_text(encoding="utf-8"))["public"]
    for row in rows:
        known = expected.get(digest(row.file))
        if known is not None and known[:2] != [row.ours, row.step]:
            yield f"{row.file.name}: {row.ours} {row.step}, expected {known[0]} {known[1]}"


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def is_signed(file: Path) -> bool:
    return b"/ByteRange" in file.read_bytes()


def measure(file: Path, *, alone: bool) -> Row:
    began = time.perf_counter()
    ours, findings = confined(our_answer, file)
    seconds = time.perf_counter() - began
    if findings.startswith(CUT_SHORT):
        ours, findings = confined(partial(our_answer, cpu_seconds=UNHURRIED), file)
    first = findings.partition(" ")[0]
    if alone:
        return Row(file, ours, first, findings, "", "", seconds)
    return Row(file, ours, first, findings, confined(stock_answer, file)[0], pdfsig_answer(file), seconds)


def our_answer(file: Path, cpu_seconds: float = MOST_CPU_SECONDS) -> tuple[str, str]:
    """The indication; the findings that weigh as much, each with its step, in the order of the steps."""
    try:
        verdict = verify(Question(file, (), None, ASKED_ON, cpu_seconds=cpu_seconds))
    except NotADocument as absent:
        return "NO DOCUMENT", f"1:{absent.detail[:60]}".replace(" ", "_")
    serious = [f"{one.step}:{one.code}" for one in verdict.findings if one.indication == verdict.indication]
    return verdict.indication, " ".join(dict.fromkeys(serious))


def stock_answer(file: Path) -> tuple[str, str]:
    """What the library says by itself, without roots: accepted when every signature is intact and allowed."""
    try:
        reader = PdfFileReader(io.BytesIO(file.read_bytes()), strict=True)
        answers = [_accepts(one) for one in reader.embedded_regular_signatures]
    except Exception as raised:  # noqa: BLE001 -- the peer may raise anything; that is its answer
        return "raises", type(raised).__name__
    return ("accepted" if answers and all(answers) else "refused" if answers else "none"), ""


def _accepts(signature: object) -> bool:
    signature.compute_integrity_info()
    digest = signature.compute_digest()
    intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)
    changes = signature.diff_result
    level = changes.modification_level if isinstance(changes, DiffResult) else ModificationLevel.NONE
    allowed = bool(signature.summarise_integrity_info()["docmdp_ok"])
    return intact and valid and allowed and level <= ModificationLevel.FORM_FILLING


def pdfsig_answer(file: Path) -> str:
    try:
        done = subprocess.run(
            ["pdfsig", "-nocert", str(file)], capture_output=True, timeout=SECONDS, check=False
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as absent:
        return type(absent).__name__
    told = done.stdout.decode("utf-8", "replace")
    results = [line for line in told.splitlines() if "Signature Validation:" in line]
    if not results:
        return "none"
    return "Valid" if all("Signature is Valid" in line for line in results) else "not valid"


def confined(answer: Callable[[Path], tuple[str, str]], file: Path) -> tuple[str, str]:
    """The answer of a forked child that may take 60 s and 1 GiB."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        signal.alarm(SECONDS)
        try:
            said = answer(file)
        except BaseException as raised:  # noqa: BLE001 -- whatever it is, the table must show it
            said = (CRASHED, repr(raised)[:80])
        os.write(write_end, json.dumps(said).encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return tuple(json.loads(told)) if told else (TIMED_OUT, "")


def summarise(rows: list[Row]) -> None:
    print(f"\n{len(rows)} files with a /ByteRange")
    for name, tally in (
        ("ours", Counter(row.ours for row in rows)),
        ("stock pyHanko", Counter(row.pyhanko for row in rows)),
        ("pdfsig -nocert", Counter(row.pdfsig for row in rows)),
    ):
        print(f"  {name:15}" + "  ".join(f"{answer} {count}" for answer, count in tally.most_common()))
    failed = [row for row in rows if row.ours == "TOTAL-FAILED"]
    print(f"  failed by ours, accepted by stock pyHanko: {sum(row.pyhanko == 'accepted' for row in failed)}")
    print(f"  failed by ours, called valid by pdfsig:     {sum(row.pdfsig == 'Valid' for row in failed)}")
    times = sorted(row.seconds for row in rows)
    print(f"  seconds per file: median {times[len(times) // 2]:.2f}, slowest {times[-1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
