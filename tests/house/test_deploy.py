"""What starts Motcua at boot or in a container names commands and settings that there are."""

import configparser
import json
import re
from pathlib import Path

import pytest
import yaml

from office.cli.main import COMMANDS, build_parser
from office.settings import PREFIX, load_settings
from storage.s3.address import Address

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HOME = "/opt/motcua/"
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name: told for name, told in SERVICES.items() if told["image"] == "motcua"}
SECRETS = "/run/secrets/"


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


def test_compose_runs_the_pages_and_a_worker_from_our_image():
    assert {name: told["command"] for name, told in OURS.items()} == {"app": ["serve"], "worker": ["work"]}
    for told in OURS.values():
        assert build_parser().parse_args(told["command"]).command in COMMANDS
        build = told["build"]
        assert (ROOT / "deploy" / build["context"] / build["dockerfile"]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_what_compose_sets_is_known_and_leads_to_its_own_services(name, tmp_path):
    told, written = OURS[name], {}
    for setting, value in told["environment"].items():
        written[setting] = value
        if setting.endswith("_FILE"):
            assert value.removeprefix(SECRETS) in told["secrets"]
            (tmp_path / "secret").write_text("postgresql://motcua:x@database/motcua")
            written[setting] = str(tmp_path / "secret")
    assert all(setting.startswith(PREFIX) for setting in written)
    settings = load_settings(tmp_path, written)
    assert f"motcua:{settings.data}" in told["volumes"]
    assert settings.log == "json"
    for place in (settings.objects, settings.archive):
        assert Address.of(place.url).endpoint.partition(":")[0] in SERVICES
        assert {place.credentials, place.ca} <= {f"{SECRETS}{secret}" for secret in told["secrets"]}
    ports = [published.rpartition(":")[2] for published in told.get("ports", [])]
    assert ports in ([], [str(settings.web.port)])


def test_every_volume_secret_and_service_that_compose_names_is_told():
    for told in SERVICES.values():
        assert set(told.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert set(told.get("depends_on", ())) <= set(SERVICES)
        named = {volume.partition(":")[0] for volume in told.get("volumes", ())}
        assert {volume for volume in named if not volume.startswith(".")} <= set(COMPOSE["volumes"])
        assert "privileged" not in told
    port = COMPOSE["services"]["store"]["command"][3].lstrip(":")
    assert Address.of(OURS["app"]["environment"]["MOTCUA_ARCHIVE_URL"]).endpoint == f"store:{port}"


def test_operations_say_which_files_stand_beside_compose_and_that_it_was_not_started_here():
    files = {Path(told["file"]).name for told in COMPOSE["secrets"].values()}
    section = OPERATIONS.split("## With compose")[1].split("\n## ")[0]
    assert [name for name in files if name not in section] == []
    assert "S3_IMAGE" in section
    assert "not started" in section


def test_the_health_of_the_pages_is_asked_at_an_address_that_there_is():
    from office.web.gate import OPEN

    asked = OURS["app"]["healthcheck"]["test"][-1]
    compile(asked, "healthcheck", "exec")
    host, port, path = re.search(
        r'Connection\("([^"]+)", (\d+), .*"GET", "([^"]+)"', asked, re.DOTALL
    ).groups()
    assert (host, port) == ("127.0.0.1", OURS["app"]["environment"]["MOTCUA_WEB_PORT"])
    assert path in OPEN
