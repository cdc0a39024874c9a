"""Born-digital PDFs as an office program writes them: visible text in an embedded font, PDF/A-2u if asked.

And the document that pages written one by one become.
"""

from pathlib import Path

import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream
from PIL import ImageCms

from digitize.pdf.assembly import Assembly

TINOS = Path("/usr/share/fonts/truetype/croscore/Tinos-Regular.ttf")
A4_POINTS = (595.276, 841.89)
LINES = (
    "Ủy ban nhân dân phường Đồng Nguyễn trả lời đơn của ông Nguyễn Văn Thưởng",
    "Thửa đất số 15 tờ bản đồ số 3 được cấp giấy chứng nhận năm 2025",
)


def write_paper(path: Path, lines: tuple[str, ...] = LINES, *, pdfa: bool = False, rotate: int = 0) -> Path:
    """One page that says `lines`, 14 points high, from 60 points below its top."""
    with pikepdf.Pdf.new() as pdf:
        add_text_page(pdf, lines, rotate)
        if pdfa:
            declare_pdfa(pdf)
        pdf.save(path)
    return path


def finished(folder: Path, *pages: Path) -> Path:
    """The document that these written pages become."""
    document = Assembly(folder / "parts")
    for page in pages:
        document.add_written(page)
    document.finish(folder / "out.pdf")
    return folder / "out.pdf"


def add_text_page(pdf: pikepdf.Pdf, lines: tuple[str, ...], rotate: int = 0) -> None:
    font = TTFont(TINOS)
    glyphs = font.getBestCmap()
    shown = [
        f"BT /F1 14 Tf 1 0 0 1 72 {A4_POINTS[1] - 60 - 20 * row:.1f} Tm <"
        + "".join(f"{font.getGlyphID(glyphs[ord(letter)]):04x}" for letter in line)
        + "> Tj ET"
        for row, line in enumerate(lines)
    ]
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, *A4_POINTS]),
        Rotate=rotate,
        Resources=Dictionary(Font=Dictionary(F1=_font(pdf, font, "".join(lines)))),
        Contents=Stream(pdf, "\n".join(shown).encode("ascii")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def add_scan_page(pdf: pikepdf.Pdf, jpeg: bytes, size: tuple[int, int], rotate: int = 0) -> None:
    """A page as a scanner writes it: one JPEG over the whole of an A4 page."""
    image = Stream(
        pdf,
        jpeg,
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=size[0],
            Height=size[1],
            BitsPerComponent=8,
            ColorSpace=Name.DeviceRGB,
            Filter=Name.DCTDecode,
        ),
    )
    width, height = A4_POINTS
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, width, height]),
        Rotate=rotate,
        Resources=Dictionary(XObject=Dictionary(I0=image)),
        Contents=Stream(pdf, f"q {width} 0 0 {height} 0 0 cm /I0 Do Q".encode("ascii")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def declare_pdfa(pdf: pikepdf.Pdf) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=b"sRGB",
        DestOutputProfile=Stream(pdf, profile, N=3),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    with pdf.open_metadata(set_pikepdf_as_editor=False) as xmp:
        xmp["pdfaid:part"], xmp["pdfaid:conformance"] = "2", "U"


def _font(pdf: pikepdf.Pdf, font: TTFont, letters: str) -> pikepdf.Object:
    em, glyphs = font["head"].unitsPerEm, font.getBestCmap()
    used = {font.getGlyphID(glyphs[ord(letter)]): letter for letter in letters}
    widths = [[glyph, [font["hmtx"][font.getGlyphName(glyph)][0] * 1000 / em]] for glyph in sorted(used)]
    rows = [f"<{glyph:04x}> <{ord(letter):04x}>" for glyph, letter in sorted(used.items())]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    mapped = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /T def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{mapped}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    )
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/Tinos"),
        Flags=4,
        FontBBox=Array([-200, -300, 1200, 1000]),
        ItalicAngle=0,
        Ascent=891,
        Descent=-216,
        CapHeight=662,
        StemV=80,
        FontFile2=Stream(pdf, TINOS.read_bytes()),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name("/Tinos"),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        CIDToGIDMap=Name.Identity,
        W=Array([part for glyph, width in widths for part in (glyph, Array(width))]),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/Tinos"),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=Stream(pdf, cmap.encode("ascii")),
        )
    )
