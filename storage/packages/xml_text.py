"""XML as it is written here: elements with plain prefixed names, one text for one tree."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping


def top(tag: str, spaces: Mapping[str, str], **attributes: str) -> ET.Element:
    """A document's first element; `spaces`: prefix → name space, an empty prefix for the default one."""
    named = {f"xmlns:{prefix}" if prefix else "xmlns": space for prefix, space in spaces.items()}
    return ET.Element(tag, {**named, **attributes})


def below(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """A further child of `parent`; `xlink_href` becomes `xlink:href`."""
    named = {name.replace("_", ":", 1): value for name, value in attributes.items()}
    child = ET.SubElement(parent, tag, named)
    if text:
        child.text = text
    return child


def as_bytes(tree: ET.Element) -> bytes:
    """The document, indented, in UTF-8, with its declaration."""
    ET.indent(tree, " ")
    text: bytes = ET.tostring(tree, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
