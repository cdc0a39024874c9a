"""What the demo authority answers: OCSP (RFC 6960), the root's CRL (RFC 5280) and time-stamps (RFC 3161).

All times are whole seconds, so that an answer given after a time-stamp never looks older than it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, crl, ocsp, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp as ocsp_builder
from pyhanko.sign.general import simple_cms_attribute

from certify.demo_authority.certificates import Issued
from certify.signing.keys import named_by_digest

ANSWER_LIFETIME = timedelta(days=1)
LIST_LIFETIME = timedelta(days=30)
STAMPING_POLICY = "2.999.1"  # the example arc of ITU-T X.660


@dataclass(frozen=True)
class Responder:
    """Answers OCSP requests for what `issuer` issued; `revoked` maps serial numbers to instants."""

    own: Issued
    issuer: x509.Certificate

    def answer(
        self, certificate: x509.Certificate, revoked_at: datetime | None, now: datetime
    ) -> ocsp.OCSPResponse:
        """The status of `certificate` as of `now`."""
        moment = now.replace(microsecond=0)
        status = ocsp_builder.OCSPCertStatus.REVOKED if revoked_at else ocsp_builder.OCSPCertStatus.GOOD
        builder = ocsp_builder.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.issuer,
            algorithm=hashes.SHA256(),
            cert_status=status,
            this_update=moment,
            next_update=moment + ANSWER_LIFETIME,
            revocation_time=revoked_at,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
        )
        responder = (ocsp_builder.OCSPResponderEncoding.HASH, self.own.certificate)
        signed = (
            builder.responder_id(responder[0], responder[1])
            .certificates([self.own.certificate])
            .sign(self.own.key, hashes.SHA256())
        )
        return ocsp.OCSPResponse.load(signed.public_bytes(serialization.Encoding.DER))


def revocation_list(issuer: Issued, revoked: Mapping[int, datetime], now: datetime) -> crl.CertificateList:
    """The issuer's list of revoked serial numbers as of `now`."""
    moment = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(moment)
        .next_update(moment + LIST_LIFETIME)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(int(moment.timestamp())), critical=False)
    )
    for serial, since in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(entry)
    signed = builder.sign(issuer.key, hashes.SHA256())
    return crl.CertificateList.load(signed.public_bytes(serialization.Encoding.DER))


@dataclass(frozen=True)
class Stamper:
    """Signs time-stamp tokens with the authority's TSA key; `chain` goes into each token."""

    own: Issued
    chain: tuple[x509.Certificate, ...]

    def answer(self, request: tsp.TimeStampReq, serial: int, now: datetime) -> tsp.TimeStampResp:
        """A granted response for `request` (RFC 3161 2.4.2)."""
        certificate = _loaded(self.own.certificate)
        info = _stamp_info(request, certificate, serial, now.replace(microsecond=0)).dump()
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(info, certificate)})
        response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
        return tsp.TimeStampResp.load(response.dump())  # as from a wire: what is parsed is written fast

    def _signed(self, info: bytes, certificate: asn1_x509.Certificate) -> cms.SignedData:
        attributes = _stamp_attributes(info, certificate)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signed_attrs": attributes,
                "signature": self.own.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
                "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
                "certificates": [certificate, *map(_loaded, self.chain)],
                "signer_infos": [signer],
            }
        )


def _stamp_info(
    request: tsp.TimeStampReq, certificate: asn1_x509.Certificate, serial: int, moment: datetime
) -> tsp.TSTInfo:
    info = {
        "version": "v1",
        "policy": STAMPING_POLICY,
        "message_imprint": request["message_imprint"],
        "serial_number": serial,
        "gen_time": moment,
        "accuracy": {"seconds": 1},
        "tsa": asn1_x509.GeneralName("directory_name", certificate.subject),
    }
    if request["nonce"].native is not None:
        info["nonce"] = request["nonce"]
    return tsp.TSTInfo(info)


def _stamp_attributes(info: bytes, certificate: asn1_x509.Certificate) -> cms.CMSAttributes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(info)
    attribute: Any = simple_cms_attribute
    return cms.CMSAttributes(
        [
            attribute("content_type", "tst_info"),
            attribute("message_digest", digest.finalize()),
            attribute("signing_certificate_v2", named_by_digest(certificate)),
        ]
    )


def _loaded(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """As asn1crypto, freshly loaded: one that nobody has looked into is written much faster."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
