"""A form whose fields never end is refused before anybody draws it; an honest form is drawn."""

import pikepdf
import pytest

from digitize.model import DigitizeFault, FaultCode
from digitize.sources.form_fields import refuse_endless_fields


def form(path, depth, fan=2):
    """A PDF whose field tree names each next field `fan` times, `depth` levels deep."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 200))
        field = pdf.make_indirect(pikepdf.Dictionary(T="leaf"))
        for _ in range(depth):
            field = pdf.make_indirect(pikepdf.Dictionary(Kids=[field] * fan))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        pdf.save(path)
    return path


def test_a_form_of_a_hundred_fields_passes(tmp_path):
    refuse_endless_fields(form(tmp_path / "form.pdf", depth=1, fan=100))


def test_a_file_without_a_form_passes(tmp_path):
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(tmp_path / "plain.pdf")
    refuse_endless_fields(tmp_path / "plain.pdf")


def test_a_small_file_with_fields_without_end_is_refused_at_once(tmp_path):
    with pytest.raises(DigitizeFault) as told:
        refuse_endless_fields(form(tmp_path / "bomb.pdf", depth=60))
    assert told.value.code is FaultCode.TOO_LARGE


def test_a_tree_that_bites_its_tail_is_refused(tmp_path):
    path = form(tmp_path / "ring.pdf", depth=1)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        field.Kids.append(field)
        pdf.save(path)
    with pytest.raises(DigitizeFault) as told:
        refuse_endless_fields(path)
    assert told.value.code is FaultCode.TOO_LARGE
