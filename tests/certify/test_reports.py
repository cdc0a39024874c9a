"""An answer as a document: by the standard's own schema, and as a page whose every word can be read back."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from certify.reports.etsi import CONSTRAINT, DS, VR, validation_report
from certify.reports.judgement import Judgement
from certify.reports.printed import Section, report_pdf, showable
from certify.verdict import (
    INDICATION_OF,
    Finding,
    FindingCode,
    Indication,
    SignatureReport,
    SubIndication,
    Verdict,
    worst,
)

AT = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
SIGNED = SignatureReport(
    field="KyCaNhan",
    signer="Nguyễn Văn Cán Bộ",
    indication=Indication.TOTAL_PASSED,
    sub_indication=None,
    signed_at=AT,
    timestamped_at=AT,
    level="B-LTA",
    covers_whole_file=False,
    specimen=False,
    certificate="ab" * 32,
)
STAMPED = replace(
    SIGNED, field="DauThoiGian", signer="TSA", level="DTS", signed_at=None, certificate="cd" * 32
)
NAMES = {"vr": VR, "ds": DS}
WORDS = st.text(max_size=60)


def judged(*findings: Finding, signatures: tuple[SignatureReport, ...] = (SIGNED, STAMPED)) -> Judgement:
    indication = worst([*(one.indication for one in findings), *(one.indication for one in signatures)])
    return Judgement("bản sao.pdf", "0f" * 32, AT, Verdict(indication, signatures, findings))


def told(judgement: Judgement, path: str) -> list[str]:
    root = etree.fromstring(validation_report(judgement))
    return [one.text for one in root.findall(path, NAMES)]


def statuses(judgement: Judgement, element: str = "MainIndication") -> list[str]:
    path = f"vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:{element}"
    return [uri.rpartition(":")[2] for uri in told(judgement, path)]


@pytest.mark.parametrize("code", FindingCode)
def test_every_finding_keeps_to_the_schema(etsi_report_schema, code):
    judgement = judged(Finding(5, code, "ISO 32000-2 7.5", "chi tiết <&> \x00\ud800".replace("\ud800", "")))
    etsi_report_schema.assertValid(etree.fromstring(validation_report(judgement)))


@pytest.mark.parametrize("reason", SubIndication)
def test_every_reason_keeps_to_the_schema(etsi_report_schema, reason):
    doubtful = replace(SIGNED, indication=Indication.INDETERMINATE, sub_indication=reason, certificate="")
    judgement = judged(signatures=(doubtful,))
    etsi_report_schema.assertValid(etree.fromstring(validation_report(judgement)))
    assert statuses(judgement, "SubIndication") == [reason]


def test_a_file_without_a_signature_keeps_to_the_schema_and_is_undecided(etsi_report_schema):
    judgement = judged(Finding(3, FindingCode.NO_SIGNATURE, "EN 319 102-1 5.2.2"), signatures=())
    etsi_report_schema.assertValid(etree.fromstring(validation_report(judgement)))
    assert statuses(judgement) == ["indeterminate"]
    assert statuses(judgement, "SubIndication") == ["SIGNED_DATA_NOT_FOUND"]


@given(name=WORDS, signer=WORDS, field=WORDS, detail=WORDS)
def test_no_words_of_a_stranger_break_the_report(name, signer, field, detail):
    found = Finding(8, FindingCode.PAGES_DIFFER, "ISO 32000-2 8.1", detail)
    signed = replace(SIGNED, signer=signer, field=field)
    judgement = replace(judged(found, signatures=(signed,)), name=name)
    assert etree.fromstring(validation_report(judgement)).tag == f"{{{VR}}}ValidationReport"


@pytest.mark.parametrize("code", [code for code in FindingCode if code is not FindingCode.NOT_TRUSTED_NOW])
def test_what_is_wrong_with_the_file_is_wrong_with_every_signature(code):
    expected = INDICATION_OF[code].lower()
    assert statuses(judged(Finding(6, code, "ISO 32000-2 12.8.1"))) == [expected, expected]


def test_doubt_about_one_signature_is_no_doubt_about_the_other():
    doubtful = replace(
        SIGNED, indication=Indication.INDETERMINATE, sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )
    found = Finding(7, FindingCode.NOT_TRUSTED_NOW, "EN 319 102-1 5.5")
    assert statuses(judged(found, signatures=(doubtful, STAMPED))) == ["indeterminate", "total-passed"]


def test_the_report_names_the_file_its_signers_and_every_finding():
    judgement = judged(Finding(8, FindingCode.PAGES_DIFFER, "ISO 32000-2 8.1", "pages 1"))
    assert told(judgement, ".//vr:Signer") == ["Nguyễn Văn Cán Bộ", "TSA"]
    assert told(judgement, ".//vr:DAIdentifier") == ["KyCaNhan", "DauThoiGian"]
    assert len(told(judgement, ".//ds:DigestValue")) == 3
    assert set(told(judgement, ".//vr:ValidationConstraintIdentifier")) == {f"{CONSTRAINT}8:PAGES_DIFFER"}


SECTIONS = (
    Section("Kết luận", ("Bản này nguyên vẹn; chữ ký và dấu thời gian hợp lệ.",)),
    Section("Tên lạ", ("Иван 山田 \u202e", "x" * 400)),
    Section("Dài", tuple(f"dòng {number}" for number in range(120))),
)


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document)


def test_the_printed_report_is_pdf_a_and_every_word_can_be_read_back(tmp_path, verapdf):
    path = tmp_path / "report.pdf"
    path.write_bytes(report_pdf("Báo cáo", SECTIONS, "chân trang", AT))
    assert verapdf([path])[path]
    words = "".join(text_of(path.read_bytes()).split())
    for section in SECTIONS:
        for line in (section.heading, *section.lines):
            assert "".join(showable(line).split()) in words
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) > 2


def test_the_same_words_at_the_same_instant_are_the_same_bytes():
    one, other = (report_pdf("Báo cáo", SECTIONS, "chân", AT) for _ in range(2))
    assert one == other


def test_nothing_of_the_printed_report_leaves_its_page():
    with pypdfium2.PdfDocument(io.BytesIO(report_pdf("Báo cáo", SECTIONS, "chân", AT))) as document:
        for page in document:
            width, height = page.get_size()
            texts = page.get_textpage()
            for number in range(texts.count_rects()):
                left, bottom, right, top = texts.get_rect(number)
                assert 0 < left < right < width
                assert 0 < bottom < top < height
