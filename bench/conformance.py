"""Every document the room makes of real material is PDF/A-2u: veraPDF's word, one run over a folder.

    ./motcua bench conformance [--limit N]

Scans and PDFs of the corpora become archive renditions and reading copies; born-digital pages too. Files
that are refused count apart. Exit status: 1 when veraPDF refuses one, 0 otherwise; skips without corpora.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from digitize.model import DigitizeFault, Order, Profile  # noqa: E402 the rooms run in place, from the root
from digitize.pipeline import digitize  # noqa: E402

CORPORA = ROOT.parent / "shared" / "corpora"
FOLDERS = ("vn-scans", "cleanup")
KINDS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".pdf"}
VERAPDF = "org.verapdf.apps.GreenfieldCliWrapper"


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--limit", type=int, default=10_000)
    sources = list(_sources())[: asked.parse_args(arguments).limit]
    judge = _judge()
    if not sources or judge is None:
        print("skipped: the corpora or veraPDF are not here")
        return 0
    os.environ["OMP_THREAD_LIMIT"] = "1"
    with tempfile.TemporaryDirectory(prefix="motcua-conformance-") as name:
        made, refused = _make(sources, Path(name))
        failed = _failed(judge, Path(name))
    print(f"{made} documents of {len(sources)} sources, {refused} refused with a code")
    print(f"veraPDF 2u: {made - len(failed)} of {made} pass", *failed, sep="\n  ")
    return 1 if failed else 0


def _sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(path for path in (CORPORA / folder).rglob("*") if path.suffix.lower() in KINDS)


def _make(sources: Sequence[Path], folder: Path) -> tuple[int, int]:
    made = refused = 0
    for number, source in enumerate(sources):
        out, small = folder / f"{number:04d}.pdf", folder / f"{number:04d}-small.pdf"
        work = folder / "work"
        try:
            for _ in digitize(Order((source,), out, None, small, Profile.ARCHIVE, 2, work)):
                pass
        except DigitizeFault as fault:
            refused += 1
            print(f"refused {source.name}: {fault.code}", flush=True)
            continue
        finally:
            shutil.rmtree(work, ignore_errors=True)
        if b"/ByteRange" in out.read_bytes():  # a signed PDF is kept as it is, whatever it is
            out.unlink()
            small.unlink(missing_ok=True)
            continue
        made += 2
    for source in folder.glob("*.source.pdf"):
        source.unlink()
    return made, refused


def _judge() -> list[str] | None:
    told = subprocess.run(
        [ROOT / "deploy" / "set-up", "judges-folder"], capture_output=True, text=True, check=True
    )
    jar = Path(told.stdout.strip()) / "verapdf.jar"
    options = ["--format", "text", "--flavour", "2u", "--recurse"]
    return ["java", "-cp", str(jar), VERAPDF, *options] if jar.exists() else None


def _failed(judge: list[str], folder: Path) -> list[str]:
    told = subprocess.run([*judge, str(folder)], capture_output=True, text=True, check=False).stdout
    return [line for line in told.splitlines() if line.startswith("FAIL")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
