"""A verdict says which of three answers holds, why, and travels as JSON."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from certify.verdict import (
    INDICATION_OF,
    Finding,
    FindingCode,
    Indication,
    NotADocument,
    SignatureReport,
    SubIndication,
    Verdict,
    worst,
)

A_REPORT = SignatureReport(
    field="KyCaNhan",
    signer="Nguyễn Văn Cán Bộ",
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    signed_at=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    timestamped_at=None,
    level="B-T",
    covers_whole_file=False,
    specimen=True,
)


def test_the_worst_answer_decides():
    passed, unsure, failed = Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED
    assert worst([passed, unsure, passed]) is unsure
    assert worst([unsure, failed, passed]) is failed
    assert worst([passed]) is passed


def test_no_finding_and_no_signature_weigh_nothing():
    assert worst([]) is Indication.TOTAL_PASSED


@pytest.mark.parametrize("code", FindingCode)
def test_every_code_has_a_weight(code):
    assert INDICATION_OF[code] in Indication
    assert Finding(1, code, "ISO 32000-2").indication is INDICATION_OF[code]


def test_an_unknown_kind_of_trouble_is_never_a_pass():
    notes = {code for code in FindingCode if INDICATION_OF[code] is Indication.TOTAL_PASSED}
    assert notes == {
        FindingCode.VALIDATION_DATA_APPENDED,
        FindingCode.ACTS_ON_A_CLICK,
        FindingCode.KNOWN_TO_REGISTER,
        FindingCode.APPROVED_ONLY,  # the form of the house for a program that makes its own field
    }


def test_a_verdict_survives_the_journey_between_processes():
    finding = Finding(7, FindingCode.NOT_TRUSTED_NOW, "EN 319 102-1 5.5", "KyCaNhan")
    verdict = Verdict(Indication.INDETERMINATE, (A_REPORT,), (finding,))
    channel = TypeAdapter(Verdict)
    assert channel.validate_json(channel.dump_json(verdict)) == verdict


def test_what_is_no_document_says_why():
    assert NotADocument("no PDF header").detail == "no PDF header"


def test_the_guide_gives_every_code_its_weight():
    guide = (Path(__file__).parents[2] / "docs" / "verification.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (note|undecided) \| (.*?) \|$", guide, re.MULTILINE))
    written = {weight: set(codes.split(", ")) for weight, codes in rows.items()}
    for weight, indication in (("note", Indication.TOTAL_PASSED), ("undecided", Indication.INDETERMINATE)):
        assert written[weight] == {code.value for code in FindingCode if INDICATION_OF[code] is indication}
