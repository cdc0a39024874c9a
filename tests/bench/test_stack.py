import pikepdf
import pypdfium2
import pytest

from bench.stack import _course, memory_goals, stack_goals, write_pdf
from scanner_adapters.simulator.papers.papers import Paper, draw_paper
from scanner_adapters.simulator.papers.sheets import save


def test_bound_pages_are_a4_and_keep_their_streams(tmp_path):
    page = save(draw_paper(Paper.MINUTE, 1, 75).image, tmp_path / "1.jpg", 75)
    bound = write_pdf([page, page], tmp_path / "bound.pdf")
    with pikepdf.open(bound) as pdf:
        streams = [sheet.Resources.XObject.Scan.read_raw_bytes() for sheet in pdf.pages]
    assert streams == [page.read_bytes()] * 2
    with pypdfium2.PdfDocument(bound) as document:
        assert document[0].get_size() == pytest.approx((595.276, 841.89), abs=0.01)
        assert document[0].render(scale=0.5).to_numpy().min() < 128


def test_memory_is_flat_when_the_end_holds_no_more_than_page_100():
    flat = _course([50.0] * 10 + [300.0] * 490, 500)
    assert (flat["peak_mb"], flat["growth_mb"]) == (300.0, 0.0)
    growing = _course([float(size) for size in range(500)], 500)
    assert growing["growth_mb"] == pytest.approx(350, abs=2)
    assert _course([100.0] * 20, 20)["growth_mb"] is None


def test_goals_compare_with_tesseract_and_with_the_peer_of_the_same_run():
    told = {
        "tesseract": {"cpu_a_page": 1.5, "wall": 16.0},
        "judging_ms": 120.0,
        "motcua": {"cpu_a_page": 2.5, "wall": 25.0},
        "ocrmypdf": {"cpu_a_page": 17.5, "wall": 150.0},
    }
    above, share, judging, less, faster = stack_goals(told)
    assert (above.value, judging.value, less.value, faster.value) == (1.0, 120.0, 7.0, 6.0)
    assert share.value == pytest.approx(5 / 3)
    assert [goal.state for goal in memory_goals({"peak_mb": 880.0, "growth_mb": 80.0})] == ["held", "broken"]
