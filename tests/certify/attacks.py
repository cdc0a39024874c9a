"""What people do to a signed PDF, as functions from bytes to bytes.

Shapes follow published work: universal forgery (USF), incremental saving (ISA), wrapping (SWA), shadow
content, annotations and further signatures on certified files. Everything is rebuilt here from its idea.
"""

import io
import re
from collections.abc import Callable, Iterator

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

Attack = Callable[[bytes], bytes]
_CONTENTS = re.compile(rb"/Contents\s*(<[0-9A-Fa-f]+>)")
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[([\d\s]+)\]")


# appended bytes ------------------------------------------------------------------------------------


def append_byte(pdf: bytes) -> bytes:
    return pdf + b"\x00"


def append_line_end(pdf: bytes) -> bytes:
    return pdf + b"\n"


def append_space(pdf: bytes) -> bytes:
    return pdf + b" "


def append_comment(pdf: bytes) -> bytes:
    return pdf + b"% seen and approved\n"


def append_end_marker(pdf: bytes) -> bytes:
    return pdf + b"%%EOF\n"


def append_object(pdf: bytes) -> bytes:
    return pdf + b"999 0 obj\n<< /Type /Catalog >>\nendobj\n"


def append_second_copy(pdf: bytes) -> bytes:
    return pdf + pdf


def _page_number(pdf: bytes) -> int:
    """The object number of the first page."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return int(document.pages[0].obj.objgen[0])


def _body(pdf: bytes) -> bytes:
    """A page of another content under the number of a real one."""
    number = _page_number(pdf)
    return b"%d 0 obj\n<< /Type /Page /MediaBox [0 0 300 420] /Contents 998 0 R >>\nendobj\n" % number + (
        b"998 0 obj\n<< /Length 35 >>\nstream\n1 0 0 rg 20 200 200 100 re f        \nendstream\nendobj\n"
    )


def isa_without_xref(pdf: bytes) -> bytes:
    """A body and nothing more: some readers rebuild the table and find it."""
    return pdf + _body(pdf)


def isa_with_trailer(pdf: bytes) -> bytes:
    """A body and a trailer without a table."""
    return pdf + _body(pdf) + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def isa_with_copied_startxref(pdf: bytes) -> bytes:
    """A body that ends with the old startxref, so that a strict reader starts where it always did."""
    old = pdf[pdf.rindex(b"startxref") :]
    return pdf + _body(pdf) + old


def isa_with_copied_signature(pdf: bytes) -> bytes:
    """A body and the last signature object once more."""
    start = pdf.rindex(b"/ByteRange")
    start = max(found.start() for found in re.finditer(rb"\d+ 0 obj", pdf[:start]))
    end = pdf.index(b"endobj", start) + 7
    return pdf + _body(pdf) + pdf[start:end] + pdf[pdf.rindex(b"startxref") :]


def isa_with_proper_xref(pdf: bytes) -> bytes:
    """A well-formed update that replaces a page."""
    number = _page_number(pdf)
    body = _body(pdf)
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    first, second = len(pdf), len(pdf) + body.index(b"998 0 obj")
    table = b"xref\n%d 1\n%010d 00000 n \n998 1\n%010d 00000 n \n" % (number, first, second)
    root = re.findall(rb"/Root\s+(\d+ \d+ R)", pdf)[-1]
    trailer = b"trailer\n<< /Size 999 /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + body + table + trailer % (root, previous, len(pdf) + len(body))


# forged updates by a writer that knows the format ----------------------------------------------------


def _updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def empty_update(pdf: bytes) -> bytes:
    return _updated(pdf, lambda writer: writer.update_root())


def add_annotation(pdf: bytes) -> bytes:
    """A white box with text of its own over the page (evil annotation)."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        look = generic.StreamObject(stream_data=b"1 1 1 rg 0 0 200 60 re f 1 0 0 rg 10 10 100 20 re f")
        look.update(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/XObject"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/Form"),
                generic.pdf_name("/BBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 200, 60))),
            }
        )
        annotation = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
                generic.pdf_name("/Contents"): generic.TextStringObject("Có giá trị"),
                generic.pdf_name("/Rect"): generic.ArrayObject(
                    map(generic.NumberObject, (20, 180, 220, 240))
                ),
                generic.pdf_name("/F"): generic.NumberObject(4),
                generic.pdf_name("/AP"): generic.DictionaryObject(
                    {generic.pdf_name("/N"): writer.add_object(look)}
                ),
            }
        )
        page = writer.root["/Pages"]["/Kids"][0]
        page[generic.pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(annotation)])
        writer.update_container(page)

    return _updated(pdf, change)


def replace_page_content(pdf: bytes) -> bytes:
    """Shadow object: the content stream of the first page under the same number."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][0]
        new = generic.StreamObject(stream_data=b"0.8 0 0 rg 30 200 200 100 re f")
        page[generic.pdf_name("/Contents")] = writer.add_object(new)
        writer.update_container(page)

    return _updated(pdf, change)


def ask_for_appearances(pdf: bytes) -> bytes:
    """NeedAppearances: every reader draws the fields anew, as it likes."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        form[generic.pdf_name("/NeedAppearances")] = generic.BooleanObject(value=True)
        writer.update_container(form)

    return _updated(pdf, change)


def add_validation_stream(pdf: bytes) -> bytes:
    """More validation data behind the last time-stamp: lawful in a stranger's file alone."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        store = writer.root["/DSS"]
        store["/Certs"].append(writer.add_object(generic.StreamObject(stream_data=b"no certificate")))
        writer.update_container(store["/Certs"])

    return _updated(pdf, change)


def save_anew(pdf: bytes) -> bytes:
    """Opened and saved by an editor: same pages, other bytes."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out)
    return out.getvalue()


# signature dictionaries ------------------------------------------------------------------------------


def _in_last(pdf: bytes, pattern: re.Pattern[bytes], change: Callable[[bytes], bytes]) -> bytes:
    """`change` what the last match's first group holds, keeping its length."""
    found = list(pattern.finditer(pdf))[-1]
    old = found.group(1)
    return pdf[: found.start(1)] + change(old).ljust(len(old))[: len(old)] + pdf[found.end(1) :]


def zero_byte_range(pdf: bytes) -> bytes:
    return _in_last(pdf, _BYTE_RANGE, lambda _: b"0 0 0 0")


def drop_byte_range(pdf: bytes) -> bytes:
    place = pdf.rindex(b"/ByteRange")
    return pdf[:place] + b"/ByteRagne" + pdf[place + 10 :]


def negative_byte_range(pdf: bytes) -> bytes:
    return _in_last(pdf, _BYTE_RANGE, lambda old: b"-" + old)


def shift_byte_range(pdf: bytes) -> bytes:
    """The second range begins one byte later and ends where it did."""

    def later(old: bytes) -> bytes:
        first, length, second, rest = map(int, old.split())
        return b"%d %d %d %d" % (first, length, second + 1, rest - 1)

    return _in_last(pdf, _BYTE_RANGE, later)


def shorten_byte_range(pdf: bytes) -> bytes:
    """The second range ends before the file does."""

    def shorter(old: bytes) -> bytes:
        first, length, second, rest = map(int, old.split())
        return b"%d %d %d %d" % (first, length, second, rest - 8)

    return _in_last(pdf, _BYTE_RANGE, shorter)


def wrap_second_range(pdf: bytes) -> bytes:
    """SWA: the signed second part moves to the end and other objects stand where it was."""
    found = list(_BYTE_RANGE.finditer(pdf))[-1]
    first, length, second, rest = map(int, found.group(1).split())
    inserted = b">> endobj\n" + _body(pdf) + b"997 0 obj << /Wrapped <"
    moved = b"%d %d %d %d" % (first, length, second + len(inserted), rest)
    changed = (
        pdf[: found.start(1)] + moved.ljust(len(found.group(1)))[: len(found.group(1))] + pdf[found.end(1) :]
    )
    return changed[:second] + inserted + changed[second:]


def empty_contents(pdf: bytes) -> bytes:
    return _in_last(pdf, _CONTENTS, lambda old: b"<" + b"0" * (len(old) - 2) + b">")


def null_contents(pdf: bytes) -> bytes:
    return _in_last(pdf, _CONTENTS, lambda _: b"null")


# papers that look like something else -----------------------------------------------------------------


def with_attached_text(pdf: bytes, text: bytes) -> bytes:
    """A stream whose plain bytes are `text`."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.Root.Attached = document.make_indirect(pikepdf.Stream(document, text))
        document.save(out, compress_streams=False)
    return out.getvalue()


def with_text_field(pdf: bytes) -> bytes:
    """An empty text field over the upper half of the first page."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        look = pikepdf.Stream(document, b"")
        look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        look.BBox = pikepdf.Array([0, 0, 200, 100])
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T="GhiChu",
                F=4,
                Rect=pikepdf.Array([20, 250, 220, 350]),
                AP=pikepdf.Dictionary(N=document.make_indirect(look)),
                P=document.pages[0].obj,
            )
        )
        document.pages[0].obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        document.save(out)
    return out.getvalue()


def fill_text_field(pdf: bytes) -> bytes:
    """The field gets a value whose appearance covers the page."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field[generic.pdf_name("/V")] = generic.TextStringObject("khác")
        look = field["/AP"]["/N"]
        look._data = b"1 0 0 rg 0 0 200 100 re f"
        look._encoded_data = None
        writer.update_container(look)
        writer.update_container(field)

    return _updated(pdf, change)


def with_compressed_tables(pdf: bytes) -> bytes:
    """Object streams and a cross-reference stream."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def with_hybrid_table(pdf: bytes) -> bytes:
    """A table for old readers and, beside it, a cross-reference stream for new ones."""
    table = pdf.rindex(b"xref", 0, pdf.rindex(b"startxref"))
    size = int(re.findall(rb"/Size (\d+)", pdf)[-1])
    stream = b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 3 1] /Index [%d 1] /Length 5 >>\n" % (
        size,
        size + 1,
        size,
    )
    stream += b"stream\n\x01" + table.to_bytes(3, "big") + b"\x00\nendstream\nendobj\n"
    trailer = pdf[table : pdf.rindex(b"startxref")]
    trailer = trailer.replace(b"/Size %d" % size, b"/Size %d /XRefStm %d" % (size + 1, table))
    return pdf[:table] + stream + trailer + b"startxref\n%d\n%%%%EOF\n" % (table + len(stream))


def add_page(pdf: bytes) -> bytes:
    """One more page behind the last, in a well-formed update."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        tree = writer.root["/Pages"]
        page = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Page"),
                generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
                generic.pdf_name("/MediaBox"): generic.ArrayObject(
                    map(generic.NumberObject, (0, 0, 300, 420))
                ),
            }
        )
        tree["/Kids"].append(writer.add_object(page))
        tree[generic.pdf_name("/Count")] = generic.NumberObject(int(tree["/Count"]) + 1)
        writer.update_container(tree)

    return _updated(pdf, change)


def linearised(pdf: bytes) -> bytes:
    """Written for viewing page by page from the web."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, linearize=True)
    return out.getvalue()


UPDATES: tuple[Attack, ...] = (
    empty_update,
    add_annotation,
    replace_page_content,
    ask_for_appearances,
    add_validation_stream,
    save_anew,
)
APPENDED: tuple[Attack, ...] = (
    append_byte,
    append_line_end,
    append_space,
    append_comment,
    append_end_marker,
    append_object,
    append_second_copy,
    isa_without_xref,
    isa_with_trailer,
    isa_with_copied_startxref,
    isa_with_copied_signature,
    isa_with_proper_xref,
)
SIGNATURE_FORGERIES: tuple[Attack, ...] = (
    zero_byte_range,
    drop_byte_range,
    negative_byte_range,
    shift_byte_range,
    shorten_byte_range,
    wrap_second_range,
    empty_contents,
    null_contents,
)


def cut_back(pdf: bytes) -> Iterator[bytes]:
    """The file as it was at each earlier %%EOF, with and without the line end behind it."""
    ends = [found.end() for found in re.finditer(rb"%%EOF", pdf)]
    for end in ends[:-1]:
        yield pdf[:end]
        yield pdf[: end + 1]


def contents_of(pdf: bytes) -> list[tuple[int, int]]:
    """Where each /Contents string begins and ends, brackets left out."""
    return [(found.start(1) + 1, found.end(1) - 1) for found in _CONTENTS.finditer(pdf)]


def with_byte(pdf: bytes, place: int, value: int) -> bytes:
    return pdf[:place] + bytes((value,)) + pdf[place + 1 :]
