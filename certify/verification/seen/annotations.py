"""Annotations of two states of a file beside one another: fields, stamps, links; their flags, states, places.

pyHanko judges whether an update was allowed; what it lets pass as "form filling" (flags, appearance states,
default appearances, roll-over looks) can make a page print what it does not show. So each annotation is
compared entry by entry, and every difference that is not a signature being set is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from certify.verification.seen.pixels import Box, Places
from certify.verification.signature_facts import entry, pages_of

MOST_ANNOTATIONS = 20_000
MOST_CHARACTERS = 2_000  # of one entry; enough to see that it changed
LOOKS = (
    *("/F", "/AS", "/Rect", "/DA", "/Q", "/MK", "/Ff", "/BS", "/Border", "/OC", "/A", "/AA", "/CA"),
    "/Subtype",
)
SHOWN_AND_PRINTED = 4  # /F: Print, and none of Invisible, Hidden, NoView, ToggleNoView
MEANINGFUL_FLAGS = 1 | 2 | 4 | 32 | 256  # ISO 32000-2 table 167
STAMP = "/DocTimeStamp"
_CORNERS = 4


@dataclass(frozen=True)
class Annotation:
    """One annotation on a page (from 1): what it is, and the entries that decide how it looks."""

    page: int
    is_signature: bool
    is_signed: bool
    is_time_stamp: bool
    is_widget: bool
    name: str
    box: Box | None
    looks: Mapping[str, str]
    states: frozenset[str]


def annotations_of(reader: PdfFileReader, *, tell_stamps: bool = True) -> dict[str, Annotation]:
    """Every annotation of every page, by its object (or its place where it is no object of its own).

    Without `tell_stamps` no signature is read, and none is told to be a time-stamp.
    """
    found: dict[str, Annotation] = {}
    owners = _owners(entry(reader.root, "/AcroForm", {}))
    for number, page in enumerate(pages_of(reader), start=1):
        listed = entry(page, "/Annots", ())
        for at in range(len(listed)):
            raw = listed.raw_get(at)
            own = isinstance(raw, generic.IndirectObject)
            key = f"{raw.idnum} {raw.generation}" if own else f"page {number}, {at}"
            described = _described(number, raw.get_object(), owners.get(key), tell_stamps=tell_stamps)
            found[f"{number}: {key}"] = described
            if len(found) > MOST_ANNOTATIONS:
                raise ValueError(f"more than {MOST_ANNOTATIONS} annotations")
    return found


def _owners(form: Any) -> dict[str, Any]:
    """The fields whose widgets are objects of their own, by the widget; some of those name no parent."""
    owners: dict[str, Any] = {}
    waiting = list(entry(form, "/Fields", ()))
    for _ in range(MOST_ANNOTATIONS):
        if not waiting:
            break
        field = waiting.pop().get_object()
        kids = entry(field, "/Kids", ())
        waiting.extend(kids)
        for kid in (kids.raw_get(at) for at in range(len(kids))):
            if isinstance(kid, generic.IndirectObject):
                owners[f"{kid.idnum} {kid.generation}"] = field
    return owners


def _described(page: int, annotation: Any, owner: Any, *, tell_stamps: bool) -> Annotation:
    field = annotation if "/FT" in annotation else entry(annotation, "/Parent", owner or {})
    looks = {key: str(annotation[key])[:MOST_CHARACTERS] for key in LOOKS if key in annotation}
    states = entry(annotation, "/AP", {})
    is_signature = entry(field, "/FT") == "/Sig"
    return Annotation(
        page=page,
        is_signature=is_signature,
        is_signed=is_signature and "/V" in field,
        is_time_stamp=tell_stamps and is_signature and entry(entry(field, "/V") or {}, "/Type") == STAMP,
        is_widget=entry(annotation, "/Subtype") == "/Widget",
        name=str(entry(field, "/T", entry(annotation, "/Subtype", ""))),
        box=_box(annotation),
        looks=looks,
        states=frozenset(states),
    )


def _box(annotation: Any) -> Box | None:
    corners = [float(number) for number in entry(annotation, "/Rect", ())]
    if len(corners) != _CORNERS:
        return None
    left, right = sorted((corners[0], corners[2]))
    bottom, top = sorted((corners[1], corners[3]))
    return left, bottom, right, top


def changed_looks(before: Mapping[str, Annotation], after: Mapping[str, Annotation]) -> Iterator[str]:
    """What changed on annotations that were there, told as "field: entries"."""
    for key, then in before.items():
        now = after.get(key)
        if now is None:
            yield f"{then.name}: gone"
            continue
        changed = sorted(_differences(then, now))
        if changed:
            yield f"{now.name}: {', '.join(changed)}"


def _differences(then: Annotation, now: Annotation) -> Iterator[str]:
    newly_signed = now.is_signed and not then.is_signed
    for name in then.looks.keys() | now.looks.keys():
        if then.looks.get(name) == now.looks.get(name):
            continue
        if newly_signed and name == "/F" and _flags(now) & MEANINGFUL_FLAGS == SHOWN_AND_PRINTED:
            continue  # a field is made visible, on screen and on paper, by being signed
        yield name
    grown = now.states - then.states - ({"/N"} if newly_signed or not now.is_signature else set())
    yield from (f"/AP {state}" for state in grown)


def _flags(annotation: Annotation) -> int:
    told = annotation.looks.get("/F", "0")
    return int(told) if told.lstrip("-").isdigit() else 0


def later_places(
    before: Mapping[str, Annotation], after: Mapping[str, Annotation], *, comments: bool
) -> dict[int, Places]:
    """Where something may stand that was not there before: signatures set since, fields, allowed comments.

    The boxes of time-stamps are never among them: a time-stamp has nothing to show.
    """
    places: dict[int, Places] = {}
    for key, now in after.items():
        then = before.get(key)
        if now.box is None or now.is_time_stamp:
            continue
        here = places.setdefault(now.page, Places())
        if now.is_signed and not (then and then.is_signed):
            places[now.page] = Places((*here.signatures, now.box), here.filled)
        elif not now.is_signature and ((then is None and comments) or (then and now.is_widget)):
            places[now.page] = Places(here.signatures, (*here.filled, now.box))
    return places
