"""What single makes do against the rules, as data: `quirks.toml`, matched by make and model."""

import fnmatch
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "quirks.toml"


@dataclass(frozen=True)
class Quirks:
    """How to treat one machine.

    Args:
        load_pause: seconds to wait and ask again before a missing page after another means the end.
        retry_codes: answers that are only temporary there, although the machine forgets the job meanwhile.
        busy_tries: how often a page may be put off by 503.
        host: what the Host header must say: "localhost", "port" (always with the port) or "" (as usual).
        check_feeder_first: believe an empty feeder before a job, because it would be told as a jam after.
        leave_job: never delete a job there.
        close_after_end: the job counts as running until it is deleted.
        empty_is_end: a 200 without a body is the end of the stack.
        max_dpi: what it really does at most, whatever it offers; 0 for what it offers.
        backs_turned: backs come upside down.
        tls_only: works only over TLS, although it answers without.
    """

    load_pause: float = 0.0
    retry_codes: tuple[int, ...] = ()
    busy_tries: int = 30
    host: str = ""
    check_feeder_first: bool = False
    leave_job: bool = False
    close_after_end: bool = False
    empty_is_end: bool = False
    max_dpi: int = 0
    backs_turned: bool = False
    tls_only: bool = False


@dataclass(frozen=True)
class Row:
    """One row of the table: which machines (globs over make and model), what they do, how it looks."""

    models: tuple[str, ...]
    symptom: str
    flags: dict[str, Any]
    profile: str


def rows() -> tuple[Row, ...]:
    """The table, in its order."""
    return _rows()


def quirks_of(make_model: str, table: tuple[Row, ...] | None = None) -> Quirks:
    """What holds for this machine: every row that matches, later rows winning."""
    found = Quirks()
    for row in rows() if table is None else table:
        if any(fnmatch.fnmatchcase(make_model.casefold(), model.casefold()) for model in row.models):
            found = replace(found, **row.flags)
    return found


@cache
def _rows() -> tuple[Row, ...]:
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))["quirk"]
    return tuple(
        Row(
            tuple(row.pop("models")),
            row.pop("symptom"),
            profile=row.pop("profile"),
            flags={name: tuple(value) if isinstance(value, list) else value for name, value in row.items()},
        )
        for row in told
    )
