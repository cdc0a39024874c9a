"""Those who watch the server: it answers, it is ready or says what is not, and tells its figures to few."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from office.settings import Settings, SettingsFault, load_settings
from office.tables import papers
from office.views import figures as looking
from office.web.app import create_app
from office.web.screens.watch.routes import may_watch
from storage.database import writing
from tests.office.browsing import Visitor, served

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def visitor(house_on_each):
    with served(house_on_each.office) as url, Visitor(url) as somebody:
        yield somebody


def value(text: str, name: str) -> float:
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])


def test_a_house_that_is_well_is_ready_and_tells_its_figures(house_on_each, visitor, page):
    paper = house_on_each.scanned(page)
    with writing(house_on_each.office.engine) as connection:
        changed = sa.update(papers).where(papers.c.id == paper)
        connection.execute(changed.values(fault="StorageFault.DISK_FULL", retry_at=None))
    assert visitor.get("/healthz").json() == {"status": "ok"}
    ready = visitor.get("/readyz")
    assert (ready.status_code, ready.json()["database"], ready.json()["disk"]) == (200, "ok", "ok")
    text = visitor.get("/metrics").text
    assert value(text, "motcua_up") == 1
    assert value(text, 'motcua_papers{state="SCANNED"}') == 1
    assert value(text, 'motcua_stuck{table="papers"}') == 1
    assert value(text, "motcua_ledger_entries") > 3
    assert value(text, "motcua_free_bytes") > 0
    assert value(text, 'motcua_http_answers_total{method="GET",status="2xx"}') >= 2
    assert value(text, "process_resident_memory_bytes") > 0


def test_each_site_counts_for_itself(house):
    one, other = create_app(house.office), create_app(house.office)
    one.state.site.measures.note("GET", 200, 0.1)
    told = 'motcua_http_answers_total{method="GET",status="2xx"}'
    assert value(one.state.site.measures.text().decode(), told) == 1
    assert told not in other.state.site.measures.text().decode()


def test_a_process_whose_database_is_gone_lives_but_is_not_ready(house, tmp_path):
    gone = sa.create_engine("postgresql+psycopg://nobody@/nothing?host=" + str(tmp_path))
    office = replace(house.office, engine=gone)
    with served(office) as url, Visitor(url) as somebody:
        assert somebody.get("/healthz").status_code == 200
        ready = somebody.get("/readyz")
        assert ready.status_code == 503
        assert ready.json() == {"status": "failing", "database": "failing", "objects": "ok", "disk": "ok"}
        text = somebody.get("/metrics").text
    assert value(text, "motcua_up") == 0


def test_a_full_disk_is_not_ready(house, monkeypatch):
    monkeypatch.setattr(looking, "LEAST_FREE_BYTES", 10**18)
    assert looking.readiness(house.office) == {"database": True, "objects": True, "disk": False}


@pytest.mark.parametrize(
    ("host", "listed", "may"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("192.0.2.7", "", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.8", "192.0.2.7", False),
        ("10.1.2.3", "192.0.2.7, 10.0.0.0/8", True),
        ("", "10.0.0.0/8", False),
        ("testclient", "", False),
    ],
)
def test_figures_are_for_this_machine_and_for_listed_addresses(host, listed, may):
    settings = Settings(data=Path("x")).having("web", watchers=listed)
    assert may_watch(host, settings.web.watching) is may


def test_others_find_no_such_page(house):
    with served(house.office) as url, Visitor(url, **{"X-Forwarded-For": "192.0.2.7"}) as somebody:
        assert somebody.get("/metrics").status_code == 404
        assert somebody.get("/healthz").status_code == 200


def test_an_address_that_is_none_is_refused_at_the_start(tmp_path):
    with pytest.raises(SettingsFault):
        load_settings(tmp_path, {"MOTCUA_WEB_WATCHERS": "everybody"})


def test_log_lines_are_json_where_that_is_set(tmp_path):
    code = (
        "import logging, sys; from office.cli import main as m; from office.cli.console import Console\n"
        "m.main(['trust', 'list', '--data', sys.argv[1]]); logging.getLogger('x').warning('một %s', 'dòng')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MOTCUA_LOG": "json"}
    line = [sys.executable, "-P", "-c", code, str(tmp_path)]
    told = subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stderr
    said = json.loads(told.splitlines()[-1])
    assert (said["level"], said["name"], said["message"]) == ("WARNING", "x", "một dòng")
