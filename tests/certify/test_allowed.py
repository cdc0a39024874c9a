"""A certified copy holds what this house writes and nothing else: whatever else is slipped in is told."""

import pikepdf
import pytest
from pikepdf import Dictionary, Name, Stream

from certify.model import AgencySigned, CertifyFault, FaultCode
from certify.signing import signing
from certify.signing.allowed import complaints, page_complaints
from certify.signing.statement import compose_copy
from tests.certify.certify_specimens import FORMS, make_digitized, statement_for
from tests.slipped_in import (
    act_by_name,
    act_on_opening,
    act_on_page,
    alternate_picture,
    associated_file,
    attachment,
    cropped,
    external_picture,
    foreign_face,
    form_in_content,
    grouped,
    hidden_field,
    hidden_stamp,
    inline_picture,
    inverted,
    layer,
    layered_content,
    letters_of_no_mode,
    letters_painted_later,
    link,
    magnified,
    painted_letters,
    painted_path,
    presented,
    print_only_stamp,
    roll_over,
    several_contents,
    soft_mask,
    stamp,
    text_field,
    transparency,
    turned,
)

ON_A_PAGE = [
    *(stamp, print_only_stamp, hidden_stamp, roll_over, link, act_on_page, external_picture),
    *(alternate_picture, soft_mask, inverted, associated_file, form_in_content, painted_path, inline_picture),
    *(transparency, painted_letters, letters_painted_later, letters_of_no_mode, foreign_face),
    *(layered_content, several_contents, turned, cropped, magnified, grouped, presented, layer),
]
IN_THE_FILE = [act_on_opening, act_by_name, text_field, hidden_field, attachment]


def named(change):
    return change.__name__


def test_what_the_house_writes_is_on_the_list(composed_copy, officer_signed, agency_signed, certified_copy):
    for stage in (composed_copy, officer_signed, agency_signed, certified_copy):
        with pikepdf.open(stage.path) as pdf:
            assert list(complaints(pdf)) == []


@pytest.mark.parametrize("slip_in", ON_A_PAGE + IN_THE_FILE, ids=named)
def test_whatever_else_is_slipped_into_a_copy_is_told(slip_in, composed_copy):
    with pikepdf.open(composed_copy.path) as pdf:
        slip_in(pdf)
        assert list(complaints(pdf))


@pytest.mark.parametrize("slip_in", ON_A_PAGE, ids=named)
def test_a_page_that_is_more_than_a_picture_makes_no_copy(slip_in, tmp_path):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        assert list(page_complaints(pdf.pages[0])) == []
        slip_in(pdf)
        pdf.save(paper)
    with pytest.raises(CertifyFault) as told:
        compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf")
    assert told.value.code is FaultCode.FOREIGN_CONTENT
    assert "page 1" in told.value.detail
    assert [path.name for path in tmp_path.iterdir()] == ["paper.pdf"]


def test_what_stands_beside_the_pages_stays_behind(tmp_path, verapdf):
    copies = []
    for slip_in in (act_on_opening, act_by_name, attachment):
        paper = make_digitized(tmp_path / "paper.pdf")
        with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
            slip_in(pdf)
            pdf.save(paper)
        copies.append(compose_copy(statement_for(paper), FORMS, tmp_path / f"{named(slip_in)}.pdf").path)
        with pikepdf.open(copies[-1]) as pdf:
            assert list(complaints(pdf)) == []
        assert b"JavaScript" not in copies[-1].read_bytes()
    assert verapdf(copies) == dict.fromkeys(copies, True)


def test_every_key_that_is_not_ours_is_told_wherever_it_stands(certified_copy):
    with pikepdf.open(certified_copy.path) as pdf:
        total, silent = 0, []
        for thing in pdf.objects:
            if not isinstance(thing, Dictionary | Stream):
                continue
            total += 1
            thing["/Foreign"] = Name.Foreign
            if not list(complaints(pdf)):
                silent.append(dict(thing.items()))
            del thing["/Foreign"]
        assert list(complaints(pdf)) == []
    assert total > 40
    left_behind = [sorted(keys) for keys in silent if "/BBox" not in keys]  # boxes that signing replaced
    assert left_behind == []


@pytest.mark.parametrize("add", [text_field, hidden_field], ids=named)
def test_form_fields_have_a_fault_of_their_own(add, tmp_path):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        add(pdf)
        pdf.save(paper)
    with pytest.raises(CertifyFault) as told:
        compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf")
    assert told.value.code is FaultCode.FORM_FIELDS


def test_a_turn_handed_down_to_the_page_is_told(tmp_path):
    paper = make_digitized(tmp_path / "paper.pdf")
    with pikepdf.open(paper, allow_overwriting_input=True) as pdf:
        pdf.Root.Pages.Rotate = 180
        pdf.save(paper)
    with pytest.raises(CertifyFault) as told:
        compose_copy(statement_for(paper), FORMS, tmp_path / "copy.pdf")
    assert told.value.code is FaultCode.FOREIGN_CONTENT


def test_letters_in_the_middle_are_no_page_of_an_original(composed_copy):
    with pikepdf.open(composed_copy.path) as pdf:
        pdf.pages.insert(0, pdf.pages[-1])
        assert any(said.startswith("page 1") for said in complaints(pdf))


@pytest.mark.parametrize("slip_in", [stamp, layer, act_on_opening], ids=named)
def test_a_signed_copy_that_holds_more_is_never_released(slip_in, agency_signed, authority, tmp_path):
    """Whoever got something in between the signatures does not get it out of the house."""
    changed = tmp_path / "agency.pdf"
    with pikepdf.open(agency_signed.path) as pdf:
        slip_in(pdf)
        pdf.save(changed)
    locked = AgencySigned(agency_signed.statement, changed)
    with pytest.raises(CertifyFault) as told:
        signing.seal_for_decades(locked, tmp_path / "out.pdf", authority.services)
    assert told.value.code is FaultCode.FOREIGN_CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["agency.pdf"]
