"""`doctor`: every missing piece by name, with its cure; 0 when nothing is missing."""

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from certify.letters.typeface import tinos
from certify.model import CertifyFault
from office.bootstrap import open_office
from office.cli.console import Console
from office.cli.verifying import is_house
from office.confined.watch import Wall, walls_that_hold
from office.explain import explain, explain_code
from office.settings import Settings
from office.tables import chores, copies, papers
from storage import ledger
from storage.database import reading

LANGUAGES = {
    "vie": "tesseract-ocr-vie",
    "Vietnamese": "tesseract-ocr-script-viet",
    "osd": "tesseract-ocr-osd",
}
LEAST_FREE_MB = 2000
STUCK = (
    (papers, "Mở trang hồ sơ, sửa nguyên nhân rồi thử lại"),
    (copies, "Mở trang hồ sơ, sửa nguyên nhân rồi thử lại"),
    (chores, "Sửa nguyên nhân rồi khởi động lại ./motcua serve"),
)
ANSWER_SECONDS = 20
WALL_NAMES = {Wall.NETWORK: "mạng", Wall.FILES: "tệp", Wall.ENVIRONMENT: "môi trường"}
WALL_CURES = {
    Wall.NETWORK: "Chạy trên x86-64 hoặc AArch64 với nhân Linux có seccomp (docs/security.md)",
    Wall.FILES: "Dùng nhân Linux từ 5.19 có Landlock trong danh sách lsm= (docs/security.md)",
    Wall.ENVIRONMENT: "Không chạy dưới tài khoản có CAP_SYS_PTRACE; xem docs/security.md",
}


@dataclass(frozen=True)
class Ailment:
    """One thing that is wrong, and what to do about it."""

    what: str
    cure: str


def doctor(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Look at programs, fonts, space and, where there is a data directory, at its rows and its ledger."""
    looks = (_programs, _reader, _own_reader, _font, _space)
    found = [ailment for look in looks for ailment in look(settings)]
    if is_house(settings.data):
        found += list(_house(settings))
    holding = walls_that_hold()
    found += [_without(wall) for wall in Wall if wall not in holding]
    lines = tuple(f"✕ {ailment.what}\n    → {ailment.cure}" for ailment in found)
    told = {
        "ailments": [asdict(ailment) for ailment in found],
        "walls": {wall: wall in holding for wall in Wall},
    }
    standing = "✔ Tường ngăn: " + (", ".join(WALL_NAMES[wall] for wall in Wall if wall in holding) or "—")
    console.answer(told, (*(lines or ("✔ Đủ mọi thành phần.",)), standing))
    return 1 if found else 0


def _without(wall: Wall) -> Ailment:
    return Ailment(f"Tiến trình đọc tệp lạ không có tường ngăn {WALL_NAMES[wall]}", WALL_CURES[wall])


def _programs(_settings: Settings) -> Iterator[Ailment]:
    for program, package in {
        "tesseract": "tesseract-ocr",
        "pdftotext": "poppler-utils",
        "qpdf": "qpdf",
    }.items():
        if shutil.which(program) is None:
            yield Ailment(f"Thiếu chương trình {program}", _install(package))


def _reader(_settings: Settings) -> Iterator[Ailment]:
    if shutil.which("tesseract") is None:
        return
    asked = ["tesseract", "--list-langs"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False).stdout
    installed = {Path(line.strip()).name for line in told.splitlines()}
    for language, package in LANGUAGES.items():
        if language not in installed:
            yield Ailment(f"Thiếu dữ liệu nhận dạng {language}", _install(package))


def _own_reader(settings: Settings) -> Iterator[Ailment]:
    from digitize.model import DigitizeFault  # noqa: PLC0415 loading the reader is heavy
    from digitize.words.own_reader import load_own_reader  # noqa: PLC0415

    try:
        load_own_reader()
    except DigitizeFault as missing:
        yield Ailment(f"{explain(missing, settings.lang).sentence} Tesseract đọc thay.", "Cài lại Motcua")


def _font(_settings: Settings) -> Iterator[Ailment]:
    try:
        tinos()
    except CertifyFault:
        yield Ailment("Thiếu phông chữ Tinos", _install("fonts-croscore"))


def _space(settings: Settings) -> Iterator[Ailment]:
    there = next(folder for folder in (settings.data, *settings.data.parents) if folder.exists())
    free = shutil.disk_usage(there).free // 1_000_000
    if free < LEAST_FREE_MB:
        yield Ailment(f"Ổ đĩa chỉ còn {free} MB", "Dọn chỗ trống hoặc chuyển thư mục dữ liệu (--data)")


def _house(settings: Settings) -> Iterator[Ailment]:
    office = open_office(settings)
    with reading(office.engine) as connection:
        state = ledger.verify(connection)
        if state.first_break is not None:
            yield Ailment(
                f"Nhật ký đứt ở mục {state.first_break}", "Giữ nguyên máy, báo người phụ trách an toàn"
            )
        for table, cure in STUCK:
            stuck = sa.select(table.c.id, table.c.fault).where(table.c.fault.is_not(None))
            for row in connection.execute(stuck):
                told = explain_code(row.fault, settings.lang) or row.fault
                yield Ailment(f"{table.name} {row.id}: {told}", cure)


def _install(package: str) -> str:
    return f"apt-get install -y --no-install-recommends {package}"
