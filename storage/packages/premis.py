"""PREMIS 3.0: which files there are, with their digests, and what happened to them."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from storage.packages.xml_text import as_bytes, below, top

NAMESPACE = "http://www.loc.gov/premis/v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LOCAL = "local"  # the type of identifiers that are this archive's own
FORMATS = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".json": "application/json",
    ".xml": "application/xml",
    ".txt": "text/plain",
    ".zst": "application/zstd",
}
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True)
class Event:
    """Something that happened: its id, what (a word of the PREMIS event types where it has one), when, who.

    Args:
        id: what it is known by here.
        kind: of the event.
        at: aware time, ISO 8601.
        detail: what else is known of it.
        agent: who did it: an account or a part of the software.
        about: the file that came of it; empty: the dossier as a whole.
    """

    id: str
    kind: str
    at: str
    detail: str
    agent: str
    about: str = ""


def media_type(name: str) -> str:
    """The media type that a file's name tells."""
    return FORMATS.get(PurePosixPath(name).suffix.lower(), UNKNOWN)


def premis_xml(dossier: str, files: Iterable[tuple[str, str]], events: Iterable[Event]) -> bytes:
    """Objects (logical path, sha256), events in their order, and the agents that they name."""
    told = tuple(events)
    root = top(
        "premis:premis",
        {"premis": NAMESPACE, "xsi": XSI, "xlink": "http://www.w3.org/1999/xlink"},
        version="3.0",
    )
    whole = below(root, "premis:object", xsi_type="premis:intellectualEntity")
    _identified(whole, "object", dossier)
    for name, sha256 in files:
        one = below(root, "premis:object", xsi_type="premis:file")
        _identified(one, "object", name)
        characteristics = below(one, "premis:objectCharacteristics")
        fixity = below(characteristics, "premis:fixity")
        below(fixity, "premis:messageDigestAlgorithm", "SHA-256")
        below(fixity, "premis:messageDigest", sha256)
        named = below(below(characteristics, "premis:format"), "premis:formatDesignation")
        below(named, "premis:formatName", media_type(name))
    for event in told:
        one = below(root, "premis:event")
        _identified(one, "event", event.id)
        below(one, "premis:eventType", event.kind)
        below(one, "premis:eventDateTime", event.at)
        if event.detail:
            below(below(one, "premis:eventDetailInformation"), "premis:eventDetail", event.detail)
        _linked(one, "Agent", event.agent)
        _linked(one, "Object", event.about or dossier)
    for agent in dict.fromkeys(event.agent for event in told):
        one = below(root, "premis:agent")
        _identified(one, "agent", agent)
    return as_bytes(root)


def _identified(parent: ET.Element, what: str, value: str) -> None:
    identifier = below(parent, f"premis:{what}Identifier")
    below(identifier, f"premis:{what}IdentifierType", LOCAL)
    below(identifier, f"premis:{what}IdentifierValue", value)


def _linked(parent: ET.Element, what: str, value: str) -> None:
    identifier = below(parent, f"premis:linking{what}Identifier")
    below(identifier, f"premis:linking{what}IdentifierType", LOCAL)
    below(identifier, f"premis:linking{what}IdentifierValue", value)
