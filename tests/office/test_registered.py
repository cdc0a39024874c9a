"""What the office knows of a file before a byte of it is parsed, and what it keeps of a verdict."""

from dataclasses import replace
from datetime import timedelta

import pytest

from certify.question import Pin, Question, SignerRole
from certify.verdict import FindingCode, Indication, Verdict
from certify.verification.registered import with_register
from office.rows import registered, verdicts
from storage.database import writing

GOOD = Verdict(Indication.TOTAL_PASSED, (), ())


@pytest.fixture
def file(tmp_path):
    """A file that bears a field of the house and has ended before."""
    path = tmp_path / "copy.pdf"
    path.write_bytes(b"%PDF-1.7\n(KySao)\n%%EOF\nmore\n%%EOF\n")
    return path


def question_about(house, path, **changes):
    office = house.office
    return replace(Question(path, office.trust.roots, None, office.clock(), office.trust.pins), **changes)


def remember(house, sha256):
    with writing(house.office.engine) as connection:
        registered.remember_file(connection, sha256, house.office.clock())
        registered.remember_file(connection, sha256, house.office.clock())


def ask(house, path):
    from foundation.durable import sha256_of

    return registered.ask_register(house.office, path, sha256_of(path))


def test_a_demo_house_pins_its_own_people(house):
    pins = house.office.trust.pins
    assert {pin.role for pin in pins} == set(SignerRole)
    assert all(pin.own for pin in pins)


def test_a_file_nobody_knows_is_unknown(house, file):
    known = ask(house, file)
    assert (known.answer.known, known.answer.begins_with, known.entry) == (False, None, None)


def test_a_file_of_ours_is_known_by_its_digest(house, file):
    remember(house, ask(house, file).sha256)
    assert ask(house, file).answer.known


@pytest.mark.parametrize("line_end", [b"", b"\n"])
def test_what_was_added_to_a_file_of_ours_begins_with_it(house, file, line_end):
    issued = b"%PDF-1.7\n(KySao)\n%%EOF" + line_end
    file.write_bytes(issued)
    remember(house, ask(house, file).sha256)
    file.write_bytes(issued + b"\nvalidation data\n%%EOF\n")
    answer = ask(house, file).answer
    assert (answer.known, answer.begins_with) == (False, len(issued))


def test_a_file_without_our_fields_is_not_searched(house, tmp_path):
    path = tmp_path / "other.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    remember(house, ask(house, path).sha256)
    path.write_bytes(b"%PDF-1.7\n%%EOF\nmore\n%%EOF\n")
    assert ask(house, path).answer.begins_with is None
    path.write_bytes(b"")
    assert not ask(house, path).answer.known


def test_a_verdict_on_a_known_file_is_told_at_once_for_a_day(house, file):
    remember(house, ask(house, file).sha256)
    known, question = ask(house, file), question_about(house, file)
    assert registered.verdict_at_once(house.office, question, known) is None
    registered.remember_verdict(house.office, question, known, with_register(GOOD, known.answer))
    told = registered.verdict_at_once(house.office, question, known)
    assert told == with_register(GOOD, known.answer)
    assert [one.code for one in told.findings] == [FindingCode.KNOWN_TO_REGISTER]
    later = replace(question, now=question.now + timedelta(days=2))
    assert registered.verdict_at_once(house.office, later, known) is None


def test_a_verdict_is_kept_for_the_same_question_alone(house, file):
    remember(house, ask(house, file).sha256)
    known, question = ask(house, file), question_about(house, file)
    registered.remember_verdict(house.office, question, known, GOOD)
    others = (replace(question, pins=()), replace(question, trust=()))
    more = replace(question, pins=(*question.pins, Pin("0" * 64, SignerRole.CLERK, "theirs", own=False)))
    for other in (*others, more):
        assert registered.verdict_at_once(house.office, other, known) is None
    assert verdicts.asked_of(question) != verdicts.asked_of(more)


def test_nothing_is_kept_of_a_file_nobody_knows(house, file):
    known, question = ask(house, file), question_about(house, file)
    registered.remember_verdict(house.office, question, known, GOOD)
    remember(house, known.sha256)
    assert registered.verdict_at_once(house.office, question, ask(house, file)) is None
