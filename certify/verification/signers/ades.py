"""EN 319 102-1 validation of one signature, with what the file and the caller bring and nothing else.

No address found in a certificate is ever asked: revocation data and certificates come from the file (its
/DSS and the signatures themselves), trust comes from the roots the caller names. Time validation (5.5) is
tried first and long-term validation (5.6.3) only to improve on it, because 5.6.3 alone demands an archive
time-stamp of everybody.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import ocsp, pem, x509
from asn1crypto.crl import CertificateList
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESStatus
from pyhanko.sign.validation.ades import (
    AdESBasicValidationResult,
    ades_lta_validation,
    ades_timestamp_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import DocumentTimestampStatus, PdfSignatureStatus
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.fetchers import FetcherBackend, Fetchers
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy, FreshnessReqType
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from certify.algorithms import AgreedAlgorithms
from certify.verdict import Indication, SubIndication
from certify.verification.signature_facts import tokens_of
from certify.verification.signers.policies import Lapse

# Only a later time-stamp could bring newer evidence about the last one's certificate, so what the file holds
# about it counts until that certificate expires (EN 319 102-1 5.2.5.4 leaves the interval to the policy).
TIMESTAMP_EVIDENCE_LASTS = timedelta(days=20 * 365)
_INDICATION_OF = {
    AdESStatus.PASSED: Indication.TOTAL_PASSED,
    AdESStatus.INDETERMINATE: Indication.INDETERMINATE,
    AdESStatus.FAILED: Indication.TOTAL_FAILED,
}


class NoNetwork(FetcherBackend):
    """A fetcher that has nothing to fetch with: stands in where pyHanko would otherwise make a web client."""

    def get_fetchers(self) -> Fetchers:
        """Never answers."""
        raise PermissionError("verification never asks the network")

    async def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True)
class Roots:
    """Whom the caller trusts: roots of signers, and those of time-stamp authorities, good for no signer."""

    signers: tuple[x509.Certificate, ...]
    stamps: tuple[x509.Certificate, ...]

    @property
    def every(self) -> tuple[x509.Certificate, ...]:
        """Both, each once."""
        return tuple({one.sha256: one for one in (*self.signers, *self.stamps)}.values())


@dataclass(frozen=True)
class Assessment:
    """What EN 319 102-1 says about one signature, the library's words for it, and the root it rests on."""

    indication: Indication
    sub_indication: SubIndication | None
    detail: str = ""
    root: str = ""

    def lowered(self, lapses: Sequence[Lapse]) -> "Assessment":
        """The same, undecided at best where a rule of ours is not kept; every rule is told."""
        if not lapses:
            return self
        words = "; ".join(dict.fromkeys(filter(None, (self.detail, *(one.words for one in lapses)))))
        if self.indication is Indication.TOTAL_PASSED:
            return Assessment(Indication.INDETERMINATE, lapses[0].sub_indication, words, self.root)
        return replace(self, detail=words)


class Assessor:
    """Assesses the signatures of one file at one instant against one set of roots."""

    def __init__(self, reader: PdfFileReader, roots: Roots, now: datetime) -> None:
        self._timing = ValidationTimingInfo(
            validation_time=now, best_signature_time=now, point_in_time_validation=False
        )
        self._archived = any(one.sig_object_type == "/DocTimeStamp" for one in reader.embedded_signatures)
        self._bare = _specification(roots, LocalKnowledge())
        self._informed = _specification(roots, _knowledge_in(reader))

    def assess_signature(self, signature: EmbeddedPdfSignature) -> Assessment:
        """Time validation first; long-term validation where that leaves doubt and time-stamps exist."""
        first = _assessment(asyncio.run(self._with_time(signature)))
        if first.indication is not Indication.INDETERMINATE or not self._archived:
            return first
        second = _assessment(asyncio.run(self._long_term(signature)))
        return second if second.indication is Indication.TOTAL_PASSED else first

    def stray_tokens(self, signature: EmbeddedPdfSignature) -> Iterator[Lapse]:
        """Of several time-stamps in a signature those that no root vouches for, or that stamp other things.

        Nobody signs them, so anybody can add one of any hour beside the good one, and the library is content
        with the first that is right.
        """
        tokens = tokens_of(signature)
        value = signature.signer_info["signature"].native
        for token in tokens if len(tokens) > 1 else ():
            validated = ades_timestamp_validation(
                token,
                self._informed,
                lambda algorithm: hashlib.new(algorithm, value).digest(),
                timing_info=self._timing,
            )
            if _assessment(asyncio.run(validated)).indication is not Indication.TOTAL_PASSED:
                yield Lapse(
                    SubIndication.SIG_CONSTRAINTS_FAILURE, "one of several time-stamps does not count"
                )

    def assess_timestamp(self, stamp: EmbeddedPdfSignature) -> Assessment:
        """A document time-stamp (5.4)."""
        result = asyncio.run(
            ades_timestamp_validation(
                stamp.signed_data,
                self._informed,
                stamp.compute_digest,
                timing_info=self._timing,
                extra_status_kwargs=_integrity_of(stamp, timestamp=True),
                status_cls=DocumentTimestampStatus,
            )
        )
        return _assessment(result)

    async def _with_time(
        self, signature: EmbeddedPdfSignature
    ) -> AdESBasicValidationResult[PdfSignatureStatus]:
        return await ades_with_time_validation(
            signature.signed_data,
            self._informed,
            timing_info=self._timing,
            raw_digest=signature.compute_digest(),
            extra_status_kwargs=_integrity_of(signature, timestamp=False),
            status_cls=PdfSignatureStatus,
        )

    async def _long_term(
        self, signature: EmbeddedPdfSignature
    ) -> AdESBasicValidationResult[PdfSignatureStatus]:
        specification = PdfSignatureValidationSpec(self._bare, diff_policy=None)
        return await ades_lta_validation(signature, specification, timing_info=self._timing)


def read_roots(files: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Every certificate in these PEM files.

    Raises: ValueError, OSError when a file is no PEM file or cannot be read.
    """
    return tuple(
        x509.Certificate.load(der)
        for file in files
        for kind, _, der in pem.unarmor(file.read_bytes(), multiple=True)
        if kind == "CERTIFICATE"
    )


def certificates_in(reader: PdfFileReader) -> tuple[x509.Certificate, ...]:
    """The certificates in the file's security store."""
    return tuple(_knowledge_in(reader).known_certs)


def _specification(roots: Roots, knowledge: LocalKnowledge) -> SignatureValidationSpec:
    signers = SimpleTrustManager.build(trust_roots=list(roots.signers))
    stamps = SimpleTrustManager.build(trust_roots=list(roots.stamps))
    lasting = CertRevTrustPolicy(
        REQUIRE_REVINFO,
        freshness=TIMESTAMP_EVIDENCE_LASTS,
        freshness_req_type=FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
    )
    return SignatureValidationSpec(
        cert_validation_policy=_policy(signers, CertRevTrustPolicy(REQUIRE_REVINFO)),
        ts_cert_validation_policy=_policy(stamps, lasting),
        signature_algorithm_policy=AgreedAlgorithms(),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            fetcher_backend=NoNetwork(),
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        local_knowledge=knowledge,
    )


def _policy(trusted: SimpleTrustManager, evidence: CertRevTrustPolicy) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(trusted, evidence, algorithm_usage_policy=AgreedAlgorithms())


def _knowledge_in(reader: PdfFileReader) -> LocalKnowledge:
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return LocalKnowledge()
    answers = [one.get_object().read_data(DecodePurpose.OCSP_RESPONSE) for one in store.ocsps]
    lists = [one.get_object().read_data(DecodePurpose.CRL) for one in store.crls]
    return LocalKnowledge(
        known_ocsps=[one for der in answers for one in OCSPContainer.load_multi(ocsp.OCSPResponse.load(der))],
        known_crls=[CRLContainer(CertificateList.load(der)) for der in lists],
        known_certs=list(store.load_certs()),
    )


def _integrity_of(signature: EmbeddedPdfSignature, *, timestamp: bool) -> dict[str, object]:
    summary: dict[str, object] = signature.summarise_integrity_info()
    if timestamp:
        summary.pop("docmdp_ok")
    return summary


def _assessment(
    result: AdESBasicValidationResult[Any],
) -> Assessment:
    indication = _INDICATION_OF[result.ades_subindic.status]
    name = result.ades_subindic.standard_name
    sub = None if indication is Indication.TOTAL_PASSED else SubIndication(name)
    return Assessment(indication, sub, result.failure_msg or "", _root_of(result.api_status))


def _root_of(status: PdfSignatureStatus | DocumentTimestampStatus | None) -> str:
    path = status.validation_path if status else None
    anchor = path.trust_anchor if path else None
    return anchor.certificate.sha256.hex() if isinstance(anchor, CertTrustAnchor) else ""
