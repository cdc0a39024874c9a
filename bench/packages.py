"""Packages of a dossier, judged by others: eark-validator (SIP, AIP) and bagit.

    MOTCUA_EARK=VENV/bin/python ./motcua bench packages

eark-validator (1.1.3) pins an lxml older than pyHanko's, so it lives in a virtual environment of its own:
`python3 -m venv VENV && VENV/bin/pip install eark-validator`. It fetches four vocabularies over the network
whenever it is started; here it is given those that come with it, and nothing is asked. Without MOTCUA_EARK
that half is told as not measured.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import bagit  # noqa: E402

from bench import tests_at_hand  # noqa: E402, F401 the rooms run in place, from the root
from bench.dossiers import make_dossier  # noqa: E402
from bench.goals import Goal, concluded  # noqa: E402
from office.bootstrap import open_office, operator  # noqa: E402
from office.desk.describing.exporting import Form, export_dossier  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402

SECONDS = 120
EDITIONS = ("V2.0.4", "V2.1.0")  # that which TT 05/2025/TT-BNV names, and the validator's newest
# SIP14 wants an attribute without its name space on the creator's note, which METS does not know, and whose
# value CSIP16 forbids on the same note; no SIP can meet both rules as the validator reads them.
CONTRADICTED = "SIP14:"
LAUNCH = """
import io, sys, urllib.request
from importlib.resources import files
def shipped(address, *_):
    name = address.rpartition("/")[2]
    return io.BytesIO(files("eark_validator.ipxml.resources.vocabs").joinpath(name).read_bytes())
urllib.request.urlopen = shipped
from eark_validator.cli.app import main
sys.exit(main())
"""


def main(_arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="motcua-packages-") as told:
        folder = Path(told)
        office = open_office(Settings(data=folder / "house"))
        code = make_dossier(office, 0).code
        run_until_idle(office)
        written = {
            form: export_dossier(office, operator(office), code, form, folder / form)
            for form in (Form.SIP, Form.AIP, Form.BAG)
        }
        office.engine.dispose()
        wrong = {form: judged(written[form]) for form in (Form.SIP, Form.AIP)}
        for form, errors in wrong.items():
            print(f"{form}: {'not judged' if errors is None else errors or 'nothing wrong'}")
        is_bag = bagit.Bag(str(written[Form.BAG])).is_valid()
    goals = [Goal(f"{form}: errors told by eark-validator", count(wrong[form]), 0) for form in wrong]
    return concluded([*goals, Goal("bagit: bags that are not valid", 1 - is_bag, 0)])


def count(errors: list[str] | None) -> int | None:
    return None if errors is None else len(errors)


def judged(package: Path) -> list[str] | None:
    """What the validator calls an error, by any edition of the rules; None when it cannot be had."""
    python = os.environ.get("MOTCUA_EARK")
    if not python:
        return None
    return sorted({one for edition in EDITIONS for one in judged_by(edition, python, package)})


def judged_by(edition: str, python: str, package: Path) -> list[str]:
    done = subprocess.run(
        [python, "-c", LAUNCH, "-s", edition, str(package)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    start = done.stdout.find("{")
    if start < 0:
        return [f"no report: {done.stdout[-300:]} {done.stderr[-2000:]}"]
    report, _end = json.JSONDecoder().raw_decode(done.stdout[start:])
    return sorted(one for one in set(errors_in(report)) if not one.startswith(CONTRADICTED))


def errors_in(report: object) -> list[str]:
    """Every message of severity error, wherever in the report."""
    if isinstance(report, list):
        return [one for part in report for one in errors_in(part)]
    if not isinstance(report, dict):
        return []
    told = str(report.get("severity", "")).lower() == "error"
    own = [f"{report.get('rule_id') or report.get('ruleId')}: {report.get('message')}"] if told else []
    return own + [one for part in report.values() for one in errors_in(part)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
