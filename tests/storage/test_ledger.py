import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.ledger import (
    BEFORE_THE_FIRST,
    Entry,
    append,
    backwards,
    canonical,
    entries,
    ledger_entries,
    ledger_head,
    seal,
    verify,
)
from tests.storage.samples import NOON

OPENED = Entry("dossier_opened", NOON, "a1", "H00-1", {"procedure": "1.004884", "pages": 3})


def write(engine: Engine, number: int) -> None:
    for n in range(number):
        with writing(engine) as connection:
            append(connection, replace(OPENED, subject=f"H00-{n + 1}"))


def state_of(engine: Engine):
    with reading(engine) as connection:
        return verify(connection)


def change(engine: Engine, statement: sa.Update | sa.Delete | sa.Insert) -> None:
    with writing(engine) as connection:
        connection.execute(statement)


def test_an_empty_ledger_is_whole(rows):
    assert state_of(rows).count == 0
    assert state_of(rows).first_break is None


def test_an_entry_comes_back_as_it_was_written(rows):
    with writing(rows) as connection:
        kept = append(connection, OPENED)
    assert kept.seq == 1
    with reading(rows) as connection:
        assert entries(connection) == (kept,)
        assert entries(connection, "H00-1") == (kept,)
        assert entries(connection, "H00-2") == ()
        assert entries(connection, after=1) == ()


def test_every_entry_seals_the_one_before(rows):
    write(rows, 3)
    with reading(rows) as connection:
        kept = connection.execute(sa.select(ledger_entries).order_by(ledger_entries.c.seq)).all()
    prev = bytes(32)
    for row in kept:
        assert row.prev == prev.hex()
        prev = hashlib.sha256(prev + row.seq.to_bytes(8, "big") + row.body.encode()).digest()
        assert row.h == prev.hex()
    told = state_of(rows)
    assert (told.count, told.head, told.first_break) == (3, prev.hex(), None)
    told.require_whole()


def test_an_entry_whose_act_fails_is_never_written(rows):
    with suppress(LookupError), writing(rows) as connection:
        append(connection, OPENED)
        raise LookupError
    assert state_of(rows).count == 0
    write(rows, 1)
    assert state_of(rows).count == 1


@pytest.mark.parametrize(
    ("forgery", "broken"),
    [
        (sa.update(ledger_entries).where(ledger_entries.c.seq == 2).values(body='{"version":1}'), 2),
        (sa.update(ledger_entries).where(ledger_entries.c.seq == 2).values(subject="H00-9"), 2),
        (sa.update(ledger_entries).where(ledger_entries.c.seq == 2).values(what="dossier_closed"), 2),
        (sa.update(ledger_entries).where(ledger_entries.c.seq == 4).values(at="2020"), 4),
        (sa.update(ledger_entries).where(ledger_entries.c.seq == 1).values(h="0" * 64), 1),
        (sa.delete(ledger_entries).where(ledger_entries.c.seq == 1), 1),
        (sa.delete(ledger_entries).where(ledger_entries.c.seq == 3), 3),
        (sa.delete(ledger_entries).where(ledger_entries.c.seq == 4), 4),
        (sa.delete(ledger_entries), 1),
        (sa.update(ledger_head).values(length=3), 4),
        (sa.delete(ledger_head), 1),
    ],
)
def test_whoever_edits_removes_or_cuts_off_is_found_at_the_right_entry(rows, forgery, broken):
    write(rows, 4)
    change(rows, forgery)
    assert state_of(rows).first_break == broken
    with pytest.raises(StorageFault) as told:
        state_of(rows).require_whole()
    assert told.value.code is StorageCode.CHAIN_BROKEN


def test_two_entries_swapped_are_found(rows):
    write(rows, 3)
    with reading(rows) as connection:
        first, second = connection.execute(
            sa.select(ledger_entries.c.body).order_by(ledger_entries.c.seq).limit(2)
        )
    change(rows, sa.update(ledger_entries).where(ledger_entries.c.seq == 1).values(body=second.body))
    change(rows, sa.update(ledger_entries).where(ledger_entries.c.seq == 2).values(body=first.body))
    assert state_of(rows).first_break == 1


def test_a_forged_chain_that_is_whole_has_another_head(rows):
    write(rows, 2)
    sealed = state_of(rows).head
    change(rows, sa.delete(ledger_entries))
    change(rows, sa.delete(ledger_head))
    with writing(rows) as connection:
        append(connection, replace(OPENED, actor="somebody else"))
        append(connection, OPENED)
    told = state_of(rows)
    assert told.first_break is None
    assert told.head != sealed


def test_writers_at_the_same_time_never_fork_the_chain(rows):
    def act(n: int) -> None:
        with writing(rows) as connection:
            append(connection, replace(OPENED, subject=f"H00-{n}"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(40)))
    told = state_of(rows)
    assert (told.count, told.first_break) == (40, None)


def test_an_instant_is_kept_in_utc_and_one_without_zone_is_refused(rows):
    with writing(rows) as connection:
        kept = append(connection, OPENED)
    with reading(rows) as connection:
        body = json.loads(connection.execute(sa.select(ledger_entries.c.body)).scalar_one())
    assert body["at"] == "2026-11-24T05:00:00.000000Z"
    assert kept.at - NOON == timedelta(0)
    with pytest.raises(StorageFault), writing(rows) as connection:
        append(connection, replace(OPENED, at=NOON.replace(tzinfo=None)))


@pytest.mark.parametrize("value", [1.5, b"x", {"a": object()}, {1: "x"}, {"é": 1, "e\u0301": 2}])
def test_what_has_no_single_form_is_refused(value):
    with pytest.raises(StorageFault) as told:
        canonical(value)
    assert told.value.code is StorageCode.NOT_CANONICAL


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=10)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abéđ"), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_the_canonical_text_is_a_fixed_point(value):
    text = canonical(value)
    assert canonical(json.loads(text)) == text


@given(st.dictionaries(st.sampled_from("abcđe"), st.integers()))
def test_the_order_of_names_does_not_matter(mapping):
    assert canonical(dict(reversed(mapping.items()))) == canonical(mapping)


def test_the_canonical_text_has_sorted_names_no_spaces_and_nfc_letters():
    assert canonical({"b": [1, True, None], "a": "e\u0302\u0301"}) == '{"a":"ế","b":[1,true,null]}'


@pytest.mark.parametrize("body", ['{"version":1}', "[]", "no json", '{"what":1,"at":2,"subject":3}'])
def test_a_forged_entry_sealed_anew_but_telling_otherwise_than_its_columns_is_found(rows, body):
    write(rows, 1)
    h = seal(BEFORE_THE_FIRST, 1, body)
    change(rows, sa.update(ledger_entries).values(body=body, h=h))
    change(rows, sa.update(ledger_head).values(head=h))
    assert state_of(rows).first_break == 1


def looked_at(subjects, first: int, number: int):
    """So many looks at these subjects, as rows: what is asked here does not read the chain."""
    body = {"what": "paper_viewed", "at": "2026-11-24T05:00:00Z", "actor": "a1", "subject": "", "body": {}}
    row = {"prev": "", "h": "", "what": "paper_viewed", "at": "", "body": json.dumps(body)}
    return [{**row, "seq": first + n, "subject": subjects[n % len(subjects)]} for n in range(number)]


def test_the_newest_entries_come_first_however_many_others_were_written_since(rows):
    subjects = ("H00-1", "c1")
    with writing(rows) as connection:
        append(connection, OPENED)
        connection.execute(sa.insert(ledger_entries), looked_at(subjects, 2, 2100))
        connection.execute(sa.update(ledger_head).values(length=2101))
        append(connection, replace(OPENED, what="copy_issued", subject="c1"))
        append(connection, replace(OPENED, what="copy_issued", subject="c2"))
        append(connection, replace(OPENED, what="file_opened", subject="c1"))
    looks = frozenset({"paper_viewed", "file_opened"})
    with reading(rows) as connection:
        told = [(one.seq, one.what) for one in backwards(connection, subjects, looks)]
        assert told == [(2102, "copy_issued"), (1, "dossier_opened")]
        everything = [one.seq for one in backwards(connection, subjects)]
    assert everything == [2104, *range(2102, 0, -1)]


def test_nothing_is_told_of_a_subject_nobody_acted_on(rows):
    write(rows, 1)
    with reading(rows) as connection:
        assert list(backwards(connection, ["H00-2"])) == []
        assert list(backwards(connection, [])) == []
