"""The peer beside us: OCRmyPDF with the flags of paperless-ngx, on the first page of each condition."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers import ocrmypdf
from bench.recall import cpu_seconds, read_peer
from bench.stress.conditions import Fate
from bench.stress.making import make_page
from bench.stress.running import Outcome
from bench.stress.scoring import score_page

FATES = (Fate.GOOD, Fate.BORDER)


def compare(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Read one page of each legible condition with the peer: both CER, both CPU seconds, and their ratio."""
    program = ocrmypdf()
    if program is None:
        return {"absent": "OCRmyPDF could not be installed"}
    first = {outcome.page.condition: outcome for outcome in reversed(outcomes) if outcome.page.fate in FATES}
    pages = [_compared(program, name, outcome) for name, outcome in reversed(first.items())]
    count = max(len(pages), 1)
    ours, theirs = (sum(page[f"{whose}_cpu"] for page in pages) for whose in ("our", "peer"))
    return {
        "pages": pages,
        "our_cer": sum(page["our_cer"] for page in pages) / count,
        "peer_cer": sum(page["peer_cer"] for page in pages) / count,
        "cpu_ratio": theirs / ours if ours else None,
    }


def told(compared: dict[str, Any]) -> str:
    """The comparison for people to read."""
    if "absent" in compared:
        return f"peer absent: {compared['absent']}"
    lines = [
        f"{page['condition']:18} CER % ours {100 * page['our_cer']:6.2f}"
        f"  OCRmyPDF {100 * page['peer_cer']:6.2f}"
        f"   CPU s ours {page['our_cpu']:5.2f}  OCRmyPDF {page['peer_cpu']:5.2f}"
        for page in compared["pages"]
    ]
    mean = f"mean CER % ours {100 * compared['our_cer']:.2f}, OCRmyPDF {100 * compared['peer_cer']:.2f}"
    return "\n".join([*lines, f"{mean}; OCRmyPDF takes {compared['cpu_ratio']:.1f} times our CPU"])


def _compared(program: Path, name: str, outcome: Outcome) -> dict[str, Any]:
    file = make_page(outcome.page, outcome.path.parent)
    with tempfile.TemporaryDirectory(prefix="motcua-peer-") as folder:
        before = cpu_seconds()
        text = read_peer(program, file.path, Path(folder))
        cost = cpu_seconds() - before
    return {
        "condition": name,
        "our_cer": outcome.cer,
        "peer_cer": score_page(file.blocks, text).cer,
        "our_cpu": outcome.cpu,
        "peer_cpu": cost,
    }
