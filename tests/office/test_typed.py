"""Numbers from outside: plain digits within bounds, and nothing else, on every command and setting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from office.cli.main import USAGE_ERROR, build_parser
from office.settings import SettingsCode, SettingsFault, load_settings
from office.typed import decimal_number, whole_number

NO_NUMBERS = ("", " ", "x", "+1", "-1", " 1", "1 ", "1_0", "1e3", "0x10", "١", "２", "²", "1.0", "1\n", "1\0")
NO_DECIMALS = ("", "nan", "inf", "-", "1e9", "1.", ".5", "1,2,3", "1 0", "١,5", "--1", "1_0.5")
HUGE = "9" * 5000
COMMANDS = {
    "--port": ["serve"],
    "--jobs": ["digitize", "a.jpg", "-o", "b.pdf"],
    "--pages-of-original": ["certify", "a.pdf", "-o", "b.pdf"],
    "--dpi": ["scan", "escl:x", "-o", "pages"],
    "--seconds-per-page": ["simulate-scanner"],
    "--limit": ["search", "q"],
    "--year": ["register", "print"],
    "--corners": ["digitize", "a.jpg", "-o", "b.pdf"],
}


@pytest.mark.parametrize("text", [*NO_NUMBERS, HUGE, "10000000000000000000"])
def test_what_is_no_whole_number_is_none(text):
    assert whole_number(text, 0, 2**62) is None


@pytest.mark.parametrize("text", [*NO_DECIMALS, HUGE])
def test_what_is_no_decimal_number_is_none(text):
    assert decimal_number(text, -1e12, 1e12) is None


@given(st.integers(0, 10**17), st.integers(0, 10**17), st.integers(0, 10**17))
def test_a_number_is_read_as_written_and_only_between_its_bounds(number, one, other):
    least, most = sorted((one, other))
    assert whole_number(str(number), least, most) == (number if least <= number <= most else None)


@given(st.text())
def test_whatever_is_read_is_what_python_reads_too(text):
    number = whole_number(text, 0, 10**18)
    assert number is None or (number == int(text) and text.isascii())
    part = decimal_number(text, -1e9, 1e9)
    assert part is None or part == float(text.replace(",", "."))


@pytest.mark.parametrize("text", ["x", "-1", "1_0", "٣", "nan", "1e9", "70000000000", HUGE])
@pytest.mark.parametrize("option", COMMANDS)
def test_no_command_takes_rubbish_for_a_number(option, text, capsys):
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*COMMANDS[option], f"{option}={text}"])
    assert ended.value.code == USAGE_ERROR
    assert option in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-1", "1_0", "٣", "1e3", "1.5", HUGE, "4294967296"])
def test_no_setting_takes_rubbish_for_a_number(tmp_path, value):
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {"MOTCUA_WORKERS": value})
    assert refused.value.code is SettingsCode.BAD_VALUE


@pytest.mark.parametrize("value", ["true", "1.5", "-1", "99999", '"eight"'])
def test_no_settings_file_has_rubbish_for_a_number(tmp_path, value):
    (tmp_path / "motcua.toml").write_text(f"port = {value}\n")
    with pytest.raises(SettingsFault) as refused:
        load_settings(tmp_path, {})
    assert refused.value.code is SettingsCode.BAD_VALUE
