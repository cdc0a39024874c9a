"""What one signature in an opened file is: intact or not, whose, when, of which level, where on the page."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

_SPECIMEN_WORDS = ("BẢN MẪU", "SPECIMEN")
MOST_PAGES = 20_000
MOST_FIELDS = 20_000
MOST_CHARACTERS = 10_000  # of a value; enough to see that it changed


def is_timestamp(signature: EmbeddedPdfSignature) -> bool:
    """Whether this is a document time-stamp rather than somebody's signature."""
    return bool(signature.sig_object_type == "/DocTimeStamp")


def integrity(signature: EmbeddedPdfSignature) -> tuple[bool, bool]:
    """Whether the digest fits the file, and the signature value the digest; whatever the algorithms."""
    info = signature.signer_info
    content = signature.signed_data["encap_content_info"]
    if not is_timestamp(signature):
        digest = signature.compute_digest()
        intact, valid = validate_sig_integrity(info, signature.signer_cert, "data", digest)
        return bool(intact), bool(valid)
    imprint = content["content"].parsed["message_imprint"]["hashed_message"].native
    digest = hashlib.new(signature.md_algorithm, bytes(content["content"])).digest()
    intact, valid = validate_sig_integrity(info, signature.signer_cert, "tst_info", digest)
    return bool(intact) and imprint == signature.compute_digest(), bool(valid)


def is_of_unknown_algorithm(signature: EmbeddedPdfSignature) -> bool:
    """Whether the signature value was made in a way that no library here knows, and so cannot be judged."""
    algorithm = str(signature.signer_info["signature_algorithm"]["algorithm"].native)
    return algorithm.replace(".", "").isdigit()  # asn1crypto has no name for it


def tokens_of(signature: EmbeddedPdfSignature) -> list[cms.SignedData]:
    """The time-stamp tokens in a signature: itself where it is a document time-stamp."""
    if is_timestamp(signature):
        return [signature.signed_data]
    return list(extract_tst_data_iter(signature.signer_info, signed=False))


def certificates_of(signed: cms.SignedData) -> Iterator[x509.Certificate]:
    """The certificates that a signature or a token brings along."""
    for one in signed["certificates"] or ():
        if one.name == "certificate":
            yield one.chosen


def signer_of(signed: cms.SignedData) -> x509.Certificate:
    """The certificate that made a signature or a token, by the very bytes of its issuer's name.

    Names written otherwise, and key identifiers, are left to pyHanko, which compares them letter by letter.
    """
    (signer,) = signed["signer_infos"]
    named = signer["sid"]
    if named.name == "issuer_and_serial_number":
        issuer, serial = named.chosen["issuer"].dump(), named.chosen["serial_number"].native
        found = [
            one
            for one in certificates_of(signed)
            if one.serial_number == serial and one.issuer.dump() == issuer
        ]
        if len(found) == 1:
            return found[0]
    return extract_certificate_info(signed).signer_cert


def signer_name(signature: EmbeddedPdfSignature) -> str:
    """The common name in the signer's certificate, or its whole subject."""
    subject = signature.signer_cert.subject
    name = subject.native.get("common_name")
    return name if isinstance(name, str) else str(subject.human_friendly)


def fingerprint(signature: EmbeddedPdfSignature) -> str:
    """The SHA-256 (hex) of the signer's certificate."""
    return hashlib.sha256(signature.signer_cert.dump()).hexdigest()


def is_specimen(signature: EmbeddedPdfSignature) -> bool:
    """Whether the certificate says of itself that it is for demonstration only."""
    certificate = signature.signer_cert
    names = f"{certificate.subject.human_friendly} {certificate.issuer.human_friendly}".upper()
    return any(word in names for word in _SPECIMEN_WORDS)


def claimed_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """When the signer says it signed; a time-stamp claims nothing beside its token."""
    return None if is_timestamp(signature) else _aware(signature.self_reported_timestamp)


def stamped_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """The time in the token of this signature; of several the latest, because each may be anybody's."""
    times = [
        _aware(token["encap_content_info"]["content"].parsed["gen_time"].native)
        for token in tokens_of(signature)
    ]
    return max((time for time in times if time), default=None)


def _aware(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def level(signature: EmbeddedPdfSignature, reader: PdfFileReader) -> str:
    """The PAdES level by what is there (EN 319 142-1 6): B-B to B-LTA; DTS for a document time-stamp."""
    if is_timestamp(signature):
        return "DTS"
    if not tokens_of(signature):
        return "B-B"
    store = entry(reader.root, "/DSS", {})
    if "/Certs" not in store or not ({"/CRLs", "/OCSPs"} & set(store)):
        return "B-T"
    later = (
        one for one in reader.embedded_timestamp_signatures if one.signed_revision > signature.signed_revision
    )
    return "B-LTA" if any(later) else "B-LT"


def entry(dictionary: Any, key: str, otherwise: Any = None) -> Any:
    """The value behind `key`, references followed."""
    return dictionary[key] if key in dictionary else otherwise  # noqa: SIM401 -- its get() leaves references


def field_values(form: Any) -> dict[str, str]:
    """The values of all fields that are no signatures, by their full names, from an /AcroForm dictionary."""
    values: dict[str, str] = {}
    waiting = [("", field) for field in entry(form, "/Fields", ())]
    for _ in range(MOST_FIELDS):
        if not waiting:
            break
        prefix, reference = waiting.pop()
        field = reference.get_object()
        name = f"{prefix}.{entry(field, '/T', '')}".strip(".")
        waiting.extend((name, kid) for kid in entry(field, "/Kids", ()))
        if entry(field, "/FT") != "/Sig" and "/V" in field:
            values[name] = str(field["/V"])[:MOST_CHARACTERS]
    return values


def pages_of(reader: PdfFileReader) -> Iterator[Any]:
    """Every page, in order."""
    waiting = [reader.root["/Pages"]]
    for _ in range(MOST_PAGES):
        if not waiting:
            return
        node = waiting.pop().get_object()
        if "/Kids" in node:
            waiting.extend(reversed(list(node["/Kids"])))
        else:
            yield node
