"""EAD3: a dossier and its documents as a finding aid tells them, made from the statutory fields."""

import xml.etree.ElementTree as ET
from datetime import datetime

from foundation.clock import as_text
from storage.faults import StorageCode, StorageFault
from storage.packages import fields as statutory
from storage.packages.xml_text import as_bytes, below, top

NAMESPACE = "http://ead3.archivists.org/schema/"
SPACE = f"{{{statutory.NAMESPACE}}}"


def ead_xml(fields: bytes, agency: str, at: datetime) -> bytes:
    """The finding aid of the dossier that `fields` (storage.packages.fields) tell; `at` is aware.

    Raises: StorageFault DAMAGED when these are no fields.
    """
    try:
        told = ET.fromstring(fields)  # noqa: S314 checked by its digest: what the archive wrote
    except ET.ParseError as unreadable:
        raise StorageFault(StorageCode.DAMAGED, statutory.FIELDS) from unreadable
    root = top("ead", {"": NAMESPACE})
    control = below(root, "control")
    below(control, "recordid", _text(told, "fileCode"))
    titles = below(below(control, "filedesc"), "titlestmt")
    below(titles, "titleproper", _text(told, "title"))
    below(control, "maintenancestatus", value="new")
    below(below(control, "maintenanceagency"), "agencyname", agency)
    event = below(below(control, "maintenancehistory"), "maintenanceevent")
    below(event, "eventtype", value="created")
    below(event, "eventdatetime", as_text(at))
    below(event, "agenttype", value="machine")
    below(event, "agent", "motcua")
    description = below(root, "archdesc", level="file")
    _identified(description, (_text(told, "fileCode"), _text(told, "title"), _text(told, "startDate")))
    listed = below(description, "dsc")
    for one in told.iter(f"{SPACE}taiLieu"):
        item = below(listed, "c", level="item")
        _identified(item, (_text(one, "docCode"), _text(one, "subject"), _text(one, "issuedDate")))
    return as_bytes(root)


def _identified(parent: ET.Element, told: tuple[str, str, str]) -> None:
    code, title, day = told
    did = below(parent, "did")
    below(did, "unitid", code)
    below(did, "unittitle", title)
    if day:
        below(did, "unitdate", day)


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{SPACE}{name}") or ""
