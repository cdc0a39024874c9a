"""What the certify tests certify with: dated forms and wording, a small digitized paper, a statement."""

import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
from PIL import ImageCms

from certify.demo_authority.certificates import SIGNERS, Role
from certify.model import (
    LOCAL_TIME,
    Appearance,
    Approval,
    Book,
    Box,
    CopyForms,
    Corner,
    Medium,
    Number,
    OriginalSeen,
    Statement,
    Wording,
)

WORDING = Wording(
    heading="Chứng thực bản sao đúng với bản chính",
    number_line="Số chứng thực: {number}   Quyển số: {volume}/{year}-{book}",
    date_line="Ngày {day} tháng {month} năm {year}",
    small_print=("Bản chính: {pages} trang; mã yêu cầu {request}; người đối chiếu: {compared_by}.",),
    effective_from=date(2020, 5, 22),
)
FORMS = CopyForms(
    officer=Appearance(
        profile="officer",
        box=Box(Corner.TOP_RIGHT, x=25, y=95, width=75, height=22),
        lines=("Ký bởi: {name}", "Cơ quan: {agency}", "Thời gian ký: {date} {time} +07:00"),
        font_size=10,
    ),
    agency=Appearance(
        profile="agency",
        box=Box(Corner.TOP_LEFT, x=30, y=95, width=70, height=22),
        lines=("Ký bởi: {name}", "Thời gian ký: {date} {time} +07:00"),
        font_size=10,
    ),
)
CLERK_FORM = Appearance(
    profile="E",
    box=Box(Corner.TOP_LEFT, x=10, y=5, width=80, height=12),
    lines=("Người sao chụp: {name}", "Thời gian: {date}; {time} +07:00"),
    font_size=10,
)
COPY_FORM = Appearance(
    profile="D",
    box=Box(Corner.TOP_RIGHT, x=10, y=5, width=80.9, height=8.6),
    lines=("{kind}; {agency}; {date}; {time} +07:00",),
    font_size=10,
)


def now() -> datetime:
    return datetime.now(UTC)


def make_digitized(path: Path, pages: int = 2, rotate: int = 0) -> Path:
    """A small PDF/A-2u: grey pixels over the whole page and an sRGB output intent, as digitize writes it."""
    with pikepdf.new() as pdf:
        for shade in range(pages):
            page = pdf.add_blank_page(page_size=(595.276, 841.89))
            pixels = zlib.compress(bytes([200 + shade, 220, 230]) * (40 * 56))
            image = pikepdf.Stream(
                pdf,
                pixels,
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=40,
                Height=56,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.FlateDecode,
            )
            page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=image))
            page.obj.Contents = pikepdf.Stream(pdf, b"q 595.276 0 0 841.89 0 0 cm /Scan Do Q")
            if rotate:
                page.obj.Rotate = rotate
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        intent = pikepdf.Dictionary(
            Type=pikepdf.Name.OutputIntent,
            S=pikepdf.Name.GTS_PDFA1,
            OutputConditionIdentifier="sRGB",
            DestOutputProfile=pikepdf.Stream(pdf, profile, N=3),
        )
        pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["pdfaid:part"] = "2"
            metadata["pdfaid:conformance"] = "U"
            metadata["dc:title"] = "Giấy khai sinh (bản mẫu)"
        pdf.save(path, min_version="1.7", deterministic_id=True)
    return path


def statement_for(document: Path, number: int = 15, **changes: object) -> Statement:
    """The statement of one approved paper."""
    at = now()
    officer = SIGNERS[Role.OFFICER]
    approval = Approval("yc-0001", OriginalSeen(2, "Nguyễn Thị Mẫu", at), document, officer)
    book = Book("SCT/BS", Medium.ELECTRONIC, at.astimezone(LOCAL_TIME).year, 1)
    return replace(Statement(approval, Number(number, book), at, WORDING, officer), **changes)
