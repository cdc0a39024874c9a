"""Scans killed at ten moments, as the bench does it: nothing finished is lost, nothing half stays."""

import pytest

from bench import scan_kills
from tests.scanner_adapters.sane_backends import require_sane

MOMENTS = 10


@pytest.mark.parametrize("kind", scan_kills.SHEETS)
def test_killed_at_any_moment_finished_pages_stay_and_the_machine_is_free(kind):
    if kind == "sane":
        require_sane()
    assert list(scan_kills.killed(kind, scan_kills.share(kind, MOMENTS))) == []
