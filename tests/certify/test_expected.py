"""Files whose bytes never change keep their answer: the table of expected.toml says which."""

import hashlib
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certify.question import Question
from certify.verdict import FindingCode, Indication
from certify.verification.steps import verify

TABLE = tomllib.loads((Path(__file__).parent / "expected.toml").read_text(encoding="utf-8"))
PACKED = Path(__file__).parents[1] / "office" / "old_data" / "0.1.0" / "sqlite.tar.xz"
ASKED_ON = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def issued(tmp_path_factory) -> dict[str, Path]:
    """Every PDF of the packed directory that was signed, by digest, and the root beside them."""
    folder = tmp_path_factory.mktemp("issued")
    with tarfile.open(PACKED) as pack:
        pack.extractall(folder)  # noqa: S202 packed by old_data/make.py
    files = [path for path in (folder / "data").rglob("*") if path.is_file()]
    signed = [path for path in files if b"/ByteRange" in path.read_bytes() and _is_pdf(path)]
    root = folder / "data" / "demo-authority" / "root.pem"
    return {"root": root, **{hashlib.sha256(path.read_bytes()).hexdigest(): path for path in signed}}


def _is_pdf(path: Path) -> bool:
    return path.read_bytes().startswith(b"%PDF-")


def test_every_signed_file_of_an_old_house_is_in_the_table(issued):
    assert issued.keys() - {"root"} == TABLE["ours"].keys()


@pytest.mark.parametrize("sha256", TABLE["ours"])
def test_a_file_issued_long_ago_keeps_its_answer(issued, sha256):
    verdict = verify(Question(issued[sha256], (issued["root"],), None, ASKED_ON))
    decides = [f"{one.step}:{one.code}" for one in verdict.findings if one.indication is verdict.indication]
    assert [str(verdict.indication), *decides[:1]] == list(filter(None, TABLE["ours"][sha256][:2]))


@pytest.mark.parametrize("group", ["ours", "public"])
def test_the_table_speaks_the_words_of_the_verifier(group):
    verdicts = {*map(str, Indication), "NO DOCUMENT"}
    for sha256, (verdict, step, name) in TABLE[group].items():
        assert len(sha256) == 64
        assert verdict in verdicts, name
        number, _, code = step.partition(":")
        assert not step or int(number) in range(1, 11)
        assert not step or verdict == "NO DOCUMENT" or code in set(FindingCode), name


def test_no_public_sample_is_called_good_without_a_root():
    assert not [name for verdict, _, name in TABLE["public"].values() if verdict == Indication.TOTAL_PASSED]
