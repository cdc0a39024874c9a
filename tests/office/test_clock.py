"""The doctor tells a clock that runs behind the ledger or beside the database's server."""

from dataclasses import replace
from datetime import timedelta

import pytest

from foundation.clock import utc_now
from office.cli.main import main
from office.desk.upkeep.clock import Against, drifts, is_synchronized
from office.rows import recording
from storage.database import writing


def behind(office, seconds):
    return replace(office, clock=lambda: utc_now() - timedelta(seconds=seconds))


def test_a_clock_that_is_right_is_not_told(house_on_each):
    assert list(drifts(house_on_each.office)) == []


@pytest.mark.parametrize("seconds", [60, -60])
def test_a_clock_that_is_wrong_is_told_against_what_shows_it(house_on_each, seconds):
    office = house_on_each.office
    with writing(office.engine) as connection:
        recording.note(connection, office, recording.SYSTEM, "tested", "clock")
    wanted = {Against.LEDGER} if seconds > 0 else set()
    wanted |= {Against.DATABASE} if office.engine.dialect.name == "postgresql" else set()
    found = {one.against: one.seconds for one in drifts(behind(office, seconds))}
    assert set(found) == wanted
    assert all(abs(told - seconds) < 5 for told in found.values())


def test_the_doctor_names_the_clock_and_its_cure(house, capsys):
    ahead = replace(house.office, clock=lambda: utc_now() + timedelta(hours=1))
    with writing(ahead.engine) as connection:
        recording.note(connection, ahead, recording.SYSTEM, "tested", "clock")
    main(["doctor", "--data", str(house.office.settings.data)])
    told = capsys.readouterr().out
    assert "chậm hơn mục cuối của nhật ký" in told
    assert "set-ntp" in told


def test_the_kernel_says_whether_its_clock_is_kept_right():
    assert is_synchronized() in (True, False, None)
