"""What starts Motcua at boot or in a container names commands and settings that there are."""

import configparser
import json
import re
from pathlib import Path

import pytest

from office.cli.main import COMMANDS, build_parser
from office.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HOME = "/opt/motcua/"


def unit(path):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is_from_the_place_where_it_stands(path):
    service = unit(path)["Service"]
    program, *arguments = service["ExecStart"].split()
    assert program.startswith(HOME)
    assert (ROOT / program.removeprefix(HOME)).is_file()
    assert build_parser().parse_args(arguments).command in COMMANDS
    assert service["WorkingDirectory"] + "/" == HOME


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_keeps_its_data_where_it_may_write_and_nowhere_else(path):
    service = unit(path)["Service"]
    name, _, value = service["Environment"].partition("=")
    assert load_settings(Path("/nowhere"), {name: value}).data == Path("/var/lib", service["StateDirectory"])
    assert (service["ProtectSystem"], service["UMask"]) == ("strict", "0077")
    assert not {"RestrictNamespaces", "SystemCallFilter"} & set(service)  # the walls are made with them
    assert (ROOT / unit(path)["Unit"]["Documentation"].removeprefix(f"file:{HOME}")).is_file()


def test_the_image_starts_the_pages_as_nobody_special():
    told = dict(line.split(" ", 1) for line in CONTAINERFILE.splitlines() if line and line[0] not in "# ")
    assert json.loads(told["ENTRYPOINT"]) == [f"{HOME}motcua"]
    assert json.loads(told["CMD"])[0] in COMMANDS
    assert told["USER"] == "motcua"
    name, _, value = told["ENV"].partition("=")
    assert load_settings(Path("/nowhere"), {name: value}).data == Path(told["VOLUME"])


def test_every_setting_that_operations_name_is_known():
    named = set(re.findall(r"\b(MOTCUA_[A-Z_]+)=([^\s`]+)", OPERATIONS))
    assert len(named) >= 6
    told = {name: "8443" if name.endswith("PORT") else value for name, value in named if "FILE" not in name}
    load_settings(Path("/nowhere"), told)
