"""What goes into digitizing and what comes out: an order, pages as they finish, the finished document.

Everything here is frozen and made of plain types, because results travel between processes as JSON.
Lengths are millimetres, angles degrees, times seconds; boxes are fractions of the upright page.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from foundation.faults import Fault


class Profile(StrEnum):
    """How the visible page is kept: the scan's own pixels, or a smaller picture for screens."""

    ARCHIVE = "archive"
    COMPACT = "compact"


class Verdict(StrEnum):
    """What the clerk is told about a page."""

    GOOD = "GOOD"
    LOOK = "LOOK"
    SCAN_AGAIN = "SCAN_AGAIN"


class ReasonCode(StrEnum):
    """Why a page is not simply GOOD."""

    DPI_ASSUMED = "DPI_ASSUMED"  # the picture does not say how large the paper was
    LOW_RESOLUTION = "LOW_RESOLUTION"
    BLURRED = "BLURRED"
    FAINT = "FAINT"
    BLANK = "BLANK"
    DIRECTION_UNSURE = "DIRECTION_UNSURE"  # up and down read equally well
    READING_INCOMPLETE = "READING_INCOMPLETE"  # the reader ran out of time
    DOUBTFUL_TEXT = "DOUBTFUL_TEXT"  # many words were read with little confidence
    NOT_COLOUR = "NOT_COLOUR"  # the law asks for colour (L1)
    CLIPPED = "CLIPPED"  # text runs into the edge of the picture
    SEAL_CUT = "SEAL_CUT"
    GLARE = "GLARE"  # a lamp's reflection hides text
    DOUBLED = "DOUBLED"  # an earlier page of the document shows the same
    WORDS_DIFFER = "WORDS_DIFFER"  # the file's own words are not all that is seen: the picture was read
    ATTACHMENTS = "ATTACHMENTS"  # the file carries other files besides its pages
    EDGES_UNSURE = "EDGES_UNSURE"  # a photograph whose paper was not found: the whole picture is kept


class Origin(StrEnum):
    """What a source file is by itself, whatever it is joined with."""

    SCAN = "scan"  # pictures of paper
    BORN_DIGITAL = "born_digital"  # at least one page was never paper
    SIGNED = "signed"  # it carries a signature, and is kept byte for byte


class FaultCode(StrEnum):
    """Why no document came out."""

    NO_FILE = "NO_FILE"  # nothing stands at this path
    UNREADABLE = "UNREADABLE"
    ENCRYPTED = "ENCRYPTED"
    NO_PAGES = "NO_PAGES"
    TOO_LARGE = "TOO_LARGE"
    NOT_A_DOCUMENT = "NOT_A_DOCUMENT"
    DYNAMIC_FORM = "DYNAMIC_FORM"  # its pages are made by the program that opens it: here they say nothing
    PORTFOLIO = "PORTFOLIO"  # a folder of files with a cover page
    SIGNED_AMONG_OTHERS = "SIGNED_AMONG_OTHERS"  # joining a signed PDF with others would break its signature
    OCR_MISSING = "OCR_MISSING"
    READER_MISSING = "READER_MISSING"  # the weights of our line reader are absent or altered
    WRITE_FAILED = "WRITE_FAILED"
    PDFA_INVALID = "PDFA_INVALID"
    PAGE_FAILED = "PAGE_FAILED"


class DigitizeFault(Fault):
    """One family for everything that keeps a document from being made; nothing is left at the order's out."""

    code: FaultCode

    def __init__(self, code: FaultCode, source: str, page: int | None = None, detail: str = "") -> None:
        super().__init__(code, detail, source=source, page=page)
        self.source = source
        self.page = page

    def __str__(self) -> str:
        """Code, file, page and detail: a log names which of many it was."""
        where = f"{self.source} page {self.page}" if self.page else self.source
        return f"{self.code}: {where}: {self.detail}"


@dataclass(frozen=True)
class Box:
    """A rectangle on the upright page, in fractions 0-1 from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Reason:
    """One thing the clerk should know about a page, and where on it."""

    code: ReasonCode
    box: Box | None = None


class Reader(StrEnum):
    """Who read a word."""

    OWN = "motcua"
    TESSERACT = "tesseract"


@dataclass(frozen=True)
class Opinion:
    """What one reader alone read where a word stands, and how sure it was (0-100)."""

    reader: Reader
    text: str
    confidence: float


@dataclass(frozen=True)
class Word:
    """One word in NFC, where it stands, and how sure it is (0-100).

    `sure` words need no look: of a hundred of them less than one is wrong. `readings` are the readers' own,
    before they were weighed against each other and the language; none where only one reader was asked.
    """

    text: str
    box: Box
    confidence: float
    sure: bool = False
    readings: tuple[Opinion, ...] = ()


@dataclass(frozen=True)
class Line:
    """Words that stand side by side, left to right.

    `descent` is the share of the line's height that lies below its baseline, where the reader measured it.
    """

    words: tuple[Word, ...]
    descent: float | None = None

    @property
    def text(self) -> str:
        """The words with one space between them."""
        return " ".join(word.text for word in self.words)

    @property
    def baseline(self) -> float | None:
        """Where the baseline runs, as a fraction of the page's height, where the reader measured it."""
        if self.descent is None:
            return None
        box = self.box
        return round(box.bottom - self.descent * (box.bottom - box.top), 5)

    @property
    def box(self) -> Box:
        """The smallest box around all words."""
        boxes = [word.box for word in self.words]
        return Box(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )


@dataclass(frozen=True)
class Mark:
    """What was read of a seal, a signature or a scribble: no text.

    `line` is the line of the page, from 0, in which it stood at place `at`; None where it stood alone.
    """

    word: Word
    line: int | None
    at: int


@dataclass(frozen=True)
class PageText:
    """The lines of one page in reading order; `page` counts from 1, sizes are those of the upright page.

    `marks` are kept beside the text: neither in the text layer nor searched.
    """

    page: int
    width_mm: float
    height_mm: float
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()

    @property
    def as_read(self) -> tuple[Line, ...]:
        """The lines with the marks that stand in them, for whoever looks at the paper as well."""
        words = [list(line.words) for line in self.lines]
        for mark in self.marks:
            if mark.line is not None:
                words[mark.line].insert(mark.at, mark.word)
        return tuple(replace(line, words=tuple(new)) for line, new in zip(self.lines, words, strict=True))

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)


Corners = tuple[tuple[float, float], ...]
"""Four corners of a paper as fractions of the picture as its source turns it, clockwise from its top left."""


@dataclass(frozen=True)
class Wishes:
    """What a person asks beyond the usual. Every wish is kept in the recipe of the page.

    Args:
        whiten: lay the page on white paper: the one change of tone that a visible page can get.
        dewarp: level curled lines, for pages of bound books.
        corners: where the paper lies in a photograph, by page (from 1), as somebody showed it.
        duplex: pages come in pairs, front and back of one sheet.
    """

    whiten: bool = False
    dewarp: bool = False
    duplex: bool = False
    corners: tuple[tuple[int, Corners], ...] = ()


USUAL = Wishes()


@dataclass(frozen=True)
class Recipe:
    """How the reading plane was made of the scan; doing it again gives the same pixels.

    Args:
        corners: of the paper in a photograph that was rectified, in the stored pixels; else None.
        dewarped: curled lines were levelled.
        whitened: the visible page was laid on white.
        back: the other side's print was subtracted where it shone through.
        rotation: degrees clockwise.
        skew_degrees: by which the plane was straightened then; 0 where the tilted plane was read.
        versions: of what made it: our recipe, OpenCV, the reader.
        pixels_sha256: of the upright reading plane, rows of grey bytes, as it was read.
    """

    corners: Corners | None
    dewarped: bool
    whitened: bool
    back: bool
    rotation: int
    skew_degrees: float
    versions: tuple[str, ...]
    pixels_sha256: str


@dataclass(frozen=True)
class PageReport:
    """What was found and done on one page. `rotation` is applied clockwise; then the page is straightened.

    `quad` are the corners of a photographed paper that was cut out and rectified; `crop` is the part of the
    upright scan that the paper fills, when it is smaller than the glass; `recipe` is None for a page that was
    not read from pixels.
    """

    page: int
    verdict: Verdict
    reasons: tuple[Reason, ...]
    dpi: float
    rotation: int
    skew_degrees: float
    words: int
    mean_confidence: float
    cpu_seconds: float
    bytes: int
    quad: Corners | None = None
    crop: Box | None = None
    recipe: Recipe | None = None


@dataclass(frozen=True)
class Order:
    """What to digitize: `sources` in this order become one document at `out`.

    `text` and `reading_copy` are further outputs when given; `work` is a private scratch folder. With a
    `cache`, a private folder, a page that was read before with the same wishes is not read again.
    """

    sources: tuple[Path, ...]
    out: Path
    text: Path | None
    reading_copy: Path | None
    profile: Profile
    jobs: int
    work: Path
    wishes: Wishes = USUAL
    cache: Path | None = None


@dataclass(frozen=True)
class PageDone:
    """A page has been read; told in page order."""

    report: PageReport
    text: PageText


@dataclass(frozen=True)
class Digitized:
    """The document stands at `path`, whole. `conformance` is None for a signed PDF, kept byte for byte.

    `origins` tells of each source, in the order's order, what it is.
    """

    path: Path
    sha256: str
    pages: tuple[PageReport, ...]
    pdf_bytes: int
    conformance: str | None
    cpu_seconds: float
    wall_seconds: float
    origins: tuple[Origin, ...]


Event = PageDone | Digitized
