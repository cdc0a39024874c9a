"""The bill of materials names every library that the set-up installs, once, with version and licence."""

import json
import re
from importlib.metadata import version
from pathlib import Path

from office.cli.main import main

PINS = (Path(__file__).resolve().parents[2] / "requirements" / "run.txt").read_text()


def test_the_bill_names_every_pinned_library_with_version_licence_and_who_needs_it(tmp_path, capsys):
    assert main(["sbom", "-o", str(tmp_path / "bom.json")]) == 0
    told = json.loads((tmp_path / "bom.json").read_text())
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told["serialNumber"])
    pinned = dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s\\]+)", PINS, re.MULTILINE))
    components = {one["name"]: one for one in told["components"]}
    assert {name: one["version"] for name, one in components.items()} == {
        name: version(name) for name in pinned
    }
    assert [name for name, one in components.items() if not one["licenses"]] == []
    references = [one["bom-ref"] for one in (told["metadata"]["component"], *told["components"])]
    assert len(set(references)) == len(references)
    edges = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    assert set(edges) == set(references)
    assert {needed for needs in edges.values() for needed in needs} <= set(references)
    (fastapi,) = (one["bom-ref"] for one in told["components"] if one["name"] == "fastapi")
    assert any("starlette" in needed for needed in edges[fastapi])
    for one in told["components"]:
        for digest in one.get("hashes", ()):
            assert digest["content"] in PINS


def test_the_bill_goes_to_standard_output_when_no_file_is_named(capsys):
    assert main(["sbom"]) == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"
