"""One row of words per error: what happened, what to do next, HTTP status, exit code, whether to retry.

The rows stand in `sentences.toml`, by error family and code. An error without a row is unexpected: it is
logged whole and told in general words.

A sentence never shows internals, whatever a fault carries: a row says which kind of detail its blank takes
(numbers, the name of a file, a name that somebody typed), and a detail of another kind leaves it empty. The
detail itself is kept apart, for operators.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certify.verdict import Verdict
from office.check_sentences import Told, told_of

if TYPE_CHECKING:  # the book brings SQLAlchemy along: half of what a short command costs
    from certify.book.register import RegisterEntry

SENTENCES = Path(__file__).parent / "sentences.toml"
LANGUAGES = ("vi", "en")
UNEXPECTED = ("Unexpected", "UNEXPECTED")
SHAPES: Mapping[str, re.Pattern[str]] = {  # what may stand in {detail}, by the row's `takes`
    "numbers": re.compile(r"[0-9]{1,9}(?: ?[≠/,] ?[0-9]{1,9}){0,20}"),
    "size": re.compile(r"[0-9]{1,9} [kMG]B"),
    "files": re.compile(r'[^\s,:;<>|"*?/\\][^,:;<>|"*?/\\]{0,100}\.[A-Za-z0-9]{1,5}'),
    "name": re.compile(r"[^\s→{}()<>/\\][^→{}()<>/\\\n]{0,79}"),
}
NAMELESS: Mapping[str, str] = {"vi": "này", "en": "this file"}
MOST_NAMES = 10  # files told by name; further ones are counted


@dataclass(frozen=True)
class Explanation:
    """What people and programs are told about an error.

    `key` names the error for good, by family and code ("ScanFault.BUSY"): what rows keep, because families
    share codes.
    """

    key: str
    code: str
    sentence: str
    status: int
    exit_code: int
    retry: bool
    unexpected: bool = False
    detail: str = ""  # for operators and logs, as the fault told it


def explain(error: Exception, lang: str = "vi") -> Explanation:
    """The row for this error, its blanks filled in."""
    family = getattr(error, "family", "") or _family_of(error)
    code = str(getattr(error, "code", "NOT_A_DOCUMENT"))
    row = _rows().get(family, {}).get(code)
    if row is None:
        family, code = UNEXPECTED
        row = _rows()[family][code]
    return Explanation(
        key=f"{family}.{code}",
        code=code,
        sentence=_filled(row, error, lang),
        status=row["status"],
        exit_code=row.get("exit", 1),
        retry=row.get("retry", False),
        unexpected=family == UNEXPECTED[0],
        detail=str(getattr(error, "detail", "") or ""),
    )


def explain_code(key: str, lang: str = "vi") -> str:
    """The sentence for a key as a row keeps it; empty for one that no family knows.

    A bare code, as rows of earlier versions keep it, is told in the words of the first family that has it.
    """
    family, _, code = key.rpartition(".")
    for rows in [_rows().get(family, {})] if family else _rows().values():
        if isinstance(rows.get(code), dict):
            return _filled(rows[code], None, lang)
    return ""


def explain_reason(code: str, lang: str = "vi") -> str:
    """Why a page is not simply good, and what the clerk does about it."""
    return str(_rows()["PageReason"][code][lang])


def explain_turn(code: str, lang: str = "vi") -> str:
    """Why the order in which pages were taken wants a look; empty for any other flag of a page."""
    row = _rows()["CounterTurn"].get(code)
    return str(row[lang]) if row else ""


def explain_way(code: str, address: str, lang: str = "vi") -> str:
    """How a machine that was asked can be scanned from, or what to turn on first."""
    return str(_rows()["ScannerWay"][code][lang]).format(detail=address)


def explain_check(
    verdict: Verdict | None, entry: "RegisterEntry | None", lang: str = "vi", *, specimen: bool = False
) -> str:
    """One sentence about a file (verdict) or a check code (entry alone); a specimen is always called one.

    `specimen` says so of an entry; a signed file says it itself, by its certificates.
    """
    words = _rows()["check"]
    language = LANGUAGES.index(lang)
    told = told_of(verdict, entry) if verdict else Told(_check_of_code(entry))
    sentence = str(words[told.row][language]).format(**_numbers(entry), detail=told.detail)
    if told.signers:
        sentence += " " + words["signed_by"][language].format(detail=quoted(told.signers))
    if told.acts:
        sentence += " " + words["acts"][language].format(detail=told.acts)
    if specimen or (verdict is not None and any(signature.specimen for signature in verdict.signatures)):
        sentence = f"{words['specimen'][language]} {sentence}"
    return sentence


def quoted(names: Iterable[str]) -> str:
    """Names from certificates, so that none can be read as several, nor as a sentence of ours.

    No name holds such quotation marks: `shown_name` tells them by number.
    """
    return "; ".join(f"“{name}”" for name in names)


def explain_report(lang: str = "vi") -> Mapping[str, str]:
    """The words of a printed report, by what they say."""
    return {name: str(words[LANGUAGES.index(lang)]) for name, words in _rows()["report"].items()}


def _check_of_code(entry: "RegisterEntry | None") -> str:
    if entry is None:
        return "unreadable"
    names = {"ISSUED": "code_good", "CANCELLED": "failed_cancelled", "VOID": "failed_void"}
    return names.get(str(entry.state).upper(), "code_open")


def _filled(row: Mapping[str, Any], error: Exception | None, lang: str) -> str:
    """The row's sentence about this error, or about one of which nothing more is known."""
    told = {name: getattr(error, name, None) for name in ("detail", "page", "pages", "source")}
    takes = row.get("takes", "")
    detail = _shown(str(told["detail"] or ""), takes)
    source = Path(str(told["source"] or "")).name
    blanks = {
        "detail": detail or (NAMELESS[lang] if takes == "files" else ""),
        "page": told["page"] or ("này" if lang == "vi" else ""),
        "pages": _counted(told["pages"], lang) if error is not None else "",
        "source": source if source and source.isprintable() else NAMELESS[lang],
    }
    sentence = _closed_up(row[lang].format(**blanks))
    return sentence[0].upper() + sentence[1:] if sentence.startswith(NAMELESS[lang]) else sentence


def _shown(detail: str, takes: str) -> str:
    """The detail as far as it is of the kind that the row's blank takes."""
    if takes == "files":
        names = [name for part in detail.split(", ") if SHAPES[takes].fullmatch(name := _base(part))]
        more = len(names) - MOST_NAMES
        return ", ".join(names[:MOST_NAMES]) + (f", … (+{more})" if more > 0 else "")
    fits = takes in SHAPES and SHAPES[takes].fullmatch(detail) is not None
    return detail if fits and detail.isprintable() else ""


def _base(path: str) -> str:
    return path.rpartition("/")[2] if path.isprintable() else ""


def _counted(pages: int | None, lang: str) -> str:
    if lang == "vi":
        return f"{pages or 0} trang"
    return f"{pages or 0} page{'' if pages == 1 else 's'}"


def _family_of(error: Exception) -> str:
    """The nearest class that has rows: NotKept is told as the StorageFault it is."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((name for name in names if name in _rows()), names[0])


def _closed_up(sentence: str) -> str:
    """The sentence without the holes that empty blanks leave."""
    return sentence.replace(" ()", "").replace(": .", ".").replace("  ", " ")


def _numbers(entry: "RegisterEntry | None") -> dict[str, Any]:
    if entry is None:
        return {}
    number = entry.number
    return {
        "number": number.value,
        "volume": number.book.volume,
        "year": number.book.year,
        "book": number.book.code,
    }


@cache
def _rows() -> Mapping[str, Any]:
    return tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
