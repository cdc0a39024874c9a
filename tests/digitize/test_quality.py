"""Is a page good enough? Blur of any direction, faint ink, too few dots, no colour, nothing on it."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitize.judging import quality
from digitize.judging.quality import EdgeWidth, Findings, edge_width
from digitize.model import Profile, Reason, ReasonCode, Verdict
from digitize.pixels.raster import Raster
from digitize.plane import planes
from digitize.staging import stage
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.lens import Lens
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_scans import head, paper, raster_of, save, scanned, seen

FAULTLESS = Findings(
    dpi=300.0,
    size_assumed=False,
    is_colour=True,
    edges_unsure=False,
    defects=(),
    edges=EdgeWidth(2.4, 3.0),
    ink=0.05,
    direction_sure=True,
    reading_complete=True,
    words=200,
    doubtful_words=0,
    mean_confidence=95.0,
    least_confidence=90.0,
)
PLANE = np.full((600, 400), 245, np.uint8)
PLANE[100:500:40, 40:360] = 30
SHARP_SCAN = Wear(noise_sigma=3.0, blur=0.7, texture=2.0)


def judged(raster: Raster) -> tuple[Verdict, Counter[ReasonCode]]:
    """The verdict on what can be seen before the page is read."""
    staged = stage(raster, None, None, dewarped=False)
    found = replace(FAULTLESS, edges=staged.edges, ink=float(staged.framed.overview.ink.mean()))
    blank = quality.is_blank(staged.plane, raster.pixels_dpi)
    verdict, reasons = quality.judge(staged.plane, raster.pixels_dpi, found, blank=blank)
    return verdict, Counter(reason.code for reason in reasons)


def at_300(kind: Paper = Paper.REPORT, **made: object) -> Raster:
    image = scanned(kind, dpi=300, **({"wear": SHARP_SCAN} | made))  # type: ignore[arg-type]
    return raster_of(head(image, 150, 300), 300)


def moved(raster: Raster, pixels: float, degrees: float) -> Raster:
    """The page slid by so many pixels in this direction while it was pictured."""
    streak = np.zeros((31, 31), np.uint8)
    reach = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]) * pixels / 2
    ends = [tuple(int(end) for end in np.rint((15 + sign * reach) * 16)) for sign in (-1, 1)]
    cv2.line(streak, ends[0], ends[1], (255,), 1, cv2.LINE_AA, 4)
    kernel = streak.astype(np.float32) / streak.sum()
    return replace(raster, pixels=np.asarray(cv2.filter2D(raster.pixels, -1, kernel), np.uint8))


@pytest.fixture(scope="module")
def sharp() -> Raster:
    return at_300()


def test_a_sharp_page_is_good(sharp):
    assert judged(sharp) == (Verdict.GOOD, Counter())


@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.TABLE, Paper.CAPITALS, Paper.ITALICS, Paper.LINE])
def test_a_sharp_page_of_any_kind_is_good(kind):
    assert judged(at_300(kind)) == (Verdict.GOOD, Counter())


@pytest.mark.parametrize("degrees", [0, 22.5, 45, 60, 90, 112.5, 135, 165])
def test_a_page_that_moved_in_any_direction_is_told(sharp, degrees):
    verdict, codes = judged(moved(sharp, 14, degrees))
    assert codes == Counter({ReasonCode.BLURRED: 1})
    assert verdict is not Verdict.GOOD


@pytest.mark.parametrize(("radius", "verdict"), [(5.5, Verdict.LOOK), (9.0, Verdict.SCAN_AGAIN)])
def test_a_page_out_of_focus_is_told_and_a_worse_one_refused(radius, verdict):
    assert judged(at_300(lens=Lens(defocus=radius))) == (verdict, Counter({ReasonCode.BLURRED: 1}))


def test_the_width_of_edges_grows_with_blur():
    plane = planes.reading_plane(paper(Paper.REPORT).image)
    soft = (np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.uint8) for sigma in (0.5, 1, 2, 4))
    widths = [edge_width(each).narrowest for each in soft]
    assert widths == sorted(widths)


def test_a_faint_pencil_is_told_and_a_plain_one_is_not():
    faint = at_300(Paper.MINUTE, handling=Handling(ink_level=200, pencil=True))
    assert judged(faint) == (Verdict.LOOK, Counter({ReasonCode.FAINT: 1}))
    plain = at_300(Paper.MINUTE, handling=Handling(ink_level=120, pencil=True))
    assert judged(plain) == (Verdict.GOOD, Counter())


@pytest.mark.parametrize("ink_level", [205, 210, 220, 230])
def test_the_faintest_pencil_is_told_as_faint_and_never_as_blank(tmp_path, ink_level):
    sight = seen(at_300(Paper.MINUTE, handling=Handling(ink_level=ink_level, pencil=True)), tmp_path)
    assert sight.verdict is Verdict.LOOK
    codes = {reason.code for reason in sight.reasons}
    assert ReasonCode.FAINT in codes
    assert ReasonCode.BLANK not in codes


@pytest.mark.parametrize(
    "made",
    [
        {"handling": Handling(bleed=0.12)},
        {"handling": Handling(bleed=0.22)},
        {"handling": Handling(paper_tone=0.75)},
        {"wear": Wear(noise_sigma=30.0, blur=0.5, texture=2.0)},
        {"wear": Wear(shade=0.5, noise_sigma=3.0, blur=0.5, texture=2.0)},
    ],
    ids=["the back shines through", "shines through strongly", "grey paper", "noise", "shade"],
)
def test_a_page_without_writing_of_its_own_stays_blank(tmp_path, made):
    sight = seen(at_300(Paper.BLANK, **made), tmp_path)
    assert [reason.code for reason in sight.reasons] == [ReasonCode.BLANK]


@pytest.mark.law("L1")
@pytest.mark.parametrize(
    ("dpi", "verdict"),
    [(300, Verdict.GOOD), (199.8, Verdict.GOOD), (150, Verdict.LOOK), (80, Verdict.SCAN_AGAIN)],
)
def test_too_few_dots_are_told(dpi, verdict):
    found = replace(FAULTLESS, dpi=float(dpi))
    told = () if verdict is Verdict.GOOD else (Reason(ReasonCode.LOW_RESOLUTION),)
    assert quality.judge(PLANE, 300.0, found, blank=False) == (verdict, told)


@pytest.mark.law("L1")
def test_a_scan_without_colour_is_told(desk, tmp_path):
    grey = head(paper(Paper.LETTER, dpi=200).image, 70, 200).mean(axis=2).astype(np.uint8)
    report = desk.digitize(save(grey, tmp_path / "grey.jpg", 200)).pages[0].report
    assert ReasonCode.NOT_COLOUR in {reason.code for reason in report.reasons}
    assert report.verdict is Verdict.LOOK


@pytest.mark.law("L6")
@pytest.mark.parametrize("profile", list(Profile))
def test_a_blank_page_is_flagged_and_never_removed(desk, tmp_path, profile):
    written = save(head(scanned(Paper.LETTER, dpi=200), 70, 200), tmp_path / "written.jpg", 200)
    empty = save(head(scanned(Paper.BLANK, dpi=200), 70, 200), tmp_path / "empty.jpg", 200)
    small = tmp_path / "small.pdf"
    done = desk.digitize(written, empty, written, empty, profile=profile, reading_copy=small)
    flagged = [ReasonCode.BLANK in {reason.code for reason in page.report.reasons} for page in done.pages]
    assert flagged == [False, True, False, True]
    assert [done.pages[at].report.verdict for at in (1, 3)] == [Verdict.LOOK, Verdict.LOOK]
    for path in (done.finished.path, small):
        with pikepdf.open(path) as pdf:
            assert len(pdf.pages) == 4
    if profile is Profile.ARCHIVE:
        with pikepdf.open(done.finished.path) as pdf:
            (image,) = pdf.pages[1].get_images().values()
            assert image.read_raw_bytes() == empty.read_bytes()


def spotted(*marks: tuple[str, int, int], noise: float = 0.0) -> np.ndarray:
    page = np.full((1600, 1200), 245, np.uint8)
    for text, x, y in marks:
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 40, 3, cv2.LINE_AA)
    grain = np.random.default_rng(1).normal(0, noise, page.shape)
    return np.clip(page + grain, 0, 255).astype(np.uint8)


def test_a_lone_page_number_is_content_and_grain_is_not():
    assert quality.is_blank(spotted(noise=8), 300)
    assert not quality.is_blank(spotted(("2", 580, 1500), noise=8), 300)


@given(
    st.lists(st.tuples(st.sampled_from("2.-gI"), st.integers(0, 290), st.integers(0, 400)), max_size=2),
    st.integers(5, 400),
)
def test_looking_strip_by_strip_says_the_same_as_looking_at_the_whole(marks, height):
    page = spotted(*marks, noise=3)[:height, :300]
    told = quality.is_blank(page, 300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "STRIPS", 1)
        assert quality.is_blank(page, 300) == told


def test_print_that_shines_through_a_blank_page_is_no_content():
    ghost = scanned(Paper.BLANK, handling=Handling(bleed=0.12), dpi=150)
    assert quality.is_blank(planes.reading_plane(np.ascontiguousarray(ghost[..., ::-1])), 150)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"edges_unsure": True}, ReasonCode.EDGES_UNSURE),
        ({"edges_unsure": True, "size_assumed": True}, ReasonCode.EDGES_UNSURE),
        ({"size_assumed": True}, ReasonCode.DPI_ASSUMED),
        ({"is_colour": False}, ReasonCode.NOT_COLOUR),
        ({"reading_complete": False}, ReasonCode.READING_INCOMPLETE),
        ({"direction_sure": False}, ReasonCode.DIRECTION_UNSURE),
        ({"mean_confidence": 40.0}, ReasonCode.DOUBTFUL_TEXT),
        ({"doubtful_words": 20}, ReasonCode.DOUBTFUL_TEXT),
        ({"words": 9, "least_confidence": 76.0}, ReasonCode.DOUBTFUL_TEXT),
        ({"defects": (Reason(ReasonCode.GLARE),)}, ReasonCode.GLARE),
    ],
)
def test_each_doubt_is_told_alone_and_asks_for_a_look(change, code):
    verdict, reasons = quality.judge(PLANE, 300.0, replace(FAULTLESS, **change), blank=False)
    assert verdict is Verdict.LOOK
    assert [reason.code for reason in reasons] == [code]


def test_a_single_shaky_word_says_nothing_of_a_full_page():
    found = replace(FAULTLESS, words=200, least_confidence=30.0, doubtful_words=1)
    assert quality.judge(PLANE, 300.0, found, blank=False) == (Verdict.GOOD, ())


def test_the_gravest_doubt_decides():
    found = replace(FAULTLESS, dpi=80.0, is_colour=False)
    verdict, reasons = quality.judge(PLANE, 300.0, found, blank=False)
    assert verdict is Verdict.SCAN_AGAIN
    assert {reason.code for reason in reasons} == {ReasonCode.NOT_COLOUR, ReasonCode.LOW_RESOLUTION}
