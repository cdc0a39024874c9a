"""Whether every byte of the last time-stamp token matters.

Nothing signs the last /Contents of a file, and a CMS value has parts that its own signature leaves out:
versions, the list of algorithms, certificates, unsigned attributes. Rules for the last time-stamp of a copy
of ours:
1. The token is put together again from what its signature, digest and certificates protect (RFC 5652 5, RFC
   3161 2.4.2) and must equal the bytes in the file.
2. Its certificates verify: each is signed by another one of the file or of the roots.
3. What the signature does not protect agrees with the other tokens of the same time-stamping certificate in
   the file.
"""

from collections.abc import Iterable, Sequence

from asn1crypto import cms, core, x509
from cryptography import x509 as pyca
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

_SIGNED_DATA = cms.ContentType("signed_data").dump()
_TST_INFO = cms.ContentType("tst_info").dump()
_CONTEXT_0 = 0xA0
_SEQUENCE, _SET, _OCTET_STRING = 0x30, 0x31, 0x04
_VERSION_3, _VERSION_1 = b"\x02\x01\x03", b"\x02\x01\x01"  # RFC 5652 5.1 and 5.3
_SHORT_FORM = 0x80


def what_is_loose(
    der: bytes, known: Sequence[x509.Certificate], others: Iterable[cms.SignedData]
) -> str | None:
    """What in the token `der` could be changed without anything noticing; None when every byte matters.

    `known`: certificates of the file and the roots; `others`: the other time-stamp tokens of the file.
    Raises: ValueError, TypeError, KeyError for what is no token.
    """
    token = cms.ContentInfo.load(der, strict=True)["content"]
    signer = _signer_certificate(token)
    if signer is None:
        return "no single signer whose certificate is inside"
    if _rebuilt(token, signer) != der:
        return "bytes that nothing protects"
    for certificate in _certificates(token):
        if not _is_vouched_for(certificate, [*known, *_certificates(token)]):
            return f"certificate {certificate.subject.human_friendly} is signed by nobody known"
    shape = _shape(token)
    for other in others:
        same_stamper = (theirs := _signer_certificate(other)) is not None and theirs.dump() == signer.dump()
        if same_stamper and _shape(other) != shape:
            return "algorithms written otherwise than in the tokens before"
    return None


def _certificates(token: cms.SignedData) -> list[x509.Certificate]:
    return [choice.chosen for choice in token["certificates"]]


def _signer_certificate(token: cms.SignedData) -> x509.Certificate | None:
    if len(token["signer_infos"]) != 1 or token["certificates"] is core.VOID:
        return None
    name = token["signer_infos"][0]["sid"]
    fitting = [one for one in _certificates(token) if _identifier(one) == name.dump()]
    return fitting[0] if len(fitting) == 1 else None


def _identifier(certificate: x509.Certificate) -> bytes:
    """IssuerAndSerialNumber from the certificate's own bytes."""
    body = certificate["tbs_certificate"]
    return _wrap(_SEQUENCE, body["issuer"].dump() + body["serial_number"].dump())


def _wrap(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < _SHORT_FORM:
        return bytes((tag, length)) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_FORM | len(digits))) + digits + content


def _rebuilt(token: cms.SignedData, signer: x509.Certificate) -> bytes:
    info = token["signer_infos"][0]
    digest = info["digest_algorithm"].dump()
    signed_attributes = info["signed_attrs"].untag().contents
    signer_info = _wrap(
        _SEQUENCE,
        _VERSION_1
        + _identifier(signer)
        + digest
        + _wrap(_CONTEXT_0, signed_attributes)
        + info["signature_algorithm"].dump()
        + _wrap(_OCTET_STRING, info["signature"].native),
    )
    content = bytes(token["encap_content_info"]["content"])
    inner = _wrap(_SEQUENCE, _TST_INFO + _wrap(_CONTEXT_0, _wrap(_OCTET_STRING, content)))
    certificates = b"".join(_rebuilt_certificate(one) for one in _certificates(token))
    body = (
        _VERSION_3 + _wrap(_SET, digest) + inner + _wrap(_CONTEXT_0, certificates) + _wrap(_SET, signer_info)
    )
    return _wrap(_SEQUENCE, _SIGNED_DATA + _wrap(_CONTEXT_0, _wrap(_SEQUENCE, body)))


def _rebuilt_certificate(certificate: x509.Certificate) -> bytes:
    """The outer algorithm is taken from inside, where the issuer signed it; a bit string of whole bytes."""
    body = certificate["tbs_certificate"]
    signature = _wrap(0x03, b"\x00" + certificate["signature_value"].native)
    return _wrap(_SEQUENCE, body.dump() + body["signature"].dump() + signature)


def _is_vouched_for(certificate: x509.Certificate, issuers: Iterable[x509.Certificate]) -> bool:
    subject = pyca.load_der_x509_certificate(certificate.dump())
    for issuer in issuers:
        if issuer.subject.dump() != certificate.issuer.dump():
            continue
        try:
            subject.verify_directly_issued_by(pyca.load_der_x509_certificate(issuer.dump()))
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            continue
        return True
    return False


def _shape(token: cms.SignedData) -> tuple[bytes, bytes]:
    info = token["signer_infos"][0]
    return info["digest_algorithm"].dump(), info["signature_algorithm"].dump()
