"""What a signing program may draw for a signature: pictures and letters, and nothing that acts or hides.

Such a look is not ours, so it is not held against a list of what we write; it is walked through from end to
end and must lead to nothing but itself: no page, no action, no script, no layer, no file, no font that the
reader's computer would have to bring (ISO 19005-2 6.2.11.4).
"""

from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Stream

NEVER = frozenset(
    {
        *("/A", "/AA", "/JS", "/JavaScript", "/OpenAction", "/URI", "/OC", "/OCGs", "/OPI", "/Ref", "/PS"),
        *(
            "/F",
            "/FFilter",
            "/EF",
            "/Annots",
            "/Kids",
            "/Parent",
            "/Metadata",
            "/StructParent",
            "/Alternates",
        ),
    }
)
KINDS = frozenset(
    {"/XObject", "/Font", "/FontDescriptor", "/CMap", "/ExtGState", "/Encoding", "/Group", "/Mask"}
)
FORMS = frozenset({"/Form", "/Image"})
PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")
EMBEDDED_BELOW = frozenset({"/Type0", "/Type3"})  # the program stands at what these are made of
MOST_OBJECTS = 2000
MOST_BYTES = 4 << 20  # of everything together, as it lies in the file


def inert(thing: Any, at: str) -> Iterator[str]:
    """The rule for a look (a form XObject) and everything that it leads to."""
    if not isinstance(thing, Stream):
        yield f"{at}: no stream"
        return
    waiting, seen, size = [(thing, at)], set[tuple[int, int]](), 0
    while waiting:
        found, where = waiting.pop()
        if isinstance(found, pikepdf.Object) and found.is_indirect:
            if found.objgen in seen:
                continue
            seen.add(found.objgen)
        size += len(found.read_raw_bytes()) if isinstance(found, Stream) else 0
        if len(seen) > MOST_OBJECTS or size > MOST_BYTES or len(waiting) > MOST_OBJECTS:
            yield f"{where}: more than a signature shows"
            return
        yield from _wrong_with(found, where)
        waiting.extend(_below(found, where))


def _below(thing: Any, at: str) -> list[tuple[Any, str]]:
    if isinstance(thing, Stream | Dictionary):
        return [(value, at + key) for key, value in thing.items() if isinstance(value, pikepdf.Object)]
    if isinstance(thing, Array):
        return [(value, at) for value in thing if isinstance(value, pikepdf.Object)]
    return []


def _wrong_with(thing: Any, at: str) -> Iterator[str]:
    if not isinstance(thing, Stream | Dictionary):
        return
    if at.endswith(("/Font", "/XObject")):
        return  # names that the content gives
    yield from (f"{at}{key}" for key in sorted(NEVER & set(thing.keys())))
    kind = str(thing.get("/Type", ""))
    if kind and kind not in KINDS:
        yield f"{at}: a {kind}"
    if isinstance(thing, Stream) and kind == "/XObject" and str(thing.get("/Subtype", "")) not in FORMS:
        yield f"{at}: a {thing.get('/Subtype')}"
    if kind == "/Font" and str(thing.get("/Subtype", "")) not in EMBEDDED_BELOW:
        descriptor = thing.get("/FontDescriptor", Dictionary())
        if not any(program in descriptor for program in PROGRAMS):
            yield f"{at}: a font that is not embedded"
