"""What one step found, in the light of another: what was added lawfully is no forgery.

Rules of this module:
1. A change that no rule of step 5 explains is forbidden, unless step 8 saw every page to be as it was.
2. Whole revisions behind the last signature are no bytes appended by a forger where step 5 found the change
   allowed, or nothing to say against it and step 8 nothing either. In files of the house they always are.
"""

from collections.abc import Iterable
from dataclasses import replace

from certify.verdict import Finding, FindingCode
from certify.verification.opened import OpenedFile

SEEN_OTHERWISE = frozenset(  # what keeps step 8 from saying that the pages are as they were
    {
        *(FindingCode.PAGES_DIFFER, FindingCode.SIGNED_INK_COVERED, FindingCode.PRINTED_OTHERWISE),
        *(FindingCode.PAGES_NOT_COMPARED, FindingCode.LIMIT_EXCEEDED, FindingCode.CONTENT_CAN_CHANGE),
        *(FindingCode.FIELD_VALUE_CHANGED, FindingCode.FIELD_LOOK_CHANGED, FindingCode.STEP_BROKE),
        FindingCode.APPEARANCES_LEFT_OPEN,
    }
)
REFUSED = frozenset(
    {
        *(FindingCode.FORBIDDEN_CHANGE, FindingCode.STEP_BROKE, FindingCode.BYTE_RANGE_WRONG),
        FindingCode.PAGES_DIFFER,
    }
)


def weighed(opened: OpenedFile, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with their codes as the other steps leave them."""
    every = list(findings)
    codes = {one.code for one in every}
    weights: dict[FindingCode, FindingCode] = {}
    if codes & SEEN_OTHERWISE:
        weights[FindingCode.CHANGE_NOT_EXPLAINED] = FindingCode.FORBIDDEN_CHANGE
    if opened.map.tail_is_revisions and _is_lawful(opened, codes):
        weights[FindingCode.APPENDED_BYTES] = FindingCode.CHANGED_AS_ALLOWED
    return [replace(one, code=weights.get(one.code, one.code)) for one in every]


def _is_lawful(opened: OpenedFile, codes: set[FindingCode]) -> bool:
    if opened.form or codes & REFUSED:
        return False
    return FindingCode.CHANGED_AS_ALLOWED in codes or not codes & SEEN_OTHERWISE
