"""From the digitized paper to a certified copy: every write keeps PDF/A, both signatures last."""

import hashlib
import io
import subprocess
import sys
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.dss import DocumentSecurityStore

from certify.demo_authority.authority import DemoAuthority
from certify.demo_authority.certificates import Role
from certify.model import (
    Align,
    Box,
    CertifyFault,
    ComposedCopy,
    CopyDecision,
    Corner,
    FaultCode,
    Kind,
    SignedByOfficer,
)
from certify.signing import signing
from certify.signing.keys import Ticket
from certify.signing.signing import Hand
from certify.signing.statement import compose_copy
from certify.signing.timestamp import FallbackTimeStamper
from certify.signing.trust import Credentials
from foundation.durable import sha256_of
from tests.certify.certify_specimens import CLERK_FORM, COPY_FORM, FORMS, make_digitized, now, statement_for

ROOT = Path(__file__).parents[2]


def text_of(path, page=None):
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    out = subprocess.run(["pdftotext", "-layout", *pages, path, "-"], capture_output=True, check=True)
    return " ".join(out.stdout.decode().split())


def refused(code):
    return pytest.raises(CertifyFault, match=str(code))


def signatures_of(path):
    reader = PdfFileReader(io.BytesIO(path.read_bytes()))
    return {signature.field_name: signature for signature in reader.embedded_signatures}


@pytest.fixture(scope="module")
def agency_copy(desk, authority, digitized):
    hand = Hand(authority.signer(Role.AGENCY), authority.agency, COPY_FORM)
    decision = CopyDecision("sy-1", Kind.SAO_Y, digitized, authority.signer(Role.OFFICER), now())
    return signing.sign_agency_copy(decision, desk / "sao-y.pdf", hand, "SAO Y")


@pytest.fixture(scope="module")
def every_write(
    digitized, composed_copy, officer_signed, agency_signed, certified_copy, signed_scan, agency_copy
):
    stages = (composed_copy, officer_signed, agency_signed, certified_copy, signed_scan, agency_copy)
    return [digitized, *(stage.path for stage in stages)]


@pytest.mark.law("L2")
def test_every_write_keeps_pdf_a(every_write, verapdf):
    assert verapdf(every_write) == dict.fromkeys(every_write, True)


@pytest.mark.law("L40")
def test_eu_dss_passes_every_signature_of_what_is_issued(
    certified_copy, signed_scan, agency_copy, authority, eu_dss
):
    issued = [certified_copy.path, signed_scan.path, agency_copy.path]
    judged = eu_dss(issued, authority.trust_pem)
    assert [[said["field"] for said in judged[path]] for path in issued] == [
        ["KyCaNhan", "KyCoQuan"],
        ["KySaoChup"],
        ["KySao"],
    ]
    for path in issued:
        for said in judged[path]:
            assert (said["indication"], said["level"]) == ("TOTAL_PASSED", "PAdES-BASELINE-LTA"), said


def test_poppler_finds_both_signatures_valid_and_qpdf_nothing_wrong(certified_copy):
    asked = subprocess.run(
        ["pdfsig", "-nocert", certified_copy.path], capture_output=True, text=True, check=False
    )
    assert asked.stdout.count("Signature Validation: Signature is Valid.") == 2
    assert "Total document signed" in asked.stdout.split("Signature #3")[1]
    subprocess.run(["qpdf", "--check", certified_copy.path], check=True, capture_output=True)


@pytest.mark.law("L21")
def test_the_statement_and_both_signatures_read_back_exactly(certified_copy):
    text = text_of(certified_copy.path, 3)
    statement = certified_copy.statement
    assert unicodedata.is_normalized("NFC", text)
    for words in (
        "Chứng thực bản sao đúng với bản chính",
        f"Số chứng thực: 15 Quyển số: 1/{statement.number.book.year}-SCT/BS",
        f"Ngày {statement.signed_on:%d} tháng {statement.signed_on:%m} năm {statement.signed_on:%Y}",
        "KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
        "Ký bởi: Trần Văn Mẫu (BẢN MẪU)",
        "Cơ quan: ỦY BAN NHÂN DÂN PHƯỜNG MẪU",
        "+07:00",
        "Bản chính: 2 trang; mã yêu cầu yc-0001; người đối chiếu: Nguyễn Thị Mẫu.",
    ):
        assert words in text, words


def test_the_officer_certifies_and_the_agency_locks(certified_copy):
    found = signatures_of(certified_copy.path)
    assert list(found) == ["KyCaNhan", "KyCoQuan", "DauThoiGian"]
    certifying = found["KyCaNhan"].sig_object["/Reference"][0]["/TransformParams"]
    assert certifying["/P"] == 2
    lock = found["KyCoQuan"].sig_field["/Lock"]
    assert (lock["/Action"], lock["/P"]) == ("/All", 1)
    for signature in found.values():
        assert signature.sig_object["/SubFilter"] in ("/ETSI.CAdES.detached", "/ETSI.RFC3161")


def test_the_copy_has_five_revisions_and_the_last_signature_covers_all(certified_copy):
    reader = PdfFileReader(io.BytesIO(certified_copy.path.read_bytes()))
    assert reader.total_revisions == 5
    first, gap_start, gap_end, length = reader.embedded_signatures[-1].byte_range
    assert first == 0
    assert gap_start < gap_end
    assert gap_end + length == certified_copy.path.stat().st_size


def test_each_step_only_appends_to_the_file_before(
    composed_copy, officer_signed, agency_signed, certified_copy
):
    before = b""
    for stage in (composed_copy, officer_signed, agency_signed, certified_copy):
        after = stage.path.read_bytes()
        assert after.startswith(before)
        assert len(after) > len(before)
        before = after
    assert sha256_of(certified_copy.path) == certified_copy.sha256


def test_every_signature_and_stamp_names_its_certificate_by_digest_alone(certified_copy):
    for signature in signatures_of(certified_copy.path).values():
        attributes = signature.signer_info["signed_attrs"]
        (named,) = find_unique_cms_attribute(attributes, "signing_certificate_v2")["certs"]
        assert named["hash_algorithm"]["algorithm"].native == "sha512"
        assert named["cert_hash"].native == hashlib.sha512(signature.signer_cert.dump()).digest()
        assert not named["issuer_serial"]


def test_revocation_answers_are_younger_than_the_time_stamps_of_the_signatures(certified_copy):
    reader = PdfFileReader(io.BytesIO(certified_copy.path.read_bytes()))
    stamped = [
        find_unique_cms_attribute(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")[
            "content"
        ]["encap_content_info"]["content"]
        .parsed["gen_time"]
        .native
        for signature in reader.embedded_regular_signatures
    ]
    store = DocumentSecurityStore.read_dss(reader)
    answers = store.as_validation_context({"allow_fetching": False, "trust_roots": []}).ocsps
    assert len(answers) == 3  # officer, agency, time-stamp authority
    for answer in answers:
        assert answer.response_data["produced_at"].native >= max(stamped)
    assert len(store.crls) == 1
    assert len(list(store.load_certs())) == 6  # root, intermediate, officer, agency, TSA, OCSP responder


@pytest.mark.law("L10")
def test_the_clerk_signs_top_left_of_page_one_with_name_and_time(signed_scan):
    text = text_of(signed_scan.path, 1)
    assert "Người sao chụp: Nguyễn Thị Mẫu (BẢN MẪU)" in text
    field = signatures_of(signed_scan.path)["KySaoChup"].sig_field
    left, _, right, top = (float(edge) for edge in field["/Rect"])
    assert left == pytest.approx(10 * 72 / 25.4, abs=0.1)
    assert right < 595 / 2
    assert top == pytest.approx(841.89 - 5 * 72 / 25.4, abs=0.1)


@pytest.mark.law("L27")
def test_sao_y_carries_kind_agency_and_time_top_right(agency_copy):
    text = text_of(agency_copy.path, 1)
    assert text.startswith("SAO Y; ỦY BAN NHÂN DÂN PHƯỜNG MẪU; ")
    assert text.endswith(" +07:00")
    left = float(signatures_of(agency_copy.path)["KySao"].sig_field["/Rect"][0])
    assert left > 595 / 2


def test_doing_a_step_again_changes_nothing(
    composed_copy, officer_signed, agency_signed, certified_copy, officer_hand, agency_hand, authority
):
    stages = (officer_signed, agency_signed, certified_copy)
    before = [stage.path.read_bytes() for stage in stages]
    assert signing.sign_as_officer(composed_copy, officer_signed.path, officer_hand) == officer_signed
    assert signing.sign_as_agency(officer_signed, agency_signed.path, agency_hand) == agency_signed
    sealed = signing.seal_for_decades(agency_signed, certified_copy.path, authority.services)
    assert sealed == certified_copy
    assert [stage.path.read_bytes() for stage in stages] == before


def test_signing_a_scan_again_finds_the_same_signature(digitized, signed_scan, clerk_hand):
    assert signing.sign_scan(digitized, signed_scan.path, clerk_hand) == signed_scan


def test_a_step_does_not_overwrite_what_is_not_its_own(tmp_path, composed_copy, officer_hand):
    out = tmp_path / "out.pdf"
    out.write_bytes(composed_copy.path.read_bytes() + b"something else")
    with refused(FaultCode.ALREADY_SIGNED):
        signing.sign_as_officer(composed_copy, out, officer_hand)


@pytest.mark.law("L25")
def test_the_agency_cannot_sign_before_the_officer(tmp_path, composed_copy, agency_hand):
    unsigned = SignedByOfficer(composed_copy.statement, composed_copy.path)
    with refused(FaultCode.NOT_SIGNABLE):
        signing.sign_as_agency(unsigned, tmp_path / "out.pdf", agency_hand)
    assert list(tmp_path.iterdir()) == []


def test_the_officer_cannot_sign_twice_and_nobody_after_the_agency(
    tmp_path, agency_signed, officer_hand, clerk_hand
):
    with refused(FaultCode.ALREADY_SIGNED):
        copy = ComposedCopy(agency_signed.statement, agency_signed.path)
        signing.sign_as_officer(copy, tmp_path / "out.pdf", officer_hand)
    with refused(FaultCode.NOT_SIGNABLE):
        signing.sign_scan(agency_signed.path, tmp_path / "scan.pdf", clerk_hand)


@pytest.mark.law("L24")
def test_a_copy_without_the_agency_cannot_be_finished(tmp_path, officer_signed, authority):
    with refused(FaultCode.NOT_SIGNABLE):
        signing.seal_for_decades(officer_signed, tmp_path / "out.pdf", authority.services)


def test_a_signed_document_is_no_basis_for_a_certified_copy(tmp_path, signed_scan):
    with refused(FaultCode.ALREADY_SIGNED):
        compose_copy(statement_for(signed_scan.path), FORMS, tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no PDF at all", b"%PDF-1.7\nbroken"])
def test_what_is_no_pdf_cannot_be_signed(tmp_path, clerk_hand, content):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(content)
    with refused(FaultCode.NOT_SIGNABLE):
        signing.sign_scan(broken, tmp_path / "out.pdf", clerk_hand)
    with refused(FaultCode.NOT_SIGNABLE):
        compose_copy(statement_for(broken), FORMS, tmp_path / "copy.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.pdf"]


def first_word_at(path):
    boxes = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True)
    first = next(line for line in boxes.stdout.splitlines() if ">Người<" in line)
    return [float(first.split(f'{axis}="')[1].split('"')[0]) for axis in ("xMin", "yMin")]


def test_a_turned_page_shows_the_clerk_upright_in_its_visible_corner(tmp_path, clerk_hand, verapdf):
    signed = []
    for rotate in (90, 180, 270):
        scan = make_digitized(tmp_path / f"turned-{rotate}.pdf", pages=1, rotate=rotate)
        signed.append(signing.sign_scan(scan, tmp_path / f"signed-{rotate}.pdf", clerk_hand).path)
        assert first_word_at(signed[-1]) == pytest.approx([10 * 72 / 25.4, 5 * 72 / 25.4], abs=1.5)
    assert verapdf(signed) == dict.fromkeys(signed, True)


def test_no_time_stamp_no_signature(tmp_path, composed_copy, authority, officer_hand):
    silent = replace(authority.services, timestamps=FallbackTimeStamper([]))
    hand = replace(officer_hand, credentials=Credentials(authority.officer.key, silent))
    with refused(FaultCode.TIMESTAMP_UNAVAILABLE):
        signing.sign_as_officer(composed_copy, tmp_path / "out.pdf", hand)
    assert list(tmp_path.iterdir()) == []


def test_a_revoked_certificate_signs_nothing(tmp_path, composed_copy, officer_hand):
    other = DemoAuthority.open(tmp_path / "authority", now)
    other.revoke(Role.OFFICER)
    with refused(FaultCode.CERTIFICATE_REVOKED):
        signing.sign_as_officer(
            composed_copy, tmp_path / "out.pdf", replace(officer_hand, credentials=other.officer)
        )
    assert not (tmp_path / "out.pdf").exists()


def test_a_certificate_of_strangers_signs_nothing(tmp_path, composed_copy, authority, officer_hand):
    stranger = DemoAuthority.open(tmp_path / "authority", now)
    mixed = Credentials(stranger.officer.key, authority.services)
    with refused(FaultCode.CERTIFICATE_UNTRUSTED):
        signing.sign_as_officer(composed_copy, tmp_path / "out.pdf", replace(officer_hand, credentials=mixed))


def test_a_form_other_than_the_composed_one_is_refused_before_signing(tmp_path, composed_copy, officer_hand):
    wider = replace(FORMS.officer, box=replace(FORMS.officer.box, width=80))
    with refused(FaultCode.RENDER_FAILED):
        signing.sign_as_officer(composed_copy, tmp_path / "out.pdf", replace(officer_hand, appearance=wider))


def test_a_full_disk_leaves_nothing_behind(composed_copy, officer_hand, tmp_path):
    """RLIMIT_FSIZE stands in for the disk: writes beyond it fail like a full one."""
    code = """
import resource, signal, sys
from pathlib import Path
from certify.signing.atomic import appearing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with appearing(Path(sys.argv[1])) as staged:
        staged.write_bytes(bytes(5000))
except Exception as fault:
    print(fault.code)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "out.pdf"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == FaultCode.WRITE_FAILED
    assert list(tmp_path.iterdir()) == []


class SlowKey:
    """A key whose holder answers later, as a token or a remote service does."""

    def __init__(self, key):
        self._key = key
        self.asked = []
        self.certificate, self.chain = key.certificate, key.chain

    def begin(self, to_be_signed):
        self.asked.append(to_be_signed)
        return Ticket("later")

    def finish(self, ticket):
        assert ticket.reference == "later"


def test_a_key_may_answer_later_and_to_another_process(tmp_path, composed_copy, authority, officer_hand):
    slow = SlowKey(authority.officer.key)
    out = tmp_path / "out.pdf"
    hand = replace(officer_hand, credentials=Credentials(slow, authority.services))
    with refused(FaultCode.KEY_PENDING):
        signing.sign_as_officer(composed_copy, out, hand)
    assert not out.exists()
    record = tmp_path / "out.pdf.prepared.json"
    answer = authority.officer.key.begin(slow.asked[0]).signature
    with refused(FaultCode.KEY_REFUSED):
        signing.finish_later(
            record, authority.agency.key.begin(slow.asked[0]).signature, authority.officer, out
        )
    assert not out.exists()
    signing.finish_later(record, answer, authority.officer, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]
    assert signatures_of(out)["KyCaNhan"].signer_cert.dump() == authority.officer.key.certificate.dump()


def test_steps_run_in_threads_side_by_side(tmp_path, digitized, clerk_hand):
    signed = []

    def work(name):
        signed.append(signing.sign_scan(digitized, tmp_path / f"{name}.pdf", clerk_hand))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({scan.sha256 for scan in signed}) == 4


def test_a_name_too_long_for_its_box_is_refused_before_a_number_is_spent(tmp_path, digitized):
    tight = replace(FORMS.officer, box=Box(Corner.TOP_RIGHT, 25, 95, 20, 6), align=Align.CENTRE)
    with refused(FaultCode.TEXT_TOO_LONG):
        compose_copy(statement_for(digitized), replace(FORMS, officer=tight), tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


def test_signatures_that_would_cover_the_words_are_refused(tmp_path, digitized):
    over = replace(FORMS.agency, box=Box(Corner.TOP_LEFT, 30, 25, 70, 22))
    with refused(FaultCode.TEXT_TOO_LONG):
        compose_copy(statement_for(digitized), replace(FORMS, agency=over), tmp_path / "out.pdf")


@pytest.mark.law("L22")
def test_the_pages_of_the_paper_stay_as_they_were_and_the_statement_is_last(digitized, composed_copy):
    with pikepdf.open(digitized) as before, pikepdf.open(composed_copy.path) as after:
        assert len(after.pages) == len(before.pages) + 1
        for old, new in zip(before.pages, after.pages, strict=False):
            assert old.Contents.read_bytes() == new.Contents.read_bytes()
            assert old.Resources.XObject.Scan.read_raw_bytes() == new.Resources.XObject.Scan.read_raw_bytes()


def test_a_form_that_does_not_lie_on_the_page_is_refused(tmp_path, digitized, clerk_hand):
    outside = replace(CLERK_FORM, box=Box(Corner.TOP_LEFT, 150, 5, 80, 12))
    with refused(FaultCode.RENDER_FAILED):
        signing.sign_scan(digitized, Path(tmp_path / "out.pdf"), replace(clerk_hand, appearance=outside))
