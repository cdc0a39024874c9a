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
    assert (settings.unit, settings.web.port) == ("phuong-b", 9001)


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
    assert (
        load_settings(tmp_path, {"MOTCUA_ROOT": "/r", "MOTCUA_JUDGES": "/j", "PATH": "/bin"}).web.port == 8000
    )


def test_scanners_are_listed_with_commas():
    root = Path("/nowhere")
    assert load_settings(root, {}).scanners.allowed_ids == ()
    assert load_settings(root, {"MOTCUA_SCANNERS": "a, sane:test:0,,"}).scanners.allowed_ids == (
        "a",
        "sane:test:0",
    )


def test_yes_and_no_are_read_as_people_write_them():
    root = Path("/nowhere")
    assert load_settings(root, {"MOTCUA_OWN_SCANS_CERTIFIABLE": "True"}).signing.own_scans_certifiable
    assert not load_settings(root, {"MOTCUA_OWN_SCANS_CERTIFIABLE": "0"}).signing.own_scans_certifiable


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
    assert usual.limits.lease_seconds > usual.signing.tsa_wait_seconds


def test_a_group_is_a_table_of_the_file_and_the_start_of_a_name_in_the_environment(tmp_path):
    (tmp_path / "motcua.toml").write_text('[web]\nport = 9001\nhost = "192.0.2.1"\n[limits]\nworkers = 3\n')
    settings = load_settings(tmp_path, {"MOTCUA_WEB_PORT": "9002"})
    assert (settings.web.port, settings.web.host, settings.limits.workers) == (9002, "192.0.2.1", 3)


@pytest.mark.parametrize("name", ["MOTCUA_PORT", "MOTCUA_WEB_PORT"])
def test_a_setting_keeps_the_name_it_had_before_there_were_groups(tmp_path, name):
    assert load_settings(tmp_path, {name: "9003"}).web.port == 9003


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path):
    (tmp_path / "address").write_text("postgresql://motcua:hush@/motcua\n")
    settings = load_settings(tmp_path, {"MOTCUA_DATABASE_URL_FILE": str(tmp_path / "address")})
    assert settings.engine_url == "postgresql://motcua:hush@/motcua"
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {"MOTCUA_DATABASE_URL_FILE": str(tmp_path / "nowhere")})
    assert refused.value.code is SettingsCode.UNREADABLE


@pytest.mark.parametrize(
    "told", ["[web]\nprot = 1\n", "[wbe]\nport = 1\n", "web = 1\n", "[web.port]\na = 1\n"]
)
def test_a_table_with_what_nobody_knows_is_refused(tmp_path, told):
    (tmp_path / "motcua.toml").write_text(told)
    with pytest.raises(SettingsFault):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "value"), [("MOTCUA_PORT", "65536"), ("MOTCUA_WORKERS", "0"), ("MOTCUA_LANG", "fr")]
)
def test_a_value_out_of_its_bounds_is_refused(tmp_path, name, value):
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {name: value})
    assert refused.value.code is SettingsCode.BAD_VALUE
