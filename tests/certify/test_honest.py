"""No honest file is called forged: each setting has the very verdict of the table, and others agree.

`pdfsig -nocert` looks at digests and signature values alone, EU DSS judges by its own policy; where one of
them answers otherwise, the tables below say why.
"""

import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certify.question import Question
from certify.verdict import FindingCode, Indication
from certify.verification.steps import verify

sys.path.insert(0, str(Path(__file__).parent))
import attacks_workshop as workshop
import honest

GOOD = "Signature is Valid."
TIME_STAMP = "Signature has not yet been verified."  # what poppler says of every document time-stamp
POPPLER_JUDGES_OTHERWISE = {
    "Ed25519": "poppler's library knows no Edwards curves",
    "Ed448": "poppler's library knows no Edwards curves",
    "brainpool P-256": "poppler's library knows no brainpool curves",
    "brainpool P-384": "poppler's library knows no brainpool curves",
    "SHA3-256": "poppler's library knows no SHA-3",
}
DSS_JUDGES_OTHERWISE = {
    "Ed25519": "no Edwards curve is in the list of algorithms of its stock policy",
    "Ed448": "no Edwards curve is in the list of algorithms of its stock policy",
    "a form filled as allowed": "its stock policy warns of changes and passes them",
    "a comment as allowed": "its stock policy warns of changes and passes them",
    "no time-stamp": "it takes the archive time-stamp for the signature's own",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("honest")
    workshop.people().write_root(folder)
    logging.disable(logging.CRITICAL)
    made = {}
    try:
        for number, (name, setting) in enumerate(honest.SETTINGS.items()):
            made[name] = folder / f"{number:02d}.pdf"
            made[name].write_bytes(setting.make())
    finally:
        logging.disable(logging.NOTSET)
    return made


def test_there_are_thirty_settings_and_more():
    assert len(honest.SETTINGS) >= 30


@pytest.mark.parametrize("name", honest.SETTINGS)
def test_an_honest_file_has_the_verdict_of_the_table(files, name):
    path, expected = files[name], honest.SETTINGS[name]
    verdict = verify(Question(path, (path.parent / "root.pem",), None, datetime.now(UTC)))
    assert {one.code for one in verdict.findings} == expected.findings
    assert verdict.indication is expected.indication
    if expected.reason:
        assert expected.reason in {one.sub_indication for one in verdict.signatures}


def pdfsig(path: Path) -> list[str]:
    """Poppler's word on each signature."""
    done = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False)
    return re.findall(r"Signature Validation: (.*)", done.stdout)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="cannot be had here: pdfsig (poppler-utils)")
def test_poppler_finds_the_same_digests(files):
    others = {name: set(pdfsig(path)) - {GOOD, TIME_STAMP} for name, path in files.items()}
    assert {name for name, told in others.items() if told} == POPPLER_JUDGES_OTHERWISE.keys()


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="cannot be had here: pdfsig (poppler-utils)")
def test_a_signed_file_that_a_program_saved_anew_has_lost_its_signature(tmp_path):
    """No byte stands where it was signed; poppler finds no valid signature in it either."""
    root = workshop.people().write_root(tmp_path)
    good = tmp_path / "good.pdf"
    good.write_bytes(workshop.strangers_file())
    assert pdfsig(good)[0] == GOOD
    for name, pdf in honest.saved_anew(good.read_bytes()).items():
        path = tmp_path / "anew.pdf"
        path.write_bytes(pdf)
        verdict = verify(Question(path, (root,), None, datetime.now(UTC)))
        assert verdict.indication is Indication.TOTAL_FAILED, name
        assert FindingCode.BYTE_RANGE_WRONG in {one.code for one in verdict.findings}, name
        assert GOOD not in pdfsig(path), name


def test_eu_dss_is_of_the_same_opinion(files, eu_dss):
    told = eu_dss(files.values(), next(iter(files.values())).parent / "root.pem")
    others = {}
    for name, path in files.items():
        theirs = {(one["indication"], one["sub_indication"]) for one in told[path]}
        agrees = (theirs <= {("TOTAL_PASSED", "")}) is (
            honest.SETTINGS[name].indication is Indication.TOTAL_PASSED
        )
        if not agrees:
            others[name] = theirs
    assert others.keys() == DSS_JUDGES_OTHERWISE.keys(), others
