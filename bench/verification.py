"""Verdicts on other people's signed files: ours, stock pyHanko's and pdfsig's, side by side in one run.

    python bench/verification.py [FOLDER ...]

Without a folder it reads the project's shared corpora beside the repository (signed test files of pyHanko
and EU DSS, signed Vietnamese documents); where they are absent it says so and ends. Every file is asked in
a child process with 60 s and 1 GiB, and must end in a verdict or in "no document".

What to look for: stock pyHanko (no trust roots; intact, valid, allowed changes) and `pdfsig -nocert` accept
files that ours calls TOTAL-FAILED; ours never calls a file TOTAL-PASSED without roots.
"""

import io
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from certify.verdict import NotADocument
from certify.verification.steps import Question, verify

ROOT = Path(__file__).resolve().parent.parent
CORPORA = (ROOT.parent / "shared/corpora/signatures", ROOT.parent / "shared/corpora/vn-scans")
SECONDS, MEMORY = 60, 1 << 30
TIMED_OUT, CRASHED = "TOO LONG", "CRASHED"


@dataclass(frozen=True)
class Row:
    """One file and the three answers about it."""

    file: Path
    ours: str
    findings: str
    pyhanko: str
    pdfsig: str
    seconds: float


def main() -> int:
    folders = [Path(given) for given in sys.argv[1:]] or [one for one in CORPORA if one.is_dir()]
    if not folders:
        print("No corpora beside the repository: nothing measured. Name a folder with signed PDFs.")
        return 0
    logging.disable(logging.CRITICAL)
    files = sorted(one for folder in folders for one in folder.rglob("*.pdf") if is_signed(one))
    rows = [measure(file) for file in files]
    for row in rows:
        answers = f"{row.ours:14} {row.pyhanko:9} {row.pdfsig:9}"
        print(f"{answers} {row.seconds:6.2f} s  {row.file.name}  {row.findings}")
    summarise(rows)
    return 1 if any(row.ours in {TIMED_OUT, CRASHED, "TOTAL-PASSED"} for row in rows) else 0


def is_signed(file: Path) -> bool:
    return b"/ByteRange" in file.read_bytes()


def measure(file: Path) -> Row:
    began = time.perf_counter()
    ours, findings = confined(our_answer, file)
    seconds = time.perf_counter() - began
    return Row(file, ours, findings, confined(stock_answer, file)[0], pdfsig_answer(file), seconds)


def our_answer(file: Path) -> tuple[str, str]:
    try:
        verdict = verify(Question(file, (), None, datetime.now(UTC)))
    except NotADocument as absent:
        return "NO DOCUMENT", absent.detail[:60]
    serious = [one.code for one in verdict.findings if one.indication == verdict.indication]
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
