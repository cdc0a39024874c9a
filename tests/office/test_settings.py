"""Settings come from one file and the environment, and a name nobody knows is refused."""

from pathlib import Path

import pytest

from office.settings import SettingsCode, SettingsFault, load_settings


def test_an_empty_environment_gives_the_defaults_beside_the_command(tmp_path):
    settings = load_settings(tmp_path, {})
    assert settings.data == tmp_path / "var"
    assert settings.engine_url == f"sqlite:///{tmp_path / 'var' / 'motcua.db'}"


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "motcua.toml").write_text('unit = "phuong-a"\nport = 9001\n')
    settings = load_settings(tmp_path, {"MOTCUA_UNIT": "phuong-b"})
    assert (settings.unit, settings.port) == ("phuong-b", 9001)


def test_the_command_line_wins_over_the_environment(tmp_path):
    settings = load_settings(tmp_path, {"MOTCUA_DATA": "/elsewhere"}, tmp_path / "here")
    assert settings.data == tmp_path / "here"


@pytest.mark.parametrize("name", ["MOTCUA_UINT", "MOTCUA_", "MOTCUA_DATA_DIR"])
def test_a_name_nobody_knows_is_refused(tmp_path, name):
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {name: "x"})
    assert refused.value.code is SettingsCode.UNKNOWN


@pytest.mark.parametrize(
    ("name", "value"), [("MOTCUA_PORT", "many"), ("MOTCUA_OWN_SCANS_CERTIFIABLE", "maybe")]
)
def test_a_value_it_cannot_have_is_refused(tmp_path, name, value):
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {name: value})
    assert refused.value.code is SettingsCode.BAD_VALUE


def test_a_broken_file_is_told_not_ignored(tmp_path):
    (tmp_path / "motcua.toml").write_text("unit = ")
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {})
    assert refused.value.code is SettingsCode.UNREADABLE


def test_names_that_only_the_shell_and_the_tests_read_are_no_settings(tmp_path):
    assert load_settings(tmp_path, {"MOTCUA_ROOT": "/r", "MOTCUA_JUDGES": "/j", "PATH": "/bin"}).port == 8000


def test_scanners_are_listed_with_commas():
    root = Path("/nowhere")
    assert load_settings(root, {}).allowed_scanners == ()
    assert load_settings(root, {"MOTCUA_SCANNERS": "a, sane:test:0,,"}).allowed_scanners == (
        "a",
        "sane:test:0",
    )


def test_yes_and_no_are_read_as_people_write_them():
    root = Path("/nowhere")
    assert load_settings(root, {"MOTCUA_OWN_SCANS_CERTIFIABLE": "True"}).own_scans_certifiable
    assert not load_settings(root, {"MOTCUA_OWN_SCANS_CERTIFIABLE": "0"}).own_scans_certifiable


@pytest.mark.parametrize(
    "given",
    [{"MOTCUA_LEASE_SECONDS": "180"}, {"MOTCUA_TSA_WAIT_SECONDS": "240"}, {"MOTCUA_LEASE_SECONDS": "5"}],
)
def test_a_lease_no_longer_than_the_longest_wait_is_refused(tmp_path, given):
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, given)
    assert refused.value.code is SettingsCode.BAD_VALUE
    assert "tsa_wait_seconds" in refused.value.detail
    usual = load_settings(tmp_path, {})
    assert usual.lease_seconds > usual.tsa_wait_seconds
