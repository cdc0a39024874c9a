"""Verification as a relying party meets it: genuine, damaged, forged, cut back, untrusted, cancelled."""

import asyncio
import contextlib
import hashlib
import io
import random
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import pem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper

from certify.demo_authority.certificates import Role
from certify.pdf_bytes.revisions import map_revisions
from certify.question import Pin, SignerRole
from certify.verdict import FindingCode, Indication, NotADocument, SubIndication, Verdict
from certify.verification.steps import LARGEST_FILE, Question, RegisterAnswer, RegisterState, verify

sys.path.insert(0, str(Path(__file__).parent))
import attacks
import sample_copies

PASSED, UNSURE, FAILED = Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED
KNOWN = RegisterAnswer(known=True, number=15, book="01/2026-SCT/BS", state=RegisterState.ISSUED)
UNKNOWN = RegisterAnswer(known=False)


@dataclass(frozen=True)
class Counter:
    """Asks about bytes as if they had been handed in."""

    folder: Path
    trust: tuple[Path, ...]
    pins: tuple[Pin, ...] = ()

    def ask(
        self, pdf: bytes, *, register: RegisterAnswer | None = None, now: datetime | None = None
    ) -> Verdict:
        handed_in = self.folder / "handed-in.pdf"
        handed_in.write_bytes(pdf)
        pins = self.pins if register else ()  # who has the register knows who signs
        return verify(Question(handed_in, self.trust, register, now or datetime.now(UTC), pins))


def codes(verdict: Verdict) -> set[FindingCode]:
    return {finding.code for finding in verdict.findings}


@pytest.fixture(scope="module")
def there() -> sample_copies.Authority:
    return sample_copies.authority()


@pytest.fixture(scope="module")
def genuine() -> bytes:
    return sample_copies.genuine_copy()


@pytest.fixture(scope="module")
def counter(tmp_path_factory, there) -> Counter:
    folder = tmp_path_factory.mktemp("verification")
    signers = {SignerRole.OFFICER: there.officer, SignerRole.AGENCY: there.agency}
    pins = tuple(Pin(fingerprint(who.asn1), role, "ours") for role, who in signers.items())
    return Counter(folder, (there.write_root(folder),), pins)


@pytest.fixture(scope="module")
def our_counter(tmp_path_factory, authority) -> Counter:
    folder = tmp_path_factory.mktemp("house-verification")
    root = folder / "house-root.pem"
    root.write_bytes(pem.armor("CERTIFICATE", authority.certificate(Role.ROOT).dump()))
    pins = tuple(
        Pin(fingerprint(authority.certificate(Role(role))), role, "the house") for role in SignerRole
    )
    return Counter(folder, (root,), pins)


def fingerprint(certificate) -> str:
    return hashlib.sha256(certificate.dump()).hexdigest()


@pytest.fixture(scope="module")
def issued(certified_copy) -> bytes:
    return certified_copy.path.read_bytes()


# genuine ---------------------------------------------------------------------------------------------


def test_a_copy_the_house_issued_passes(our_counter, issued):
    verdict = our_counter.ask(issued)
    assert (verdict.indication, verdict.findings) == (PASSED, ())
    assert [report.field for report in verdict.signatures][:2] == ["KyCaNhan", "KyCoQuan"]
    assert [report.level for report in verdict.signatures] == ["B-LTA", "B-LTA", "DTS"]
    assert [report.covers_whole_file for report in verdict.signatures] == [False, False, True]
    assert all(report.specimen for report in verdict.signatures)


def test_a_clerks_signed_scan_passes(our_counter, signed_scan):
    verdict = our_counter.ask(signed_scan.path.read_bytes())
    assert (verdict.indication, verdict.findings) == (PASSED, ())


@pytest.mark.parametrize("rsa_key", [False, True], ids=["P-256", "RSA"])
def test_a_copy_by_another_hand_in_the_same_order_passes(tmp_path, rsa_key):
    root = sample_copies.authority(rsa_key).write_root(tmp_path)
    verdict = Counter(tmp_path, (root,)).ask(sample_copies.genuine_copy(rsa_key))
    assert (verdict.indication, verdict.findings) == (PASSED, ())


def test_times_and_signers_are_told(counter, genuine):
    officer, agency, stamp = counter.ask(genuine).signatures
    assert (officer.signer, agency.signer, stamp.signer) == (
        "Nguyễn Văn Cán Bộ",
        "UBND phường Thử Nghiệm",
        "TSA thử nghiệm",
    )
    assert officer.signed_at <= officer.timestamped_at <= agency.timestamped_at <= stamp.timestamped_at
    assert not officer.specimen


@pytest.mark.parametrize("days", [90, 600])
def test_a_copy_passes_by_its_archive_timestamp_when_the_evidence_is_old(counter, genuine, days):
    """Its revocation list runs out after a week, the certificates after 700 days."""
    assert counter.ask(genuine, now=datetime.now(UTC) + timedelta(days=days)).indication is PASSED


def test_an_issued_copy_outlives_its_signers_certificates(our_counter, issued):
    assert our_counter.ask(issued, now=datetime.now(UTC) + timedelta(days=8 * 365)).indication is PASSED


def test_a_copy_whose_archive_timestamp_has_lapsed_too_is_undecided(counter, genuine):
    verdict = counter.ask(genuine, now=datetime.now(UTC) + timedelta(days=900))
    assert verdict.indication is UNSURE
    assert {one.sub_indication for one in verdict.signatures} == {SubIndication.OUT_OF_BOUNDS_NO_POE}


def test_a_copy_from_before_its_certificates_is_undecided(counter, genuine):
    assert counter.ask(genuine, now=datetime.now(UTC) - timedelta(days=365)).indication is UNSURE


def test_without_an_archive_timestamp_the_expiry_of_a_certificate_is_named(counter, there):
    later = datetime.now(UTC) + timedelta(days=900)
    verdict = counter.ask(signed_by_a_stranger(there), now=later)
    assert verdict.indication is UNSURE
    assert verdict.signatures[0].sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE


@pytest.mark.parametrize("foreign", [*AdESIndeterminate, *AdESFailure])
def test_every_answer_of_the_library_has_our_word(foreign):
    assert SubIndication(foreign.standard_name)


# damage ----------------------------------------------------------------------------------------------


def bits_changed(pdf: bytes, times: int) -> Iterator[bytes]:
    dice = random.Random(20261124)  # noqa: S311 -- a test that repeats
    for _ in range(times):
        place = dice.randrange(len(pdf))
        yield attacks.with_byte(pdf, place, pdf[place] ^ (1 << dice.randrange(8)))


def test_one_bit_changed_anywhere_in_an_issued_copy_fails(our_counter, issued):
    for damaged in bits_changed(issued, 60):
        assert our_counter.ask(damaged).indication is FAILED


def test_one_bit_changed_anywhere_in_a_copy_by_another_hand_fails(counter, genuine):
    for damaged in bits_changed(genuine, 140):
        assert counter.ask(damaged).indication is FAILED


def test_a_changed_digit_in_the_padding_of_any_contents_fails(our_counter, issued):
    for start, end in attacks.contents_of(issued):
        digits = issued[start:end]
        padding = start + len(digits.rstrip(b"0")) + 2
        for place in {padding, (padding + end) // 2, end - 1}:
            assert our_counter.ask(attacks.with_byte(issued, place, ord("1"))).indication is FAILED, place


def test_a_changed_case_in_any_contents_fails(our_counter, issued):
    for start, end in attacks.contents_of(issued):
        letters = [found.start() for found in re.finditer(rb"[A-Fa-f]", issued[start:end])]
        for letter in (letters[0], letters[len(letters) // 2], letters[-1]):
            place = start + letter
            damaged = attacks.with_byte(issued, place, issued[place] ^ 0x20)
            assert our_counter.ask(damaged).indication is FAILED, place


def test_the_last_contents_in_the_other_case_throughout_fails(our_counter, issued):
    start, end = attacks.contents_of(issued)[-1]
    swapped = issued[:start] + issued[start:end].swapcase() + issued[end:]
    assert swapped != issued
    assert our_counter.ask(swapped).indication is FAILED


@pytest.mark.parametrize("seed", range(4))
def test_every_byte_of_the_last_token_matters(counter, genuine, seed):
    signature = map_revisions(genuine).signatures[-1]
    dice = random.Random(seed)  # noqa: S311 -- a test that repeats
    for _ in range(15):
        place = signature.gap[0] + 1 + dice.randrange(2 * len(signature.contents.value))
        other = dice.choice([digit for digit in b"0123456789ABCDEF" if digit != genuine[place]])
        assert counter.ask(attacks.with_byte(genuine, place, other)).indication is FAILED, place


def test_an_algorithm_written_otherwise_in_the_last_token_fails(counter, genuine):
    """sha256WithRSA and plain rsaEncryption verify alike; only the tokens before tell which was meant."""
    start, end = attacks.contents_of(genuine)[-1]
    place = genuine.rindex(b"2A864886F70D0101010500", start, end)
    named = genuine[:place] + b"2A864886F70D01010B0500" + genuine[place + 22 :]
    verdict = counter.ask(named)
    assert verdict.indication is FAILED
    assert FindingCode.TOKEN_NOT_CANONICAL in codes(verdict)


def test_a_byte_changed_in_a_certificate_of_the_last_token_fails_without_roots_too(counter, genuine):
    start, _ = attacks.contents_of(genuine)[-1]
    place = genuine.index("Gốc thử nghiệm".encode().hex().upper().encode(), start) + 1
    damaged = attacks.with_byte(genuine, place, ord("5"))
    assert replace(counter, trust=()).ask(damaged).indication is FAILED


# attacks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", attacks.APPENDED + attacks.UPDATES, ids=lambda one: one.__name__)
def test_anything_appended_or_saved_anew_fails(our_counter, issued, attack):
    assert our_counter.ask(attack(issued)).indication is FAILED


@pytest.mark.parametrize("attack", attacks.SIGNATURE_FORGERIES, ids=lambda one: one.__name__)
def test_a_forged_signature_dictionary_fails(our_counter, issued, attack):
    assert our_counter.ask(attack(issued)).indication is FAILED


@pytest.mark.law("L41")
def test_a_third_signature_fails_even_from_a_trusted_hand(counter, genuine, there):
    signed_again = asyncio.run(sample_copies.sign(genuine, there.stranger, there, field_name="Alien"))
    verdict = counter.ask(signed_again)
    assert verdict.indication is FAILED
    assert {FindingCode.SIGNATURE_NOT_ISSUED, FindingCode.FORBIDDEN_CHANGE} <= codes(verdict)


def test_a_third_signature_under_a_new_archive_timestamp_fails(counter, genuine, there):
    signed_again = asyncio.run(sample_copies.sign(genuine, there.stranger, there, field_name="Alien"))
    stamped = asyncio.run(sample_copies.time_stamp(signed_again, there))
    verdict = counter.ask(stamped)
    assert verdict.indication is FAILED
    assert {FindingCode.SIGNATURE_NOT_ISSUED, FindingCode.FORBIDDEN_CHANGE} <= codes(verdict)


@pytest.mark.parametrize("attack", attacks.UPDATES[1:4], ids=lambda one: one.__name__)
def test_a_change_under_a_new_archive_timestamp_fails(counter, genuine, there, attack):
    verdict = counter.ask(asyncio.run(sample_copies.time_stamp(attack(genuine), there)))
    assert verdict.indication is FAILED
    assert FindingCode.REVISION_NOT_ALLOWED in codes(verdict)


def test_a_copy_cut_back_to_any_earlier_revision_never_passes(our_counter, issued):
    for cut in attacks.cut_back(issued):
        assert our_counter.ask(cut).indication is not PASSED
        assert our_counter.ask(cut, register=UNKNOWN).indication is FAILED or b"KyCoQuan" not in cut


def test_an_officers_half_signed_copy_is_unfinished(our_counter, officer_signed):
    verdict = our_counter.ask(officer_signed.path.read_bytes())
    assert verdict.indication is UNSURE
    assert {FindingCode.SIGNATURE_MISSING, FindingCode.NO_ARCHIVE_TIMESTAMP} <= codes(verdict)


# trust -----------------------------------------------------------------------------------------------


def test_without_roots_a_genuine_copy_is_undecided_and_says_which_way(counter, genuine):
    verdict = replace(counter, trust=()).ask(genuine)
    assert verdict.indication is UNSURE
    assert {one.sub_indication for one in verdict.signatures} == {SubIndication.NO_CERTIFICATE_CHAIN_FOUND}


@pytest.mark.law("L43")
@pytest.mark.parametrize("lacking", ["signers", "stamps"])
def test_a_root_of_signers_vouches_for_no_time_stamp_and_the_other_way_round(counter, genuine, lacking):
    (root,) = counter.trust
    path = counter.folder / "handed-in.pdf"
    path.write_bytes(genuine)
    roots = {"signers": ((), (root,)), "stamps": ((root,), ())}[lacking]
    question = Question(path, roots[0], None, datetime.now(UTC), stamp_trust=roots[1])
    verdict = verify(question)
    assert verdict.indication is UNSURE
    last = verdict.signatures[-1]  # the archive time-stamp
    assert (last.indication is PASSED) == (lacking == "signers")
    assert all(one.indication is UNSURE for one in verdict.signatures[:-1])
    both = verify(replace(question, trust=(root,), stamp_trust=(root,)))
    assert both.indication is PASSED


def test_without_roots_a_damaged_copy_still_fails(counter, genuine):
    assert replace(counter, trust=()).ask(attacks.with_byte(genuine, 400, 0)).indication is FAILED


def test_verification_never_opens_a_connection(our_counter, issued, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert our_counter.ask(issued).indication is PASSED
    assert replace(our_counter, trust=()).ask(issued).indication is UNSURE


# one signature by somebody else ----------------------------------------------------------------------


def signed_by_a_stranger(there: sample_copies.Authority, **meta: object) -> bytes:
    return asyncio.run(
        sample_copies.sign(sample_copies.blank_paper(), there.stranger, there, field_name="Alien", **meta)
    )


def test_a_strangers_signature_without_revocation_data_is_undecided(counter, there):
    verdict = counter.ask(signed_by_a_stranger(there))
    assert verdict.indication is UNSURE
    assert verdict.signatures[0].level == "B-T"


def test_a_sha1_signature_is_undecided_and_named(counter, there):
    verdict = counter.ask(signed_by_a_stranger(there, md_algorithm="sha1"))
    assert verdict.indication is UNSURE
    assert verdict.signatures[0].sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_changed_page_under_a_sha1_signature_fails(counter, there):
    signed = signed_by_a_stranger(there, md_algorithm="sha1")
    place = signed.index(b"/MediaBox [ 0 0 300") + 17
    assert counter.ask(attacks.with_byte(signed, place, ord("1"))).indication is FAILED


@pytest.mark.parametrize(
    "attack", [*attacks.APPENDED[2:], attacks.add_annotation, attacks.replace_page_content]
)
def test_anything_but_a_line_end_behind_a_strangers_signature_fails(counter, there, attack):
    assert counter.ask(attack(signed_by_a_stranger(there))).indication is FAILED


def test_a_page_hidden_under_the_appearance_of_a_later_field_value_fails(counter, there):
    """The replace attack: a form filled after signing covers what was signed."""
    paper = attacks.with_text_field(sample_copies.blank_paper())
    signed = asyncio.run(sample_copies.sign(paper, there.stranger, there, field_name="Alien"))
    filled = attacks.fill_text_field(signed)
    again = asyncio.run(sample_copies.sign(filled, there.officer, there, field_name="Second"))
    verdict = counter.ask(again)
    assert verdict.indication is FAILED
    assert {FindingCode.PAGES_DIFFER, FindingCode.FIELD_VALUE_CHANGED} <= codes(verdict)


@pytest.mark.parametrize("covers", [True, False], ids=["whole page", "its own corner"])
def test_a_later_signature_may_not_draw_over_the_page(counter, there, covers):
    """Signature shadowing: a second signer's appearance over what the first one signed."""
    first = signed_by_a_stranger(there)
    box = (0, 0, 300, 420) if covers else (10, 10, 110, 60)
    twice = asyncio.run(sample_copies.sign(first, there.officer, there, field_name="Second", box=box))
    verdict = counter.ask(twice)
    assert (FindingCode.PAGES_DIFFER in codes(verdict)) is covers
    assert verdict.indication is (FAILED if covers else UNSURE)


def test_a_signature_of_an_unknown_kind_is_undecided(counter, there):
    signed = signed_by_a_stranger(there).replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.elsewhat")
    verdict = counter.ask(signed)
    assert verdict.indication is UNSURE
    assert codes(verdict) == {FindingCode.SIGNATURE_NOT_SUPPORTED}


def test_a_hybrid_file_is_never_better_than_undecided(counter, there):
    hybrid = attacks.with_hybrid_table(sample_copies.blank_paper())
    signed = asyncio.run(sample_copies.sign(hybrid, there.stranger, there, field_name="Alien"))
    verdict = counter.ask(signed)
    assert verdict.indication is UNSURE
    assert FindingCode.HYBRID_FILE in codes(verdict)


def test_pages_that_cannot_be_drawn_leave_doubt(counter, there, monkeypatch):
    def out_of_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr("pypdfium2.PdfPage.render", out_of_memory)
    signed = signed_by_a_stranger(there)
    again = asyncio.run(sample_copies.sign(signed, there.officer, there, field_name="Second"))
    verdict = counter.ask(again)
    assert verdict.indication is UNSURE
    assert FindingCode.PAGES_NOT_COMPARED in codes(verdict)


def test_a_page_added_after_signing_fails(counter, there):
    assert counter.ask(attacks.add_page(signed_by_a_stranger(there))).indication is FAILED


def test_a_file_beyond_all_measure_is_no_document(counter):
    giant = counter.folder / "giant.pdf"
    with giant.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(NotADocument):
        verify(Question(giant, (), None, datetime.now(UTC)))


# the register ----------------------------------------------------------------------------------------


def test_a_copy_the_register_knows_passes(counter, genuine):
    verdict = counter.ask(genuine, register=KNOWN)
    assert (verdict.indication, codes(verdict)) == (PASSED, {FindingCode.KNOWN_TO_REGISTER})


def test_a_copy_the_register_does_not_know_fails(counter, genuine):
    verdict = counter.ask(genuine, register=UNKNOWN)
    assert (verdict.indication, codes(verdict)) == (FAILED, {FindingCode.NOT_IN_REGISTER})


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RegisterState.CANCELLED, FindingCode.CANCELLED_IN_REGISTER),
        (RegisterState.VOID, FindingCode.VOID_IN_REGISTER),
    ],
)
def test_a_cancelled_or_void_entry_fails(counter, genuine, state, code):
    verdict = counter.ask(genuine, register=replace(KNOWN, state=state))
    assert (verdict.indication, codes(verdict)) == (FAILED, {code})


def test_a_copy_that_neither_we_nor_our_register_know_is_another_offices(counter, genuine):
    """A genuine copy of another ward: intact, signed by people who are none of ours."""
    verdict = replace(counter, pins=()).ask(genuine, register=UNKNOWN)
    assert (verdict.indication, codes(verdict)) == (UNSURE, {FindingCode.NOT_THIS_OFFICE})


def test_a_renewed_copy_begins_with_the_one_the_register_knows(counter, genuine, there):
    renewed = asyncio.run(sample_copies.time_stamp(genuine, there))
    begins = replace(KNOWN, known=False, begins_with=len(genuine))
    verdict = counter.ask(renewed, register=begins)
    assert (verdict.indication, codes(verdict)) == (UNSURE, {FindingCode.RENEWED_SINCE})
    assert counter.ask(renewed).indication is PASSED
    cancelled = counter.ask(renewed, register=replace(begins, state=RegisterState.CANCELLED))
    assert cancelled.indication is FAILED


def test_a_copy_renewed_with_validation_data_behind_is_intact_and_undecided(counter, genuine, there):
    """Another program renews the time-stamp and leaves its validation data behind it."""
    reader, out = PdfFileReader(io.BytesIO(genuine)), io.BytesIO()
    renewing = PdfTimeStamper(there.time_stamper()).async_update_archival_timestamp_chain(
        reader, there.context(), in_place=False, output=out
    )
    asyncio.run(renewing)
    verdict = counter.ask(out.getvalue())
    assert verdict.indication is UNSURE
    assert FindingCode.EXTENDED_SINCE in codes(verdict)
    assert not {FindingCode.APPENDED_BYTES, FindingCode.REVISION_NOT_ALLOWED} & codes(verdict)


def test_a_copy_changed_behind_the_issued_one_is_no_renewal(counter, genuine, there):
    begins = replace(KNOWN, known=False, begins_with=len(genuine))
    signed_again = asyncio.run(sample_copies.sign(genuine, there.stranger, there, field_name="Alien"))
    verdict = counter.ask(signed_again, register=begins)
    assert verdict.indication is FAILED
    assert FindingCode.NOT_IN_REGISTER in codes(verdict)


def test_the_register_need_not_know_a_strangers_file(counter, there):
    assert counter.ask(signed_by_a_stranger(there), register=UNKNOWN).indication is UNSURE


# no signature, no document ---------------------------------------------------------------------------


def test_an_unsigned_document_is_undecided(counter):
    verdict = counter.ask(sample_copies.blank_paper())
    assert (verdict.indication, codes(verdict)) == (UNSURE, {FindingCode.NO_SIGNATURE})


@pytest.mark.parametrize("scrap", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"%PDF-1.7\nno more"])
def test_what_is_no_document_is_called_that(counter, scrap):
    with pytest.raises(NotADocument):
        counter.ask(scrap)


@pytest.mark.parametrize("keep", [20_000, 30_000, 40_000])
def test_the_torn_half_of_a_signed_file_fails(counter, genuine, keep):
    assert counter.ask(genuine[:keep]).indication is FAILED
    assert counter.ask(genuine[-keep:]).indication is FAILED


def test_nesting_without_end_is_a_finding_and_no_crash(counter):
    deep = b"%PDF-1.7\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\n/ByteRange [0 1 2 3]\nstartxref\n9\n%%EOF\n"
    assert counter.ask(deep).indication is FAILED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_escapes_as_an_error_or_passes(counter, genuine, data):
    torn = bytearray(genuine)
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(torn) - 1))
        torn[place : place + data.draw(st.integers(0, 400))] = data.draw(st.binary(max_size=40))
    if bytes(torn) != genuine:
        with contextlib.suppress(NotADocument):
            assert counter.ask(bytes(torn)).indication is not PASSED
