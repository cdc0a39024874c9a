"""Pages into one PDF/A-2u file (ISO 19005-2): one shared font, one colour intent, what the file says it is.

Pages come one by one and go to part files of a fixed number of pages, so neither memory nor the number of
open files grows with the document.
"""

import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import ImageCms

from digitize.pdf.glyphless import add_font

PAGES_PER_PART = 64
CONFORMANCE = "PDF/A-2u"
PDF_VERSION = "1.7"
PROFILE_DATE = slice(
    24, 36
)  # of an ICC profile's header: left at zero so that the same pages give the same bytes
SRGB = "sRGB IEC61966-2.1"
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True)
class KeptPage:
    """A page that keeps its form: page `index` (from 0) of a PDF that already is PDF/A-2u."""

    source: Path
    index: int


class Assembly:
    """A document in the making; scratch files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._waiting: list[Path] = []
        self._parts = 0
        self._pages: list[KeptPage] = []

    def add_written(self, page: Path) -> None:
        """Add a page that `compose.write_page` wrote; its file is taken away."""
        self._pages.append(KeptPage(self._part(self._parts), len(self._waiting)))
        self._waiting.append(page)
        if len(self._waiting) == PAGES_PER_PART:
            self._close_part()

    def add_kept(self, page: KeptPage) -> None:
        """Add a page that keeps its form."""
        self._pages.append(page)

    def finish(self, out: Path) -> None:
        """Write the whole document to `out`."""
        self._close_part()
        parts = [self._part(number) for number in range(self._parts)]
        with ExitStack() as opened, _bound(parts) as pdf:
            sources: dict[Path, pikepdf.Pdf] = {}
            font = add_font(pdf)
            for place, page in enumerate(self._pages):
                if page.source.parent == self._folder:  # all written pages stand there already, in order
                    pdf.pages[place].obj.Resources.Font = Dictionary(F0=font)
                    continue
                if page.source not in sources:
                    sources[page.source] = opened.enter_context(pikepdf.open(page.source))
                pdf.pages.insert(place, sources[page.source].pages[page.index])
            _declare(pdf)
            _save(pdf, out)
        for part in parts:
            part.unlink()

    def _part(self, number: int) -> Path:
        return self._folder / f"part-{number:05d}.pdf"

    def _close_part(self) -> None:
        if not self._waiting:
            return
        with _bound(self._waiting) as pdf:
            _save(pdf, self._part(self._parts))
        for page in self._waiting:
            page.unlink()
        self._waiting = []
        self._parts += 1


def _bound(files: Sequence[Path]) -> pikepdf.Pdf:
    """All pages of these files; their pictures stay there until they are saved, and never all in memory."""
    if not files:
        return pikepdf.Pdf.new()
    pages = [told for file in files for told in (str(file), "1-z")]
    job = ["qpdf", "--empty", "--remove-unreferenced-resources=no", "--pages", *pages, "--", "unwritten.pdf"]
    return pikepdf.Job(job).create_pdf()


def _declare(pdf: pikepdf.Pdf) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[PROFILE_DATE] = bytes(12)
    colours = Stream(pdf, zlib.compress(bytes(profile), 9), N=3, Filter=Name.FlateDecode)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=SRGB.encode("ascii"),
        Info=SRGB.encode("ascii"),
        DestOutputProfile=pdf.make_indirect(colours),
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    pdf.Root.Metadata = Stream(pdf, XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)


def _save(pdf: pikepdf.Pdf, out: Path) -> None:
    pdf.save(
        out,
        force_version=PDF_VERSION,
        deterministic_id=True,
        fix_metadata_version=False,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
