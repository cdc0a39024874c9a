"""Whose turn it is: what a paper or copy waits for, and who does that, as the table of steps says."""

from dataclasses import dataclass

from office.nouns import Actor
from office.procedure import ROLE_OF, Act, Mark, Thing, Turn, awaited


@dataclass(frozen=True)
class Waiting:
    """The next act and whose it is; `act` is None when nothing more is to be done."""

    act: Act | None
    turn: Turn


DONE = Waiting(None, Turn.NOBODY)


def waits_for(thing: Thing, given: frozenset[Mark] = frozenset()) -> Waiting:
    """What the thing waits for; `given` are decisions that need nobody here."""
    step = awaited(thing, given)
    return Waiting(step.act, step.by) if step else DONE


def is_turn_of(actor: Actor, waiting: Waiting) -> bool:
    """May this actor, by role, do what is waited for?"""
    return ROLE_OF.get(waiting.turn) in actor.roles
