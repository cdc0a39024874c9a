"""A born-digital page keeps its form only where nothing in its file can change what is seen of it."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from digitize.model import Origin
from digitize.sources.unchanging import is_unchanging
from tests import slipped_in as slip
from tests.digitize.digitize_papers import LINES, write_paper

MOVED_OVER = [
    slip.stamp,
    slip.print_only_stamp,
    slip.hidden_stamp,
    slip.roll_over,
    slip.link,
    slip.text_field,
]
ACTING = [slip.act_on_page, slip.act_on_opening, slip.act_by_name, slip.hidden_field]
BESIDE = [slip.attachment, slip.associated_file, slip.presented]


def layered_words(pdf):
    """The page's words belong to a layer that is off when printed."""
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=b"words"))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(ON=Array([group])))
    page = pdf.pages[0].obj
    page.Resources.Properties = Dictionary(Layer=group)
    page.Contents = pdf.make_stream(b"/OC /Layer BDC\n" + page.Contents.read_bytes() + b"\nEMC")


CHANGES = [*MOVED_OVER, *ACTING, *BESIDE, layered_words]


def changed(path, change):
    paper = write_paper(path, pdfa=True)
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        change(pdf)
        pdf.save(paper)
    return paper


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_can_change_what_is_seen_is_found(change, tmp_path):
    with pikepdf.open(changed(tmp_path / "paper.pdf", change)) as pdf:
        assert not is_unchanging(pdf)


def tagged(pdf):
    """As an office program tags a heading: attributes are no actions."""
    heading = Dictionary(Type=Name.StructElem, S=Name.H1, A=Dictionary(O=Name.Layout, SpaceAfter=6))
    tree = Dictionary(Type=Name.StructTreeRoot, K=Array([pdf.make_indirect(heading)]))
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo = pdf.make_indirect(tree), Dictionary(Marked=True)
    pdf.pages[0].obj.Annots = Array([])


@pytest.mark.parametrize("change", [lambda _: None, tagged, slip.turned, slip.cropped, slip.grouped])
def test_what_stays_as_it_is_keeps_its_form(change, tmp_path):
    with pikepdf.open(changed(tmp_path / "paper.pdf", change)) as pdf:
        assert is_unchanging(pdf)


def test_pages_that_could_change_become_pictures_with_their_words(desk, tmp_path, verapdf):
    papers = [changed(tmp_path / f"{change.__name__}.pdf", change) for change in CHANGES]
    done = desk.digitize(*papers)
    assert done.finished.origins == (Origin.BORN_DIGITAL,) * len(papers)
    words_of_all = [page.text.text.splitlines() for page in done.pages]
    said = {change: list(LINES) for change in CHANGES}
    said |= {slip.stamp: [], slip.link: []}  # what lies under these is not seen
    said[slip.text_field] = [*LINES, "x"]  # what was typed into the field is
    assert words_of_all == [said[change] for change in CHANGES]
    with pikepdf.open(done.finished.path) as pdf:
        assert is_unchanging(pdf)
        assert all(set(page.obj.Resources.keys()) <= {"/XObject", "/Font"} for page in pdf.pages)
    assert verapdf([done.finished.path])[done.finished.path]
    kept = sorted(path.read_bytes() for path in tmp_path.glob("out.source-*.pdf"))
    assert kept == sorted(paper.read_bytes() for paper in papers)


def test_what_a_source_is_is_told_for_each_by_itself(desk, tmp_path, note):
    paper = write_paper(tmp_path / "paper.pdf", pdfa=True)
    assert desk.digitize(note, paper, paper, note).finished.origins == (
        Origin.SCAN,
        Origin.BORN_DIGITAL,
        Origin.BORN_DIGITAL,
        Origin.SCAN,
    )
