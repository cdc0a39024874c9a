"""Whether the bytes of a signed file are those that were signed, asked of nothing but the bytes.

For files that no reader of ours opens strictly, encrypted ones for instance: their signatures cannot be
judged, but that nothing was changed since can still be seen. Rule: every signature's digest fits the bytes
its /ByteRange covers (RFC 5652 11.2, RFC 3161 2.4.2).
"""

import hashlib

from asn1crypto import cms

from certify.pdf_bytes.revisions import RevisionMap, SignatureBytes

_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})


def bytes_are_intact(data: bytes, found: RevisionMap) -> bool:
    """Whether there are signatures and each one's digest fits; never raises for any bytes."""
    try:
        return bool(found.signatures) and all(_fits(data, one) for one in found.signatures)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return False


def _fits(data: bytes, signature: SignatureBytes) -> bool:
    signed = cms.ContentInfo.load(signature.contents.value)["content"]
    (signer,) = signed["signer_infos"]
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


def _digest(algorithm: str, *parts: memoryview) -> bytes:
    if algorithm not in _DIGESTS:
        raise ValueError(f"no digest {algorithm}")
    engine = hashlib.new(algorithm)
    for part in parts:
        engine.update(part)
    return engine.digest()
