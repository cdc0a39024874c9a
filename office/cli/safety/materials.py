"""`sbom`: the software bill of materials, as CycloneDX 1.6: what runs here, its version, its licence.

Names are those of requirements/run.txt, which the set-up installs exactly; versions, licences and who needs
whom come from what is installed. A hash is told where that is what was pinned.
"""

import argparse
import importlib.metadata
import json
import re
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from foundation.clock import utc_now
from foundation.durable import write_whole
from office.cli.console import Console
from office.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s\\;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NEEDS = re.compile(r"^[A-Za-z0-9][\w.-]*")
LICENCE_CLASS = "License :: OSI Approved :: "
LONGEST_LICENCE = 100  # letters; what is longer is the licence's whole text


@dataclass(frozen=True)
class Pinned:
    """A library: its name, version, and the sha256 of each of its files."""

    name: str
    version: str
    sha256: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{plain(self.name)}@{self.version}"


def sbom(chosen: argparse.Namespace, _settings: Settings, console: Console) -> int:
    """Write the bill to a file, or to standard output."""
    pins = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    told = bill(pinned(pins), utc_now(), uuid.uuid4())
    text = json.dumps(told, indent=1, ensure_ascii=False)
    if chosen.out is None:
        console.answer(told, (text,))
        return 0
    write_whole(chosen.out, text.encode())
    count = len(told["components"])
    console.answer({"out": chosen.out, "components": count}, (f"{chosen.out}: {count} thành phần",))
    return 0


def pinned(text: str) -> tuple[Pinned, ...]:
    """What a file of pins names, in the versions that are installed."""
    found = list(PINNED.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return tuple(
        _installed(Pinned(one[1], one[2], tuple(HASH.findall(text[one.start() : end]))))
        for one, end in zip(found, ends, strict=True)
    )


def bill(libraries: Sequence[Pinned], at: datetime, number: uuid.UUID) -> dict[str, Any]:
    """The whole bill."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = f"pkg:generic/{project['name']}@{project['version']}"
    references = {plain(one.name): one.reference for one in libraries}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]["text"]}}],
                "purl": ours,
            },
        },
        "components": [_component(one) for one in libraries],
        "dependencies": [
            {"ref": ours, "dependsOn": sorted(references.values())},
            *({"ref": one.reference, "dependsOn": sorted(_needs(one, references))} for one in libraries),
        ],
    }


def _installed(one: Pinned) -> Pinned:
    there = importlib.metadata.version(one.name)
    return one if there == one.version else Pinned(one.name, there, ())


def plain(name: str) -> str:
    """A library's name in its one form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(one: Pinned) -> Mapping[str, Any]:
    told = {
        "type": "library",
        "bom-ref": one.reference,
        "name": one.name,
        "version": one.version,
        "purl": one.reference,
        "licenses": list(_licences(one.name)),
    }
    if len(one.sha256) == 1:  # of several files nobody knows here which was installed
        told["hashes"] = [{"alg": "SHA-256", "content": one.sha256[0]}]
    return told


def _licences(name: str) -> Iterator[Mapping[str, Any]]:
    told = _metadata(name)
    expression = told.get("License-Expression")
    if expression:
        yield {"expression": expression}
        return
    classes = [one for one in told.get_all("Classifier", []) if one.startswith(LICENCE_CLASS)]
    for one in classes:
        yield {"license": {"name": one.removeprefix(LICENCE_CLASS)}}
    text = told.get("License", "")
    if not classes and text and len(text) <= LONGEST_LICENCE:
        yield {"license": {"name": text}}


def _needs(one: Pinned, references: Mapping[str, str]) -> set[str]:
    needed = (NEEDS.match(line) for line in _metadata(one.name).get_all("Requires-Dist", []))
    names = {plain(found[0]) for found in needed if found}
    return {references[name] for name in names & references.keys()} - {one.reference}


def _metadata(name: str) -> Any:
    return importlib.metadata.metadata(name)
