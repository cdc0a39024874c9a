"""The verdict as a signature validation report of ETSI TS 119 102-2 V1.4.1, unsigned.

Rules of this module:
1. One SignatureValidationReport for each signature and document time-stamp; one without an identifier for a
   file that holds none that could be read.
2. What steps 1 to 6 and 8 to 10 found concerns the file and so every signature: a signature's main
   indication is the worst of its own and of those. What step 7 found is its own.
3. Each finding is a validation constraint: `urn:motcua:verification:` with its step and code.
4. The file and the signers' certificates are named by their SHA-256, never carried along.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET  # only written here, never parsed

from certify.reports.judgement import Judgement
from certify.verdict import Finding, FindingCode, Indication, SignatureReport, SubIndication, worst

VR = "http://uri.etsi.org/19102/v1.4.1#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DS = "http://www.w3.org/2000/09/xmldsig#"
PREFIXES = {"vr": VR, "xades": XADES, "ds": DS}
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
URN = "urn:etsi:019102:"
CONSTRAINT = "urn:motcua:verification:"
TRUST_STEP = 7  # what it finds stands in each signature's own indication
TIME_STAMP = "DTS"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 2.2
_PROCESSES = {"B-B": "Basic", "B-T": "LTVM"}  # EN 319 102-1 5.3, 5.5; all else by 5.6.3
_REASONS = {  # table 5: which failure a finding about the whole file is
    FindingCode.DIGEST_DIFFERS: SubIndication.HASH_FAILURE,
    FindingCode.SIGNATURE_WRONG: SubIndication.SIG_CRYPTO_FAILURE,
    FindingCode.NO_SIGNATURE: SubIndication.SIGNED_DATA_NOT_FOUND,
}


def validation_report(judgement: Judgement) -> bytes:
    """The report as UTF-8 XML."""
    root = ET.Element(f"{{{VR}}}ValidationReport")
    reports: Sequence[SignatureReport | None] = judgement.verdict.signatures or (None,)
    for number, report in enumerate(reports, start=1):
        _signature(root, judgement, report, number)
    _objects(root, judgement)
    for prefix, address in PREFIXES.items():
        ET.register_namespace(prefix, address)
    told: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return told


def _signature(root: ET.Element, judgement: Judgement, report: SignatureReport | None, number: int) -> None:
    one = _add(root, "SignatureValidationReport")
    if report:
        identifier = _add(one, "SignatureIdentifier", id=f"signature-{number}")
        _add(identifier, "HashOnly", "false")
        _add(identifier, "DocHashOnly", "false")
        _add(identifier, "DAIdentifier", report.field)
    _constraints(_add(one, "ValidationConstraintsEvaluationReport"), judgement.verdict.findings)
    times = _add(one, "ValidationTimeInfo")
    _add(times, "ValidationTime", _time(judgement.at))
    best = _add(times, "BestSignatureTime")
    _add(best, "POETime", _time((report and report.timestamped_at) or judgement.at))
    _add(best, "TypeOfProof", f"{URN}poetype:validation")
    _add(_add(one, "SignersDocument"), "SignersDocumentRepresentation", VOReference="file")
    if report:
        _about_signer(one, report)
    process = _PROCESSES.get(report.level, "LTA") if report else "Basic"
    _add(
        _add(one, "SignatureValidationProcess"),
        "SignatureValidationProcessID",
        f"{URN}validationprocess:{process}",
    )
    indication, reasons = _status(judgement.verdict.findings, report)
    _status_of(_add(one, "SignatureValidationStatus"), _total(indication), reasons)


def _about_signer(one: ET.Element, report: SignatureReport) -> None:
    if report.signed_at and report.level != TIME_STAMP:
        attributes = _add(one, "SignatureAttributes")
        _add(_add(attributes, "SigningTime", Signed="true"), "Time", _time(report.signed_at))
    if report.certificate:
        about = _add(one, "SignerInformation")
        _add(about, "SignerCertificate", VOReference=_certificate_id(report.certificate))
        _add(about, "Signer", report.signer)


def _constraints(into: ET.Element, findings: Iterable[Finding]) -> None:
    for finding in findings:
        constraint = _add(into, "ValidationConstraint")
        name = f"{CONSTRAINT}{finding.step}:{finding.code}"
        _add(constraint, "ValidationConstraintIdentifier", name)
        parameter = _add(constraint, "ValidationConstraintParameter")
        _add(parameter, "Type", f"{CONSTRAINT}standard")
        _add(parameter, "Value", "; ".join(filter(None, (finding.standard, finding.detail))))
        _add(_add(constraint, "ConstraintStatus"), "Status", f"{URN}constraintStatus:applied")
        _status_of(_add(constraint, "ValidationStatus"), _partial(finding.indication), ())


def _status(
    findings: Sequence[Finding], report: SignatureReport | None
) -> tuple[Indication, list[SubIndication]]:
    """Rule 2: the indication, and why it is no better."""
    of_file = [one for one in findings if one.step != TRUST_STEP]
    own = report.indication if report else Indication.INDETERMINATE
    indication = worst([own, *(one.indication for one in of_file)])
    reasons = [report.sub_indication] if report and report.sub_indication and own is indication else []
    if indication is not Indication.TOTAL_PASSED:
        otherwise = (
            SubIndication.FORMAT_FAILURE if indication is Indication.TOTAL_FAILED else SubIndication.GENERIC
        )
        heavy = [one.code for one in of_file if one.indication is indication]
        reasons += [_REASONS.get(code, otherwise) for code in heavy]
    return indication, list(dict.fromkeys(reasons))


def _status_of(into: ET.Element, indication: str, reasons: Iterable[SubIndication]) -> None:
    _add(into, "MainIndication", f"{URN}mainindication:{indication}")
    for reason in reasons:
        _add(into, "SubIndication", f"{URN}subindication:{reason}")


def _total(indication: Indication) -> str:
    return indication.lower()


def _partial(indication: Indication) -> str:
    """The answer of a part of the process: passed and failed are total for the whole alone."""
    return indication.lower().removeprefix("total-")


def _objects(root: ET.Element, judgement: Judgement) -> None:
    """Rule 4."""
    objects = _add(root, "SignatureValidationObjects")
    _object(objects, "file", "signedData", judgement.sha256)
    certificates = [one.certificate for one in judgement.verdict.signatures if one.certificate]
    for sha256 in dict.fromkeys(certificates):
        _object(objects, _certificate_id(sha256), "certificate", sha256)


def _object(into: ET.Element, name: str, kind: str, sha256: str) -> None:
    one = _add(into, "ValidationObject", id=name)
    _add(one, "ObjectType", f"{URN}validationObject:{kind}")
    digest = _add(_add(one, "ValidationObjectRepresentation"), "DigestAlgAndValue")
    ET.SubElement(digest, f"{{{DS}}}DigestMethod", Algorithm=SHA256)
    value = ET.SubElement(digest, f"{{{DS}}}DigestValue")
    value.text = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")


def _certificate_id(sha256: str) -> str:
    return f"certificate-{sha256}"


def _add(into: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(into, f"{{{VR}}}{name}", attributes)
    made.text = _NOT_XML.sub("�", text) or None
    return made


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
