"""What real machines told: every capture is understood, its values as read off by hand."""

import pytest

from scanner_adapters.asking import ipp, ledm, tickets, tree, walkup, wsd
from scanner_adapters.escl.capabilities import parse_capabilities
from scanner_adapters.escl.height import with_height
from scanner_adapters.escl.status import parse_status
from tests.scanner_adapters import captures
from tests.scanner_adapters.captures import CAPTURES, HP, NO_CAPTURES, every_capture, require_captures

ESCL_UNITS, WSD_UNITS = 300 / 25.4, 1000 / 25.4  # in a millimetre


@pytest.fixture(autouse=True)
def on_the_shelf():
    require_captures()


def told_by(found, units):
    return {
        source.source: (
            set(source.colors),
            source.resolutions,
            tuple(round(side * units) for side in source.largest_mm),
        )
        for source in found.sources
    }


def test_every_capture_has_an_entry():
    found = {path for path in CAPTURES.rglob("*") if path.is_file() and path.name not in NO_CAPTURES}
    entries = [path for table in captures.TABLES for path in table]
    assert found == set(entries)
    assert len(entries) == len(found)


@every_capture(captures.MACHINES)
def test_a_machine_is_what_its_capture_says(path):
    (make, serial), sources = captures.MACHINES[path]
    found = parse_capabilities(path.read_bytes())
    assert (found.make_model, found.serial) == (make, serial)
    assert told_by(found, ESCL_UNITS) == sources
    assert all({"image/jpeg", "application/pdf"} <= set(source.media_types) for source in found.sources)


@every_capture(captures.LEDM_MACHINES)
def test_a_machine_of_ledm_is_what_its_capture_says(path):
    make, sources = captures.LEDM_MACHINES[path]
    found = ledm.parse_scan_caps(path.read_bytes())
    assert (found.make_model, told_by(found, ESCL_UNITS)) == (make, sources)
    assert all("image/jpeg" in source.media_types for source in found.sources)


@every_capture(captures.WSD_MACHINES)
def test_a_machine_of_wsd_is_what_its_capture_says(path):
    make, sources = captures.WSD_MACHINES[path]
    found = wsd.parse_elements(path.read_bytes())
    assert (found.make_model, told_by(found, WSD_UNITS)) == (make, sources)
    assert all({"image/jpeg", "image/tiff"} <= set(source.media_types) for source in found.sources)


@every_capture(captures.PRINTERS)
def test_a_printer_is_what_its_capture_says(path):
    named, colors, resolutions, trays, sides, papers = captures.PRINTERS[path]
    found = ipp.parse_printer(path.read_bytes())
    assert (found.make_model, found.uuid) == named
    assert (found.colors, found.resolutions, found.trays, found.sides) == (colors, resolutions, trays, sides)
    told = sorted(found.papers_mm)
    assert told == [pytest.approx(paper, abs=0.05) for paper in sorted(papers)]


@every_capture(captures.STATUSES)
def test_a_state_is_what_its_capture_says(path):
    state, feeder, jobs = captures.STATUSES[path]
    found = parse_status(path.read_bytes())
    assert (found.state, found.feeder) == (state, feeder)
    assert [(job.path, job.standing, job.images_completed) for job in found.jobs] == [
        (f"/eSCL/ScanJobs/{name}", standing, count) for name, standing, count in jobs
    ]


@every_capture(captures.LEDM_STATUSES)
def test_a_state_of_ledm_is_what_its_capture_says(path):
    found = ledm.parse_scan_status(path.read_bytes())
    assert (found.state, found.feeder) == captures.LEDM_STATUSES[path]


@every_capture(captures.LEDM_JOBS)
def test_a_job_of_ledm_is_what_its_capture_says(path):
    found = ledm.parse_job(path.read_bytes())
    assert (found.path, found.category) == ("/Jobs/JobList/2", "Scan")
    assert (found.standing, found.page) == captures.LEDM_JOBS[path]


@every_capture(captures.ORDERS)
def test_an_order_is_what_its_capture_says(path):
    assert tickets.parse_settings(path.read_bytes()) == captures.ORDERS[path]


@every_capture(captures.IMAGE_INFOS)
def test_a_page_told_of_is_what_its_capture_says(path):
    assert tickets.parse_image_info(path.read_bytes()) == captures.IMAGE_INFOS[path]


@every_capture(captures.TREES)
def test_a_discovery_tree_is_what_its_capture_says(path):
    count, manifests, to_computer = captures.TREES[path]
    found = tree.parse_tree(path.read_bytes())
    assert len(found) == count
    assert tuple(tree.path_of(found, kind) for kind in (tree.ESCL, tree.SCAN, tree.WALKUP)) == manifests
    assert tree.path_of(found, tree.WALKUP_TO_COMPUTER) == to_computer


@every_capture(captures.MANIFESTS)
def test_a_manifest_is_what_its_capture_says(path):
    root, resources = captures.MANIFESTS[path]
    found = tree.parse_manifest(path.read_bytes())
    assert found.root == root
    told = {resource.path: " ".join(resource.verbs) for resource in found.resources}
    assert told == {root + place: verbs for place, verbs in resources.items()}


@every_capture(captures.EVENTS)
def test_the_events_are_what_their_capture_says(path):
    found = tree.parse_events(path.read_bytes())
    told = [
        (event.category, event.stamp, [about.path.rpartition("/")[2] for about in event.about])
        for event in found
    ]
    assert told == captures.EVENTS[path]


@every_capture(captures.DESTINATIONS)
def test_the_computers_on_the_panel_are_what_their_capture_says(path):
    assert list(walkup.parse_destinations(path.read_bytes())) == captures.DESTINATIONS[path]


@every_capture(captures.WALKUPS)
def test_what_the_panel_can_do_is_what_its_capture_says(path):
    assert walkup.parse_capabilities(path.read_bytes()) == captures.WALKUPS[path]


@every_capture(captures.PRESSED)
def test_what_was_pressed_is_what_its_capture_says(path):
    assert walkup.parse_event(path.read_bytes()) == captures.PRESSED[path]


def test_the_height_told_behind_a_feeders_picture_is_put_in_front():
    told = (HP / "adf_bytes_scan.jpg").read_bytes()
    assert with_height(told) == (HP / "adf_bytes_scan_height_fixed.jpg").read_bytes()
