"""What real machines told: every capture is understood, its values as read off by hand."""

import pytest

from scanner_adapters.escl.capabilities import parse_capabilities
from scanner_adapters.escl.height import with_height
from scanner_adapters.escl.status import Standing, parse_status
from scanner_adapters.model import ColorMode, ScanSource
from tests.conftest import ROOT, skip_for_want_of

CAPTURES = ROOT.parent / "shared" / "corpora" / "scanner-captures"
GO = CAPTURES / "go-mfp" / "internal" / "testutils" / "data"
HP = CAPTURES / "node-hp-scan-to" / "test" / "asset"
GLASS, ADF, DUPLEX = ScanSource.FLATBED, ScanSource.ADF, ScanSource.ADF_DUPLEX
BW, GRAY, COLOR = ColorMode.BW, ColorMode.GRAY, ColorMode.COLOR
FINE = (75, 150, 200, 240, 300, 400, 500, 600)

# File: make, serial, then per source its colours, resolutions, width and height in 1/300 inch.
MACHINES = {
    GO / "HP-LaserJet-MFP-M426fdn-ScannerCapabilities.xml": (
        ("HP LaserJet MFP M426fdn", "PHBLL6F5GB"),
        {
            GLASS: ({GRAY, COLOR}, (75, 200, 300, 600, 1200), (2550, 3508)),
            ADF: ({GRAY, COLOR}, (75, 200, 300), (2550, 4500)),
            DUPLEX: ({GRAY, COLOR}, (75, 200, 300), (2550, 4500)),
        },
    ),
    GO / "Kyocera-ECOSYS-M2040dn-ScannerCapabilities.xml": (
        ("Kyocera ECOSYS M2040dn", "VCF9192281"),
        {
            GLASS: ({BW, GRAY, COLOR}, (200, 300, 400, 600), (2551, 3508)),
            ADF: ({BW, GRAY, COLOR}, (200, 300, 400, 600), (2551, 4205)),
            DUPLEX: ({BW, GRAY, COLOR}, (200, 300, 400, 600), (2551, 4205)),
        },
    ),
    GO / "Xerox-B235-ScannerCapabilities.xml": (
        ("Xerox(R) B235 MFP", "34004H030206H"),
        {
            GLASS: ({BW, GRAY, COLOR}, (75, 150, 200, 300, 400, 600), (2550, 3508)),
            ADF: ({BW, GRAY, COLOR}, (75, 150, 200, 300, 400, 600), (2550, 4200)),
        },
    ),
    HP / "eSCL_ScannerCapabilities_Simplex.xml": (
        ("Smart Tank Plus 570 series", "CN19E4S0VQ"),
        {
            GLASS: ({BW, GRAY, COLOR}, (75, 100, 150, 200, 300, 400, 600, 1200), (2550, 3508)),
            ADF: ({BW, GRAY, COLOR}, (75, 100, 150, 200, 300), (2550, 4200)),
        },
    ),
    HP / "eSCL_ScannerCapabilities_Duplex.xml": (
        ("HP ScanJet Pro 4500 fn1", "CN5BPA6017"),
        {
            GLASS: ({BW, GRAY, COLOR}, (*FINE, 1200), (2550, 4200)),
            ADF: ({BW, GRAY, COLOR}, FINE, (2550, 36600)),
            DUPLEX: ({BW, GRAY, COLOR}, FINE, (2550, 4200)),
        },
    ),
}
DONE, RUNNING = Standing.COMPLETED, Standing.RUNNING
URN = "urn:uuid:4509a320-00a0-008f-00b6-00559a327d"

# File: state, feeder, then per job its name, standing and count.
STATUSES = {
    GO / "HP-LaserJet-MFP-M426fdn-ScannerStatus.xml": (
        "Idle",
        "empty",
        [("1005", DONE, 1), ("1004", DONE, 1)],
    ),
    GO / "Kyocera-ECOSYS-M2040dn-ScannerStatus.xml": (
        "Processing",
        "processing",
        [(f"{URN}32", RUNNING, 0), *((f"{URN}{end}", DONE, 1) for end in ("31", "30", "2f", "07"))],
    ),
    HP / "eSCL_ScannerStatus_loaded.xml": ("Idle", "loaded", [("1", DONE, 2)]),
    HP / "eSCL_ScannerStatus_empty.xml": ("Idle", "empty", []),
    HP / "eSCL_ScannerStatus_empty_570.xml": (
        "Idle",
        "empty",
        [
            ("f6f17dc4-536e-4bcb-b622-5d25bb6880be", DONE, 1),
            ("4079bb49-d84d-4e6f-b093-c1aa5382541a", DONE, 2),
        ],
    ),
    HP / "eSCL_ScannerStatus_processing.xml": ("Processing", "empty", [("2", RUNNING, 1), ("1", DONE, 2)]),
    HP / "eSCL_ScannerStatus_completed.xml": ("Processing", "empty", [("2", DONE, 2), ("1", DONE, 2)]),
}


@pytest.fixture(autouse=True)
def captures():
    if not CAPTURES.is_dir():
        skip_for_want_of("the captures of real scanners", "../shared")


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_a_machine_is_what_its_capture_says(path):
    (make, serial), sources = MACHINES[path]
    found = parse_capabilities(path.read_bytes())
    assert (found.make_model, found.serial) == (make, serial)
    told = {
        source.source: (
            set(source.colors),
            source.resolutions,
            tuple(round(side * 300 / 25.4) for side in source.largest_mm),
        )
        for source in found.sources
    }
    assert told == sources
    assert all({"image/jpeg", "application/pdf"} <= set(source.media_types) for source in found.sources)


@pytest.mark.parametrize("path", STATUSES, ids=lambda path: path.name)
def test_a_state_is_what_its_capture_says(path):
    state, feeder, jobs = STATUSES[path]
    found = parse_status(path.read_bytes())
    assert (found.state, found.feeder) == (state, feeder)
    assert [(job.path, job.standing, job.images_completed) for job in found.jobs] == [
        (f"/eSCL/ScanJobs/{name}", standing, count) for name, standing, count in jobs
    ]


def test_every_capture_of_capabilities_and_states_is_here():
    found = {
        path for name in ("*ScannerCapabilities*.xml", "*ScannerStatus*.xml") for path in CAPTURES.rglob(name)
    }
    assert found == {*MACHINES, *STATUSES}


def test_the_height_told_behind_a_feeders_picture_is_put_in_front():
    told = (HP / "adf_bytes_scan.jpg").read_bytes()
    assert with_height(told) == (HP / "adf_bytes_scan_height_fixed.jpg").read_bytes()
