"""What may change after signing, and how far a change went (ISO 32000-2 table 257; DocMDP P = 1, 2, 3).

pyHanko's rules judge validation data and forms; they know nothing of comments, which P = 3 allows. The rule
added here clears comments, and nothing but comments, at that level; whoever draws one over the text has
changed what is seen, so a file that needed this rule is never better than undecided.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    ModificationLevel,
    StandardDiffPolicy,
)
from pyhanko.sign.diff_analysis.commons import compare_dicts
from pyhanko.sign.diff_analysis.rules_api import QualifiedWhitelistRule, ReferenceUpdate

COMMENTS = frozenset(  # ISO 32000-2 table 171: markup annotations, and the window a comment opens in
    {
        *("/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight"),
        *("/Underline", "/Squiggly", "/StrikeOut", "/Caret", "/Stamp", "/Ink", "/Popup"),
    }
)
MOST_PAGES = 20_000


class CommentRule(QualifiedWhitelistRule):
    """Comments may be added to pages whose other entries stay as they are."""

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        """The references that nothing but new comments explain."""
        updated: set[generic.Reference] = new.explicit_refs_in_revision()  # type: ignore[no-untyped-call]
        for page in _pages(new):
            if page.reference in updated or _annotations_of(new(page.reference))[1] in updated:
                for reference in _commented(old, new, page.reference):
                    yield ModificationLevel.ANNOTATIONS, ReferenceUpdate(reference)


DIFFERENCES = StandardDiffPolicy(
    global_rules=[*DEFAULT_DIFF_POLICY.global_rules, CommentRule()],
    form_rule=DEFAULT_DIFF_POLICY.form_rule,
)


def _pages(revision: HistoricalResolver) -> Iterator[generic.IndirectObject]:
    waiting = [revision.root.raw_get("/Pages")]
    for _ in range(MOST_PAGES):
        if not waiting:
            return
        node = waiting.pop()
        entries = node.get_object()
        if "/Kids" in entries:
            waiting.extend(reversed(list(entries["/Kids"])))
        elif isinstance(node, generic.IndirectObject):
            yield node


def _commented(
    old: HistoricalResolver, new: HistoricalResolver, page: generic.Reference
) -> list[generic.Reference]:
    """What changed on a page when all that changed are comments added to it; nothing otherwise."""
    if old.is_ref_unassignable(page):
        return []
    before, after = old(page), new(page)
    if not compare_dicts(before, after, frozenset({"/Annots"}), raise_exc=False):
        return []
    (kept, _), (there, array) = _annotations_of(before), _annotations_of(after)
    added = [one for one in there if one not in kept]
    if None in there or there[: len(kept)] != kept:
        return []
    if not all(_is_new_comment(old, new, one) for one in added):
        return []
    changed = [page, *([array] if array else [])]
    for one in filter(None, added):
        changed += [one, *new.collect_dependencies(new(one), since_revision=old.revision + 1)]
    return changed


def _annotations_of(page: Any) -> tuple[list[generic.Reference | None], generic.Reference | None]:
    """The annotations of a page (None: written into the list itself), and the object that lists them."""
    if not isinstance(page, generic.DictionaryObject) or "/Annots" not in page:
        return [], None
    listed = page.raw_get("/Annots")
    own = listed.reference if isinstance(listed, generic.IndirectObject) else None
    entries = listed.get_object()
    return [one.reference if isinstance(one, generic.IndirectObject) else None for one in entries], own


def _is_new_comment(
    old: HistoricalResolver, new: HistoricalResolver, reference: generic.Reference | None
) -> bool:
    if reference is None:
        return False
    annotation = new(reference)
    return (
        old.is_ref_unassignable(reference)
        and isinstance(annotation, generic.DictionaryObject)
        and annotation.get("/Subtype") in COMMENTS
    )
