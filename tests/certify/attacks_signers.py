"""Signed by others than one is made to think: whose certificates, in which fields, under which names.

Roles are never read from field names: a form of the house says who signs where, pins and the certificates say
who did. Every function yields variants of one kind, each with the pins under which it is asked.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import sample_copies
from attacks_workshop import BLANK, COVER, Hand, corner_copy, house_copy, paper, people, sealed, sign
from sample_copies import Identity

from certify.question import Pin, SignerRole

Asked = tuple[bytes, tuple[Pin, ...]]
DECEPTIVE_NAMES = (
    "Nguyễn Văn Cаn Bộ",  # a Cyrillic а
    "Nguyễn Văn \u202eộB náC",
    "Nguyễn Văn Cán\u200b Bộ",
    "Nguyễn Văn C\u00adán Bộ",
    "Nguyễn\u2028Văn Cán Bộ",
    "Nɡuyễn Văn Cán Bộ",  # a phonetic ɡ
    "Ｎguyễn Văn Cán Bộ",  # a full-width N
    "ОАН ТРАН",  # Cyrillic throughout
    "Nguyễn Văn Cán B\u0336ộ",
)


@cache
def issued(name: str) -> Identity:
    """Somebody with an ordinary certificate under the trusted root."""
    day = datetime.now(tz=UTC).replace(microsecond=0)
    return sample_copies.issue(sample_copies.Persona(name), day, people().root)


def pin(who: Identity, role: SignerRole, agency: str = "ours", *, own: bool = True) -> Pin:
    return Pin(hashlib.sha256(who.asn1.dump()).hexdigest(), role, agency, own)


def our_pins() -> tuple[Pin, ...]:
    """The stranger is our clerk."""
    there = people()
    return (
        pin(there.officer, SignerRole.OFFICER),
        pin(there.agency, SignerRole.AGENCY),
        pin(there.stranger, SignerRole.CLERK),
    )


def a_clerks_key_in_both_fields() -> Iterator[Asked]:
    clerk = people().stranger
    copy = house_copy(clerk, clerk)
    yield from ((copy, ()), (copy, our_pins()))


def swapped_keys() -> Iterator[Asked]:
    there = people()
    copy = house_copy(there.agency, there.officer)
    yield from ((copy, ()), (copy, our_pins()))


def one_key_for_officer_and_agency() -> Iterator[Asked]:
    there = people()
    for who in (there.officer, there.agency):
        copy = house_copy(who, who)
        yield from ((copy, ()), (copy, our_pins()))


def a_clerk_as_the_officer() -> Iterator[Asked]:
    there = people()
    yield house_copy(there.stranger, there.agency), our_pins()


def citizens_in_both_fields() -> Iterator[Asked]:
    for first, second in (("Lê Văn Một", "Phạm Thị Hai"), ("Trương Văn Một", "Công ty TNHH Ban Mai")):
        copy = house_copy(issued(first), issued(second))
        yield from ((copy, ()), (copy, our_pins()))


def namesakes() -> Iterator[Asked]:
    """Other people, of the very names of our officer and our agency."""
    officer, agency = issued("Nguyễn Văn Cán Bộ"), issued("UBND phường Thử Nghiệm")
    there = people()
    for first, second in ((officer, agency), (there.officer, agency), (officer, there.agency)):
        yield house_copy(first, second), our_pins()


def an_officer_of_one_office_and_the_agency_of_another() -> Iterator[Asked]:
    there, elsewhere = people(), issued("UBND phường Khác")
    pins = (*our_pins(), pin(elsewhere, SignerRole.AGENCY, "theirs", own=False))
    yield house_copy(there.officer, elsewhere), pins


def an_agencys_copy_by_somebody_else() -> Iterator[Asked]:
    there = people()
    for who in (there.stranger, there.officer, issued("Lê Văn Một")):
        copy = corner_copy("KySao", who)
        yield from ((copy, ()), (copy, our_pins()))


def a_clerks_scan_by_an_agency_or_a_stranger() -> Iterator[Asked]:
    there = people()
    yield corner_copy("KySaoChup", there.agency), ()
    for who in (there.agency, issued("Lê Văn Một")):
        yield corner_copy("KySaoChup", who), our_pins()


def deceptive_names() -> Iterator[Asked]:
    """Look-alike letters, direction marks, control characters."""
    for name in DECEPTIVE_NAMES:
        yield sealed(sign(paper(), Hand(issued(name)))), ()
    for name in DECEPTIVE_NAMES[:3]:
        yield house_copy(issued(name), people().agency), ()


def a_later_signer_of_a_deceptive_name() -> Iterator[Asked]:
    signed = sign(paper(), Hand(people().stranger))
    for name in DECEPTIVE_NAMES[:2]:
        yield sealed(sign(signed, Hand(issued(name), "Second", BLANK, ink=COVER))), ()


KINDS = (
    a_clerks_key_in_both_fields,
    swapped_keys,
    one_key_for_officer_and_agency,
    a_clerk_as_the_officer,
    citizens_in_both_fields,
    namesakes,
    an_officer_of_one_office_and_the_agency_of_another,
    an_agencys_copy_by_somebody_else,
    a_clerks_scan_by_an_agency_or_a_stranger,
    deceptive_names,
    a_later_signer_of_a_deceptive_name,
)
