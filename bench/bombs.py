"""Files made to cost a verifier much, each judged as the check page judges it: cost and verdict.

Usage: ./motcua bench bombs [NAME ...]

Every maker of tests/certify/bombs.py, in its full size, judged by a confined child as `verify` and the check
page start it. Processor seconds and resident memory are the child's own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUDGE, BETWEEN = "--judge", "--between"
_THIS = (sys.executable, "-P", str(Path(__file__).resolve()))
MOST_SECONDS = 5
MOST_MB = 300
UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Judged:
    """What was said of one file (limits by name, findings by code); its child's seconds, by the wall too."""

    name: str
    verdict: str
    limits: tuple[str, ...]
    findings: tuple[str, ...]
    cpu_seconds: float
    wall_seconds: float


def main() -> int:
    if sys.argv[1:2] == [BETWEEN]:
        subprocess.run([*_THIS, JUDGE, sys.argv[2]], check=True)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
        return 0
    if sys.argv[1:2] == [JUDGE]:
        for told in judge_all(Path(sys.argv[2])):
            print(json.dumps(asdict(told)), flush=True)
        return 0
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "certify")]
    from bench.goals import Goal, concluded  # noqa: PLC0415 the judging process stays small

    with tempfile.TemporaryDirectory() as folder:
        write_bombs(Path(folder), sys.argv[1:])
        told, largest_mb = judged_apart(Path(folder))
    for one in told:
        times = f"{one.cpu_seconds:5.2f} s, {one.wall_seconds:5.1f} s by the wall"
        print(f"{one.name:22} {times}  {one.verdict} {'; '.join(one.limits)}")
    return concluded(
        [
            Goal("processor seconds of the slowest", max(one.cpu_seconds for one in told), MOST_SECONDS),
            Goal("memory of the largest, MB", largest_mb, MOST_MB),
            Goal("called good", sum(one.verdict == "TOTAL-PASSED" for one in told), 0),
            Goal("different bombs", len(told), 20, least=True) if not sys.argv[1:] else Goal("named", 0, 0),
        ]
    )


def write_bombs(folder: Path, names: list[str]) -> None:
    """The bombs and the root that vouches for their signer, as files."""
    import bombs  # noqa: PLC0415 where tests keep it; the judging process stays small
    import sample_copies  # noqa: PLC0415

    sample_copies.authority().write_root(folder)
    for name in names or bombs.BOMBS:
        (folder / f"{name}.pdf").write_bytes(bombs.BOMBS[name]())


def judged_apart(folder: Path) -> tuple[list[Judged], float]:
    """Every PDF of the folder, judged by a process of its own; and the most memory of any process, MB.

    A small process stands between: what starts one is charged to it (getrusage(2)).
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*_THIS, BETWEEN, str(folder)], stdout=subprocess.PIPE, text=True, env=environment, check=True
    )
    *told, largest_mb = map(json.loads, done.stdout.splitlines())
    return [
        Judged(**one | {name: tuple(one[name]) for name in ("limits", "findings")}) for one in told
    ], largest_mb


def judge_all(folder: Path) -> Iterator[Judged]:
    """The verdicts, one after the other."""
    from certify.question import Question  # noqa: PLC0415
    from office.judging import check_alone  # noqa: PLC0415
    from office.settings import Settings  # noqa: PLC0415

    settings, trust = Settings(data=folder / "none"), (folder / "root.pem",)
    for path in sorted(folder.glob("*.pdf")):
        before, begun = seconds_below(os.getpid()), time.monotonic()
        verdict = check_alone(settings, Question(path, trust, None, datetime.now(UTC))).verdict
        findings = verdict.findings if verdict else ()
        yield Judged(
            path.stem,
            str(verdict.indication) if verdict else UNREADABLE,
            tuple(finding.detail for finding in findings if finding.code == "LIMIT_EXCEEDED"),
            tuple(str(finding.code) for finding in findings),
            seconds_below(os.getpid()) - before,
            time.monotonic() - begun,
        )


def seconds_below(process: int) -> float:
    """Processor seconds of all that runs and ran below a process of one thread (proc(5))."""
    ticks = 0
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
        ticks += int(seconds_below(int(child)) * os.sysconf("SC_CLK_TCK"))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
