"""What an act loads: nothing heavy that it does not need."""

import subprocess
import sys

from office.confined.confine import ROOT

LOADED = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
ENGINE = {"tantivy", "storage.search.index"}
ROOMS_OF_ACTS = ("rows", "desk", "views")


def loaded_by(*modules):
    line = [sys.executable, "-P", "-c", LOADED, *modules]
    environment = {"PYTHONPATH": str(ROOT)}
    return set(
        subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout.split()
    )


def test_no_act_but_searching_loads_the_search_engine():
    paths = [path for room in ROOMS_OF_ACTS for path in (ROOT / "office" / room).glob("[a-z]*.py")]
    acts = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(paths)]
    loaded = loaded_by(*(act for act in acts if act != "office.desk.searching"))
    assert "storage.search.model" in loaded  # who may see what is asked without the engine
    assert not ENGINE & loaded


def test_the_command_that_verifies_loads_no_other_room_and_no_library_of_the_verifier():
    """What parses is loaded where it is forked from: here only what is asked and what is told."""
    loaded = loaded_by("office.cli.main", "office.cli.verifying", "office.judging")
    rooms = {name.partition(".")[0] for name in loaded}
    assert "pydantic" in rooms
    assert not rooms & {"digitize", "scanner_adapters", "storage", "pyhanko", "asn1crypto", "numpy", "PIL"}
    assert "office.confined.orders" not in loaded


def test_judging_a_file_needs_no_library_for_arrays():
    loaded = loaded_by("certify.verification.steps", "certify.verification.seen.dots")
    assert "pyhanko.sign.validation.ades" in loaded
    assert "numpy" not in loaded
