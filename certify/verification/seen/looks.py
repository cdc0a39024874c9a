"""Step 8 of docs/verification.md: what a reader sees and prints is what was signed, and stays so."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pyhanko.sign.fields import MDPPerm

from certify.verdict import Finding, FindingCode
from certify.verification.integrity_checks import guarded, in_words
from certify.verification.opened import OpenedFile
from certify.verification.seen.annotations import Annotation, changed_looks, later_places
from certify.verification.seen.changeable import Changeable, find_changeable
from certify.verification.seen.pixels import Comparison, compare_pages
from certify.verification.signature_facts import entry, field_values

HARMLESS_FOR_US = frozenset({"action /Named"})
_PLAIN_FLAGS = frozenset({"4", "132"})  # shown and printed; locked besides


def check_looks(opened: OpenedFile) -> list[Finding]:
    """All findings of step 8."""
    changeable, findings = _changeable(opened)
    findings += guarded(8, "ISO 32000-2 12.7.3", partial(_changed_fields, opened))
    if opened.form:
        findings += guarded(8, "the statement", partial(_as_composed, opened, changeable))
    try:
        findings += _pages(opened, layered=changeable.layered)
    except Exception as broken:  # noqa: BLE001 -- hostile files raise anything
        findings.append(Finding(8, FindingCode.PAGES_NOT_COMPARED, "ISO 32000-2 8.1", in_words(broken)))
    return findings


def _changeable(opened: OpenedFile) -> tuple[Changeable, list[Finding]]:
    """What can change what is seen; where it cannot be looked for, everything can."""
    try:
        found = find_changeable(opened.reader)
    except Exception as broken:  # noqa: BLE001 -- hostile files raise anything
        found = Changeable(frozenset({in_words(broken), "layers"}), frozenset())
    findings = []
    if found.shifting:
        what = ", ".join(sorted(found.shifting))
        findings.append(Finding(8, FindingCode.CONTENT_CAN_CHANGE, "ISO 32000-2 12.6, 8.11", what))
    if found.told:
        what = ", ".join(sorted(found.told))
        findings.append(Finding(8, FindingCode.ACTS_ON_A_CLICK, "ISO 32000-2 12.6.4", what))
    return found, findings


# ISO 32000-2 12.7.3: fields and their appearances since the first signature


def _changed_fields(opened: OpenedFile) -> Iterator[Finding]:
    form = entry(opened.reader.root, "/AcroForm", {})
    if entry(form, "/NeedAppearances"):
        yield Finding(8, FindingCode.APPEARANCES_LEFT_OPEN, "ISO 32000-2 12.7.3", "NeedAppearances")
    then = opened.then
    if then is None:
        return
    before, after = field_values(entry(then.root, "/AcroForm", {})), field_values(form)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Finding(8, FindingCode.FIELD_VALUE_CHANGED, "ISO 32000-2 12.7.3", name)
    for what in changed_looks(opened.annotations_then, opened.annotations):
        yield Finding(8, FindingCode.FIELD_LOOK_CHANGED, "ISO 32000-2 12.5.2", what)


# files of the house hold pages and the fields of their form; nothing that acts, nothing that hides


def _as_composed(opened: OpenedFile, changeable: Changeable) -> Iterator[Finding]:
    strange = [
        *(changeable.told - HARMLESS_FOR_US),
        *(one.name for one in opened.annotations.values() if not _belongs(one)),
        *(f"field {name}" for name in field_values(entry(opened.reader.root, "/AcroForm", {}))),
    ]
    if strange:
        yield Finding(8, FindingCode.NOT_AS_COMPOSED, "the statement", ", ".join(sorted(set(strange))))


def _belongs(annotation: Annotation) -> bool:
    """A signature field, plainly shown and printed, or a link that leads to another page of the file."""
    if annotation.looks.get("/Subtype") == "/Link":
        return "/AA" not in annotation.looks  # where an action leads out, it is among what acts
    plain = annotation.looks.get("/F", "0") in _PLAIN_FLAGS
    return annotation.is_signature and plain and annotation.states <= {"/N"}


# ISO 32000-2 8.1: every page as it was signed, on the screen and on paper


def _pages(opened: OpenedFile, *, layered: bool) -> list[Finding]:
    signed, comments = opened.first_signed_revision, opened.permission is MDPPerm.ANNOTATE
    places = later_places(opened.annotations_then, opened.annotations, comments=comments)
    may_fill = opened.permission in {MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE}
    changes = compare_pages(Comparison(signed or opened.data, opened.data, places, layered, may_fill))
    told: list[tuple[FindingCode, tuple[int, ...]]] = [
        (FindingCode.PAGES_DIFFER, changes.differing),
        (FindingCode.SIGNED_INK_COVERED, changes.covered),
        (FindingCode.PRINTED_OTHERWISE, changes.printed_otherwise),
    ]
    return [_on_pages(code, pages) for code, pages in told if pages]


def _on_pages(code: FindingCode, pages: Any) -> Finding:
    return Finding(8, code, "ISO 32000-2 8.1", f"pages {', '.join(map(str, pages))}")
