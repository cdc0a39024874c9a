"""What in a file can change what is seen after signing, no byte changed (ISO 32000-2 8.11, 12.5, 12.6).

Every object that can be reached from the catalog is looked at once, none is drawn or run. Two kinds are told
apart: what makes a page look otherwise (scripts, layers, streams outside the file, appearances for the mouse
pointer, alternate pictures for print), which leaves every answer in doubt; and what acts when a person clicks
or takes along (links, programs to launch, attached files), which is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

MOST_OBJECTS = 100_000
SHIFTING_ACTIONS = frozenset(
    {
        *("/JavaScript", "/Hide", "/SetOCGState", "/Rendition", "/Movie", "/Trans", "/GoTo3DView"),
        *("/ImportData", "/ResetForm", "/RichMediaExecute"),
    }
)
TOLD_ACTIONS = frozenset(
    {"/Launch", "/URI", "/GoToR", "/GoToE", "/SubmitForm", "/Sound", "/Named", "/Thread"}
)
MOVING_ANNOTATIONS = frozenset(
    {
        *("/3D", "/RichMedia", "/Movie", "/Screen", "/Sound", "/Projection"),
        *("/PrinterMark", "/TrapNet", "/Watermark"),
    }
)
ICONS = frozenset({"/Text", "/Popup", "/FileAttachment", "/Sound", "/Link"})  # of one size by their nature
OF_ONE_SIZE = 8 | 16  # /F: NoZoom, NoRotate (ISO 32000-2 table 167): over other things at every other zoom
PRINT_BOXES = ("/ViewArea", "/ViewClip", "/PrintArea", "/PrintClip")


@dataclass(frozen=True)
class Changeable:
    """What was found: `shifting` can make a page look otherwise, `told` acts on a click or is taken along."""

    shifting: frozenset[str]
    told: frozenset[str]

    @property
    def layered(self) -> bool:
        """Whether the file has layers."""
        return "layers" in self.shifting


class TooMuch(Exception):
    """More objects than are looked at."""


def find_changeable(reader: PdfFileReader) -> Changeable:
    """Everything in the file that can change what is seen, or that acts.

    Raises: TooMuch beyond MOST_OBJECTS; anything at all for hostile objects.
    """
    shifting: set[str] = set(_in_catalog(reader.root))
    told: set[str] = set()
    for entries in _dictionaries(reader.root):
        shifting.update(_shifting_in(entries))
        told.update(_told_in(entries))
    return Changeable(frozenset(shifting), frozenset(told))


def _dictionaries(root: Any) -> Iterator[Any]:
    """Every dictionary that can be reached, once; stream dictionaries too, their bytes unread."""
    waiting: list[Any] = [root]
    seen: set[tuple[int, int]] = set()
    for _ in range(MOST_OBJECTS):
        if not waiting:
            return
        found = waiting.pop()
        if isinstance(found, generic.IndirectObject):
            place = (found.idnum, found.generation)
            if place in seen:
                continue
            seen.add(place)
            found = found.get_object()  # type: ignore[no-untyped-call]
        if isinstance(found, generic.DictionaryObject):
            yield found
            signed = (
                "/ByteRange" in found
            )  # its /Contents is never encrypted (ISO 32000-2 7.6.2), nor leads on
            keys = (key for key in found if not (signed and key == "/Contents"))
            waiting += [value for key in keys if _leads_on(value := found.raw_get(key))]
        elif isinstance(found, generic.ArrayObject):
            waiting += [value for at in range(len(found)) if _leads_on(value := found.raw_get(at))]
    raise TooMuch(f"more than {MOST_OBJECTS} objects")


def _leads_on(value: Any) -> bool:
    return isinstance(value, generic.IndirectObject | generic.DictionaryObject | generic.ArrayObject)


def _in_catalog(catalog: Any) -> Iterator[str]:
    form = _of(catalog, "/AcroForm")
    if _has(form, "/XFA") or _of(catalog, "/NeedsRendering") is not None:
        yield "XFA form"
    if _of(_of(catalog, "/OCProperties"), "/OCGs"):
        yield "layers"
    if _has(catalog, "/Collection"):
        yield "portfolio"
    preferences = _of(catalog, "/ViewerPreferences")
    if any(str(_of(preferences, key) or "/CropBox") != "/CropBox" for key in PRINT_BOXES):
        yield "another box for print"
    if _has(preferences, "/PrintPageRange"):
        yield "other pages for print"


def _shifting_in(entries: Any) -> Iterator[str]:
    action = _of(entries, "/S")
    if action in SHIFTING_ACTIONS or _has(entries, "/JS"):
        yield f"action {action or '/JavaScript'}"
    if isinstance(entries, generic.StreamObject):
        yield from _outside_in(entries)
    subtype = _of(entries, "/Subtype")
    if _has(entries, "/Rect") and subtype in MOVING_ANNOTATIONS:
        yield f"annotation {subtype}"
    if _has(entries, "/Rect") and subtype not in ICONS and _flags(entries) & OF_ONE_SIZE:
        yield "annotation of one size at every zoom"
    if _has(entries, "/OC"):
        yield "layers"
    if any(_of(entries, key) not in (None, "/Identity", "/Default") for key in ("/TR", "/TR2")):
        yield "transfer function"  # ISO 32000-2 10.5: printers heed it, screens do not
    yield from _pointed_at(entries)


def _outside_in(stream: Any) -> Iterator[str]:
    if _has(stream, "/F"):
        yield "stream outside the file"
    if _of(stream, "/Subtype") == "/PS" or _of(stream, "/Subtype2") == "/PS":
        yield "PostScript for print"
    if _of(stream, "/Subtype") in {"/Image", "/Form"} and any(
        _has(stream, key) for key in ("/Alternates", "/OPI", "/Ref")
    ):
        yield "alternate picture"


def _pointed_at(annotation: Any) -> Iterator[str]:
    """Appearances that show while the pointer is over them or pressed; a button's own press is usual."""
    look = _of(annotation, "/AP")
    if not isinstance(look, generic.DictionaryObject):
        return
    if _has(look, "/R"):
        yield "roll-over appearance"
    if _has(look, "/D") and _field_type(annotation) != "/Btn":
        yield "pressed appearance"


def _flags(annotation: Any) -> int:
    told = _of(annotation, "/F")
    return int(told) if isinstance(told, generic.NumberObject) else 0


def _field_type(widget: Any) -> Any:
    return _of(widget, "/FT") or _of(_of(widget, "/Parent"), "/FT")


def _told_in(entries: Any) -> Iterator[str]:
    action = _of(entries, "/S")
    if action in TOLD_ACTIONS:
        yield f"action {action}"
    if _has(entries, "/EF") or _of(entries, "/Type") == "/EmbeddedFile":
        yield "attached file"


def _of(entries: Any, key: str) -> Any:
    """The value behind `key`, references followed; None where there is none."""
    has = isinstance(entries, generic.DictionaryObject) and key in entries
    return entries[key] if has else None


def _has(entries: Any, key: str) -> bool:
    return _of(entries, key) is not None
