"""Lamps: what was found, as a word and a shape with a colour; and the lamp of a PDF that arrived."""

from dataclasses import dataclass

from certify.verdict import FindingCode, Indication
from office.explain import explain_check
from office.rows.arrivals import Arrival
from office.web.words import Words

FAMILIES = {Indication.TOTAL_PASSED: "done", Indication.INDETERMINATE: "look", Indication.TOTAL_FAILED: "bad"}


@dataclass(frozen=True)
class Lamp:
    """One light: what it is about, its family of state, and a few words."""

    name: str
    family: str
    words: str


def arrival_lamp(words: Words, page: Arrival) -> Lamp | None:
    """What was found of a PDF as it came; None for a picture, and for a PDF that nobody signed."""
    if not page.is_pdf:
        return None
    name = words.say("intake.signature")
    if page.checked is None:
        return Lamp(name, "wait", words.say("intake.unchecked"))
    verdict = page.checked.verdict
    if verdict is not None and any(one.code is FindingCode.NO_SIGNATURE for one in verdict.findings):
        return None
    family = FAMILIES[verdict.indication if verdict else Indication.INDETERMINATE]
    return Lamp(name, family, explain_check(verdict, None, words.lang))
