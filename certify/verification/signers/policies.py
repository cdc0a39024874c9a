"""What a signature must keep beside being right (step 7): whose certificate signs, what it names, and when.

Rules of this module:
1. A signer's certificate is for signing: no authority's, non-repudiation among its uses, and no purpose that
   is a server's, a time-stamp's, a responder's or a program's (EN 319 412-2 4.3.2, RFC 5280 4.2.1.12).
2. The signature names its certificate in a signed attribute (EN 319 122-1 5.2.2), by an agreed digest.
3. A time-stamp's certificate is for time-stamps and for nothing else, and says so as critical (RFC 3161 2.3).
4. A time-stamp stamps by an agreed digest, lies within its certificate's life and not in the future; the
   first one over a signature lies within the life of the signer's certificate.
5. An archive time-stamp is no older than what it covers (EN 319 102-1 5.6.2.4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import cms, tsp, x509
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from certify.algorithms import is_agreed_digest
from certify.verdict import SubIndication
from certify.verification.signature_facts import is_timestamp, signer_of, tokens_of

CLOCK_SKEW = timedelta(minutes=5)  # between our clock and a time-stamp authority's
STRANGE_PURPOSES = frozenset({"server_auth", "time_stamping", "ocsp_signing", "code_signing"})


@dataclass(frozen=True)
class Lapse:
    """A rule that is not kept, in the standard's word and in ours."""

    sub_indication: SubIndication
    words: str


def lapses_of(
    signature: EmbeddedPdfSignature, earlier: Sequence[EmbeddedPdfSignature], now: datetime
) -> Iterator[Lapse]:
    """Everything that a signature or document time-stamp lacks; `earlier`: those it covers."""
    if not is_timestamp(signature):
        yield from _certificate_lapses(signature.signer_cert)
        yield from _naming_lapses(signature.signer_info)
        yield from _life_lapses(signature)
    for token in tokens_of(signature):
        yield from _token_lapses(token, now)
    if is_timestamp(signature):
        yield from _order_lapses(signature.signed_data, earlier)


def _certificate_lapses(certificate: x509.Certificate) -> Iterator[Lapse]:
    """Rule 1."""
    chain = SubIndication.CHAIN_CONSTRAINTS_FAILURE
    if certificate.ca:
        yield Lapse(chain, "signed by the certificate of an authority")
    usage = certificate.key_usage_value
    if usage is None or "non_repudiation" not in usage.native:
        yield Lapse(chain, "the certificate is not for signing (no non-repudiation)")
    purposes = certificate.extended_key_usage_value
    strange = STRANGE_PURPOSES & set(purposes.native if purposes else ())
    if strange:
        yield Lapse(chain, f"the certificate is for {', '.join(sorted(strange))}")


def _naming_lapses(signer: cms.SignerInfo) -> Iterator[Lapse]:
    """Rule 2; that the name fits is checked with the signature itself."""
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    if "signing_certificate_v2" not in attributes and "signing_certificate" not in attributes:
        yield Lapse(SubIndication.SIG_CONSTRAINTS_FAILURE, "the signature does not name its certificate")


def _life_lapses(signature: EmbeddedPdfSignature) -> Iterator[Lapse]:
    """Rule 4 for the signer; without a time-stamp there is only the hour of asking, which 5.5 asks about."""
    proved = min(map(stamped_at, tokens_of(signature)), default=None)
    certificate = signature.signer_cert
    if proved and not certificate.not_valid_before <= proved <= certificate.not_valid_after:
        yield Lapse(SubIndication.OUT_OF_BOUNDS_NO_POE, "signed outside the life of the certificate")


def _token_lapses(token: cms.SignedData, now: datetime) -> Iterator[Lapse]:
    """Rules 3 and 4."""
    certificate = signer_of(token)
    if not is_for_stamps_alone(certificate):
        yield Lapse(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE, "the time-stamp's certificate is for more than that"
        )
    info = _info(token)
    digest = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    if not is_agreed_digest(digest, now):
        yield Lapse(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, f"a time-stamp over a {digest} digest")
    at = stamped_at(token)
    if at > now + CLOCK_SKEW:
        yield Lapse(SubIndication.TIMESTAMP_ORDER_FAILURE, "a time-stamp of the future")
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        yield Lapse(SubIndication.OUT_OF_BOUNDS_NO_POE, "a time-stamp beyond its certificate's life")


def _order_lapses(archive: cms.SignedData, earlier: Sequence[EmbeddedPdfSignature]) -> Iterator[Lapse]:
    """Rule 5; authorities' clocks may differ, one authority's own may not run back."""
    at, stamper = stamped_at(archive), _fingerprint(archive)
    for covered in (token for signature in earlier for token in tokens_of(signature)):
        room = timedelta() if _fingerprint(covered) == stamper else CLOCK_SKEW
        if at + room < stamped_at(covered):
            yield Lapse(
                SubIndication.TIMESTAMP_ORDER_FAILURE, "an archive time-stamp older than what it covers"
            )
            return


def is_for_stamps_alone(certificate: x509.Certificate) -> bool:
    """Are time-stamps the certificate's one purpose, said as critical (RFC 3161 2.3)?"""
    for extension in certificate["tbs_certificate"]["extensions"]:
        if extension["extn_id"].native == "extended_key_usage":
            purposes = extension["extn_value"].parsed.native
            return bool(extension["critical"].native) and list(purposes) == ["time_stamping"]
    return False


def _info(token: cms.SignedData) -> tsp.TSTInfo:
    return token["encap_content_info"]["content"].parsed


def stamped_at(token: cms.SignedData) -> datetime:
    """The instant that a time-stamp token states."""
    at: datetime = _info(token)["gen_time"].native
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _fingerprint(token: cms.SignedData) -> bytes:
    fingerprint: bytes = signer_of(token).sha256
    return fingerprint
