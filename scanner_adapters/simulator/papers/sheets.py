"""The page maker: office papers with known text and fields, the one source of sample pages.

Four kinds: decision, certificate, table and letter, laid out as NĐ 30/2020 PL I wants official papers (A4;
header in two cells with rules; number left, place and date right; body 13-14 points; signer's block right,
recipients left). The same kind, seed and resolution give the same pixels.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner_adapters.simulator.papers import phrases
from scanner_adapters.simulator.papers.layout import (
    A4_MM,
    BODY,
    BOLD,
    ITALIC,
    LEFT,
    RIGHT,
    centred,
    closing,
    grid,
    header,
    labelled,
    paragraph,
)
from scanner_adapters.simulator.papers.lettering import Canvas, Face, Style, blank_canvas
from scanner_adapters.simulator.papers.phrases import Scene
from scanner_adapters.simulator.papers.truth import Block

Pixels = NDArray[np.uint8]
EDGES = (LEFT, LEFT + 12, LEFT + 62, LEFT + 106, LEFT + 128, RIGHT)  # of the columns of the annex's table


@dataclass(frozen=True, eq=False)
class Sheet:
    """One page: pixels (height x width x 3, RGB, 0-255), its printed lines in reading order, its fields.

    In the header and in the closing the left cell is read to its end before the right cell. `blocks` hold the
    same words as they stand together on paper.
    """

    kind: str
    title: str
    image: Pixels
    dpi: int
    lines: tuple[str, ...]
    fields: Mapping[str, str]
    blocks: tuple[Block, ...] = ()

    @property
    def text(self) -> str:
        """The printed lines, one below the other."""
        return "\n".join(self.lines)


def decision(seed: int, dpi: int = 300) -> Sheet:
    """A decision (quyết định) of the ward, with articles, seal and signature."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/QĐ-UBND"
    header(canvas, about, f"Số: {symbol}")
    canvas.centre("QUYẾT ĐỊNH", 111.5, 66, Style(Face.BOLD, 14))
    below = centred(canvas, f"Về việc {about.subject}", 73, BOLD)
    canvas.centre("CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG", 111.5, below + 5, BOLD)
    below += 13
    for ground in phrases.GROUNDS:
        below = paragraph(canvas, ground.format(number=about.number + 3), below, ITALIC)
    canvas.centre("QUYẾT ĐỊNH:", 111.5, below + 3, BOLD)
    below = _articles(canvas, about, seed, below + 12)
    closing(canvas, about, seed, below + 6)
    fields = {
        "type": "QUYẾT ĐỊNH",
        "number": f"{about.number:02d}",
        "symbol": "QĐ-UBND",
        "number_symbol": symbol,
    }
    return sheet_of("decision", canvas, about, fields | {"subject": f"Về việc {about.subject}"})


def certificate(seed: int, dpi: int = 300) -> Sheet:
    """A certificate of marital status (giấy xác nhận), label and value line by line."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/UBND-XNTTHN"
    header(canvas, about, f"Số: {symbol}")
    title = "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN"
    canvas.centre(title, 111.5, 70, Style(Face.BOLD, 14))
    below = paragraph(canvas, f"Xét đề nghị của ông (bà): {about.person}", 84, BODY)
    below = paragraph(canvas, f"ỦY BAN NHÂN DÂN PHƯỜNG {about.ward.upper()} XÁC NHẬN:", below, BOLD)
    for label, value in _particulars(about, seed):
        below = labelled(canvas, label, value, below)
    below = paragraph(canvas, "Tình trạng hôn nhân: Chưa đăng ký kết hôn với ai.", below, BODY)
    paid = "Giấy này có giá trị trong thời hạn sáu tháng kể từ ngày cấp, được sử dụng để bổ túc hồ sơ."
    below = paragraph(canvas, paid, below, ITALIC)
    closing(canvas, about, seed, below + 8, body="TM. ỦY BAN NHÂN DÂN")
    fields = {
        "type": title,
        "number": f"{about.number:02d}",
        "symbol": "UBND-XNTTHN",
        "number_symbol": symbol,
    }
    return sheet_of("certificate", canvas, about, fields | {"subject": about.person})


def table(seed: int, dpi: int = 300) -> Sheet:
    """An annex: a ruled table of dossiers with their state."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    chance = random.Random(seed)  # noqa: S311 sample text
    canvas.centre("PHỤ LỤC", 111.5, 28, Style(Face.BOLD, 14))
    canvas.centre("Danh mục hồ sơ đã số hóa trong kỳ", 111.5, 36, BOLD)
    kept = f"Kèm theo Quyết định số {about.number:02d}/QĐ-UBND của Ủy ban nhân dân phường {about.ward}"
    below = centred(canvas, kept, 43, ITALIC) + 4
    rows: list[tuple[str, ...]] = [("TT", "Họ và tên", "Mã hồ sơ", "Số trang", "Kết quả")]
    for place in range(1, 15):
        unit, month = f"H{chance.randint(10, 63)}.{chance.randint(10, 99)}", chance.randint(1, 12)
        code = f"{unit}-26{month:02d}-{chance.randint(1, 9999):04d}"
        result = chance.choice(("Đã trả kết quả", "Chờ bổ sung", "Đang xử lý"))
        rows.append((str(place), phrases.full_name(chance), code, str(chance.randint(1, 24)), result))
    below = grid(canvas, rows, below, EDGES)
    paragraph(canvas, f"Tổng cộng: {len(rows) - 1} hồ sơ.", below + 9, BODY)
    return sheet_of(
        "table", canvas, about, {"type": "PHỤ LỤC", "subject": "Danh mục hồ sơ đã số hóa trong kỳ"}
    )


def letter(seed: int, dpi: int = 300) -> Sheet:
    """An official letter (công văn) that answers a citizen."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/UBND-VP"
    subject = f"V/v trả lời đơn của ông (bà) {about.person}"
    header(canvas, about, f"Số: {symbol}", subject)
    canvas.centre(f"Kính gửi: Ông (bà) {about.person}", 111.5, 76, BODY)
    below = 88.0
    for body in phrases.LETTER_BODY:
        told = body.format(person=about.person, house=about.house, street=about.street)
        below = paragraph(canvas, told, below, BODY)
    below = paragraph(canvas, "Trân trọng./.", below, BODY)
    closing(canvas, about, seed, below + 8, body="TM. ỦY BAN NHÂN DÂN")
    fields = {
        "type": "CÔNG VĂN",
        "number": f"{about.number:02d}",
        "symbol": "UBND-VP",
        "number_symbol": symbol,
    }
    return sheet_of("letter", canvas, about, fields | {"subject": subject})


def blank(dpi: int = 300) -> Sheet:
    """An empty page."""
    return sheet_of("blank", blank_canvas(*A4_MM, dpi), phrases.scene(0), {})


def all_kinds(seed: int, dpi: int = 300) -> tuple[Sheet, ...]:
    """One sheet of each kind."""
    return tuple(make(seed, dpi) for make in (decision, certificate, table, letter))


def save(image: Pixels | Sequence[Pixels], path: Path, dpi: int, quality: int = 90) -> Path:
    """Write pixels as JPEG, PNG or (also several pages) TIFF, with the resolution in the file."""
    pages = [image] if isinstance(image, np.ndarray) else list(image)
    pictures = [Image.fromarray(page) for page in pages]
    options: dict[str, Any] = {"dpi": (dpi, dpi)}
    if path.suffix.lower() in (".jpg", ".jpeg"):
        options["quality"] = quality
    if len(pictures) > 1:
        options |= {"save_all": True, "append_images": pictures[1:]}
    held = BytesIO()
    pictures[0].save(held, format=Image.registered_extensions()[path.suffix.lower()], **options)
    path.write_bytes(held.getvalue())
    return path


def sheet_of(kind: str, canvas: Canvas, about: Scene, fields: Mapping[str, str]) -> Sheet:
    """What was drawn, as a sheet; papers that the ward issues carry who, where and when besides `fields`."""
    shown = dict(fields)
    if kind in ("decision", "certificate", "letter"):
        issued = f"{about.day:02d}/{about.month:02d}/{about.year}"
        shown |= {"place": about.ward, "issued_on": issued, "issuer": about.issuer, "signer": about.signer}
    title = fields.get("subject", kind)
    return Sheet(kind, title, np.asarray(canvas.image), canvas.dpi, tuple(canvas.lines), shown, canvas.blocks)


def _articles(canvas: Canvas, about: Scene, seed: int, below: float) -> float:
    chance = random.Random(seed)  # noqa: S311 sample text
    first = f"Điều 1. Nay {about.subject}, thực hiện từ ngày ký đến hết năm {about.year}."
    duties = [phrases.DUTIES[1], *chance.sample([p for p in phrases.DUTIES if p != phrases.DUTIES[1]], 2)]
    below = paragraph(canvas, first, below, BODY)
    for place, duty in enumerate(duties, start=2):
        below = paragraph(canvas, f"Điều {place}. {duty}", below, BODY)
    last = "Quyết định này có hiệu lực kể từ ngày ký./."
    return paragraph(canvas, f"Điều {len(duties) + 2}. {last}", below, BODY)


def _particulars(about: Scene, seed: int) -> tuple[tuple[str, str], ...]:
    chance = random.Random(seed + 1)  # noqa: S311 sample text
    province, century, born = chance.randint(10, 96), chance.randint(0, 3), chance.randint(10, 99)
    identity = f"0{province}{century}{born}{chance.randint(0, 999999):06d}"
    return (
        ("Họ, chữ đệm, tên:", about.person),
        (
            "Ngày, tháng, năm sinh:",
            f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/{chance.randint(1970, 2004)}",
        ),
        ("Số định danh cá nhân:", identity),
        ("Dân tộc, quốc tịch:", "Kinh, Việt Nam"),
        ("Nơi cư trú:", f"{about.house} {about.street}, phường {about.ward}, {about.province}"),
    )
