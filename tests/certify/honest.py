"""Honest files as other programs and other offices make them, each with the verdict that it is to have.

Every setting is one that somebody signs with: keys, digests, containers, permissions, levels, writers. None
of the files deceives anybody, so none may be called forged; what keeps one from passing is named.
"""

import asyncio
import io
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import attacks
import attacks_workshop as workshop
import pikepdf
from attacks_policies import Card, PssSigner, issued, rsa_person
from attacks_prints import PLAIN, with_field
from attacks_workshop import (
    BLANK,
    TEXT,
    Hand,
    field_named,
    first_page,
    form_of,
    name,
    paper,
    people,
    rewritten,
    sealed,
    sign,
    time_stamped,
    updated,
    with_evidence,
)
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.verdict import FindingCode, Indication, SubIndication

PASSED, UNSURE = Indication.TOTAL_PASSED, Indication.INDETERMINATE
P1, P2, P3 = fields.MDPPerm.NO_CHANGES, fields.MDPPerm.FILL_FORMS, fields.MDPPerm.ANNOTATE
NO_STAMP = SubIndication.SIG_CONSTRAINTS_FAILURE
PKCS7 = fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED


@dataclass(frozen=True)
class Honest:
    """How the file is made, and what is said of it: indication, findings, reasons of signatures."""

    make: Callable[[], bytes]
    indication: Indication = PASSED
    findings: frozenset[FindingCode] = frozenset()
    reason: SubIndication | None = None


def by(**changes: Any) -> Honest:
    """A paper signed by a stranger, sealed for decades."""
    return Honest(lambda: sealed(sign(paper(), Hand(people().stranger, **changes))))


def with_key(new_key: Callable[[], Any], **changes: Any) -> Honest:
    return Honest(lambda: sealed(sign(paper(), Hand(issued(Card(new_key=new_key)), **changes))))


def with_curve(curve: type[ec.EllipticCurve]) -> Honest:
    return with_key(lambda: ec.generate_private_key(curve()))


def with_rsa(bits: int) -> Honest:
    return with_key(lambda: rsa.generate_private_key(65537, bits))


def with_pss(digest: str, salt: int) -> Honest:
    def make() -> bytes:
        signer = PssSigner(rsa_person(), digest, digest, salt)
        return sealed(sign(paper(), Hand(rsa_person(), digest=digest, signer=signer)))

    return Honest(make)


def on(base: Callable[[], bytes], **changes: Any) -> Honest:
    """Signed on a paper that somebody else's program wrote."""
    return Honest(lambda: sealed(sign(base(), Hand(people().stranger, **changes))))


def prepared(change: Callable[[pikepdf.Pdf], None]) -> Callable[[], bytes]:
    return lambda: rewritten(paper(), change)


def unstamped(make: Callable[[], bytes]) -> Honest:
    """Without a signature time-stamp: nothing but an archive time-stamp, or what lacks besides."""
    return Honest(make, UNSURE, frozenset({FindingCode.NOT_TRUSTED_NOW}), NO_STAMP)


def unsealed(reason: SubIndication, **changes: Any) -> Honest:
    """Signed and no more."""
    make = partial(_signed, **changes)
    return Honest(make, UNSURE, frozenset({FindingCode.NOT_TRUSTED_NOW}), reason)


def _signed(**changes: Any) -> bytes:
    return sign(paper(), Hand(people().stranger, **changes))


def after(first: Hand, second: Hand) -> bytes:
    return sealed(sign(sign(paper(), first), second))


def stranger(**changes: Any) -> Hand:
    return Hand(people().stranger, **changes)


def officer(**changes: Any) -> Hand:
    return Hand(people().officer, "Second", **changes)


def in_a_prepared_field() -> bytes:
    """The certifier leaves an empty field beside the text; the second signer fills it."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec("Second", on_page=0, box=BLANK))

    certified = sign(updated(paper(), add), stranger(certify=P2))
    return sealed(sign(certified, officer(exists=True)))


def turned(document: pikepdf.Pdf) -> None:
    document.pages[0].obj.Rotate = 90


def linked(document: pikepdf.Pdf) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 50, 20]), F=4)
    link.A = Dictionary(S=Name.URI, URI=String("https://example.invalid/"))
    document.pages[0].obj.Annots = Array([document.make_indirect(link)])


def attached(document: pikepdf.Pdf) -> None:
    document.attachments["phu-luc.txt"] = b"phu luc"


def outlined(document: pikepdf.Pdf) -> None:
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Trang hai", 1))


def encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="", R=4, aes=True))
    return out.getvalue()


def signed_encrypted() -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(encrypted()), strict=False)
    writer.encrypt("")
    return _signed_in(writer)


def saved_anew(signed: bytes) -> Mapping[str, bytes]:
    """What is left of a signed file when a program opens and saves it, whatever it means well."""
    anew, locked, sealed_in = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with pikepdf.open(io.BytesIO(signed)) as document:
        document.save(anew)
        document.save(locked, encryption=pikepdf.Encryption(owner="o", user="", R=4, aes=True))
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(signed)))
    writer.encrypt(owner_pass="o", user_pass="")
    writer.write(sealed_in)
    named = ("saved", "with an owner's password", "the signature encrypted too")
    return dict(zip(named, (one.getvalue() for one in (anew, locked, sealed_in)), strict=True))


def _signed_in(writer: IncrementalPdfFileWriter) -> bytes:
    who = people().stranger
    signer = signers.SimpleSigner(who.asn1, who.asn1_key, SimpleCertificateStore.from_certs([]))
    meta = signers.PdfSignatureMetadata(field_name="Alien", md_algorithm="sha256")
    out = io.BytesIO()
    asyncio.run(signers.PdfSigner(meta, signer).async_sign_pdf(writer, output=out))
    return out.getvalue()


def filled() -> bytes:
    """The text field beside the text gets a value and is drawn anew, as the certifier allowed."""
    certified = sealed(sign(with_field(PLAIN, BLANK, b""), stranger(certify=P2)))

    def fill(writer: IncrementalPdfFileWriter) -> None:
        field = field_named(writer, "GhiChu")
        field[name("/V")] = generic.TextStringObject("đã nhận")
        field[name("/AP")] = generic.DictionaryObject({name("/N"): form_of(writer, TEXT, BLANK)})
        writer.update_container(field)

    return updated(certified, fill)


def commented() -> bytes:
    """A comment beside the text, as the certifier allowed."""
    certified = sealed(sign(paper(), stranger(certify=P3)))

    def comment(writer: IncrementalPdfFileWriter) -> None:
        note = generic.DictionaryObject(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/FreeText"),
                name("/Contents"): generic.TextStringObject("đã nhận"),
                name("/Rect"): generic.ArrayObject(map(generic.FloatObject, BLANK)),
                name("/F"): generic.NumberObject(4),
                name("/AP"): generic.DictionaryObject({name("/N"): form_of(writer, TEXT, BLANK)}),
            }
        )
        page = first_page(writer)
        page.setdefault(name("/Annots"), generic.ArrayObject()).append(writer.add_object(note))
        writer.update_container(page["/Annots"])
        writer.update_container(page)

    return updated(certified, comment)


def openssl_cms(data: bytes) -> bytes:
    """What `openssl cms -sign` makes of the bytes."""
    who = people().stranger
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "data").write_bytes(data)
        (folder / "cert.pem").write_bytes(who.certificate.public_bytes(serialization.Encoding.PEM))
        form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (folder / "key.pem").write_bytes(who.key.private_bytes(serialization.Encoding.PEM, form, bare))
        command = ["openssl", "cms", "-sign", "-binary", "-in", "data", "-outform", "DER", "-out", "cms"]
        options = ["-signer", "cert.pem", "-inkey", "key.pem", "-md", "sha256", "-cades"]
        subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
        return (folder / "cms").read_bytes()


def pkcs7_by_pyca(data: bytes) -> bytes:
    who, options = people().stranger, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    return builder.add_signer(who.certificate, who.key, hashes.SHA256()).sign(
        serialization.Encoding.DER, options
    )


def by_cms(make: Callable[[bytes], bytes], *, pades: bool) -> bytes:
    return sealed(workshop.signed_by_cms(paper(), make, pades=pades))


SETTINGS: Mapping[str, Honest] = {
    "P-256": by(),
    "P-384": with_curve(ec.SECP384R1),
    "P-521": with_curve(ec.SECP521R1),
    "brainpool P-256": with_curve(ec.BrainpoolP256R1),
    "brainpool P-384": with_curve(ec.BrainpoolP384R1),
    "RSA 2048": with_rsa(2048),
    "RSA 3072": with_rsa(3072),
    "Ed25519": with_key(ed25519.Ed25519PrivateKey.generate, digest="sha512"),
    "Ed448": with_key(ed448.Ed448PrivateKey.generate, digest="shake256"),
    "PSS, SHA-256": with_pss("sha256", 32),
    "PSS, SHA-512": with_pss("sha512", 64),
    "SHA-384": by(digest="sha384"),
    "SHA-512": by(digest="sha512"),
    "SHA3-256": by(digest="sha3_256"),
    "PKCS#7 container": by(subfilter=PKCS7),
    "visible": by(box=BLANK),
    "on the second page": by(box=BLANK, page=1),
    "certified, no changes": by(certify=P1),
    "certified, forms": by(certify=P2),
    "certified, comments": by(certify=P3),
    "two signers": Honest(lambda: after(stranger(), officer())),
    "two signers, both visible": Honest(
        lambda: after(stranger(box=(180, 130, 280, 180)), officer(box=BLANK))
    ),
    "certified, then approved": Honest(lambda: after(stranger(certify=P2), officer())),
    "certified, a prepared field filled": Honest(in_a_prepared_field),
    "no archive time-stamp": Honest(
        lambda: with_evidence(sign(paper(), stranger())),
        findings=frozenset({FindingCode.VALIDATION_DATA_APPENDED}),
    ),
    "renewed once": Honest(lambda: time_stamped(sealed(sign(paper(), stranger())))),
    "renewed twice": Honest(lambda: time_stamped(time_stamped(sealed(sign(paper(), stranger()))))),
    "time-stamps alone": Honest(lambda: time_stamped(paper())),
    "object streams": on(lambda: attacks.with_compressed_tables(paper())),
    "linearised": on(lambda: attacks.linearised(paper())),
    "a turned page": on(prepared(turned), box=BLANK),
    "an outline": on(prepared(outlined)),
    "an unfilled text field": on(lambda: attacks.with_text_field(paper())),
    "a link": replace(on(prepared(linked)), findings=frozenset({FindingCode.ACTS_ON_A_CLICK})),
    "an attachment": replace(on(prepared(attached)), findings=frozenset({FindingCode.ACTS_ON_A_CLICK})),
    "a certified copy": Honest(workshop.house_copy),
    "a clerk's scan": Honest(lambda: workshop.corner_copy("KySaoChup", people().stranger)),
    "an agency's copy": Honest(lambda: workshop.corner_copy("KySao", people().agency)),
    "a renewed copy": Honest(lambda: time_stamped(workshop.house_copy())),
    "openssl cms": unstamped(lambda: by_cms(openssl_cms, pades=True)),
    "openssl cms in a PKCS#7 container": unstamped(lambda: by_cms(openssl_cms, pades=False)),
    "PKCS#7 that names no certificate": unstamped(lambda: by_cms(pkcs7_by_pyca, pades=False)),
    "no time-stamp": unstamped(lambda: sealed(sign(paper(), stranger(stamped=False)))),
    "SHA-1": unsealed(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, digest="sha1"),
    "no validation data": unsealed(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE),
    "encrypted": Honest(
        signed_encrypted, UNSURE, frozenset({FindingCode.ENCRYPTED, FindingCode.NOT_TRUSTED_NOW})
    ),
    "a form filled as allowed": Honest(
        filled, UNSURE, frozenset({FindingCode.CHANGED_AS_ALLOWED, FindingCode.FIELD_VALUE_CHANGED})
    ),
    "a comment as allowed": Honest(
        commented, UNSURE, frozenset({FindingCode.CHANGED_AS_ALLOWED, FindingCode.CHANGE_NOT_EXPLAINED})
    ),
}
