"""`users`: accounts are added, unlocked and switched off by whoever has the machine's command line."""

import sys
from io import StringIO

import pytest

from office.bootstrap import open_office
from office.cli.main import USAGE_ERROR, main
from office.faults import DeskFault
from office.people.accounts import Attempt, list_accounts, locked_accounts, log_in
from office.people.passwords import Passwords
from office.settings import Settings

STRONG = "Mot-Cua-Ma-Manh-2026!"


@pytest.fixture
def office(tmp_path, monkeypatch):
    """An office with one account, made by the command."""
    monkeypatch.setattr(sys, "stdin", StringIO(STRONG + "\n"))
    assert main(["users", "add", "lan", "--role", "clerk", "--data", str(tmp_path)]) == 0
    opened = open_office(Settings(data=tmp_path))
    yield opened
    opened.engine.dispose()


def users(office, *words):
    return main(["users", *words, "--data", str(office.settings.data)])


def test_a_locked_account_is_unlocked_by_its_name(office, capsys):
    for _ in range(5):
        with pytest.raises(DeskFault):
            log_in(office, Passwords(), Attempt("lan", "sai"))
    assert len(locked_accounts(office)) == 1
    assert users(office, "unlock", "LAN") == 0
    assert "mở khóa" in capsys.readouterr().out
    assert locked_accounts(office) == {}
    assert log_in(office, Passwords(), Attempt("lan", STRONG))


def test_an_account_is_switched_off_and_unlocked_again(office):
    assert users(office, "off", "lan") == 0
    assert [row.active for row in list_accounts(office)] == [False]
    with pytest.raises(DeskFault):
        log_in(office, Passwords(), Attempt("lan", STRONG))
    assert users(office, "unlock", "lan") == 0
    assert log_in(office, Passwords(), Attempt("lan", STRONG))


@pytest.mark.parametrize("what", ["unlock", "off"])
def test_a_name_that_nobody_has_is_told_and_a_missing_one_is_a_usage_error(office, capsys, what):
    assert users(office, what, "khong-co") == 1
    assert "không có tài khoản" in capsys.readouterr().err.lower()
    with pytest.raises(SystemExit) as left:
        users(office, what)
    assert left.value.code == USAGE_ERROR
