"""Who signed: step 10 of docs/verification.md. A field's name says for whom it is there, not who signed it.

Rules of this module:
1. Where certificates are pinned, each field of a form must be signed by one pinned to its role, all of them
   of one agency. One pinned to another role, or not pinned beside others that are, leaves doubt.
2. Where none of the signers is pinned, the file is not known to be this office's.
3. Where nobody pinned anything, the certificates themselves must bear the roles out: two people for two
   fields, an agency's name where the agency signs and none where a person does.
4. Where the page with a person's field prints words, the name in that person's certificate is among them.
5. A name that is written to be taken for another one leaves doubt, in any file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pypdfium2
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from certify.question import Pin, SignerRole
from certify.verdict import Finding, FindingCode
from certify.verification.house_forms import SIGNED_SCAN, HouseForm
from certify.verification.opened import OpenedFile
from certify.verification.signature_facts import fingerprint, is_timestamp, signer_name
from certify.verification.signers.names import is_deceptive, shown_name
from vietnamese.letters import nfc

STANDARD = "the copy"
AGENCY_WORDS = (  # how names of agencies begin that certify or copy; with their marks: Trương is a family
    *("ủy ban", "uỷ ban", "ubnd", "uy ban nhan dan", "hội đồng", "hđnd", "đảng ủy", "cơ quan", "văn phòng"),
    *("bộ ", "sở ", "cục ", "chi cục", "phòng ", "ban ", "viện ", "trường ", "trung tâm", "công an"),
    *(
        "tòa án",
        "toà án",
        "thanh tra",
        "bảo hiểm",
        "kho bạc",
        "tỉnh ",
        "thành phố",
        "xã ",
        "phường ",
        "đặc khu",
    ),
)


@dataclass(frozen=True)
class Signed:
    """One field of a form that is signed: the role it is for, and the certificate that signed in it."""

    field: str
    role: SignerRole
    fingerprint: str
    name: str


def check_roles(opened: OpenedFile, pins: Sequence[Pin]) -> Iterator[Finding]:
    """Everything that is wrong with who signed."""
    for signature in opened.signatures:
        if is_deceptive(signer_name(signature)):
            detail = f"{signature.field_name}: {shown_name(signer_name(signature))}"
            yield Finding(10, FindingCode.NAME_DECEPTIVE, "Unicode TR 39 5", detail)
    if opened.form:
        signed = tuple(_signed(opened.signatures, opened.form))
        yield from _by_pins(signed, pins) if pins else _by_names(signed)
        yield from _as_printed(opened, signed)


def is_passed_off_as_ours(opened: OpenedFile, pins: Sequence[Pin]) -> bool:
    """Whether a file of the house that the register does not know claims to be this office's.

    It does when one of this office's own people or its agency signed it, or when nobody did; a clerk's scan
    claims nothing, because not every one is registered.
    """
    if opened.form is None or opened.form is SIGNED_SCAN:
        return False
    fingerprints = {one.fingerprint for one in _signed(opened.signatures, opened.form)}
    return not fingerprints or any(pin.own and pin.sha256 in fingerprints for pin in pins)


def _signed(signatures: Sequence[EmbeddedPdfSignature], form: HouseForm) -> Iterator[Signed]:
    for signature in signatures:
        role = form.role_of(signature.field_name)
        if role and not is_timestamp(signature):
            yield Signed(signature.field_name, role, fingerprint(signature), signer_name(signature))


def _by_pins(signed: Sequence[Signed], pins: Sequence[Pin]) -> Iterator[Finding]:
    """Rules 1 and 2."""
    pinned: Mapping[str, list[Pin]] = {
        one.field: [pin for pin in pins if pin.sha256 == one.fingerprint] for one in signed
    }
    if not any(pinned.values()):
        names = ", ".join(one.name for one in signed)
        yield Finding(10, FindingCode.NOT_THIS_OFFICE, STANDARD, f"signed by {shown_name(names)}")
        return
    agencies = [{pin.agency for pin in pinned[one.field] if pin.role is one.role} for one in signed]
    for one in signed:
        if not any(pin.role is one.role for pin in pinned[one.field]):
            known_as = ", ".join(sorted({pin.role for pin in pinned[one.field]})) or "nobody"
            detail = f"{one.field}: {shown_name(one.name)}, pinned as {known_as}"
            yield Finding(10, FindingCode.SIGNER_NOT_FOR_ROLE, STANDARD, detail)
    if all(agencies) and not set.intersection(*agencies):
        yield Finding(10, FindingCode.SIGNER_NOT_FOR_ROLE, STANDARD, "signers of different agencies")


def _by_names(signed: Sequence[Signed]) -> Iterator[Finding]:
    """Rule 3."""
    if len({one.fingerprint for one in signed}) < len(signed):
        yield Finding(10, FindingCode.SIGNER_NOT_FOR_ROLE, STANDARD, "one certificate in two fields")
    for one in signed:
        if (one.role is SignerRole.AGENCY) != is_agency_name(one.name):
            detail = f"{one.field}: {shown_name(one.name)}"
            yield Finding(10, FindingCode.SIGNER_NOT_FOR_ROLE, STANDARD, detail)


def _as_printed(opened: OpenedFile, signed: Sequence[Signed]) -> Iterator[Finding]:
    """Rule 4."""
    pages = {one.name: one.page for one in opened.annotations.values() if one.is_signature}
    for one in signed:
        if one.role is not SignerRole.OFFICER or one.field not in pages:
            continue
        words = _words_on(opened.data, pages[one.field])
        if words and _plain(one.name) not in words:
            detail = f"{one.field}: {shown_name(one.name)} is not printed"
            yield Finding(10, FindingCode.PRINTED_NAME_DIFFERS, "the statement", detail)


def _words_on(data: bytes, page: int) -> str:
    """The text of a page (from 1) without its spaces; empty where it has none."""
    document = pypdfium2.PdfDocument(data)
    try:
        return _plain(document[page - 1].get_textpage().get_text_range())
    finally:
        document.close()


def _plain(text: str) -> str:
    return "".join(nfc(text).casefold().split())


def is_agency_name(name: str) -> bool:
    """Whether a name begins as those of agencies do."""
    plain = " ".join(nfc(name).casefold().split())
    return plain.startswith(AGENCY_WORDS)
