"""A dossier leaves as a package: its documents with their fields, an E-ARK package, or a bag."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from office.faults import DeskCode, DeskFault
from office.nouns import Actor
from office.rows import recording
from office.rows.in_archive import archive_id
from office.tables import dossiers
from office.value import Office
from storage.archive import Newest
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.packages.bag import export_bag
from storage.packages.csip import Handed, Package, export_csip
from storage.packages.fields import FIELDS
from storage.packages.plain import export_plain


class Form(StrEnum):
    """What a dossier can leave as."""

    PLAIN = "pdf-xml"
    SIP = "sip"
    AIP = "aip"
    BAG = "bagit"


@dataclass(frozen=True)
class _Leaving:
    newest: Newest
    name: str
    place: Path
    handed: Handed


WRITERS: Mapping[Form, Callable[[_Leaving], Path]] = {
    Form.PLAIN: lambda one: export_plain(one.newest, one.name, one.place),
    Form.SIP: lambda one: export_csip(one.newest, (one.name, Package.SIP), one.place, one.handed),
    Form.AIP: lambda one: export_csip(one.newest, (one.name, Package.AIP), one.place, one.handed),
    Form.BAG: lambda one: export_bag(one.newest, one.name, one.place, (one.handed.agency, one.handed.at)),
}


def export_dossier(office: Office, actor: Actor, code: str, form: Form, place: Path) -> Path:
    """Write a dossier's newest version below the folder `place`, whole or not at all; the ledger tells it.

    Returns: the file or folder that was written.
    Raises: DeskFault NOT_FOUND for a dossier that is not archived or that this actor may not see,
    NOT_DESCRIBED for one archived before its fields were written (a bag needs none), PACKAGE_STANDS when
    something has that name there; StorageFault.
    """
    with reading(office.engine) as connection:
        known = connection.execute(sa.select(dossiers.c.id).where(dossiers.c.code == code)).scalar()
        recording.find_row(connection, dossiers, known or "", actor)
    newest = _newest(office, code)
    if form is not Form.BAG and FIELDS not in newest.version.sha256:
        raise DeskFault(DeskCode.NOT_DESCRIBED, code)
    handed = Handed(office.settings.agency, office.settings.unit, office.clock())
    try:
        written = WRITERS[form](_Leaving(newest, code, place, handed))
    except FileExistsError as stands:
        raise DeskFault(DeskCode.PACKAGE_STANDS, code) from stands
    with writing(office.engine) as connection:
        told = {"form": str(form), "version": newest.version.number}
        recording.note(connection, office, actor, "dossier_exported", code, **told)
    return written


def _newest(office: Office, code: str) -> Newest:
    try:
        return office.archive.newest(archive_id(office, code))
    except StorageFault as fault:
        if fault.code is StorageCode.NOT_KEPT:
            raise DeskFault(DeskCode.NOT_FOUND, code) from fault
        raise
