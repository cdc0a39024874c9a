"""Houses with real keys, copied for each test from those that the session made once."""

import shutil
from dataclasses import replace

import pytest

from office.desk import certifying
from tests.office.keys.real_houses import open_real_house
from tests.office.keys.real_keys import (
    KeysAtHand,
    add_all,
    keys_open,
    make_keys,
)
from tests.real_authority import RealAuthority


@pytest.fixture(scope="session")
def made_keys(tmp_path_factory) -> KeysAtHand:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def made_house(made_keys, tmp_path_factory):
    """The data directory of a house with real keys, none of them open."""
    data = tmp_path_factory.mktemp("made") / "house"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", made_keys.tokens.environment["SOFTHSM2_CONF"])
        add_all(open_real_house(data, made_keys.authority), made_keys).office.engine.dispose()
    return data


@pytest.fixture(scope="session")
def approved_house(made_keys, made_house, page, tmp_path_factory):
    """The same with a copy that waits for its officer; its data directory and the copy's id."""
    data = tmp_path_factory.mktemp("approved") / "house"
    shutil.copytree(made_house, data)
    house = open_real_house(data, made_keys.authority)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", made_keys.tokens.environment["SOFTHSM2_CONF"])
        with keys_open(house.office, ("ward",)) as office:
            opened = house.with_office(keyring=office.keyring)
            copy = opened.approved(opened.archived(page))
    house.office.engine.dispose()
    return data, copy


@pytest.fixture
def keys(made_keys, tmp_path, monkeypatch) -> KeysAtHand:
    """The session's tokens and authority, copied for this test alone."""
    tokens = made_keys.tokens.copy_to(tmp_path / "softhsm")
    monkeypatch.setenv("SOFTHSM2_CONF", tokens.environment["SOFTHSM2_CONF"])
    shutil.copytree(made_keys.authority.folder, tmp_path / "authority")
    return replace(made_keys, tokens=tokens, authority=RealAuthority(tmp_path / "authority"))


@pytest.fixture
def house(made_house, keys, tmp_path):
    """A house with real keys, none of them open."""
    shutil.copytree(made_house, tmp_path / "house")
    opened = open_real_house(tmp_path / "house", keys.authority)
    yield opened
    opened.office.engine.dispose()


@pytest.fixture
def approved(approved_house, keys, tmp_path):
    """A house with real keys and the id of a copy that waits for its officer."""
    data, copy = approved_house
    shutil.copytree(data, tmp_path / "house")
    opened = open_real_house(tmp_path / "house", keys.authority)
    yield opened, copy
    opened.office.engine.dispose()


@pytest.fixture
def confirmed(approved):
    """The same, and the officer has confirmed the copy."""
    opened, copy = approved
    certifying.confirm_copy(opened.office, opened.officer, copy)
    return opened, copy
