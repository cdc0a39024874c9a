"""A fault is known by its family and code, wherever it has travelled."""

import copy
import pickle
from enum import StrEnum

from foundation.faults import Fault


class Code(StrEnum):
    BUSY = "BUSY"
    JAM = "JAM"


class MachineFault(Fault):
    code: Code


class FeederFault(MachineFault):
    """Stays in its family."""


def test_its_key_is_family_and_code():
    assert MachineFault(Code.BUSY).key == "MachineFault.BUSY"


def test_what_derives_from_a_family_stays_in_it():
    assert FeederFault(Code.JAM).key == "MachineFault.JAM"


def test_its_text_tells_the_code_and_the_detail():
    assert str(MachineFault(Code.JAM, "roller 2", page=3)) == "JAM: roller 2"
    assert str(MachineFault(Code.JAM)) == "JAM"


def test_it_travels_whole():
    fault = MachineFault(Code.JAM, "roller 2", page=3)
    for again in (pickle.loads(pickle.dumps(fault)), copy.copy(fault)):  # noqa: S301 our own bytes
        assert (again.key, again.detail, again.where) == ("MachineFault.JAM", "roller 2", {"page": 3})
