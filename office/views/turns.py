"""Whose turn it is: what a paper or copy waits for, and who does that, as the table of steps says."""

from collections.abc import Mapping
from dataclasses import dataclass

from certify.signing.keyring import AGENCY, Keyring, Purpose
from foundation.faults import Fault
from office.faults import DeskCode, DeskFault
from office.nouns import Actor
from office.procedure import (
    KEYS,
    ROLE_OF,
    Act,
    Mark,
    Step,
    Thing,
    Turn,
    WhoseKey,
    awaited,
    step_of,
    steps_open,
)


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


def offers(actor: Actor, thing: Thing, given: frozenset[Mark] = frozenset()) -> tuple[Step, ...]:
    """The steps that this actor, by role, can take on the thing now."""
    roles = {turn for turn, role in ROLE_OF.items() if role in actor.roles}
    return tuple(step for step in steps_open(thing, given) if step.by in roles)


def acts_offered(actor: Actor, thing: Thing, given: frozenset[Mark] = frozenset()) -> frozenset[Act]:
    """The acts of those steps."""
    return frozenset(step.act for step in offers(actor, thing, given))


def hindrances(actor: Actor, offered: frozenset[Act], keyring: Keyring) -> Mapping[Act, Fault]:
    """Which of these acts cannot be done now, and why: the key that they need may not sign."""
    found = {act: _refusal(actor, act, keyring) for act in offered if act in KEYS}
    return {act: fault for act, fault in found.items() if fault is not None}


def _refusal(actor: Actor, act: Act, keyring: Keyring) -> Fault | None:
    agencys = keyring.refusal(AGENCY, Purpose.SEAL) if act in (Act.CONFIRM_COPY, Act.SEAL_COPY) else None
    if KEYS[act] is not WhoseKey.ACTORS:
        return agencys
    purpose = Purpose.DIGITIZE if act is Act.SIGN_SCAN else Purpose.CERTIFY
    return keyring.refusal(actor.account, purpose) or agencys


def require_offer(actor: Actor, thing: Thing, act: Act, given: frozenset[Mark] = frozenset()) -> None:
    """Raise DeskFault NOT_ALLOWED or WRONG_STATE unless this actor may do `act` on the thing as it stands."""
    actor.require(ROLE_OF[step_of(thing.kind, act).by])
    if act not in acts_offered(actor, thing, given):
        raise DeskFault(DeskCode.WRONG_STATE, thing.state)
