"""PDFs made to cost a verifier far more than they weigh: many of everything, deep, wide, swollen, circular.

Each maker gives the bytes of one file. `signed` ones carry a true signature and a time-stamp behind it, so
every step of the verification has something to do; the others only claim a signature. Sizes are those that
cost the most of what fits the upload limit, or what fits into a test where more would cost nothing else.
"""

import asyncio
import hashlib
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

sys.path.insert(0, str(Path(__file__).parent))
import sample_copies

MEGABYTE = 1 << 20
UPLOAD_MB = 200  # office.settings.Settings.upload_mb
CLAIM = (
    b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 9 19 9]"
    b" /Contents <3000> >>"
)
FIRST_FIELD = 900_001
CONTENTS_DIGITS = 8000
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 420] /Contents 4 0 R /Resources << %s >> >>"


# pieces ----------------------------------------------------------------------------------------------


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1, the first its /Root."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def stream(content: bytes, entries: bytes = b"", *, packed: bool = True) -> bytes:
    """A stream object; packed with Flate unless its bytes are to stand there as they are."""
    raw = zlib.compress(content, 9) if packed else content
    how = b"/Filter /FlateDecode" if packed else b""
    return b"<< /Length %d %s %s >>\nstream\n%s\nendstream" % (len(raw), how, entries, raw)


def paper(content: bytes, resources: bytes = b"", further: Iterable[bytes] = (), root: bytes = b"") -> bytes:
    """A document of one page with this content; `further` objects are numbered from 5."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R %s >>" % root
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return pdf([catalog, tree, PAGE % resources, stream(content), *further])


def claiming(document: bytes) -> bytes:
    """The document with an object that looks like a signature, listed by an update of its own."""
    return updated(document, {9000: CLAIM})


def updated(document: bytes, objects: Mapping[int, bytes]) -> bytes:
    """A well-formed update that adds or replaces objects."""
    previous = int(re.findall(rb"startxref\s+(\d+)", document[-2000:])[-1])
    body, table, at = bytearray(), bytearray(b"xref\n"), len(document)
    for number, content in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, at + len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    trailer = b"trailer\n<< /Size 999999 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return b"".join((document, body, table, trailer % (previous, at + len(body))))


def signed(document: bytes, signatures: int = 2, *, seen: bool = False) -> bytes:
    """The document truly signed, each time in a revision of its own: there is always one behind the first.

    `seen`: the later fields lie on the page (object 3), so that it has to be drawn before and after.
    """
    fields = b""
    catalog = re.search(rb"1 0 obj\n<<(.*)>>\nendobj", document[: document.index(b"endobj") + 6], re.DOTALL)
    entries, _, form = catalog.group(1).partition(b"/AcroForm << /Fields [")
    for number in range(FIRST_FIELD, FIRST_FIELD + 2 * signatures, 2):
        fields += b" %d 0 R" % number
        root = b"<<%s/AcroForm << /SigFlags 3 /Fields [%s %s >>" % (entries, fields, form or b"] >>")
        page = _with_field(document, number) if seen and number > FIRST_FIELD else {}
        document = _signed_once(document, {1: root, **page}, number)
    return document


def _with_field(document: bytes, number: int) -> dict[int, bytes]:
    """The page with one field on it."""
    page = re.search(rb"\n3 0 obj\n(<< /Type /Page .*?) >>\nendobj", document, re.DOTALL).group(1)
    return {3: b"%s /Annots [%d 0 R] >>" % (page, number)}


def _signed_once(document: bytes, changed: Mapping[int, bytes], number: int) -> bytes:
    """One signature by a stranger whom the root vouches for, written by hand (ISO 32000-2 12.8)."""
    place = b"<" + b"0" * CONTENTS_DIGITS + b">"
    box = b"9 9 29 29" if 3 in changed else b"0 0 0 0"
    look = (
        b"<< /FT /Sig /T (Sig%%d) /V %%d 0 R /Type /Annot /Subtype /Widget /F 132 /Rect [%s] /P 3 0 R >>"
        % box
    )
    claim = CLAIM.replace(b"<3000>", place).replace(b"[0 9 19 9]", b"[0 %010d %010d %010d]" % (0, 0, 0))
    whole = bytearray(updated(document, {**changed, number: look % (number, number + 1), number + 1: claim}))
    first = whole.index(place, len(document))
    second = first + len(place)
    ranges = b"[0 %010d %010d %010d]" % (first, second, len(whole) - second)
    at = whole.index(b"[0 0000000000", len(document))
    whole[at : at + len(ranges)] = ranges
    with memoryview(whole) as seen:
        digest = hashlib.sha256(seen[:first])
        digest.update(seen[second:])
    cms = asyncio.run(_stranger().async_sign(digest.digest(), "sha256", use_pades=True)).dump().hex().encode()
    whole[first + 1 : first + 1 + len(cms)] = cms
    return bytes(whole)


def _stranger() -> signers.SimpleSigner:
    there = sample_copies.authority()
    known = SimpleCertificateStore.from_certs([there.root.asn1])
    return signers.SimpleSigner(there.stranger.asn1, there.stranger.asn1_key, known)


# many --------------------------------------------------------------------------------------------------


def many_tails(count: int = 900) -> bytes:
    """A certified copy with one update after another behind it."""
    return with_tails(sample_copies.genuine_copy(), count)


def with_tails(document: bytes, count: int) -> bytes:
    """Many updates, each of which changes a page's content."""
    root = re.findall(rb"/Root\s+(\d+) \d+ R", document)[-1]
    previous = int(re.findall(rb"startxref\s+(\d+)", document[-2000:])[-1])
    out = bytearray(document)
    for number in range(count):
        at = len(out)
        out += (
            b"998 0 obj\n<< /Length 35 >>\nstream\n1 0 0 rg %03d 200 200 100 re f      \nendstream\nendobj\n"
            % (number % 1000)
        )
        table = len(out)
        out += b"xref\n998 1\n%010d 00000 n \n" % at
        out += b"trailer\n<< /Size 999 /Root %s 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
            root,
            previous,
            table,
        )
        previous = table
    return bytes(out)


def many_pages(count: int = 40_000) -> bytes:
    """A page tree of pages that all show the same."""
    kids = b" ".join(b"%d 0 R" % number for number in range(4, 4 + count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 420] /Contents 3 0 R >>"
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)
    ink = stream(b"1 0 0 rg 20 200 200 100 re f")
    return signed(pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, ink, *[page] * count]))


def many_fields(count: int = 20_000) -> bytes:
    """A form of text fields."""
    field = b"<< /FT /Tx /T (f%d) /V (v) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /P 3 0 R >>"
    names = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    form = b"/AcroForm << /Fields [%s] >>" % names
    return signed(paper(b"f", b"", (field % number for number in range(count)), form))


def many_signatures(count: int = 60) -> bytes:
    """One true signature after another."""
    return signed(paper(b"0 0 9 9 re f"), count)


def many_claims(count: int = 20_000) -> bytes:
    """Signature fields that say nothing true."""
    field = b"<< /FT /Sig /T (f%d) /V %d 0 R >>"
    names = b" ".join(b"%d 0 R" % number for number in range(5, 5 + 2 * count, 2))
    further = [part for n in range(count) for part in (field % (n, 6 + 2 * n), CLAIM)]
    return paper(b"f", b"", further, b"/AcroForm << /Fields [%s] /SigFlags 3 >>" % names)


def many_mentions(count: int = 300, filling: int = 2 * MEGABYTE) -> bytes:
    """One large object that mentions a signature again and again."""
    names = b"".join(b"/K%d /ByteRange " % number for number in range(count))
    numbers = b"1 " * (filling // 2)
    return paper(b"f", b"", [b"<< %s /Z [%s] >>" % (names, numbers)])


def many_annotations(count: int = 30_000) -> bytes:
    """Squares laid over one page."""
    square = b"<< /Type /Annot /Subtype /Square /Rect [0 0 300 420] /AP << /N 6 0 R >> >>"
    look = stream(b"0 0 300 420 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 300 420]")
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 420] /Contents 4 0 R /Annots 5 0 R >>"
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    return signed(pdf([catalog, tree, page, stream(b"f"), b"[%s]" % (square * count), look]))


def many_objects(count: int = 400_000) -> bytes:
    """Objects that nothing needs."""
    return claiming(paper(b"f", b"", [b"null"] * count))


def many_validation_data(count: int = 20_000) -> bytes:
    """A security store full of certificates that are all the same."""
    certificate = stream(sample_copies.authority().root.asn1.dump())
    store = b"<< /Certs [%s] >>" % (b"5 0 R " * count)
    return signed(paper(b"f", b"", [certificate], b"/DSS %s" % store))


# large -------------------------------------------------------------------------------------------------


def zeros(megabytes: int = UPLOAD_MB - 1) -> bytes:
    """A header, a claim, and nothing but zeros."""
    return claiming(paper(b"f")) + bytes(megabytes * MEGABYTE)


def zeros_in_a_stream(megabytes: int = UPLOAD_MB - 1) -> bytes:
    """A true signature over a stream of zeros."""
    return signed(paper(b"f", b"", [stream(bytes(megabytes * MEGABYTE), packed=False)]))


def comments(megabytes: int = 30) -> bytes:
    """Comment lines where white space may stand."""
    filling = b"%\n" * (megabytes * MEGABYTE // 2)
    return claiming(paper(b"f", b"", [b"<< %s /Z 1 >>" % filling]))


def long_string(megabytes: int = 30) -> bytes:
    """A string of escapes."""
    return claiming(paper(b"f", b"", [b"(%s)" % (b"\\(" * (megabytes * MEGABYTE // 2))]))


def long_contents(megabytes: int = 40) -> bytes:
    """A signature value of zeros."""
    hexadecimal = b"<3082%s>" % (b"00" * (megabytes * MEGABYTE // 2))
    return paper(b"f", b"", [CLAIM.replace(b"<3000>", hexadecimal)])


def long_name_tree(count: int = 300_000) -> bytes:
    """An array of strings in the catalogue."""
    return signed(paper(b"f", b"", [], b"/Names << /Dests << /Names [%s] >> >>" % (b"(a) null " * count)))


# deep ---------------------------------------------------------------------------------------------------


def deep_arrays(depth: int = 500_000) -> bytes:
    """Arrays in arrays."""
    return claiming(paper(b"f", b"", [b"[" * depth + b"]" * depth]))


def deep_dictionaries(depth: int = 300_000) -> bytes:
    """Dictionaries in dictionaries, in the catalogue itself."""
    return claiming(paper(b"f", b"", [], b"/A " + b"<</A " * depth + b"1" + b">>" * depth))


def deep_pages(depth: int = 20_000) -> bytes:
    """A page tree that is a line."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1) for number in range(2, 2 + depth)]
    page = b"<< /Type /Page /MediaBox [0 0 300 420] >>"
    return claiming(pdf([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, page]))


def deep_fields(depth: int = 20_000) -> bytes:
    """A form whose fields are a line."""
    nodes = [b"<< /T (a) /Kids [%d 0 R] >>" % (number + 1) for number in range(5, 5 + depth)]
    return claiming(paper(b"f", b"", [*nodes, b"<< /FT /Sig /T (a) >>"], b"/AcroForm << /Fields [5 0 R] >>"))


def round_pages() -> bytes:
    """A page tree that bites its tail."""
    tree = b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"
    return claiming(pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree]))


def round_fields() -> bytes:
    """A field that is its own child, twice."""
    return claiming(
        paper(b"f", b"", [b"<< /T (a) /Kids [5 0 R 5 0 R] >>"], b"/AcroForm << /Fields [5 0 R] >>")
    )


# swollen ------------------------------------------------------------------------------------------------


def swollen_table(megabytes: int = 60) -> bytes:
    """A cross-reference stream that inflates, with the predictor that costs the most."""
    return swollen_tables(1, megabytes)


def swollen_tables(count: int = 50, megabytes: int = 30) -> bytes:
    """A chain of cross-reference streams, each of which inflates."""
    out = bytearray(b"%%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n%s\nendobj\n" % CLAIM)
    rows = megabytes * MEGABYTE // 8
    raw = zlib.compress((b"\x02" + bytes(7)) * rows, 9)
    previous = b""
    for _ in range(count):
        at = len(out)
        head = b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R %s /Filter /FlateDecode" % (rows, previous)
        parms = b"/DecodeParms << /Predictor 12 /Columns 7 >>"
        out += b"3 0 obj\n<< %s %s /Length %d >>\nstream\n" % (head, parms, len(raw))
        out += raw + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
        previous = b"/Prev %d" % at
    return bytes(out)


def swollen_objects(megabytes: int = 400) -> bytes:
    """An object stream that inflates a thousand times, which the catalogue needs."""
    out = bytearray(b"%PDF-1.7\n")
    body = b"1 0 2 30 << /Type /Catalog /Pages 2 0 R >> << /Type /Pages /Kids [] /Count 0 >>"
    inner = stream(body + b" " * (megabytes * MEGABYTE), b"/Type /ObjStm /N 2 /First 8")
    places = {4: len(out)}
    out += b"4 0 obj\n%s\nendobj\n" % inner
    places[5] = len(out)
    out += b"5 0 obj\n%s\nendobj\n" % CLAIM
    at = len(out)
    rows = b"".join(
        bytes((kind,)) + where.to_bytes(4, "big") + last.to_bytes(2, "big")
        for kind, where, last in (
            (0, 0, 0),
            (2, 4, 0),
            (2, 4, 1),
            (0, 0, 0),
            (1, places[4], 0),
            (1, places[5], 0),
            (1, at, 0),
        )
    )
    table = stream(rows, b"/Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R")
    return bytes(out + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, at))


def swollen_page(megabytes: int = 300) -> bytes:
    """A page's content that inflates to spaces."""
    return signed(paper(b" " * (megabytes * MEGABYTE) + b"0 0 9 9 re f"), seen=True)


def swollen_image(side: int = 30_000) -> bytes:
    """A picture of nearly a thousand million dots."""
    picture = stream(
        bytes(side * side // 8),
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 1"
        % (side, side),
    )
    return signed(paper(b"300 0 0 420 0 0 cm /I Do", b"/XObject << /I 5 0 R >>", [picture]), seen=True)


# slow to draw ---------------------------------------------------------------------------------------------


def many_lines(count: int = 1_000_000) -> bytes:
    """A page crossed by lines."""
    return signed(paper(b"0 0 m 300 420 l S 300 0 m 0 420 l S " * (count // 2)), seen=True)


def many_dashes() -> bytes:
    """Long lines of very short dashes."""
    return signed(
        paper(b"[0.001 0.001] 0 d " + b"0 0 m 30000 42000 l S 0 9 m 30000 42009 l S " * 500), seen=True
    )


def laughing_forms(levels: int = 9) -> bytes:
    """A form that shows the next one ten times, and so on."""
    look = b"/Type /XObject /Subtype /Form /BBox [0 0 300 420] /Resources << /XObject << /F %d 0 R >> >>"
    forms = [stream(b"/F Do " * 10, look % number) for number in range(6, 6 + levels)]
    last = stream(b"0 0 300 420 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 300 420]")
    return signed(paper(b"/F Do", b"/XObject << /F 5 0 R >>", [*forms, last]), seen=True)


def tiny_tiles() -> bytes:
    """A pattern of very small tiles over the whole page, again and again."""
    tile = stream(
        b"0 0 1 1 re f",
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.01 /YStep 0.01 "
        b"/Resources << >>",
    )
    content = b"/Pattern cs /P scn " + b"0 0 300 420 re f " * 200
    return signed(paper(content, b"/Pattern << /P 5 0 R >>", [tile]), seen=True)


def many_shadings(count: int = 5_000) -> bytes:
    """Radial shadings over the whole page."""
    shading = (
        b"<< /ShadingType 3 /ColorSpace /DeviceRGB /Coords [150 200 0 150 200 400] /Extend [true true] "
        b"/Function << /FunctionType 2 /Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] /N 1 >> >>"
    )
    return signed(paper(b"/S sh " * count, b"/Shading << /S 5 0 R >>", [shading]), seen=True)


def many_groups(count: int = 3_000) -> bytes:
    """Transparent groups over the whole page."""
    form = stream(
        b"0.5 g 0 0 300 420 re f",
        b"/Type /XObject /Subtype /Form /BBox [0 0 300 420] /Group << /S /Transparency /I true /K true >>",
    )
    state = b"/ExtGState << /G << /ca 0.5 /BM /Luminosity >> >> /XObject << /F 5 0 R >>"
    return signed(paper(b"/G gs " + b"/F Do " * count, state, [form]), seen=True)


BOMBS: Mapping[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        many_tails,
        many_pages,
        many_fields,
        many_signatures,
        many_claims,
        many_mentions,
        many_annotations,
        many_objects,
        many_validation_data,
        zeros,
        zeros_in_a_stream,
        comments,
        long_string,
        long_contents,
        long_name_tree,
        deep_arrays,
        deep_dictionaries,
        deep_pages,
        deep_fields,
        round_pages,
        round_fields,
        swollen_table,
        swollen_tables,
        swollen_objects,
        swollen_page,
        swollen_image,
        many_lines,
        many_dashes,
        laughing_forms,
        tiny_tiles,
        many_shadings,
        many_groups,
    )
}


@cache
def bomb(name: str) -> bytes:
    """The bytes of one bomb, made once."""
    return BOMBS[name]()
