"""The prefix check: what a signing program gives back is taken in when it is right, nothing else ever is."""

from dataclasses import replace

import pytest

from certify.key_holders.returned import Return, judge_return
from certify.model import CertifyFault, CopyFields, FaultCode, Profile, SignedByOfficer
from certify.question import Question
from certify.signing.handing import HandedOut, fields_of, hand_to_agency, hand_to_officer
from certify.signing.sealing import require_sealable
from certify.signing.signing import seal_for_decades, sign_as_agency
from certify.signing.statement import compose_copy
from certify.verdict import FindingCode, Indication
from certify.verification.steps import verify
from tests.certify import mutated_returns as mutants
from tests.certify.certify_specimens import FORMS, now, statement_for
from tests.signing_program import Way, as_found, sign

FEWEST = 200  # mutants in all


def way_of(data, profile):
    return Way() if profile is Profile.ADDS else as_found(data)


@pytest.fixture(scope="module", params=list(Profile))
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def composed(desk, digitized, profile):
    return compose_copy(statement_for(digitized), FORMS, desk / f"for-{profile}.pdf", profile)


@pytest.fixture(scope="module")
def handed(desk, composed, profile):
    return hand_to_officer(composed, desk / f"handed-{profile}.pdf", profile)


@pytest.fixture(scope="module")
def returned(desk, handed, authority, profile):
    data = handed.pdf.read_bytes()
    back = desk / f"returned-{profile}.pdf"
    back.write_bytes(sign(data, authority.officer, way_of(data, profile)))
    return back


@pytest.fixture(scope="module")
def officers(handed, returned, authority, composed):
    """What the officer's return is asked."""
    fields = (composed.fields.officer, composed.fields.agency, ())
    signer = authority.officer.key.certificate.sha256.hex()
    return Return(handed.pdf, returned, handed.profile, handed.field, True, signer, fields)


@pytest.fixture(scope="module")
def signed_by_officer(officers, composed):
    judged = judge_return(officers)
    assert not judged.fault, judged
    fields = CopyFields.by_program(officers.profile, judged.field)
    return SignedByOfficer(composed.statement, officers.returned, fields)


@pytest.fixture(scope="module")
def agencys(desk, signed_by_officer, authority, profile):
    """What the agency's return is asked, its program filling the field that locks."""
    given = hand_to_agency(signed_by_officer, desk / f"to-agency-{profile}.pdf", Profile.FILLS)
    data, back = given.pdf.read_bytes(), desk / f"by-agency-{profile}.pdf"
    back.write_bytes(sign(data, authority.agency, as_found(data)))
    fields = signed_by_officer.fields
    told = (fields.officer, fields.agency, tuple(fields.drawn_elsewhere))
    signer = authority.agency.key.certificate.sha256.hex()
    return Return(given.pdf, back, Profile.FILLS, given.field, False, signer, told)


def test_a_copy_that_a_program_signed_is_good_for_decades_and_says_what_it_guarantees(
    signed_by_officer, authority, agency_hand, desk, profile, eu_dss, verapdf
):
    require_sealable(signed_by_officer.path, authority.services)
    locked = sign_as_agency(signed_by_officer, desk / f"locked-{profile}.pdf", agency_hand)
    copy = seal_for_decades(locked, desk / f"copy-{profile}.pdf", authority.services).path
    verdict = verify(Question(copy, (authority.trust_pem,), None, now()))
    assert verdict.indication is Indication.TOTAL_PASSED
    told = [] if profile is Profile.FILLS else [FindingCode.APPROVED_ONLY]
    assert [one.code for one in verdict.findings] == told
    judged = eu_dss([copy], authority.trust_pem)[copy]
    assert {(one["indication"], one["level"]) for one in judged} == {("TOTAL_PASSED", "PAdES-BASELINE-LTA")}
    assert verapdf([copy])[copy]


def test_the_agencys_program_locks_what_the_officers_program_signed(agencys, signed_by_officer):
    judged = judge_return(agencys)
    assert (judged.fault, judged.field) == ("", signed_by_officer.fields.agency)


def every_mutant(told):
    for kind in mutants.KINDS:
        for number, mutant in enumerate(kind(told)):
            yield f"{kind.__name__} {number}", mutant


def accepted(asked, told, desk):
    """The names of the mutants that were taken in, and how many there were."""
    taken, count, path = [], 0, desk / "mutant.pdf"
    for name, mutant in every_mutant(told):
        path.write_bytes(mutant)
        judged = judge_return(replace(asked, returned=path))
        count += 1
        if not judged.fault:
            taken.append(name)
    return taken, count


def handing(asked, signer, stranger, others):
    data = asked.handed.read_bytes()
    way = way_of(data, asked.profile)
    return mutants.Handing(data, way, asked.returned.read_bytes(), signer, stranger, others)


def test_no_mutant_of_an_officers_return_is_taken_in(officers, authority, desk, digitized, profile):
    other = compose_copy(statement_for(digitized, number=8), FORMS, desk / f"other-{profile}.pdf", profile)
    data = other.path.read_bytes()
    others = sign(data, authority.officer, way_of(data, profile))
    taken, count = accepted(officers, handing(officers, authority.officer, authority.clerk, others), desk)
    assert taken == []
    assert count >= FEWEST


def test_no_mutant_of_an_agencys_return_is_taken_in(agencys, officers, authority, desk):
    others = officers.handed.read_bytes()  # what the officer's program got
    taken, count = accepted(agencys, handing(agencys, authority.agency, authority.officer, others), desk)
    assert taken == []
    assert count >= FEWEST


def test_a_record_says_after_a_restart_what_was_handed_out(handed, profile):
    again = HandedOut.read(handed.record(), handed.pdf)
    assert again == handed
    fields = fields_of(replace(handed, field=handed.field or "Signature1").record(), None)
    assert fields.drawn_elsewhere == {fields.officer}
    assert (fields.agency == "KyCoQuan") == (profile is Profile.FILLS)


def test_the_field_of_the_agency_is_never_left_to_a_program_that_locks_nothing(signed_by_officer, desk):
    with pytest.raises(CertifyFault) as told:
        hand_to_agency(signed_by_officer, desk / "never.pdf", Profile.ADDS)
    assert told.value.code is FaultCode.NOT_SIGNABLE
    assert not (desk / "never.pdf").exists()
