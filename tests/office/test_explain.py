"""Every error has one row of words in both languages, and no row is left over."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

import certify.model
import digitize.model
import scanner_adapters.model
from certify.book.register import EntryState, Particulars, RegisterEntry
from certify.model import Book, Medium, Number
from certify.verdict import (
    INDICATION_OF,
    Finding,
    FindingCode,
    Indication,
    NotADocument,
    SignatureReport,
    Verdict,
)
from office import explain as words
from office.confined.confine import ChildFault
from office.explain import explain, explain_check, explain_code, explain_reason, explain_turn, explain_way
from office.faults import DeskCode, DeskFault
from office.founding.plan import FoundingCode
from office.founding.trust import TrustCode
from office.keys.faults import KeysCode
from office.people.accounts import AccountCode
from office.settings import SettingsCode
from office.web.refusals import DoorCode
from scanner_adapters.asking.asking import Way
from scanner_adapters.folder.counters import Turn
from storage.backup.faults import BackupCode
from storage.faults import StorageCode, StorageFault
from storage.objects import Key, NotKept

FAMILIES: dict[str, type[StrEnum]] = {
    "DigitizeFault": digitize.model.FaultCode,
    "CertifyFault": certify.model.FaultCode,
    "StorageFault": StorageCode,
    "BackupFault": BackupCode,
    "ScanFault": scanner_adapters.model.FaultCode,
    "DeskFault": DeskCode,
    "SettingsFault": SettingsCode,
    "AccountFault": AccountCode,
    "KeysFault": KeysCode,
    "DoorFault": DoorCode,
    "TrustFault": TrustCode,
    "FoundingFault": FoundingCode,
}
ROWS = [(family, code) for family, codes in FAMILIES.items() for code in codes]
ALONE = {"NotADocument": {"NOT_A_DOCUMENT"}, "Unexpected": {"UNEXPECTED"}}
NO_ERRORS = {"check", "report", "PageReason", "ScannerWay", "CounterTurn"}
AT = datetime(2026, 11, 24, tzinfo=UTC)
ENTRY_STATES = {
    EntryState.ISSUED: "code_good",
    EntryState.CANCELLED: "failed_cancelled",
    EntryState.VOID: "failed_void",
    EntryState.RESERVED: "code_open",
}


@pytest.mark.parametrize(("family", "code"), ROWS)
def test_every_code_of_every_family_has_a_row(family, code):
    row = words._rows()[family][str(code)]
    assert 400 <= row["status"] < 600
    assert set(row) <= {"vi", "en", "status", "exit", "retry", "takes"}
    assert ("{detail}" in row["vi"] + row["en"]) == (row.get("takes") in words.SHAPES)
    for lang in words.LANGUAGES:
        sentences = [part for part in re.split(r"[.;!?:](?:\s|$)", row[lang]) if part]
        assert len(sentences) >= 2, f"{row[lang]} says no next step"
        assert row[lang].endswith(".")


def test_no_row_is_left_over():
    expected = {name: {str(code) for code in codes} for name, codes in FAMILIES.items()} | ALONE
    told = {name: set(rows) for name, rows in words._rows().items() if name not in NO_ERRORS}
    assert told == expected


def test_every_reason_to_look_at_a_page_has_its_words():
    codes = {str(code) for code in digitize.model.ReasonCode}
    assert set(words._rows()["PageReason"]) == codes
    for code in codes:
        assert explain_reason(code) != explain_reason(code, "en")
        assert explain_code(code) == explain_reason(code)


def test_every_turn_of_a_counter_has_its_words():
    assert set(words._rows()["CounterTurn"]) == {str(turn) for turn in Turn}
    for turn in Turn:
        assert explain_turn(turn) != explain_turn(turn, "en")
    assert explain_turn("duplicate_bytes") == ""


def test_every_way_to_a_scanner_has_its_words():
    assert set(words._rows()["ScannerWay"]) == {str(way) for way in Way}
    for way in Way:
        told = explain_way(way, "http://192.0.2.7")
        assert told != explain_way(way, "http://192.0.2.7", "en")
        assert ("http://192.0.2.7" in told) == (way in (Way.ESCL, Way.WSD))


def test_vietnamese_is_composed_and_blanks_are_known_ones():
    text = words.SENTENCES.read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    known = {"detail", "page", "pages", "source", "number", "volume", "year", "book"}
    assert set(re.findall(r"\{(\w+)\}", text)) <= known


def test_blanks_are_filled_and_a_path_shows_only_its_name():
    fault = digitize.model.DigitizeFault(digitize.model.FaultCode.PAGE_FAILED, "/secret/of/đơn.pdf", page=3)
    told = explain(fault)
    assert "Trang 3" in told.sentence
    assert "đơn.pdf" in told.sentence
    assert "secret" not in told.sentence
    assert (told.status, told.exit_code, told.retry) == (422, 1, False)


@given(st.text())
def test_whatever_a_fault_tells_its_sentence_is_made(detail):
    told = explain(StorageFault(StorageCode.DAMAGED, detail))
    assert detail in told.detail
    assert told.sentence == explain(StorageFault(StorageCode.DAMAGED)).sentence


DETAILS = (  # as rooms tell them today
    *(
        "ARCHIVED → review_paper",
        "ARCHIVED",
        "clause-1, compared",
        "DIGEST_DIFFERS 7, NOT_IN_REGISTER",
        "office",
    ),
    *(
        "[Errno 28] No space left on device: '/tmp/x'",
        "'NoneType' object has no attribute 'id'",
        "StuckError: x",
    ),
    *(
        "(sqlite3.OperationalError) database is locked",
        "sha256/ab/abcdef",
        "5f0c7d5e-1111-4222-8333-944455556666",
    ),
    *(
        "inventory: Expecting value: line 1 column 1 (char 0)",
        "silent for 30 s",
        "<scan:Job> no JobUri",
        "()",
        "{}",
    ),
    *(
        "starts with 25504446",
        "JPEG ends before its last block",
        "exit -9: Traceback",
        "/srv/motcua/inbox",
        "None",
    ),
    *(
        "EndEntityCertificate('x')",
        "404",
        "U+1EA1",
        "profile clerk: a / b",
        "\x1b[31m",
        "a\nb",
        "\u202e",
        "x" * 500,
    ),
)
INTERNALS = re.compile(
    r"→|\(\)|\b[A-Z]{2,}_[A-Z_]+\b|\b[a-z]+_[a-z]+\b|Errno|Error|Traceback|None|[{}<>]|/srv|/tmp|sha256|clause-"
    r"|[0-9a-f]{8}-[0-9a-f]{4}|line 1|\x1b|\u202e|quarantine|ARCHIVED|DIGEST"
)


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize(("family", "code"), ROWS)
def test_no_sentence_shows_internals_whatever_a_fault_carries(family, code, lang):
    names = words.SHAPES["name"] if words._rows()[family][str(code)].get("takes") == "name" else None
    for detail in ("", *DETAILS):
        if names and names.fullmatch(detail):
            continue  # somebody typed it as a name, and is shown what was typed
        sentence = explain(ChildFault(family, str(code), detail=detail), lang).sentence
        assert not INTERNALS.search(sentence), (sentence, detail)
        assert not re.search(r"  |\( ?\)| [.,:;](?!/)", sentence), sentence


def test_blanks_show_what_they_are_for():
    told = {
        ("ScanFault", "NOT_A_PAGE", "/srv/inbox/đơn xin.txt"): "Tệp đơn xin.txt không phải",
        ("ScanFault", "NOT_A_PAGE", "starts with 2550"): "Tệp này không phải",
        ("DeskFault", "PAGES_DIFFER", "3 ≠ 2"): "(3 ≠ 2)",
        ("AccountFault", "NO_SUCH_ACCOUNT", "nguyễn.văn-a"): "tên này (nguyễn.văn-a).",
        ("DeskFault", "STILL_SCANNING", ", ".join(f"{n}.jpg" for n in range(12))): "9.jpg, … (+2).",
    }
    for (family, code, detail), words_in_it in told.items():
        assert words_in_it in explain(ChildFault(family, code, detail=detail)).sentence
    english = explain(ChildFault("ScanFault", "NOT_A_PAGE", detail="starts with 2550"), "en").sentence
    assert english.startswith("This file is neither")


def test_a_fault_from_a_child_is_explained_as_its_rooms_own():
    told = explain(ChildFault("ScanFault", "NOT_A_PAGE", detail="a.txt"), "en")
    assert (told.code, told.status) == ("NOT_A_PAGE", 415)
    assert told.sentence.startswith("a.txt is neither")
    assert explain(NotADocument("junk")).exit_code == 3


def test_a_narrower_fault_is_told_by_its_familys_row():
    told = explain(NotKept(Key("sha256/ab/abc")))
    assert (told.code, told.status) == ("NOT_KEPT", 404)


@pytest.mark.parametrize("error", [ValueError("secret"), ChildFault("Nobody", "KNOWS"), OSError(28, "full")])
def test_an_error_without_a_row_is_told_in_general_words(error):
    told = explain(error)
    assert told.unexpected
    assert (told.code, told.status, told.exit_code) == ("UNEXPECTED", 500, 1)
    assert "secret" not in told.sentence


def test_a_bare_code_is_told_without_holes():
    for family, code in ROWS:
        for lang in words.LANGUAGES:
            sentence = explain_code(str(code), lang)
            assert sentence, f"{family} {code}"
            assert not re.search(r"\(\)|  |: \.", sentence), sentence
    assert explain_code("nobody-knows") == ""


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_a_key_is_told_in_the_words_of_its_own_family(lang):
    for family, code in ROWS:
        opens = re.split(r" ?\(?\{", words._rows()[family][str(code)][lang])[0]
        assert explain_code(f"{family}.{code}", lang).startswith(opens.rstrip(": ")), f"{family}.{code}"
    assert explain_code("ScanFault.NOBODY_KNOWS") == ""
    assert explain_code("Nobody.BUSY") == ""


def test_families_that_share_a_code_are_told_apart_by_what_rows_keep():
    shared = [code for code, families in Counter(str(code) for _, code in ROWS).items() if families > 1]
    assert "BUSY" in shared
    faults = [StorageFault(StorageCode.BUSY), DeskFault(DeskCode.BUSY), ChildFault("ScanFault", "BUSY")]
    told = [explain(fault) for fault in faults]
    assert [one.key for one in told] == ["StorageFault.BUSY", "DeskFault.BUSY", "ScanFault.BUSY"]
    assert len({explain_code(one.key) for one in told}) == len(faults)


@dataclass(frozen=True)
class Case:
    name: str
    indication: Indication
    codes: tuple[FindingCode, ...] = ()
    known: bool = False


CASES = (
    Case("passed", Indication.TOTAL_PASSED),
    Case("passed_copy", Indication.TOTAL_PASSED, known=True),
    Case("unsure", Indication.INDETERMINATE, (FindingCode.NOT_TRUSTED_NOW,)),
    Case("unsure_unsigned", Indication.INDETERMINATE, (FindingCode.NO_SIGNATURE,)),
    Case("failed", Indication.TOTAL_FAILED, (FindingCode.DIGEST_DIFFERS,)),
    Case("failed", Indication.TOTAL_FAILED, (FindingCode.DIGEST_DIFFERS, FindingCode.NOT_IN_REGISTER)),
    Case("failed_unknown", Indication.TOTAL_FAILED, (FindingCode.NOT_IN_REGISTER,)),
    Case("failed_cancelled", Indication.TOTAL_FAILED, (FindingCode.CANCELLED_IN_REGISTER,), known=True),
    Case("failed_void", Indication.TOTAL_FAILED, (FindingCode.VOID_IN_REGISTER,), known=True),
)


def entry_of(state):
    number = Number(17, Book("SCT/BS", Medium.ELECTRONIC, 2026, 3))
    return RegisterEntry(number, "request", state, AT, AT.date(), Particulars(), None, None)


def verdict_of(case, *signatures):
    return Verdict(case.indication, signatures, tuple(Finding(1, code, "", "") for code in case.codes))


def row(name, lang):
    return words._rows()["check"][name][words.LANGUAGES.index(lang)]


def opening(name, lang):
    return row(name, lang).split("{", maxsplit=1)[0]


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_verdict_has_its_sentence(case, lang):
    entry = entry_of(EntryState.ISSUED) if case.known else None
    told = explain_check(verdict_of(case), entry, lang)
    assert told.startswith(opening(case.name, lang))
    assert "{" not in told
    if case.name == "passed_copy":
        assert "17" in told
        assert "3/2026-SCT/BS" in told


DOUBTS = {code for code in FindingCode if INDICATION_OF[code] is Indication.INDETERMINATE}


@pytest.mark.parametrize("lang", words.LANGUAGES)
@pytest.mark.parametrize("code", sorted(DOUBTS - {FindingCode.NOT_TRUSTED_NOW}))
def test_every_doubt_has_words_of_its_own(code, lang):
    case = Case("", Indication.INDETERMINATE, (code,))
    assert explain_check(verdict_of(case), None, lang) != row("unsure", lang)


def test_names_of_signers_stand_apart_from_our_own_words():
    signature = SignatureReport(
        "f", "A. Hợp lệ", Indication.TOTAL_PASSED, None, None, None, "B-B", True, False
    )
    told = explain_check(verdict_of(CASES[0], signature, replace(signature, signer="B")), None)
    assert told.endswith("Người ký: “A. Hợp lệ”; “B”.")


@pytest.mark.parametrize("lang", words.LANGUAGES)
def test_every_entry_found_by_its_code_has_its_sentence(lang):
    assert explain_check(None, None, lang) == row("unreadable", lang)
    for state in EntryState:
        name = ENTRY_STATES.get(state, "code_open")
        assert explain_check(None, entry_of(state), lang).startswith(opening(name, lang))


def test_a_specimen_is_always_called_one():
    signature = SignatureReport("f", "s", Indication.TOTAL_PASSED, None, None, None, "B-LTA", True, True)
    for case in CASES:
        assert explain_check(verdict_of(case, signature), None).startswith("BẢN MẪU")
    assert explain_check(None, entry_of(EntryState.ISSUED), "en", specimen=True).startswith("SPECIMEN")


def test_no_desk_fault_is_told_with_its_inner_name():
    for code in DeskCode:
        assert str(code) not in explain(DeskFault(code, "")).sentence
