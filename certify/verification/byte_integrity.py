"""Whether the bytes of a signed file are those that were signed, asked of nothing but the bytes.

For files that no reader of ours opens strictly, encrypted ones for instance: their signatures cannot be
judged, but that nothing was changed since can still be seen. Rules:
1. Every signature's digest fits the bytes its /ByteRange covers (RFC 5652 11.2, RFC 3161 2.4.2).
2. Where a signature brings certificates along, its signer's is among them.
3. A file with a field of the house never gets the benefit of the doubt: we write none that cannot be read.
"""

import hashlib

from asn1crypto import cms

from certify.pdf_bytes.revisions import RevisionMap, SignatureBytes
from certify.verification.house_forms import HOUSE_FIELDS

_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})


def bytes_are_intact(data: bytes, found: RevisionMap) -> bool:
    """Whether there are signatures and each one's digest fits; never raises for any bytes."""
    if any(b"(%s)" % name.encode() in data for name in HOUSE_FIELDS):
        return False
    try:
        return bool(found.signatures) and all(_fits(data, one) for one in found.signatures)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return False


def _fits(data: bytes, signature: SignatureBytes) -> bool:
    signed = cms.ContentInfo.load(signature.contents.value)["content"]
    (signer,) = signed["signer_infos"]
    if not _brings_its_signer(signed, signer):
        return False
    first, second = signature.gap
    covered = (memoryview(data)[:first], memoryview(data)[second : signature.end])
    told = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    digest = bytes(told["message_digest"][0].native)
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if not signature.is_timestamp:
        return digest == _digest(algorithm, *covered)
    content = signed["encap_content_info"]["content"]
    imprint = content.parsed["message_imprint"]
    hashed = imprint["hash_algorithm"]["algorithm"].native
    stamped = bytes(imprint["hashed_message"].native) == _digest(hashed, *covered)
    return stamped and digest == _digest(algorithm, memoryview(bytes(content)))


def _brings_its_signer(signed: cms.SignedData, signer: cms.SignerInfo) -> bool:
    certificates = [] if signed["certificates"].native is None else list(signed["certificates"])
    name = signer["sid"].chosen
    if signer["sid"].name != "issuer_and_serial_number":
        return not certificates or any(
            one.chosen.key_identifier == name.native for one in certificates if one.name == "certificate"
        )
    return not certificates or any(
        one.chosen.issuer == name["issuer"] and one.chosen.serial_number == name["serial_number"].native
        for one in certificates
        if one.name == "certificate"
    )


def _digest(algorithm: str, *parts: memoryview) -> bytes:
    if algorithm not in _DIGESTS:
        raise ValueError(f"no digest {algorithm}")
    engine = hashlib.new(algorithm)
    for part in parts:
        engine.update(part)
    return engine.digest()
