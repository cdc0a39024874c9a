"""Verdicts on files that the register knows, kept by digest: who asks next is answered without parsing.

Rules of this module:
1. A kept verdict holds for the same question alone: the same roots and pins, the same rules.
2. It is a day old at most, because certificates expire.
3. What the register says is no part of it: that is asked anew each time.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from certify.question import Question
from certify.verdict import Verdict
from foundation.row_types import insert_once
from office.tables import verdicts

LASTS = timedelta(days=1)
RULES = Path(__file__).parents[2] / "certify"
VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


def keep(connection: Connection, sha256: str, question: Question, verdict: Verdict) -> None:
    """Keep the verdict that `question`, asked without the register, led to for the file with this digest."""
    asked = asked_of(question)
    connection.execute(sa.delete(verdicts).where(*_at(sha256, asked)))
    told: Any = VERDICT.dump_python(verdict, mode="json")
    row = {"sha256": sha256, "asked": asked, "judged_at": question.now, "verdict": told}
    insert_once(connection, verdicts, **row)  # somebody may have asked the same at the same moment


def find(connection: Connection, sha256: str, question: Question) -> Verdict | None:
    """The verdict kept for this digest and question, None where there is none or it is too old."""
    chosen = sa.select(verdicts).where(*_at(sha256, asked_of(question)))
    row = connection.execute(chosen).one_or_none()
    if row is None or not _is_young(row.judged_at, question.now):
        return None
    return VERDICT.validate_python(row.verdict)


def asked_of(question: Question) -> str:
    """What a verdict depends on besides the file and the hour: roots, pins, rules; as a digest (hex)."""
    roots = (*_roots(question.trust), b"stamps", *_roots(question.stamp_roots))
    parts = [_rules(), *roots, *(repr(pin).encode() for pin in question.pins)]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _roots(files: Iterable[Path]) -> list[bytes]:
    return sorted(hashlib.sha256(file.read_bytes()).digest() for file in files)


@cache
def _rules() -> bytes:
    """The rules are the code and the dated data of the room that judges: a verdict by others is not told."""
    engine = hashlib.sha256()
    for module in sorted([*RULES.rglob("*.py"), *RULES.rglob("*.toml")]):
        engine.update(module.read_bytes())
    return engine.digest()


def _is_young(judged_at: datetime, now: datetime) -> bool:
    return abs(now - judged_at) <= LASTS


def _at(sha256: str, asked: str) -> tuple[sa.ColumnElement[bool], ...]:
    return verdicts.c.sha256 == sha256, verdicts.c.asked == asked
