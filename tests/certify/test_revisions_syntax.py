"""The small readers under the revision grammar: strings, tables, streams and validation data."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.pdf_bytes.contents_string import NotCanonical, read_contents
from certify.pdf_bytes.revisions import map_revisions
from certify.pdf_bytes.syntax import (
    BrokenSyntax,
    read_object,
    undo_up_predictor,
    value_end,
    whole_number,
    whole_numbers,
)
from certify.pdf_bytes.xref_sections import last_pointer, read_section


def hexadecimal(value: bytes, padding: int = 4) -> bytes:
    return b"<" + value.hex().upper().encode() + b"00" * padding + b">"


def no_length(number: int) -> int:
    raise BrokenSyntax(number, "a direct length")


@given(st.binary(max_size=600), st.integers(0, 20))
def test_a_der_sequence_is_found_whole_before_its_padding(content, padding):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82, *size.to_bytes(2, "big")])
    if 128 <= size < 256:
        length = bytes([0x81, size])
    der = b"\x30" + length + content
    read = read_contents(hexadecimal(der, padding))
    assert (read.value, read.is_der) == (der, True)


def test_ber_with_indefinite_lengths_is_read_and_told_apart():
    inner = b"\x30\x80\x04\x81\x01A\x1f\x81\x01\x01Z\x00\x00"
    ber = b"\x30\x80" + inner + b"\x02\x01\x05\x00\x00"
    read = read_contents(hexadecimal(ber))
    assert (read.value, read.is_der) == (ber, False)


@pytest.mark.parametrize(
    "value",
    [
        b"\x31\x00",
        b"\x30",
        b"\x30\x81\x05abcde",  # longer than the short form needs
        b"\x30\x85\x01\x00\x00\x00\x00",
        b"\x30\x05ab",
        b"\x30\x80\x04\x01",
        b"\x30\x80\x30\x80",
        b"\x30\x80\x04\x85\x01\x01\x01\x01\x01",
        b"\x30\x80\x1f\xff",
    ],
    ids=[
        "a set",
        "a tag",
        "long length",
        "huge length",
        "cut",
        "cut inside",
        "never closed",
        "huge inside",
        "tag",
    ],
)
def test_what_is_no_der_or_ber_sequence_is_refused(value):
    with pytest.raises(NotCanonical):
        read_contents(hexadecimal(value, padding=0))


@pytest.mark.parametrize("text", [b"(30 00)", b"<3000 >", b"<300>", b"<30000A0b>", b"<300000FF>"])
def test_a_string_in_any_other_form_is_refused(text):
    with pytest.raises(NotCanonical):
        read_contents(text)


@pytest.mark.parametrize(
    "source",
    [
        b"nothing",
        b"1 0 obj\n(never closed",
        b"1 0 obj\n<< /A 1",
        b"1 0 obj\n<< 1 /A >>\nendobj",
        b"1 0 obj\n[1 2 >>\nendobj",
        b"1 0 obj\n5\n",
        b"1 0 obj\n<< /Length 3 >>\nstream abc",
        b"1 0 obj\n<< /Length 3 >>\nstream\nabcdef\nendstream\nendobj",
        b"1 0 obj\n<< /Length -3 >>\nstream\nabc\nendstream\nendobj",
    ],
)
def test_a_broken_object_is_called_broken(source):
    with pytest.raises(BrokenSyntax):
        read_object(source, 0, no_length)


def test_an_indirect_length_is_asked_for():
    source = b"1 0 obj\n<< /Length 7 0 R >>\nstream\nabc\nendstream\nendobj"
    placed = read_object(source, 0, {7: 3}.__getitem__)
    assert source[slice(*placed.stream)] == b"abc"


def test_comments_and_escapes_do_not_end_a_value():
    assert value_end(b"[ % ]\n (\\) ]) <5D> ] rest", 0) == 20


@pytest.mark.parametrize("raw", [b"", b"-1", b"1.5", b"12345678901"])
def test_offsets_are_whole_numbers(raw):
    with pytest.raises(BrokenSyntax):
        whole_number(raw)


def test_an_array_of_numbers_has_its_brackets():
    assert whole_numbers(b"[ 0 10\n20 ]") == (0, 10, 20)
    with pytest.raises(BrokenSyntax):
        whole_numbers(b"0 10 20")


def test_png_filters_that_tables_never_use_are_refused():
    with pytest.raises(BrokenSyntax):
        undo_up_predictor(b"\x04\x01\x02", 2)


def xref_stream(body: bytes, extra: bytes = b"") -> bytes:
    head = b"1 0 obj\n<< /Type /XRef /Size 3 /W [1 2 1] %s /Length %d >>\nstream\n" % (extra, len(body))
    return head + body + b"\nendstream\nendobj\nstartxref\n0\n%%EOF\n"


ROWS = b"\x00\x00\x00\x00" + b"\x01\x00\x09\x00" + b"\x02\x00\x01\x05"


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        (ROWS, b""),
        (zlib.compress(ROWS), b"/Filter /FlateDecode"),
        (zlib.compress(ROWS), b"/Filter [/FlateDecode] /DecodeParms [<< /Predictor 1 >>]"),
        (
            zlib.compress(b"".join(b"\x00" + ROWS[at : at + 4] for at in (0, 4, 8))),
            b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>",
        ),
    ],
    ids=["plain", "deflated", "predictor 1", "predictor 12"],
)
def test_cross_reference_streams_in_every_usual_form(body, extra):
    section = read_section(xref_stream(body, extra), 0)
    assert (dict(section.offsets), section.compressed) == ({1: 9}, frozenset({2}))


@pytest.mark.parametrize(
    "source",
    [
        xref_stream(ROWS[:-1]),
        xref_stream(ROWS, b"/Filter /LZWDecode"),
        xref_stream(b"no deflated bytes", b"/Filter /FlateDecode"),
        xref_stream(ROWS).replace(b"/W [1 2 1]", b"/W [1 2]"),
        xref_stream(ROWS).replace(b"/W [1 2 1]", b"/W [0 0 0]"),
        xref_stream(ROWS).replace(b"/XRef", b"/XXXX"),
        b"xref\n0 1\n00000 65535 f \ntrailer\n<< >>\nstartxref\n0\n%%EOF",
        b"xref\n0 1\n0000000000 65535 f \n<< >>\nstartxref\n0\n%%EOF",
        b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\n",
        b"1 0 obj\n<< /Type /XRef /Length 2 0 R >>\nstream\n\nendstream\nendobj",
        b"1 0 obj\n<< /Type /XRef /W [1 2 1] /Size 1 >>\nendobj\nstartxref\n0\n%%EOF",
    ],
)
def test_broken_tables_and_streams_are_called_broken(source):
    with pytest.raises(BrokenSyntax):
        read_section(source, 0)


def test_a_file_without_startxref_has_no_last_pointer():
    with pytest.raises(BrokenSyntax):
        last_pointer(b"%PDF-1.7\n%%EOF\n")


def test_more_signatures_than_anybody_needs_are_refused():
    scrap = b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]\n" * 300
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 >>\nstartxref\n%d\n%%%%EOF\n" % len(scrap)
    faults = map_revisions(scrap + table).faults
    assert "too many signatures" in {fault.detail for fault in faults}
