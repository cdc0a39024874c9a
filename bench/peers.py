"""Programs that benches compare with: installed when a bench asks for one, apart from what Motcua runs on."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OCRMYPDF = ROOT / ".venv-bench" / "bin" / "ocrmypdf"


def ocrmypdf() -> Path | None:
    """OCRmyPDF's program, installed now if it is missing; None, and said, where it cannot be had."""
    subprocess.run([ROOT / "motcua", "set-up", "bench"], stdin=subprocess.DEVNULL, check=False)
    if OCRMYPDF.exists():
        return OCRMYPDF
    print("peer absent: OCRmyPDF could not be installed")
    return None
