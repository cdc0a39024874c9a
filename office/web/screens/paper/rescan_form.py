"""The form that sends a paper back to be read again: what it shows, and the wishes that were posted with it.

Corners are shown and typed in hundredths (%) of the picture, from its left and its top edge.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digitize.model import Corners, ReasonCode, Wishes
from office.confined.reader import wishes_of
from office.procedure import FileRole, PaperState
from office.typed import decimal_number, whole_number
from office.views.viewing import PaperSeen
from office.web.posting import Posted
from office.web.words import Words

WISHES = ("whiten", "dewarp", "duplex")  # of digitize.model.Wishes, those that are a tick
PLACES = 4  # corners, clockwise from the picture's top left
INSET: Corners = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
FURTHEST = 999.0  # % of the picture; what is out of it is refused in words later
MOST_PAGES = 5000
DECIMALS = 6  # of a fraction: far less than a pixel
OPEN_STATES = (PaperState.READ, PaperState.EXTRACTED)


@dataclass(frozen=True)
class Choice:
    """A wish that is a tick."""

    name: str
    label: str
    hint: str
    is_chosen: bool


@dataclass(frozen=True)
class CornerShown:
    """One corner: its place (1-4, clockwise from the top left), its name, and both numbers as typed."""

    place: int
    name: str
    across: str
    down: str


@dataclass(frozen=True)
class PageCorners:
    """Four corners of one page's paper.

    `is_cut`: they are asked for; `on_picture`: they are drawn over the whole scan; `is_unsure`: the machine
    did not find them.
    """

    page: int
    corners: tuple[CornerShown, ...]
    is_cut: bool
    on_picture: bool
    is_unsure: bool


@dataclass(frozen=True)
class RescanShown:
    """Everything the form shows."""

    choices: tuple[Choice, ...]
    pages: tuple[PageCorners, ...]
    again: frozenset[int]  # photographs whose corners may be shown once more
    is_posted: bool

    @property
    def is_open(self) -> bool:
        """Is there something that the clerk should see at once?"""
        asked = any(choice.is_chosen for choice in self.choices)
        return asked or self.is_posted or any(page.on_picture for page in self.pages)

    @property
    def on_pictures(self) -> Mapping[int, PageCorners]:
        """The pages whose corners are drawn over the whole scan."""
        return {page.page: page for page in self.pages if page.on_picture}


def rescan_shown(seen: PaperSeen, form: Posted, asked: str, words: Words) -> RescanShown:
    """The form for this paper; `asked` is the number of a page whose corners somebody wants to show."""
    posted = form if form.values else None
    wishes = wishes_of(seen.row.wishes)
    choices = tuple(
        Choice(
            name,
            words.say("paper.wish", name, "name"),
            words.say("paper.wish", name, "hint"),
            bool(posted.one(name)) if posted else getattr(wishes, name),
        )
        for name in WISHES
    )
    rows = {row.page: row for row in seen.pages if _is_shown_whole(seen, row)}
    drawn_by = _Corners(posted, asked, words, wishes)
    shown = [drawn_by.of_page(row) for row in rows.values()]
    pages = tuple(page for page in shown if page.on_picture or page.is_cut)
    drawn = {page.page for page in pages}
    again = frozenset(page for page, row in rows.items() if row.report.get("quad") and page not in drawn)
    return RescanShown(() if seen.came_signed else choices, pages, again, posted is not None)


def wishes_posted(form: Posted, words: Words) -> tuple[Wishes, tuple[str, ...]]:
    """What the form asks, and sentences about what is no number in it."""
    named = (whole_number(name[4:], 1, MOST_PAGES) for name in form.values if name.startswith("cut-"))
    read = {page: _corners_typed(form, page) for page in sorted({page for page in named if page})}
    problems = tuple(
        words.say("paper.corners_incomplete", page=page) for page, found in read.items() if not found
    )
    corners = tuple((page, found) for page, found in read.items() if found)
    ticks = {name: bool(form.one(name)) for name in WISHES}
    return Wishes(**ticks, corners=corners), problems


def _is_shown_whole(seen: PaperSeen, row: Any) -> bool:
    """Was this page read from a picture file of its own? Only then is the scan's picture the page's."""
    scans = [file for file in seen.files if file.role == FileRole.MASTER]
    if seen.row.state not in OPEN_STATES or len(scans) != seen.page_count or not row.report.get("recipe"):
        return False
    return any(scan.ordinal == row.page and scan.media_type.startswith("image/") for scan in scans)


@dataclass(frozen=True)
class _Corners:
    """What every page's corners are shown by: the form, the page asked for, the words, the wishes kept."""

    posted: Posted | None
    asked: str
    words: Words
    wishes: Wishes

    def of_page(self, row: Any) -> PageCorners:
        """The four corners of one page."""
        wished = dict(self.wishes.corners).get(row.page)
        is_unsure = any(reason["code"] == ReasonCode.EDGES_UNSURE for reason in row.report["reasons"])
        is_cut = bool(self.posted.one(f"cut-{row.page}")) if self.posted else wished is not None
        on_picture = is_unsure or self.asked == str(row.page) or (self.posted is not None and is_cut)
        start = wished or row.report.get("quad") or INSET
        return PageCorners(row.page, tuple(self._shown(row.page, start)), is_cut, on_picture, is_unsure)

    def _shown(self, page: int, start: Sequence[Sequence[float]]) -> Iterator[CornerShown]:
        for place, (across, down) in enumerate(start, start=1):
            typed = [self.posted.one(field) for field in _names(page, place)] if self.posted else ["", ""]
            name = self.words.say("paper.corner", str(place))
            yield CornerShown(place, name, typed[0] or self._percent(across), typed[1] or self._percent(down))

    def _percent(self, part: float) -> str:
        written = f"{100 * part:.2f}".rstrip("0").rstrip(".")
        return written.replace(".", self.words.say("format.decimal_mark"))


def _corners_typed(form: Posted, page: int) -> Corners | None:
    corners = []
    for place in range(1, PLACES + 1):
        typed = [form.one(field) for field in _names(page, place)]
        across, down = (decimal_number(text, -FURTHEST, FURTHEST) for text in typed)
        if across is None or down is None:
            return None
        corners.append((round(across / 100, DECIMALS), round(down / 100, DECIMALS)))
    return tuple(corners)


def _names(page: int, place: int) -> tuple[str, str]:
    return f"corner-{page}-{place}-across", f"corner-{page}-{place}-down"
