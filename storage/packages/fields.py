"""The statutory fields of a dossier and its documents as one XML file, FIELDS in the dossier's object."""

from collections.abc import Iterable, Mapping

from storage.packages.xml_text import as_bytes, below, top

FIELDS = "mo-ta/ho_so.xml"
NAMESPACE = "urn:motcua:ho-so:1"


def fields_xml(dossier: Mapping[str, str], documents: Iterable[tuple[str, Mapping[str, str]]]) -> bytes:
    """A dossier's fields, then each document with its file and its fields; empty fields are left out."""
    root = top("hoSo", {"": NAMESPACE})
    for name, value in dossier.items():
        if value:
            below(root, name, value)
    for file, values in documents:
        document = below(root, "taiLieu", file=file)
        for name, value in values.items():
            if value:
                below(document, name, value)
    return as_bytes(root)
