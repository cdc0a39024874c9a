"""A dossier as an E-ARK information package (CSIP 2.0.4 and 2.1): what other archives take in and check.

As a SIP it carries the documents alone, as an AIP also the scanner's pages and the words read. Described by
EAD3 and the statutory fields, its history by PREMIS 3. One ZIP file with one folder of the same name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from storage.archive import Newest
from storage.packages.ead import ead_xml
from storage.packages.fields import FIELDS
from storage.packages.mets import Group, Packed, Stamp, mets_xml
from storage.packages.parcel import Parcel, archive_appearing

README, HISTORY = "mo-ta/README.txt", "mo-ta/premis.xml"
SCHEMA = Path(__file__).with_name("ho_so.xsd")


class Package(StrEnum):
    """What the package is for: to be handed over to another archive, or to be kept in one."""

    SIP = "SIP"
    AIP = "AIP"


REPRESENTATIONS = {Package.SIP: ("du-lieu",), Package.AIP: ("du-lieu", "goc", "ocr")}


@dataclass(frozen=True)
class Handed:
    """Who hands it over, with the code that the organisation has, and when (aware)."""

    agency: str
    code: str
    at: datetime


def export_csip(newest: Newest, named: tuple[str, Package], place: Path, handed: Handed) -> Path:
    """Write `place/NAME.zip`; `named`: the dossier's name and what the package is for.

    Returns: the file. Raises: StorageFault NOT_KEPT when its fields or history are not in the archive,
    DAMAGED, DISK_FULL; FileExistsError.
    """
    name, kind = named
    target = place / f"{name}.zip"
    place.mkdir(parents=True, exist_ok=True)
    stamp = Stamp(name, kind, handed.agency, handed.code, handed.at)
    with archive_appearing(target) as parcel:
        parcel.write("METS.xml", mets_xml(stamp, _packed(newest, kind, parcel, handed)))
    return target


def _packed(newest: Newest, kind: Package, parcel: Parcel, handed: Handed) -> Packed:
    fields = newest.read(FIELDS)
    described = parcel.write("metadata/descriptive/ead.xml", ead_xml(fields, handed.agency, handed.at))
    statutory = parcel.write("metadata/descriptive/ho_so.xml", fields)
    history = parcel.take(newest, HISTORY, "metadata/preservation/premis.xml")
    groups = [
        Group("Documentation", (parcel.take(newest, README, "documentation/README.txt"),)),
        Group("Schemas", (parcel.write("schemas/ho_so.xsd", SCHEMA.read_bytes()),)),
    ]
    for folder in REPRESENTATIONS[kind]:
        found = [one for one in sorted(newest.version.sha256) if one.startswith(f"{folder}/")]
        inside = {one: f"representations/{folder}/data/{one.removeprefix(f'{folder}/')}" for one in found}
        parts = tuple(parcel.take(newest, one, path) for one, path in inside.items())
        if parts:
            groups.append(Group("Representations", parts, folder))
    return Packed(described, statutory, history, tuple(groups))
