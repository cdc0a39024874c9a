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

from scanner_adapters.simulator import marks, phrases
from scanner_adapters.simulator.lettering import Canvas, Face, Style, blank_canvas, wrap
from scanner_adapters.simulator.phrases import Scene

Pixels = NDArray[np.uint8]
A4_MM = (210.0, 297.0)
LEFT, RIGHT = 30.0, 193.0  # margins 30 mm left, 17 mm right
BODY = Style(Face.REGULAR, 13.5)
BOLD = Style(Face.BOLD, 13.5)
ITALIC = Style(Face.ITALIC, 13.5)
LINE_MM = 7.0
INDENT_MM = 10.0
COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True, eq=False)
class Sheet:
    """One page: pixels (height x width x 3, RGB, 0-255), its printed lines in reading order, its fields.

    In the header and in the closing the left cell is read to its end before the right cell.
    """

    kind: str
    title: str
    image: Pixels
    dpi: int
    lines: tuple[str, ...]
    fields: Mapping[str, str]

    @property
    def text(self) -> str:
        """The printed lines, one below the other."""
        return "\n".join(self.lines)


def decision(seed: int, dpi: int = 300) -> Sheet:
    """A decision (quyết định) of the ward, with articles, seal and signature."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/QĐ-UBND"
    _header(canvas, about, f"Số: {symbol}")
    canvas.centre("QUYẾT ĐỊNH", 111.5, 66, Style(Face.BOLD, 14))
    below = _centred(canvas, f"Về việc {about.subject}", 73, BOLD)
    canvas.centre("CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG", 111.5, below + 5, BOLD)
    below += 13
    for ground in phrases.GROUNDS:
        below = _paragraph(canvas, ground.format(number=about.number + 3), below, ITALIC)
    canvas.centre("QUYẾT ĐỊNH:", 111.5, below + 3, BOLD)
    below = _articles(canvas, about, seed, below + 12)
    _closing(canvas, about, seed, below + 6)
    fields = {
        "type": "QUYẾT ĐỊNH",
        "number": f"{about.number:02d}",
        "symbol": "QĐ-UBND",
        "number_symbol": symbol,
    }
    return _sheet("decision", canvas, about, fields | {"subject": f"Về việc {about.subject}"})


def certificate(seed: int, dpi: int = 300) -> Sheet:
    """A certificate of marital status (giấy xác nhận), label and value line by line."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/UBND-XNTTHN"
    _header(canvas, about, f"Số: {symbol}")
    title = "GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN"
    canvas.centre(title, 111.5, 70, Style(Face.BOLD, 14))
    below = _paragraph(canvas, f"Xét đề nghị của ông (bà): {about.person}", 84, BODY)
    below = _paragraph(canvas, f"ỦY BAN NHÂN DÂN PHƯỜNG {about.ward.upper()} XÁC NHẬN:", below, BOLD)
    for label, value in _particulars(about, seed):
        below = _labelled(canvas, label, value, below)
    below = _paragraph(canvas, "Tình trạng hôn nhân: Chưa đăng ký kết hôn với ai.", below, BODY)
    paid = "Giấy này có giá trị trong thời hạn sáu tháng kể từ ngày cấp, được sử dụng để bổ túc hồ sơ."
    below = _paragraph(canvas, paid, below, ITALIC)
    _closing(canvas, about, seed, below + 8, body="TM. ỦY BAN NHÂN DÂN")
    fields = {
        "type": title,
        "number": f"{about.number:02d}",
        "symbol": "UBND-XNTTHN",
        "number_symbol": symbol,
    }
    return _sheet("certificate", canvas, about, fields | {"subject": about.person})


def table(seed: int, dpi: int = 300) -> Sheet:
    """An annex: a ruled table of dossiers with their state."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    chance = random.Random(seed)  # noqa: S311 sample text
    canvas.centre("PHỤ LỤC", 111.5, 28, Style(Face.BOLD, 14))
    canvas.centre("Danh mục hồ sơ đã số hóa trong kỳ", 111.5, 36, BOLD)
    kept = f"Kèm theo Quyết định số {about.number:02d}/QĐ-UBND của Ủy ban nhân dân phường {about.ward}"
    below = _centred(canvas, kept, 43, ITALIC) + 4
    rows: list[tuple[str, ...]] = [("TT", "Họ và tên", "Mã hồ sơ", "Số trang", "Kết quả")]
    for place in range(1, 15):
        unit, month = f"H{chance.randint(10, 63)}.{chance.randint(10, 99)}", chance.randint(1, 12)
        code = f"{unit}-26{month:02d}-{chance.randint(1, 9999):04d}"
        result = chance.choice(("Đã trả kết quả", "Chờ bổ sung", "Đang xử lý"))
        rows.append((str(place), phrases.full_name(chance), code, str(chance.randint(1, 24)), result))
    below = _grid(canvas, rows, below)
    _paragraph(canvas, f"Tổng cộng: {len(rows) - 1} hồ sơ.", below + 9, BODY)
    return _sheet("table", canvas, about, {"type": "PHỤ LỤC", "subject": "Danh mục hồ sơ đã số hóa trong kỳ"})


def letter(seed: int, dpi: int = 300) -> Sheet:
    """An official letter (công văn) that answers a citizen."""
    about, canvas = phrases.scene(seed), blank_canvas(*A4_MM, dpi)
    symbol = f"{about.number:02d}/UBND-VP"
    subject = f"V/v trả lời đơn của ông (bà) {about.person}"
    _header(canvas, about, f"Số: {symbol}", subject)
    canvas.centre(f"Kính gửi: Ông (bà) {about.person}", 111.5, 76, BODY)
    below = 88.0
    for body in phrases.LETTER_BODY:
        told = body.format(person=about.person, house=about.house, street=about.street)
        below = _paragraph(canvas, told, below, BODY)
    below = _paragraph(canvas, "Trân trọng./.", below, BODY)
    _closing(canvas, about, seed, below + 8, body="TM. ỦY BAN NHÂN DÂN")
    fields = {
        "type": "CÔNG VĂN",
        "number": f"{about.number:02d}",
        "symbol": "UBND-VP",
        "number_symbol": symbol,
    }
    return _sheet("letter", canvas, about, fields | {"subject": subject})


def blank(dpi: int = 300) -> Sheet:
    """An empty page."""
    return _sheet("blank", blank_canvas(*A4_MM, dpi), phrases.scene(0), {})


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


def _sheet(kind: str, canvas: Canvas, about: Scene, fields: Mapping[str, str]) -> Sheet:
    shown = dict(fields)
    if kind in ("decision", "certificate", "letter"):
        issued = f"{about.day:02d}/{about.month:02d}/{about.year}"
        shown |= {"place": about.ward, "issued_on": issued, "issuer": about.issuer, "signer": about.signer}
    title = fields.get("subject", kind)
    return Sheet(kind, title, np.asarray(canvas.image), canvas.dpi, tuple(canvas.lines), shown)


def _header(canvas: Canvas, about: Scene, number: str, subject: str = "") -> None:
    left, right = 62.0, 146.0
    motto, small = Style(Face.BOLD, 13), Style(Face.REGULAR, 12)
    canvas.centre("ỦY BAN NHÂN DÂN", left, 24, Style(Face.BOLD, 12.5))
    canvas.centre(f"PHƯỜNG {about.ward.upper()}", left, 30, Style(Face.BOLD, 12.5))
    canvas.rule(left - 12, 32.2, 24)
    canvas.centre(number, left, 41, Style(Face.REGULAR, 13))
    for row, words in enumerate(wrap(canvas, subject, (60, 60), small) if subject else []):
        canvas.centre(" ".join(words), left, 47 + 5.5 * row, small)
    canvas.centre(COUNTRY, right, 24, Style(Face.BOLD, 12))
    canvas.centre(MOTTO, right, 30, motto)
    width = canvas.width_of(MOTTO, motto)
    canvas.rule(right - width / 2, 32.2, width)
    canvas.centre(about.dated, right, 41, Style(Face.ITALIC, 13))


def _articles(canvas: Canvas, about: Scene, seed: int, below: float) -> float:
    chance = random.Random(seed)  # noqa: S311 sample text
    first = f"Điều 1. Nay {about.subject}, thực hiện từ ngày ký đến hết năm {about.year}."
    duties = [phrases.DUTIES[1], *chance.sample([p for p in phrases.DUTIES if p != phrases.DUTIES[1]], 2)]
    below = _paragraph(canvas, first, below, BODY)
    for place, duty in enumerate(duties, start=2):
        below = _paragraph(canvas, f"Điều {place}. {duty}", below, BODY)
    last = "Quyết định này có hiệu lực kể từ ngày ký./."
    return _paragraph(canvas, f"Điều {len(duties) + 2}. {last}", below, BODY)


def _closing(canvas: Canvas, about: Scene, seed: int, below: float, *, body: str = "") -> None:
    """Recipients left, signer right; `body` is for whom the signer signs, none where he decides himself."""
    block = 150.0
    canvas.put("Nơi nhận:", LEFT, below, Style(Face.BOLD_ITALIC, 12))
    for row, recipient in enumerate(("- Như trên;", "- Lưu: VT, VP."), start=1):
        canvas.put(recipient, LEFT, below + 5 * row, Style(Face.REGULAR, 11))
    for line in (*([body] if body else []), "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"):
        canvas.centre(line, block, below, BOLD)
        below += 6
    canvas.centre(about.signer, block, below + 29, BOLD)
    marks.write_signature(canvas, (block, below + 10), seed)
    # A seal covers about a third of the signature, on its left.
    words = f"ỦY BAN NHÂN DÂN PHƯỜNG {about.ward.upper()}"
    marks.press_seal(canvas, (block - 23, below + 10), words, seed)


def _paragraph(canvas: Canvas, text: str, below: float, style: Style) -> float:
    width = RIGHT - LEFT
    lines = wrap(canvas, text, (width - INDENT_MM, width), style)
    for row, words in enumerate(lines):
        indent = INDENT_MM if row == 0 else 0.0
        if row < len(lines) - 1:
            canvas.justify(words, LEFT + indent, width - indent, below, style)
        else:
            canvas.put(" ".join(words), LEFT + indent, below, style)
        below += LINE_MM - 0.6
    return below + 1.6


def _centred(canvas: Canvas, text: str, below: float, style: Style) -> float:
    for words in wrap(canvas, text, (140, 140), style):
        canvas.centre(" ".join(words), 111.5, below, style)
        below += LINE_MM - 0.6
    return below


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


def _labelled(canvas: Canvas, label: str, value: str, below: float) -> float:
    canvas.lines.append(f"{label} {value}")
    canvas.draw(label, LEFT + INDENT_MM, below, BODY)
    canvas.draw(value, LEFT + INDENT_MM + canvas.width_of(f"{label} ", BODY), below, BOLD)
    return below + LINE_MM + 0.8


def _grid(canvas: Canvas, rows: list[tuple[str, ...]], top: float) -> float:
    edges = (LEFT, LEFT + 12, LEFT + 62, LEFT + 106, LEFT + 128, RIGHT)
    height = 9.0
    for place, row in enumerate(rows):
        canvas.rule(edges[0], top + place * height, edges[-1] - edges[0])
        style = Style(Face.BOLD, 12) if place == 0 else Style(Face.REGULAR, 12)
        for left, cell in zip(edges, row, strict=False):
            canvas.draw(cell, left + 2, top + place * height + 6.2, style)
        canvas.lines.append(" ".join(row))
    bottom = top + len(rows) * height
    canvas.rule(edges[0], bottom, edges[-1] - edges[0])
    for edge in edges:
        line = (edge, top, edge + 0.25, bottom)
        canvas.pen.rectangle([canvas.pixels(length) for length in line], fill=(24, 24, 28))
    return bottom
