"""No deceiving file is ever called good: one kind after another, a few variants here, all by the bench.

Every file is signed by people of a trusted root, with validation data and archive time-stamp, so that only
the deceit itself can be what is found.
"""

import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from certify.question import Pin
from certify.verdict import FindingCode, Indication, SubIndication, Verdict
from certify.verification.steps import Question, verify

sys.path.insert(0, str(Path(__file__).parent))
import attacks_boxes
import attacks_policies
import attacks_prints
import attacks_signers
import attacks_workshop as workshop

VARIANTS = 1  # of each kind; the bench takes all of them
KINDS = (*attacks_boxes.KINDS, *attacks_prints.KINDS, *attacks_policies.KINDS)
HONEST = (
    ("a stranger's file", workshop.strangers_file),
    ("a stranger's file with a visible signature", lambda: workshop.strangers_file(workshop.BLANK)),
    ("a certified copy", workshop.house_copy),
    ("a clerk's scan", lambda: workshop.corner_copy("KySaoChup", workshop.people().stranger)),
    ("an agency's copy", lambda: workshop.corner_copy("KySao", workshop.people().agency)),
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forgeries")
    root = workshop.people().write_root(folder)

    def asked(pdf: bytes, pins: tuple[Pin, ...] = ()) -> Verdict:
        handed_in = folder / "handed-in.pdf"
        handed_in.write_bytes(pdf)
        return verify(Question(handed_in, (root,), None, datetime.now(UTC), pins))

    return asked


def codes(verdict: Verdict) -> set[FindingCode]:
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize(("made", "make"), HONEST, ids=[name for name, _ in HONEST])
def test_what_the_forgeries_start_from_passes(ask, made, make):
    verdict = ask(make())
    assert (verdict.indication, verdict.findings) == (Indication.TOTAL_PASSED, ())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_forgery_of_this_kind_passes(ask, kind):
    for variant in islice(kind(), VARIANTS):
        assert ask(variant).indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("kind", attacks_signers.KINDS, ids=lambda kind: kind.__name__)
def test_nobody_signs_for_another(ask, kind):
    for variant, pins in islice(kind(), 2 * VARIANTS):  # without pins and with them
        assert ask(variant, pins).indication is not Indication.TOTAL_PASSED


def test_the_signers_of_the_house_pass_by_their_pins(ask):
    there, pins = workshop.people(), attacks_signers.our_pins()
    for honest in (
        workshop.house_copy(),
        workshop.corner_copy("KySao", there.agency),
        workshop.corner_copy("KySaoChup", there.stranger),
    ):
        assert ask(honest, pins).indication is Indication.TOTAL_PASSED


def test_a_later_signature_beside_the_ink_is_no_forgery(ask):
    first = workshop.sign(workshop.paper(), workshop.Hand(workshop.people().stranger))
    second = workshop.Hand(workshop.people().officer, "Second", workshop.BLANK)
    verdict = ask(workshop.sealed(workshop.sign(first, second)))
    assert (verdict.indication, verdict.findings) == (Indication.TOTAL_PASSED, ())


def test_a_later_signature_over_ink_is_told_and_no_forgery_either(ask):
    """A seal over a third of the signature before it is how Vietnamese offices seal."""
    verdict = ask(next(attacks_boxes.a_later_signature_over_ink()))
    assert (verdict.indication, codes(verdict)) == (
        Indication.INDETERMINATE,
        {FindingCode.SIGNED_INK_COVERED},
    )


def test_a_time_stamp_has_nothing_to_show(ask):
    verdict = ask(next(attacks_boxes.a_visible_time_stamp_over_ink()))
    assert verdict.indication is Indication.TOTAL_FAILED
    assert FindingCode.PAGES_DIFFER in codes(verdict)


def test_what_prints_otherwise_than_it_shows_is_told(ask):
    for kind in (attacks_prints.a_stamp_that_only_prints, attacks_prints.a_first_signature_that_only_prints):
        assert FindingCode.PRINTED_OTHERWISE in codes(ask(next(kind())))


REASONS = (
    (attacks_policies.certificates_that_are_not_for_signing, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    (attacks_policies.time_stamps_by_certificates_for_more, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
    (attacks_policies.small_curves, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    (attacks_policies.weak_pss, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    (attacks_policies.time_stamps_over_weak_digests, SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    (attacks_policies.signatures_that_name_no_certificate, SubIndication.SIG_CONSTRAINTS_FAILURE),
    (attacks_policies.an_archive_stamp_older_than_the_signatures, SubIndication.TIMESTAMP_ORDER_FAILURE),
    (attacks_policies.time_stamps_of_the_future, SubIndication.TIMESTAMP_ORDER_FAILURE),
    (attacks_policies.revoked_before_signing_in_the_tail, SubIndication.REVOKED_NO_POE),
    (attacks_policies.revoked_by_what_the_signature_brings_along, SubIndication.REVOKED_NO_POE),
    (attacks_policies.a_signature_stamped_after_its_certificate_expired, SubIndication.OUT_OF_BOUNDS_NO_POE),
)


@pytest.mark.parametrize(("kind", "reason"), REASONS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_what_does_not_count_is_undecided_and_says_why_in_the_standards_word(ask, kind, reason):
    verdict = ask(next(kind()))
    assert verdict.indication is Indication.INDETERMINATE
    assert reason in {one.sub_indication for one in verdict.signatures}


def test_rsa_pss_as_it_should_be_passes(ask):
    who = attacks_policies.rsa_person()
    signer = attacks_policies.PssSigner(who, "sha256", "sha256", 32)
    signed = workshop.sign(workshop.paper(), workshop.Hand(who, signer=signer))
    assert ask(workshop.sealed(signed)).indication is Indication.TOTAL_PASSED


def test_links_and_programs_of_a_strangers_file_are_told_and_no_reason_to_doubt_it(ask):
    for change in (attacks_prints._link, attacks_prints._launch, attacks_prints._attachment):
        paper = workshop.rewritten(workshop.paper(), change)
        verdict = ask(workshop.sealed(workshop.sign(paper, workshop.Hand(workshop.people().stranger))))
        assert (verdict.indication, codes(verdict)) == (
            Indication.TOTAL_PASSED,
            {FindingCode.ACTS_ON_A_CLICK},
        )
