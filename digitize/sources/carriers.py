"""PDFs that carry more than their pages show: forms that a program draws anew, folders of files, attachments.

What such a form or folder shows as its pages is a note to the reader ("please wait", "open with …"), not the
paper: it is refused in words. A document with attachments is a document; what it carries besides is told.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from digitize.model import DigitizeFault, FaultCode

MOST_NODES = 10_000  # of a tree of names; attachments of real files are a few
MOST_PACKET = 4_000_000  # bytes of an XFA packet as it is stored
DRAWN_ANEW = re.compile(
    rb"<(?:\w+:)?dynamicRender>\s*required\b"
)  # XFA 3.3, config: the pages are laid out anew
ASKS = re.compile(rb"<(?:\w+:)?field\b")


def carries_attachments(path: Path) -> bool:
    """Do files stand in it besides its pages? False where only pdfium can read it.

    Raises: DigitizeFault DYNAMIC_FORM or PORTFOLIO, where the pages are not what the file holds.
    """
    try:
        with pikepdf.open(path) as pdf:
            attached = _has_attachments(pdf)
            if attached and isinstance(pdf.Root.get("/Collection"), Dictionary):
                raise DigitizeFault(FaultCode.PORTFOLIO, path.name)
            if _is_drawn_anew(pdf):
                raise DigitizeFault(FaultCode.DYNAMIC_FORM, path.name)
            return attached
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, RecursionError):
        return False


def _has_attachments(pdf: pikepdf.Pdf) -> bool:
    names = pdf.Root.get("/Names")
    tree = names.get("/EmbeddedFiles") if isinstance(names, Dictionary) else None
    if any(_is_file(file) for file in (*_named(tree), *_items(pdf.Root, "/AF"))):
        return True
    notes = (note for page in pdf.pages for note in _items(page.obj, "/Annots"))
    return any(_is_note_with_file(note) for note in notes) or any(
        _is_file(file) for page in pdf.pages for file in _items(page.obj, "/AF")
    )


def _named(tree: Any) -> Iterator[Any]:
    """The values of a tree of names (ISO 32000-1 7.9.6), as far as the limit."""
    waiting = [tree]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, Dictionary):
            yield from _items(node, "/Names")[1::2]
            waiting.extend(_items(node, "/Kids"))


def _items(holder: Any, key: str) -> list[Any]:
    found = holder.get(key)
    return list(found) if isinstance(found, Array) else []


def _is_file(told: Any) -> bool:
    """Is it a file specification with the file itself (ISO 32000-1 7.11.4)?"""
    return isinstance(told, Dictionary) and isinstance(told.get("/EF"), Dictionary)


def _is_note_with_file(note: Any) -> bool:
    is_note = isinstance(note, Dictionary) and note.get("/Subtype") == Name.FileAttachment
    return is_note and _is_file(note.get("/FS"))


def _is_drawn_anew(pdf: pikepdf.Pdf) -> bool:
    """Is it an XFA form whose pages a program makes from its template when it is opened?

    A form whose fields also stand on its pages as widgets shows itself.
    """
    form = pdf.Root.get("/AcroForm")
    packets = list(_packets(form.get("/XFA"))) if isinstance(form, Dictionary) else []
    if not packets:
        return False
    if bool(pdf.Root.get("/NeedsRendering", False)) or any(map(DRAWN_ANEW.search, packets)):
        return True
    return any(map(ASKS.search, packets)) and not any(
        _is_entry(note) for page in pdf.pages for note in _items(page.obj, "/Annots")
    )


def _packets(xfa: Any) -> Iterator[bytes]:
    """The form's XML: one stream, or names and streams in turn (ISO 32000-1 12.7.8)."""
    for part in xfa if isinstance(xfa, Array) else [xfa]:
        if isinstance(part, Stream) and int(part.get("/Length", 0)) <= MOST_PACKET:
            yield part.read_bytes()


def _is_entry(note: Any) -> bool:
    """Is it a widget to be filled in? A signature's box alone is none."""
    if not isinstance(note, Dictionary) or note.get("/Subtype") != Name.Widget:
        return False
    parent = note.get("/Parent")
    kind = note.get("/FT", parent.get("/FT") if isinstance(parent, Dictionary) else None)
    return kind != Name.Sig
