"""The door: tries, locks, sessions and what of them stands in the ledger."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2.profiles import CHEAPEST

from office.bootstrap import open_office
from office.faults import DeskCode, DeskFault
from office.people.accounts import (
    ACCOUNT_IDLE,
    AccountCode,
    AccountFault,
    Attempt,
    NewAccount,
    change_password,
    create_account,
    list_accounts,
    locked_accounts,
    log_in,
    log_out,
    switch_off_account,
    unlock_account,
)
from office.people.passwords import Passwords, is_strong, new_password
from office.people.sessions import find_session
from office.people.tries import MOST_BROWSERS
from office.procedure import Role
from office.settings import Settings
from office.tables import accounts, browsers, sessions
from office.value import Office
from storage import ledger
from storage.database import reading

RIGHT = "Dung-mat-khau-2026"
WRONG = "sai"
PASSWORDS = Passwords(CHEAPEST)  # one test below shows that the office itself uses the dear ones
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Clock:
    """An instant that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, database_url: str, clock: Clock) -> Iterator[Office]:
    opened = open_office(Settings(data=tmp_path / "data").having("database", url=database_url), demo=False)
    office = replace(opened, clock=clock)
    create_account(office, PASSWORDS, account("lan"))
    yield office
    office.engine.dispose()


def account(name: str, *roles: Role) -> NewAccount:
    return NewAccount(
        name=name,
        full_name="Nguyễn Thị Lan",
        title="Công chức",
        roles=frozenset(roles or {Role.CLERK}),
        unit="phuong-mau",
        password=RIGHT,
        must_change=False,
    )


def enter(office: Office, password: str = RIGHT, name: str = "lan") -> str:
    _, keys = log_in(office, PASSWORDS, Attempt(name, password, "10.0.0.7", "motcua"))
    return keys.token


def refusal(office: Office, password: str = WRONG, name: str = "lan") -> DeskFault:
    with pytest.raises(DeskFault) as refused:
        enter(office, password, name)
    return refused.value


def noted(office: Office) -> list[str]:
    with reading(office.engine) as connection:
        return [entry.what for entry in ledger.entries(connection, "accounts")]


def test_the_right_password_opens_a_session_of_its_account(office):
    session = find_session(office, enter(office))
    assert session is not None
    assert session.actor.full_name == "Nguyễn Thị Lan"
    assert session.actor.units == {"phuong-mau"}


def test_neither_password_nor_token_can_be_read_from_the_rows(office):
    token = enter(office)
    with reading(office.engine) as connection:
        kept = str([connection.execute(sa.select(table)).all() for table in (accounts, sessions)])
    assert RIGHT not in kept
    assert token not in kept
    assert "$argon2id$" in kept


def test_passwords_are_kept_with_the_low_memory_parameters_of_rfc_9106():
    kept = Passwords().hash(RIGHT)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Passwords().is_right(kept, RIGHT)
    assert not Passwords().is_right(kept, WRONG)
    assert not Passwords().is_right(None, RIGHT)


def test_a_name_is_one_in_any_case_and_composition(office):
    assert enter(office, name=" LAN ")
    with pytest.raises(AccountFault) as taken:
        create_account(office, PASSWORDS, account("Lan"))
    assert taken.value.code is AccountCode.NAME_TAKEN


@pytest.mark.law("L56")
def test_the_fifth_wrong_password_locks_for_twelve_hours_and_not_less(office, clock):
    left = [refusal(office).detail for _ in range(4)]
    assert left == ["4", "3", "2", "1"]
    assert refusal(office).code is DeskCode.LOGIN_LOCKED
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_LOCKED
    clock.pass_by(hours=11, minutes=59)
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_LOCKED
    clock.pass_by(minutes=2)
    assert enter(office)


@pytest.mark.law("L56")
def test_tries_at_the_same_time_cannot_exceed_five(office):
    def attempt(_: int) -> DeskCode:
        with pytest.raises(DeskFault) as refused:
            log_in(office, PASSWORDS, Attempt("lan", WRONG))
        return refused.value.code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(attempt, range(8)))
    assert codes.count(DeskCode.LOGIN_REFUSED) == 4
    assert noted(office).count("login_failed") == 5
    assert noted(office).count("login_refused") == 3


def test_a_right_password_forgets_the_wrong_ones_before_it(office):
    for _ in range(4):
        refusal(office)
    enter(office)
    assert refusal(office).detail == "4"


def test_a_name_that_does_not_exist_counts_and_locks_like_one_that_does(office):
    ours = [(fault.code, fault.detail) for fault in (refusal(office) for _ in range(6))]
    nobodys = [(fault.code, fault.detail) for fault in (refusal(office, name="khong") for _ in range(6))]
    assert ours == nobodys


@pytest.mark.law("L56")
def test_an_account_idle_for_45_days_is_off_until_somebody_lets_it_in(office, clock):
    enter(office)
    clock.pass_by(days=44, hours=23)
    enter(office)
    clock.pass_by(days=45)
    assert refusal(office, RIGHT).detail == ACCOUNT_IDLE
    unlock_account(office, "system:operator", "lan")
    assert enter(office)


def test_whether_an_account_is_idle_is_told_only_to_who_knows_its_password(office, clock):
    clock.pass_by(days=50)
    assert refusal(office).code is DeskCode.LOGIN_REFUSED


@pytest.mark.law("L56")
@pytest.mark.parametrize(("roles", "minutes"), [((Role.CLERK,), 15), ((Role.ADMINISTRATOR,), 5)])
def test_a_session_ends_when_nobody_is_there(office, clock, roles, minutes):
    create_account(office, PASSWORDS, account("mai", *roles))
    token = enter(office, name="mai")
    clock.pass_by(minutes=minutes, seconds=-1)
    assert find_session(office, token) is not None
    clock.pass_by(minutes=minutes)
    assert find_session(office, token) is None


def test_a_page_refreshing_itself_keeps_no_session_alive(office, clock):
    token = enter(office)
    for _ in range(14):
        clock.pass_by(minutes=1)
        assert find_session(office, token, by_person=False) is not None
    clock.pass_by(minutes=1)
    assert find_session(office, token, by_person=False) is None


def test_a_session_ends_after_its_hours_however_busy_it_is(office, clock):
    token = enter(office)
    for _ in range(60):
        clock.pass_by(minutes=9, seconds=59)
        assert find_session(office, token) is not None
    clock.pass_by(minutes=10)
    assert find_session(office, token) is None


def test_leaving_ends_the_session_for_good(office):
    token = enter(office)
    session = find_session(office, token)
    assert session is not None
    log_out(office, session)
    assert find_session(office, token) is None


def test_every_log_in_gets_a_session_of_its_own(office):
    assert enter(office) != enter(office)


def test_an_account_switched_off_loses_its_sessions_and_its_way_in(office):
    token = enter(office)
    switch_off_account(office, "system:operator", "lan")
    assert find_session(office, token) is None
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_REFUSED


def test_a_new_password_ends_every_other_session(office):
    other, own = enter(office), enter(office)
    session = find_session(office, own)
    assert session is not None
    change_password(office, PASSWORDS, session, RIGHT, "Mot-mat-khau-khac-9")
    assert find_session(office, own) is not None
    assert find_session(office, other) is None
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_REFUSED
    assert enter(office, "Mot-mat-khau-khac-9")


@pytest.mark.parametrize(
    "weak", ["ngan-Qua1", "khong-co-chu-hoa-1", "KHONG-CO-CHU-THUONG-1", "KhongCoKyHieu2026"]
)
def test_a_weak_password_makes_no_account(office, weak):
    with pytest.raises(AccountFault) as refused:
        create_account(office, PASSWORDS, replace(account("yeu"), password=weak))
    assert refused.value.code is AccountCode.TOO_WEAK
    assert [row.name for row in list_accounts(office)] == ["lan"]


def test_generated_passwords_are_strong_and_never_the_same():
    made = [new_password() for _ in range(200)]
    assert all(map(is_strong, made))
    assert len(set(made)) == len(made)


@pytest.mark.law("L55")
def test_the_ledger_tells_who_came_from_where_and_who_was_refused(office):
    refusal(office)
    token = enter(office)
    session = find_session(office, token)
    assert session is not None
    log_out(office, session)
    with reading(office.engine) as connection:
        told = ledger.entries(connection, "accounts")
    assert [entry.what for entry in told] == [
        "account_created",
        "login_failed",
        "account_logged_in",
        "session_closed",
    ]
    assert told[1].body["name"] == "lan"
    assert told[2].body == {"source": "10.0.0.7", "destination": "motcua"}
    assert RIGHT not in str(told)


def come_in(office: Office, browser: str = "", password: str = RIGHT, name: str = "lan") -> str:
    """Log in from a browser that holds this token; answers the new one."""
    _, keys = log_in(office, PASSWORDS, Attempt(name, password, browser=browser))
    return keys.browser


def refused_from(office: Office, browser: str, password: str = WRONG, name: str = "lan") -> DeskFault:
    with pytest.raises(DeskFault) as refused:
        come_in(office, browser, password, name)
    return refused.value


def lock(office: Office, name: str = "lan") -> None:
    for _ in range(5):
        refusal(office, name=name)


@pytest.mark.law("L56")
def test_whoever_knows_a_name_cannot_lock_its_owner_out_of_a_browser_known_from_before(office):
    own = come_in(office)
    lock(office)
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_LOCKED  # for everybody else the lock of law stands
    assert come_in(office, own)
    assert refusal(office, RIGHT).code is DeskCode.LOGIN_LOCKED  # also after the owner has come in


@pytest.mark.law("L56")
def test_a_known_browser_counts_for_itself_and_locks_for_twelve_hours(office, clock):
    own = come_in(office)
    assert [refused_from(office, own).detail for _ in range(4)] == ["4", "3", "2", "1"]
    assert refused_from(office, own).code is DeskCode.LOGIN_LOCKED
    assert refused_from(office, own, RIGHT).code is DeskCode.LOGIN_LOCKED
    clock.pass_by(hours=11, minutes=59)
    assert refused_from(office, own, RIGHT).code is DeskCode.LOGIN_LOCKED
    assert refusal(office).detail == "4"  # nobody else's tries were used up
    clock.pass_by(minutes=2)
    assert come_in(office, own)


def test_a_browsers_token_is_good_for_its_account_alone_once_and_not_for_ever(office, clock):
    create_account(office, PASSWORDS, account("mai"))
    first = come_in(office)
    second = come_in(office, first)
    assert second != first
    lock(office)
    lock(office, "mai")
    for stale in (first, "", "x" * 43, "\u0111", come_in(office, second) and second):
        assert refused_from(office, stale, RIGHT).code is DeskCode.LOGIN_LOCKED
    with reading(office.engine) as connection:
        tokens = connection.execute(sa.select(browsers.c.token_digest)).scalars().all()
    assert len(tokens) == 1
    assert first not in tokens
    third = come_in_after_lock(office)
    assert refused_from(office, third, RIGHT, "mai").code is DeskCode.LOGIN_LOCKED
    clock.pass_by(days=44)
    kept = come_in(office, third)
    clock.pass_by(days=181)
    unlock_account(office, "system:operator", "lan")
    lock(office)
    assert refused_from(office, kept, RIGHT).code is DeskCode.LOGIN_LOCKED


def come_in_after_lock(office: Office) -> str:
    unlock_account(office, "system:operator", "lan")
    return come_in(office)


def test_an_account_has_so_many_known_browsers_and_no_more(office, clock):
    known = []
    for _ in range(MOST_BROWSERS + 1):
        clock.pass_by(minutes=1)
        known.append(come_in(office))
    lock(office)
    assert refused_from(office, known[0], RIGHT).code is DeskCode.LOGIN_LOCKED
    assert come_in(office, known[-1])


def test_unlocking_lets_browser_and_name_in_again_and_switching_off_forgets_both(office):
    own = come_in(office)
    lock(office)
    for _ in range(5):
        refused_from(office, own)
    assert locked_accounts(office).keys() == {row.id for row in list_accounts(office)}
    unlock_account(office, "system:operator", "lan")
    assert locked_accounts(office) == {}
    own = come_in(office, own)
    switch_off_account(office, "system:operator", "lan")
    with reading(office.engine) as connection:
        assert connection.execute(sa.select(browsers)).all() == []
    assert refused_from(office, own, RIGHT).code is DeskCode.LOGIN_REFUSED


@pytest.mark.law("L56")
def test_tries_from_one_known_browser_at_the_same_time_cannot_exceed_five(office):
    own = come_in(office)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: refused_from(office, own).code, range(8)))
    assert codes.count(DeskCode.LOGIN_REFUSED) == 4
