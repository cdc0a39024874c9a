import json

import pytest

from bench.stress import __main__ as stress
from bench.stress.conditions import SEED, all_pages
from bench.stress.making import make_page
from bench.stress.running import FAULT, run_pages


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setattr(stress, "OUT", tmp_path)
    monkeypatch.setattr(stress, "PAGES", tmp_path / "pages")
    monkeypatch.setattr(stress, "LOOK", tmp_path / "look")
    return tmp_path


def test_the_bench_reads_pages_the_rooms_way_and_tells_what_came_of_them(out, capsys):
    arguments = ["--conditions", "blank,one-line", "--sample", "12", "--jobs", "1", "--keep"]
    status = stress.main(arguments)
    told = json.loads((out / "stress.json").read_text(encoding="utf-8"))
    assert [(page["condition"], page["index"]) for page in told["pages"]] == [("one-line", 0), ("blank", 0)]
    line, blank = told["pages"]
    assert line["letters"] > 10
    assert line["words"] > 0
    assert blank["verdict"] == "LOOK"
    assert all(page["cpu_seconds"] > 0 for page in told["pages"])
    assert status == any(goal["state"] == "broken" for goal in told["goals"])
    assert {path.name for path in (out / "look").iterdir()} == {
        *("one-line-00.jpg", "one-line-00.txt", "blank-00.jpg", "blank-00.txt")
    }
    assert "blank pages not flagged" in capsys.readouterr().out


def test_a_page_that_no_document_comes_of_is_told_and_spares_its_neighbours(tmp_path):
    pages = tuple(all_pages(SEED, ("blank",), every=6))
    make_page(pages[0], tmp_path).path.write_bytes(b"no picture")
    (outcomes,) = run_pages(pages, 1, tmp_path)
    assert [outcome.verdict for outcome in outcomes] == [FAULT, "LOOK"]
    assert outcomes[0].reasons == ("NOT_A_DOCUMENT",)
