"""Does a PDF hold anything that can change what is seen of it: by time, by viewer, on paper, by a click?

Pages keep their form only where nothing does. The file's own keys and its pages' are held against a list;
in all other objects it is looked for what acts, lies over the page, is switched, or lies outside the file.
"""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

QUIET_ROOT = frozenset(
    ("/Type", "/Version", "/Extensions", "/Pages", "/PageLabels", "/Lang", "/Metadata", "/OutputIntents")
) | {"/MarkInfo", "/StructTreeRoot", "/ViewerPreferences", "/PageLayout", "/PageMode", "/Outlines", "/Dests"}
QUIET_PAGE = frozenset(
    ("/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/UserUnit")
) | {"/Resources", "/Contents", "/StructParents", "/Tabs", "/Metadata", "/LastModified", "/Group", "/Annots"}
SHIFTING = frozenset(  # keys of layers, exchanged pictures, attachments, forms, appearances, scripts
    ("/AA", "/OpenAction", "/JS", "/OC", "/OCProperties", "/OCGs", "/Alternates", "/OPI", "/EF", "/AF", "/AP")
) | {"/EmbeddedFiles", "/AcroForm", "/XFA", "/Collection"}
SHIFTING_TYPES = frozenset(("/Annot", "/OCG", "/OCMD", "/Action", "/Filespec", "/EmbeddedFile"))
ACTIONS = frozenset(  # ISO 32000-2 table 201
    ("/GoTo", "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide")
) | {"/Named", "/SubmitForm", "/ResetForm", "/ImportData", "/SetOCGState", "/Rendition", "/Trans"}
ACTIONS |= {"/GoTo3DView", "/JavaScript", "/RichMediaExecute"}
OUTSIDE = frozenset(("/F", "/Ref", "/PS"))  # of a stream: its data, its page, its program lie elsewhere


def is_unchanging(pdf: pikepdf.Pdf) -> bool:
    """True when every viewer shows the same of it, whenever and however it is asked."""
    if not pdf.Root.keys() <= QUIET_ROOT:
        return False
    if not all(page.obj.keys() <= QUIET_PAGE and not page.obj.get("/Annots", ()) for page in pdf.pages):
        return False
    return not any(_shifts(thing) for thing in pdf.objects)


def _shifts(thing: Any) -> bool:
    """References are not followed: they lead to objects that are looked at anyway."""
    if isinstance(thing, Array):
        return any(_shifts(item) for item in thing if _is_direct(item))
    if not isinstance(thing, Dictionary | Stream):
        return False
    keys = thing.keys()
    if keys & SHIFTING or (isinstance(thing, Stream) and keys & OUTSIDE):
        return True
    if _name(thing, "/Type") in SHIFTING_TYPES or _name(thing, "/S") in ACTIONS:
        return True
    return any(_shifts(value) for value in thing.values() if _is_direct(value))


def _name(thing: Any, key: str) -> str:
    value = thing.get(key)
    return str(value) if isinstance(value, Name) else ""


def _is_direct(value: Any) -> bool:
    return isinstance(value, Array | Dictionary) and not value.is_indirect
