"""Of a file that no reader opens strictly the bytes alone still say whether it is as it was signed."""

import sys
from pathlib import Path

import pytest
from asn1crypto import cms

from certify.pdf_bytes.revisions import map_revisions
from certify.verification.byte_integrity import bytes_are_intact

sys.path.insert(0, str(Path(__file__).parent))
from attacks import contents_of, with_byte
from attacks_workshop import Hand, corner_copy, paper, people, sealed, sign


def intact(pdf: bytes) -> bool:
    return bytes_are_intact(pdf, map_revisions(pdf))


@pytest.fixture(scope="module")
def signed() -> bytes:
    """Signed by a stranger; validation data and an archive time-stamp behind."""
    return sealed(sign(paper(), Hand(people().stranger)))


def with_signature(pdf: bytes, change) -> bytes:
    """The same bytes, the first signature rewritten by `change`: nothing covers it but a later time-stamp."""
    start, end = contents_of(pdf)[0]
    content = cms.ContentInfo.load(bytes.fromhex(pdf[start:end].decode()))
    change(content["content"])
    digits = content.dump().hex().encode()
    assert not pdf[start:].startswith(digits)
    assert len(digits) <= end - start
    return pdf[:start] + digits.ljust(end - start, b"0") + pdf[end:]


def test_what_was_signed_and_stamped_is_intact(signed):
    assert len(map_revisions(signed).signatures) == 2
    assert intact(signed)


def test_no_signature_is_no_integrity():
    assert not intact(paper())


@pytest.mark.parametrize("place", [b"%PDF", b"/Catalog", b"/DSS", b"/DocTimeStamp"])
def test_a_byte_changed_anywhere_under_a_signature_or_the_stamp_is_seen(signed, place):
    at = signed.rindex(place) + 2
    assert not intact(with_byte(signed, at, signed[at] ^ 1))


def test_a_changed_signature_is_seen_by_the_stamp_behind_it(signed):
    def renumber(content) -> None:
        content["version"] = "v3"

    assert not intact(with_signature(signed, renumber))


@pytest.mark.parametrize("field", ["KySao", "KySaoChup"])
def test_the_houses_own_files_never_get_the_benefit_of_the_doubt(field):
    pdf = corner_copy(field, people().agency)
    assert len(map_revisions(pdf).signatures) > 1
    assert not intact(pdf)


# a signature alone: whose certificates it brings along ---------------------------------------------------


@pytest.fixture(scope="module")
def alone() -> bytes:
    return sign(paper(), Hand(people().stranger, stamped=False, reserved=6_000))


def by_key(content) -> None:
    """The signer named by the identifier of its key (RFC 5652 5.3)."""
    name = people().stranger.asn1.key_identifier
    content["signer_infos"][0]["sid"] = cms.SignerIdentifier("subject_key_identifier", name)


def bringing(*certificates):
    def change(content) -> None:
        content["certificates"] = [cms.CertificateChoices("certificate", one) for one in certificates]

    return change


def bringing_none(content) -> None:
    content["certificates"] = None


def named_by_key(change):
    def both(content) -> None:
        by_key(content)
        change(content)

    return both


def test_a_signature_may_bring_its_signer_or_nobody(alone):
    who = people().stranger.asn1
    for change in (bringing(who), bringing_none):
        assert intact(with_signature(alone, change))
        assert intact(with_signature(alone, named_by_key(change)))


def test_a_signature_that_brings_everybody_but_its_signer_is_not_intact(alone):
    others = (people().root.asn1, people().officer.asn1)
    assert not intact(with_signature(alone, bringing(*others)))
    assert not intact(with_signature(alone, named_by_key(bringing(*others))))


def test_two_signers_of_one_signature_are_not_judged_by_bytes(alone):
    def double(content) -> None:
        content["signer_infos"] = [content["signer_infos"][0]] * 2

    assert not intact(with_signature(alone, double))


@pytest.mark.parametrize("rubbish", [b"00", b"3000", b"3080", b"30820101", b"ff"])
def test_what_is_no_signature_is_not_intact_and_breaks_nothing(alone, rubbish):
    start, end = contents_of(alone)[0]
    assert not intact(alone[:start] + rubbish.ljust(end - start, b"0") + alone[end:])
