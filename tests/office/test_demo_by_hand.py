"""A demo by hand: machines scan and read, and everybody else does their own part, the seal too."""

import json

import pytest

from certify.signing.keyring import AGENCY
from office.cli.main import main
from office.demo.sample import find_sample
from office.desk import certifying, digitizing
from office.procedure import CopyState, PaperState
from office.work.dispatcher import run_until_idle
from tests.office.conftest import open_house


@pytest.fixture
def by_hand(tmp_path, capsys):
    """Such a house as one command leaves it, and what it told people."""
    assert main(["demo", "--by-hand", "--once", "--data", str(tmp_path / "house")]) == 0
    house = open_house(tmp_path / "house")
    yield house, capsys.readouterr().out
    house.office.engine.dispose()


def test_the_sample_waits_for_its_clerk_its_officer_and_the_seal(by_hand):
    house, told = by_hand
    office = house.office
    assert all(name in told for name in ("canbo", "lanhdao", "vanthu", "duyệt ký"))
    sample = find_sample(office)
    assert sample.state is PaperState.READ
    digitizing.sign_scan(office, house.clerk, sample.paper)
    run_until_idle(office)
    digitizing.review_paper(office, house.clerk, sample.paper, digitizing.Review(sample.pages, {}))
    run_until_idle(office)
    copy = house.approved(sample.paper, sample.pages)
    certifying.confirm_copy(office, house.officer, copy)
    run_until_idle(office)
    assert find_sample(office).copy_state is CopyState.OFFICER_SIGNED
    certifying.seal_copy(office, house.records_officer, copy)
    run_until_idle(office)
    assert find_sample(office).copy_state is CopyState.ISSUED


def test_a_house_by_hand_stays_one_whoever_starts_it_again(by_hand, capsys):
    office = by_hand[0].office
    assert not office.keyring.is_unattended(AGENCY)
    assert main(["demo", "--once", "--json", "--data", str(office.settings.data)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [stage["name"] for stage in told["stages"]] == ["Chuẩn bị", "Quét", "Đọc"]
    assert not {"copy", "digitized"} & told.keys()  # nothing came out that could be looked at
    assert find_sample(office).state is PaperState.READ
