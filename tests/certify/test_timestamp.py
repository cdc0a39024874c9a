"""Time-stamps: the next authority answers when the first is dead, and a wrong answer counts as none."""

import asyncio
import time
from dataclasses import replace

import pytest
from asn1crypto import algos, cms
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers import ExternalSigner
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.demo_authority.authority import DemoAuthority
from certify.demo_authority.inside import InsideTimeStamper
from certify.model import CertifyFault, FaultCode
from certify.signing import signing
from certify.signing.timestamp import FallbackTimeStamper, ReceivedToken, with_token
from certify.signing.trust import Credentials
from tests.certify.certify_specimens import now

DIGEST = bytes(range(32))


class Dead(TimeStamper):
    """An authority that cannot be reached; counts how often it was asked."""

    def __init__(self, fault):
        super().__init__()
        self.fault, self.asked = fault, 0

    async def async_request_tsa_response(self, req):
        assert req["cert_req"].native
        self.asked += 1
        raise self.fault


class Wrong(InsideTimeStamper):
    """An authority that stamps something else."""

    async def async_timestamp(self, message_digest, md_algorithm):
        return await super().async_timestamp(message_digest[::-1], md_algorithm)


def stamp(stamper):
    return asyncio.run(stamper.async_timestamp(DIGEST, "sha256"))


def imprint(token):
    content = token["content"]["encap_content_info"]["content"].parsed
    return content["message_imprint"]["hashed_message"].native


@pytest.mark.law("L42")
@pytest.mark.parametrize("fault", [TimestampRequestError("404"), OSError("line"), TimeoutError("slow")])
def test_the_next_authority_answers_for_a_dead_one(authority, fault):
    first = Dead(fault)
    stamper = FallbackTimeStamper([first, InsideTimeStamper(authority)])
    assert imprint(stamp(stamper)) == DIGEST
    assert first.asked == 1


@pytest.mark.law("L42")
def test_all_dead_is_a_fault_that_names_what_each_said(authority):
    with pytest.raises(CertifyFault, match=r"timestamp-unavailable.*404.*slow"):
        stamp(FallbackTimeStamper([Dead(TimestampRequestError("404")), Dead(TimeoutError("slow"))]))


def test_a_token_over_something_else_is_no_answer(authority):
    with pytest.raises(CertifyFault, match="something else"):
        stamp(FallbackTimeStamper([Wrong(authority)]))
    assert imprint(stamp(FallbackTimeStamper([Wrong(authority), InsideTimeStamper(authority)]))) == DIGEST


def test_a_token_is_written_as_it_came_whatever_its_length(authority):
    """A length ending in 0x80 makes asn1crypto encode the whole token anew, again and again."""
    token = stamp(FallbackTimeStamper([InsideTimeStamper(authority)]))
    received = token.dump()
    unlucky = ReceivedToken.of(cms.ContentInfo.load(received))
    unlucky._header = b"\x30\x80"
    started = time.process_time()
    wrapped = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": (unlucky,)})
    assert received in wrapped.dump()
    assert time.process_time() - started < 0.2


class Given(TimeStamper):
    def __init__(self, token):
        super().__init__()
        self.token = token

    async def async_timestamp(self, message_digest, md_algorithm):
        del message_digest, md_algorithm
        return self.token


def signed_with(signature, authority, stamper):
    """What pyHanko makes of a signature value that came from elsewhere."""
    key = authority.officer.key
    mechanism = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    signer = ExternalSigner(key.certificate, SimpleCertificateStore(), signature, mechanism)
    attributes = cms.CMSAttributes([simple_cms_attribute("message_digest", DIGEST)])
    made = signer.async_sign_prescribed_attributes("sha256", attributes, timestamper=stamper)
    return asyncio.run(made).dump()


def test_a_token_is_put_in_byte_for_byte_as_pyhanko_puts_it(authority):
    token = stamp(InsideTimeStamper(authority))
    for signature in (b"s" * 70, b"s" * 71, b"s" * 512):
        bare = signed_with(signature, authority, None)
        assert with_token(bare, token.dump()) == signed_with(signature, authority, Given(token))


def test_a_token_is_put_in_quickly_whatever_the_lengths_around_it(authority):
    """Each of the lengths around it ends in 0x80 once among 256 that follow each other."""
    token = stamp(InsideTimeStamper(authority)).dump()
    bare = [signed_with(b"s" * length, authority, None) for length in range(64, 64 + 256)]
    started = time.process_time()
    assert all(token in with_token(each, token) for each in bare)
    assert time.process_time() - started < 0.5


def test_an_archive_stamp_by_an_authority_not_met_before_is_tried_again(tmp_path, agency_signed, authority):
    """Its validation data would be missing from the file, so the first try fails and the second has them."""

    class Failing(InsideTimeStamper):
        answers = 1

        async def async_timestamp(self, message_digest, md_algorithm):
            if not self.answers:
                raise TimestampRequestError("gone")
            self.answers -= 1
            return await super().async_timestamp(message_digest, md_algorithm)

    other = DemoAuthority.open(tmp_path / "other", now)
    stamps = FallbackTimeStamper([Failing(authority), InsideTimeStamper(other)])
    services = replace(authority.services, timestamps=stamps)
    with pytest.raises(CertifyFault, match=str(FaultCode.TIMESTAMP_UNAVAILABLE)):
        signing.seal_for_decades(agency_signed, tmp_path / "out.pdf", services)
    assert not (tmp_path / "out.pdf").exists()


def test_an_unstamped_signature_is_never_finished(tmp_path, composed_copy, authority, officer_hand):
    """The authority dies between preparing and finishing: what was prepared stays, nothing is published."""

    class Dying(InsideTimeStamper):
        answers = 1

        async def async_timestamp(self, message_digest, md_algorithm):
            if not self.answers:
                raise TimestampRequestError("gone")
            self.answers -= 1
            return await super().async_timestamp(message_digest, md_algorithm)

    services = replace(authority.services, timestamps=FallbackTimeStamper([Dying(authority)]))
    hand = replace(officer_hand, credentials=Credentials(authority.officer.key, services))
    out = tmp_path / "out.pdf"
    with pytest.raises(CertifyFault, match=str(FaultCode.TIMESTAMP_UNAVAILABLE)):
        signing.sign_as_officer(composed_copy, out, hand)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.pdf.prepared", "out.pdf.prepared.json"]
    signing.sign_as_officer(composed_copy, out, officer_hand)
    assert [path.name for path in tmp_path.iterdir()] == ["out.pdf"]
