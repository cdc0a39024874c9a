"""Reading the XML that scanners send: no entities, no great sizes, whatever prefix or namespace they like."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scanner_adapters.escl.wire import MOST_XML_BYTES
from scanner_adapters.model import FaultCode, ScanFault

ESCL = "http://schemas.hp.com/imaging/escl/2011/05/03"
PWG = "http://www.pwg.org/schemas/2010/12/sm"
DEEPEST = 64  # levels: real answers have ten
PREFIX = re.compile(rb"[<\s/]([A-Za-z_][\w.-]{0,63}):[A-Za-z_]")
DECLARED = re.compile(rb"xmlns:([\w.-]+)\s*=")
ROOT_TAG = re.compile(rb"(<[A-Za-z_][\w.:-]*)")
MOST_UNDECLARED = 32
UNDECLARED = 27  # expat: XML_ERROR_UNBOUND_PREFIX


def read_root(text: bytes, *names: str) -> Element:
    """The root element, which must have one of these local names.

    Raises: ScanFault PROTOCOL for what is no such XML: a login page, a bomb, half an answer.
    """
    if len(text) > MOST_XML_BYTES:
        raise ScanFault(FaultCode.PROTOCOL, f"{len(text)} bytes of XML")
    try:
        root = _parsed(text.lstrip(b"\xef\xbb\xbf \t\r\n"))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as broken:
        raise ScanFault(FaultCode.PROTOCOL, f"no {names[0]}: {broken}") from broken
    if local(root) not in names or _depth(root) > DEEPEST:
        raise ScanFault(FaultCode.PROTOCOL, f"no {names[0]}: <{local(root)}>")
    return root


def _parsed(text: bytes) -> Element:
    """Some makes use prefixes that they never declare: then these are declared as what they are."""
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except ParseError as broken:
        if broken.code != UNDECLARED:
            raise
        root = fromstring(_with_prefixes(text), forbid_dtd=True)
    return root


def _with_prefixes(text: bytes) -> bytes:
    missing = sorted({*PREFIX.findall(text)} - {*DECLARED.findall(text), b"xml", b"xmlns"})
    told = b"".join(b' xmlns:%b="urn:undeclared:%b"' % (name, name) for name in missing[:MOST_UNDECLARED])
    return ROOT_TAG.sub(lambda tag: tag[0] + told, text, count=1)


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def every(element: Element, name: str) -> Iterator[Element]:
    """All elements of this local name below, in document order; namespaces drift between makes."""
    return (found for found in element.iter() if local(found) == name)


def first(element: Element, *path: str) -> Element | None:
    """The first child along a path of local names; at each step the standard's namespaces come first."""
    here: Element | None = element
    for name in path:
        if here is None:
            return None
        named = [child for child in here if local(child) == name]
        here = min(named, key=_strangeness, default=None)
    return here


def text_of(element: Element | None, *path: str) -> str:
    """The trimmed text at the end of a path of local names, empty when there is none."""
    found = first(element, *path) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def number_of(element: Element | None, *path: str) -> int | None:
    """The whole number at the end of a path, None when there is none."""
    try:
        return int(text_of(element, *path))
    except ValueError:
        return None


def _strangeness(element: Element) -> int:
    tag = str(element.tag)
    return 0 if tag.startswith((f"{{{ESCL}}}", f"{{{PWG}}}")) else 1


def _depth(root: Element) -> int:
    deepest, level = 0, [root]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [child for element in level for child in element]
    return deepest
