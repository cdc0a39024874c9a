"""A key that answers later: one question, one signature or none, and waiting is no failure."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import AGENCY
from certify.signing.keys import Ticket
from office.bootstrap import open_office
from office.desk import certifying, retrying
from office.nouns import Copy
from office.procedure import CopyState, FileRole
from office.rows import keeping
from office.rows.nouns import copy_of
from office.tables import copies, signings
from office.work.dispatcher import run_until_idle
from office.work.due import due_work
from storage import ledger
from storage.database import reading


class Killed(BaseException):
    """Stands for kill -9 in this process: nothing catches it, nothing is put aside."""


class Token:
    """A key holder apart from the house, with a memory of its own: a folder that outlives any process."""

    def __init__(self, key, folder):
        self._key = key
        self._folder = folder
        folder.mkdir(exist_ok=True)

    @property
    def certificate(self):
        return self._key.certificate

    @property
    def chain(self):
        return self._key.chain

    def begin(self, to_be_signed):
        signature = self._key.begin(to_be_signed).signature
        number = len(self.asked()) + 1
        asked = {"asked": to_be_signed.hex(), "answer": signature.hex()}
        (self._folder / f"{number:04d}").write_text(json.dumps(asked))
        return Ticket(f"{number:04d}")

    def finish(self, ticket):
        said = self._folder / "says"
        if not said.exists():
            return None
        word = said.read_text()
        if word == "no":
            raise CertifyFault(FaultCode.KEY_REFUSED, "refused on the phone")
        answer = bytes.fromhex(json.loads((self._folder / ticket.reference).read_text())["answer"])
        return answer[:-1] + bytes([answer[-1] ^ 1]) if word == "wrong" else answer

    def asked(self):
        return [json.loads(path.read_text())["asked"] for path in sorted(self._folder.glob("[0-9]*"))]

    def say(self, word):
        (self._folder / "says").write_text(word)


class Tokens:
    """The house's keyring with the officer's and the agency's keys on tokens."""

    def __init__(self, keyring, officer, folder):
        self._keyring = keyring
        self.tokens = {
            holder: Token(keyring.of(holder), folder / name)
            for holder, name in ((officer, "officer"), (AGENCY, "agency"))
        }

    def of(self, holder):
        return self.tokens.get(holder) or self._keyring.of(holder)

    def is_unattended(self, holder):
        return holder == AGENCY

    def is_here(self, _holder):
        return True

    def refusal(self, holder, purpose):
        return self._keyring.refusal(holder, purpose)


@pytest.fixture
def tokens(house, tmp_path):
    (tmp_path / "tokens").mkdir()
    return Tokens(house.office.keyring, house.officer.account, tmp_path / "tokens")


@pytest.fixture
def waiting(house, page, tokens):
    """A house whose officer has confirmed a copy and holds the key on a token; the copy's id."""
    slow = house.with_office(keyring=tokens)
    copy = slow.approved(slow.archived(page))
    certifying.confirm_copy(slow.office, slow.officer, copy)
    return slow, copy


def copy_row(office, copy) -> Copy:
    with reading(office.engine) as connection:
        return copy_of(connection.execute(sa.select(copies).where(copies.c.id == copy)).one())


def later(office, seconds=60):
    now = office.clock() + timedelta(seconds=seconds)
    return replace(office, clock=lambda: now)


def events(office, copy):
    with reading(office.engine) as connection:
        return [entry.what for entry in ledger.entries(connection, copy)]


def due_of_things(office):
    """What is due but for the chores of the house, which are due again every day."""
    return [due for due in due_work(office) if due.table != "chores"]


def test_it_waits_without_counting_failures_and_is_asked_once(waiting, tokens, house):
    slow, copy = waiting
    office = slow.office
    for _ in range(5):
        run_until_idle(office)
        office = later(office)
    row = copy_row(office, copy)
    assert (row.state, row.fault, row.attempts, row.number) == (CopyState.OFFICER_ASKED, None, 0, 1)
    assert row.retry_at > slow.office.clock()
    assert len(tokens.of(house.officer.account).asked()) == 1
    assert events(office, copy).count("officer_asked") == 1


def test_nothing_is_due_before_the_holder_is_asked_again(waiting):
    slow, copy = waiting
    run_until_idle(slow.office)
    assert due_work(slow.office) == ()
    assert [due.id for due in due_work(later(slow.office))] == [copy]


def test_the_answer_comes_after_a_restart(waiting, tokens, house, tmp_path):
    slow, copy = waiting
    run_until_idle(slow.office)
    tokens.of(house.officer.account).say("yes")
    reopened = open_office(slow.office.settings, demo=True)
    again = Tokens(reopened.keyring, house.officer.account, tmp_path / "tokens")
    office = later(replace(reopened, keyring=again))
    run_until_idle(office)
    assert copy_row(office, copy).state is CopyState.AGENCY_ASKED
    again.of(AGENCY).say("yes")
    run_until_idle(later(office, 120))
    row = copy_row(office, copy)
    assert (row.state, row.number, row.attempts) == (CopyState.ISSUED, 1, 0)
    assert [len(token.asked()) for token in again.tokens.values()] == [1, 1]
    reopened.engine.dispose()


def test_a_refusal_is_told_and_a_person_may_have_it_asked_anew(waiting, tokens, house):
    slow, copy = waiting
    run_until_idle(slow.office)
    token = tokens.of(house.officer.account)
    token.say("no")
    office = later(slow.office)
    run_until_idle(office)
    row = copy_row(office, copy)
    assert row.needs_a_look
    assert str(row.fault).endswith(FaultCode.KEY_REFUSED)
    assert due_of_things(later(office, 10_000)) == []
    token.say("yes")
    retrying.try_copy_again(office, slow.officer, copy)
    run_until_idle(office)
    assert copy_row(office, copy).state is CopyState.AGENCY_ASKED
    assert len(set(token.asked())) == len(token.asked()) == 2


def test_an_answer_that_is_no_signature_of_the_certificate_is_never_used(waiting, tokens, house):
    slow, copy = waiting
    run_until_idle(slow.office)
    tokens.of(house.officer.account).say("wrong")
    office = later(slow.office)
    run_until_idle(office)
    row = copy_row(office, copy)
    assert (row.state, row.needs_a_look) == (CopyState.OFFICER_ASKED, True)
    with reading(office.engine) as connection:
        roles = {file.role for file in keeping.files_of(connection, row.paper)}
    assert FileRole.OFFICER_SIGNED not in roles


def test_who_never_answers_leaves_a_number_that_can_be_void(waiting, house):
    slow, copy = waiting
    run_until_idle(slow.office)
    certifying.void_copy(slow.office, slow.records_officer, copy, "Người ký đi vắng")
    assert copy_row(slow.office, copy).state is CopyState.VOID
    assert due_of_things(later(slow.office, 10_000)) == []


class Interrupted:
    """A token whose process, or ours, is killed at one moment; afterwards it is the token itself."""

    def __init__(self, token, moment):
        self._token = token
        self._moment = moment

    def __getattr__(self, name):
        return getattr(self._token, name)

    def begin(self, to_be_signed):
        if self._moment == "before the holder hears":
            raise Killed
        ticket = self._token.begin(to_be_signed)
        if self._moment == "before the ticket is kept":
            raise Killed
        return ticket

    def finish(self, ticket):
        answer = self._token.finish(ticket)
        if self._moment == "when the answer comes":
            raise Killed
        return answer


@pytest.mark.parametrize(
    "moment", ["before the holder hears", "before the ticket is kept", "when the answer comes"]
)
def test_killed_at_any_step_it_asks_for_one_signature_and_goes_on(waiting, tokens, house, moment):
    slow, copy = waiting
    officer = house.officer.account
    token = tokens.tokens[officer]
    token.say("yes")
    tokens.of(AGENCY).say("yes")
    tokens.tokens[officer] = Interrupted(token, moment)
    with pytest.raises(Killed):
        run_until_idle(slow.office)
    tokens.tokens[officer] = token
    office = later(replace(slow.office, owner="another:1:1"), 10_000)
    run_until_idle(office)
    row = copy_row(office, copy)
    assert (row.state, row.number, row.attempts) == (CopyState.ISSUED, 1, 0)
    assert len(set(token.asked())) == 1
    with reading(office.engine) as connection:
        assert len(connection.execute(sa.select(signings)).all()) == 2
    assert events(office, copy).count("officer_signed") == 1
