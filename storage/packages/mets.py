"""METS as E-ARK wants it (CSIP and SIP profiles): the header, what describes, what there is, how it lies."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from foundation.clock import as_text
from storage.packages.parcel import Part
from storage.packages.premis import media_type
from storage.packages.xml_text import as_bytes, below, top

METS = "http://www.loc.gov/METS/"
SPACES = {
    "": METS,
    "csip": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "sip": "https://DILCIS.eu/XML/METS/SIPExtensionMETS",
    "xlink": "http://www.w3.org/1999/xlink",
}
PROFILES = {
    "SIP": "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml",
    "AIP": "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
}
STATUTE = "TT-05-2025-TT-BNV"  # whose fields and file names these are
SOFTWARE, VERSION = "Motcua", "0.1.0"


@dataclass(frozen=True)
class Stamp:
    """What the package is: its name, SIP or AIP, from whom (with their code), when (aware)."""

    name: str
    kind: str
    agency: str
    agency_code: str
    at: datetime


@dataclass(frozen=True)
class Group:
    """Files of one use: Documentation, Schemas, or Representations, of which each has a name."""

    use: str
    parts: tuple[Part, ...]
    name: str = ""

    @property
    def id(self) -> str:
        """Its id in the document."""
        return f"group-{self.use}-{self.name}".rstrip("-")


@dataclass(frozen=True)
class Packed:
    """What lies in a package: the EAD, the statutory fields, the PREMIS, and the groups of files."""

    described: Part
    statutory: Part
    history: Part
    groups: tuple[Group, ...]


def mets_xml(stamp: Stamp, packed: Packed) -> bytes:
    """The package's METS.xml."""
    root = top(
        "mets",
        SPACES,
        OBJID=stamp.name,
        TYPE="Mixed",
        PROFILE=PROFILES[stamp.kind],
        **{"csip:CONTENTINFORMATIONTYPE": "MIXED"},
    )
    _header(root, stamp)
    at = as_text(stamp.at)
    for number, (part, kind) in enumerate(((packed.described, "EAD"), (packed.statutory, "OTHER")), 1):
        section = below(root, "dmdSec", ID=f"described-{number}", CREATED=at, STATUS="CURRENT")
        _referenced(section, part, kind, at)
    provenance = below(below(root, "amdSec"), "digiprovMD", ID="history-1", STATUS="CURRENT")
    _referenced(provenance, packed.history, "PREMIS", at)
    files = below(root, "fileSec", ID="files")
    for group in packed.groups:
        _grouped(files, group, at)
    _structure(root, stamp, packed)
    return as_bytes(root)


def _header(root: ET.Element, stamp: Stamp) -> None:
    header = below(
        root, "metsHdr", CREATEDATE=as_text(stamp.at), RECORDSTATUS="NEW", csip_OAISPACKAGETYPE=stamp.kind
    )
    software = below(header, "agent", ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    below(software, "name", SOFTWARE)
    below(software, "note", VERSION, csip_NOTETYPE="SOFTWARE VERSION")
    archivist = below(header, "agent", ROLE="ARCHIVIST", TYPE="ORGANIZATION")
    below(archivist, "name", stamp.agency)
    below(archivist, "note", stamp.agency_code, csip_NOTETYPE="IDENTIFICATIONCODE")


def _referenced(section: ET.Element, part: Part, kind: str, at: str) -> None:
    other = {"OTHERMDTYPE": STATUTE} if kind == "OTHER" else {}
    below(
        section,
        "mdRef",
        LOCTYPE="URL",
        MDTYPE=kind,
        xlink_type="simple",
        xlink_href=quote(part.path),
        **_facts(part, at),
        **other,
    )


def _grouped(files: ET.Element, group: Group, at: str) -> None:
    kind = {"csip_CONTENTINFORMATIONTYPE": "OTHER", "csip_OTHERCONTENTINFORMATIONTYPE": STATUTE}
    section = below(files, "fileGrp", USE=group.use, ID=group.id, **kind)
    for number, part in enumerate(group.parts, 1):
        one = below(section, "file", ID=f"{group.id}-{number}", **_facts(part, at))
        below(one, "FLocat", LOCTYPE="URL", xlink_type="simple", xlink_href=quote(part.path))


def _facts(part: Part, at: str) -> dict[str, str]:
    return {
        "MIMETYPE": media_type(part.path),
        "SIZE": str(part.size_bytes),
        "CREATED": at,
        "CHECKSUM": part.sha256,
        "CHECKSUMTYPE": "SHA-256",
    }


def _structure(root: ET.Element, stamp: Stamp, packed: Packed) -> None:
    lies = below(root, "structMap", ID="structure", TYPE="PHYSICAL", LABEL="CSIP")
    whole = below(lies, "div", ID="package", LABEL=stamp.name)
    below(
        whole,
        "div",
        ID="division-Metadata",
        LABEL="Metadata",
        DMDID="described-1 described-2",
        ADMID="history-1",
    )
    for use in ("Documentation", "Schemas", "Representations"):
        division = below(whole, "div", ID=f"division-{use}", LABEL=use)
        for group in packed.groups:
            if group.use == use:
                below(division, "fptr", FILEID=group.id)
