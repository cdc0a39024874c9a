"""Each row of quirks.toml changes what happens on the machine it is about: right with it, wrong without."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from scanner_adapters.escl.quirks import Quirks, Row, quirks_of, rows
from scanner_adapters.model import FaultCode, JobState, ScanSettings, ScanSource
from scanner_adapters.scanner import ScanOutcome
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import PROFILES
from tests.scanner_adapters.escl_rig import ADF, DUPLEX, Rig, code_of, delivered, leaves, stack_of
from tests.scanner_adapters.scan_files import jpeg


def whole(done: ScanOutcome) -> bool:
    return done.state is JobState.COMPLETED and delivered(done) == stack_of(3)


def scan(rig: Rig) -> bool:
    return whole(rig.scan())


def scan_empty_feeder(rig: Rig) -> bool:
    rig.machine._leaves = ()
    return code_of(rig.scan()) == FaultCode.NO_DOCS


def scan_twice_after_a_stop(rig: Rig) -> bool:
    rig.scan(is_stopped=lambda: len(rig.job().pages()) == 1)
    rig.hands.sleep(600)
    return whole(rig.scan(name="next"))


def scan_finely(rig: Rig) -> bool:
    rig.machine._leaves = (lambda ticket: jpeg(1, *(side // 5 for side in ticket.pixels)),)
    page = rig.scan(ScanSettings(ScanSource.ADF, dpi=600)).pages[0]
    return page.effective.dpi == 300


def scan_both_sides(rig: Rig) -> bool:
    return [("turned_180" in page.flags) for page in rig.scan(DUPLEX).pages] == [False, True, False]


@dataclass(frozen=True)
class Case:
    """How a row shows: the act on the simulated machine, and the flags that this act is about."""

    act: Callable[[Rig], bool]
    flags: tuple[str, ...]


CASES = {
    "brother": [Case(scan, ("load_pause",))],
    "hp-localhost": [Case(scan, ("host",))],
    "epson-port": [Case(scan, ("host",))],
    "canon-empty-is-jam": [Case(scan_empty_feeder, ("check_feeder_first",))],
    "xerox-forgets": [Case(scan, ("retry_codes",)), Case(scan_twice_after_a_stop, ("leave_job",))],
    "xerox-410": [Case(scan, ("retry_codes",))],
    "canon-600-is-300": [Case(scan_finely, ("max_dpi",))],
    "kyocera-open-end": [Case(scan, ("close_after_end",))],
    "epson-backs": [Case(scan_both_sides, ("backs_turned",))],
    "hp-slow": [Case(scan, ("busy_tries",))],
    "epson-empty-end": [Case(scan, ("empty_is_end",))],
}
SHOWN = [(profile, case) for profile, cases in CASES.items() for case in cases]


def rig_of(root, profile, table) -> Rig:
    return Rig(root, Machine(leaves(3), PROFILES[profile]), table=table)


def without(row: Row, flags: tuple[str, ...]) -> tuple[Row, ...]:
    """The table with one row shorter of these flags."""
    left = {flag: value for flag, value in row.flags.items() if flag not in flags}
    short = Row(row.models, row.symptom, left, row.profile)
    return tuple(short if other is row else other for other in rows())


@pytest.mark.parametrize(("profile", "case"), SHOWN, ids=lambda value: getattr(value, "flags", value))
def test_a_row_makes_the_difference(tmp_path, profile, case):
    row = next(row for row in rows() if row.profile == profile)
    assert case.act(rig_of(tmp_path / "with", profile, None)) is True
    assert case.act(rig_of(tmp_path / "without", profile, without(row, case.flags))) is False


def test_every_row_and_every_flag_is_shown():
    assert {row.profile for row in rows()} == set(CASES)
    assert len(rows()) >= 10
    for row in rows():
        assert set(row.flags) == {flag for case in CASES[row.profile] for flag in case.flags}
        assert row.symptom


def test_rows_match_by_make_and_model_and_a_stranger_has_none():
    assert quirks_of("Motcua Simulated Scanner") == Quirks()
    assert quirks_of("brother mfc-l2710dw").load_pause == 1.0
    wf = quirks_of("EPSON WF-3520 Series")
    assert (wf.host, wf.backs_turned) == ("port", True)
    assert quirks_of("Kyocera ECOSYS M5521cdw").close_after_end


def test_the_plain_machine_needs_no_row(tmp_path):
    assert whole(rig_of(tmp_path, "plain", ()).scan(ADF))
