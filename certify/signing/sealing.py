"""What makes a signed file fit for decades: validation data of every signer, then an archive time-stamp.

One revision holds both (PAdES B-LTA, ETSI EN 319 142-1 6.3). Revocation answers are fetched here, hence after
the signatures' own time-stamps; roots are embedded: AdES validation finds no proof of existence without them.
"""

import asyncio
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper, TimestampDSSContentSettings
from pyhanko.sign.validation.dss import collect_validation_info
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, ValidationError

from certify.field_names import ARCHIVE_FIELD
from certify.model import CertifyFault, FaultCode
from certify.signing.atomic import appearing
from certify.signing.fields import read_strictly
from certify.signing.keys import DIGEST
from certify.signing.pending import RevisionWriter
from certify.signing.trust import Services, fault_of
from foundation.durable import duplicate

DSS_THEN_STAMP = TimestampDSSContentSettings(include_vri=False, update_before_ts=True)


async def seal(signed: Path, out: Path, services: Services) -> None:
    """Write `signed` plus one revision with validation data and archive time-stamp to `out`.

    Raises: CertifyFault REVOCATION_UNAVAILABLE, TIMESTAMP_UNAVAILABLE, NOT_SIGNABLE, a certificate's state.
    """
    with appearing(out) as staged:
        duplicate(signed, staged)
        with staged.open("r+b") as stream:
            try:
                await _append(stream, services)
            except (SigningError, PdfError) as refused:
                raise CertifyFault(FaultCode.NOT_SIGNABLE, str(refused)) from refused


def require_sealable(signed: Path, services: Services) -> None:
    """Refuse now what `seal` would refuse later: a signature, or its time-stamp, that nobody vouches for.

    Raises: CertifyFault REVOCATION_UNAVAILABLE, NOT_SIGNABLE, a certificate's state.
    """
    with read_strictly(signed) as reader:
        asyncio.run(_paths(reader, services.sealing_context()))


def is_sealed(path: Path) -> bool:
    """Whether the last signature of the file is a document time-stamp."""
    with read_strictly(path) as reader:
        signatures = reader.embedded_signatures
        return bool(signatures) and signatures[-1] in reader.embedded_timestamp_signatures


async def _append(stream: Any, services: Services) -> None:
    reader = PdfFileReader(stream, strict=True)
    context = services.sealing_context()
    paths = await _paths(reader, context)
    await services.timestamps.async_dummy_response(DIGEST)
    met = services.timestamps.met()
    await PdfTimeStamper(services.timestamps, field_name=ARCHIVE_FIELD).async_timestamp_pdf(
        RevisionWriter.from_reader(reader),
        DIGEST,
        context,
        validation_paths=paths,
        in_place=True,
        dss_settings=DSS_THEN_STAMP,
    )
    if services.timestamps.met() != met:
        raise CertifyFault(FaultCode.TIMESTAMP_UNAVAILABLE, "another authority answered last; try again")


async def _paths(reader: PdfFileReader, context: ValidationContext) -> list[Any]:
    """Certificate paths of all signers and their time-stamps; the revocation answers stay in the context."""
    paths: list[Any] = []
    collect: Any = collect_validation_info
    for signature in reader.embedded_regular_signatures:
        try:
            paths += await collect(signature, context)
        except (PathBuildingError, PathValidationError, ValidationError) as wrong:
            raise fault_of(wrong) from wrong
    return paths
