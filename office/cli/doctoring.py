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
from certify.signing.keyring import KeyPlace
from foundation.clock import on_paper
from office.bootstrap import open_office
from office.cli.console import Console
from office.confined.watch import Wall, walls_that_hold
from office.desk.upkeep import rereading, sealing
from office.desk.upkeep.clock import Against, drifts, is_synchronized
from office.explain import explain, explain_code
from office.founding.missing import Lack, missing
from office.founding.services import queue_state
from office.keys.certificates import list_certificates
from office.keys.faults import KeysCode
from office.keys.standing import endings, usual_purpose
from office.rows.signatories import find_signatory
from office.settings import Settings, is_house
from office.tables import chores, copies, papers
from office.value import Office
from storage import ledger
from storage.database import reading
from storage.faults import StorageCode

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
STAMPS = "Kiểm tra mạng và địa chỉ (services.stamps); nơi kế tiếp trong danh sách được hỏi thay"
INIT = "Thêm vào kế hoạch rồi chạy ./motcua office init (docs/install.md)"
LACKS = {
    Lack.NO_NAME: ("Danh mục chưa có tên cơ quan cho hôm nay", INIT),
    Lack.NO_PERSON: (
        "Chưa có tài khoản {whose}",
        "./motcua users add TÊN --role …",
    ),
    Lack.NO_SIGNER_ROOT: ("Chưa tin gốc chứng thư nào của người ký", "./motcua trust add TỆP --for signers"),
    Lack.NO_STAMP_ROOT: ("Chưa tin gốc nào của dấu thời gian", "./motcua trust add TỆP --for stamps"),
    Lack.NO_STAMPS: ("Chưa khai địa chỉ cấp dấu thời gian (services.stamps)", INIT),
    Lack.NO_ANSWERS: ("Chưa khai địa chỉ OCSP, CRL được phép hỏi (services.answers)", INIT),
    Lack.NO_KEY: ("{whose} chưa có khóa ký", "./motcua keys add (docs/keys.md)"),
    Lack.NO_AGENCY_KEY: ("Cơ quan chưa có khóa ký", "./motcua keys add (docs/keys.md)"),
    Lack.NO_TLS: ("Chưa có TLS nên chỉ máy này mở được các trang", INIT),
    Lack.ANCHOR_ENDS: (
        "Gốc tin cậy {whose} hết hạn ngày {until}",
        "Lấy gốc mới, rồi ./motcua trust add",
    ),
    Lack.TLS_ENDS: (
        "Chứng thư TLS của các trang hết hạn ngày {until}",
        "./motcua office init, hoặc thay tệp rồi khởi động lại",
    ),
}
CLOCKS = {
    Against.LEDGER: "Đồng hồ máy này chậm hơn mục cuối của nhật ký {seconds} giây",
    Against.DATABASE: "Đồng hồ máy này lệch với máy chủ cơ sở dữ liệu {seconds} giây",
}
SYNCHRONIZE = "Bật đồng bộ giờ trên mọi máy: timedatectl set-ntp true, rồi chờ vài phút"
WALL_NAMES = {Wall.NETWORK: "mạng", Wall.FILES: "tệp", Wall.ENVIRONMENT: "môi trường"}
WALL_CURES = {
    Wall.NETWORK: "Chạy trên x86-64 hoặc AArch64 với nhân Linux có seccomp (docs/security.md)",
    Wall.FILES: "Dùng nhân Linux từ 5.19 có Landlock trong danh sách lsm= (docs/security.md)",
    Wall.ENVIRONMENT: "Không chạy dưới tài khoản có CAP_SYS_PTRACE; xem docs/security.md",
}
RENEWED = "Thêm chứng thư mới: ./motcua keys add"
RENEWING = (  # days ahead, and what to do by then
    (7, "Không kịp gia hạn thì việc ký dừng lại; liên hệ nơi cấp ngay hôm nay, rồi ./motcua keys add"),
    (30, "Nộp hồ sơ gia hạn ngay tuần này, rồi ./motcua keys add"),
    (90, "Lên lịch gia hạn chứng thư với nơi cấp, rồi ./motcua keys add"),
)
KEYS_LISTED = "Xem ./motcua keys list"
SOFTWARE_KEY = "Chuyển khóa sang thiết bị ký hoặc HSM (docs/keys.md), rồi ./motcua keys remove"


@dataclass(frozen=True)
class Ailment:
    """One thing that is wrong, and what to do about it."""

    what: str
    cure: str


def doctor(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Look at programs, fonts, space and, where there is a data directory, at its rows and its ledger."""
    looks = (_programs, _reader, _own_reader, _font, _space)
    found = [ailment for look in looks for ailment in look(settings)]
    standing = []
    if is_house(settings.data):
        office = open_office(settings)
        found += [*_house(office), *missing_ailments(office)]
        found += _clock(office)
        standing = list(_authorities(settings))
        standing += _backups(office)
        office.engine.dispose()
    holding = walls_that_hold()
    found += [_without(wall) for wall in Wall if wall not in holding]
    lines = tuple(f"✕ {ailment.what}\n    → {ailment.cure}" for ailment in found)
    told = {
        "ailments": [asdict(ailment) for ailment in found],
        "walls": {wall: wall in holding for wall in Wall},
    }
    if is_synchronized() is False:
        standing.append("! Hệ điều hành chưa báo đồng hồ được đồng bộ (timedatectl set-ntp true)")
    standing.append(
        "✔ Tường ngăn: " + (", ".join(WALL_NAMES[wall] for wall in Wall if wall in holding) or "—")
    )
    console.answer(told, (*(lines or ("✔ Đủ mọi thành phần.",)), *standing))
    return 1 if found else 0


def missing_ailments(office: Office) -> Iterator[Ailment]:
    """What the office lacks until its first copy, and what ends soon; a demo has all it needs."""
    for one in () if office.is_demo else missing(office):
        what, cure = LACKS[one.lack]
        until = f"{on_paper(one.until):%d/%m/%Y}" if one.until else ""
        yield Ailment(what.format(whose=one.whose, until=until), cure)
    for said in queue_state(office.settings).said:
        if said.wrong and said.address in office.settings.services.authorities:
            at = f"{on_paper(said.at):%H:%M %d/%m/%Y}"
            yield Ailment(
                f"Nơi cấp dấu thời gian {said.address} không trả lời đúng lúc {at}: {said.wrong}", STAMPS
            )


def _authorities(settings: Settings) -> Iterator[str]:
    """How the queue before the time-stamp authorities stands, and how quickly each answered last."""
    state = queue_state(settings)
    if settings.services.authorities:
        yield f"✔ Dấu thời gian: {state.at_work} đang hỏi, {state.waiting} đang chờ"
    for said in state.said:
        if not said.wrong:
            yield f"✔ {said.address}: trả lời sau {said.seconds:.1f} s, {on_paper(said.at):%H:%M %d/%m/%Y}"


def _clock(office: Office) -> Iterator[Ailment]:
    for one in drifts(office):
        yield Ailment(CLOCKS[one.against].format(seconds=f"{abs(one.seconds):.0f}"), SYNCHRONIZE)


def _backups(office: Office) -> Iterator[str]:
    """When the last backup and the last drill were."""
    with reading(office.engine) as connection:
        last = {entry.what: entry.at for entry in reversed([*ledger.backwards(connection, ["backup"])])}
    for what, words in (("backup_made", "Sao lưu"), ("restore_drilled", "Diễn tập phục hồi")):
        if what in last:
            yield f"✔ {words} gần nhất: {on_paper(last[what]):%H:%M %d/%m/%Y}"
        elif not office.is_demo:
            yield f"! {words}: chưa lần nào (docs/operations.md)"


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


def _house(office: Office) -> Iterator[Ailment]:
    settings = office.settings
    with reading(office.engine) as connection:
        state = ledger.verify(connection)
        if state.first_break is not None:
            yield Ailment(
                f"Nhật ký đứt ở mục {state.first_break}", "Giữ nguyên máy, báo người phụ trách an toàn"
            )
        for finding in sealing.findings_in(connection, office):
            if finding.detail or finding.code is not StorageCode.CHAIN_BROKEN:
                yield Ailment(
                    f"Niêm phong không khớp: {finding.place} {finding.detail}".strip(),
                    "Giữ nguyên máy, báo người phụ trách an toàn",
                )
        for code, count in rereading.damaged_units(connection):
            yield Ailment(
                f"{code}: {count} tệp hỏng, chưa phục hồi được",
                "Đặt MOTCUA_REPLICA_URL đến nơi có bản sao lành rồi chờ lần đọc sau, hoặc phục hồi bằng tay",
            )
        for table, cure in STUCK:
            stuck = sa.select(table.c.id, table.c.fault).where(table.c.fault.is_not(None))
            for row in connection.execute(stuck):
                told = explain_code(row.fault, settings.lang) or row.fault
                yield Ailment(f"{table.name} {row.id}: {told}", cure)
    yield from _keys(office)


def _keys(office: Office) -> Iterator[Ailment]:
    """Certificates that end soon, holders who may not sign, keys that lie in files."""
    held = list_certificates(office)
    for end in endings(held, office.clock()):
        until = f"{on_paper(end.certificate.not_after):%d/%m/%Y}"
        if end.days < 0:
            yield Ailment(f"Chứng thư {end.certificate.subject} đã hết hạn ngày {until}", RENEWED)
        else:
            cure = next(cure for ahead, cure in RENEWING if end.days <= ahead)
            yield Ailment(f"Chứng thư {end.certificate.subject} còn {end.days} ngày, đến {until}", cure)
    for one in held:
        with reading(office.engine) as connection:
            purpose = usual_purpose(find_signatory(connection, one.holder))
        fault = office.keyring.refusal(one.holder, purpose)
        if fault is not None and str(fault.code) != KeysCode.CERTIFICATE_EXPIRED:  # told above
            yield Ailment(f"{one.subject}: {explain(fault, office.settings.lang).sentence}", KEYS_LISTED)
        if one.kept is KeyPlace.KEY_FILE:
            yield Ailment(f"Khóa của {one.subject} nằm trong tệp, ai chép được tệp là có khóa", SOFTWARE_KEY)


def _install(package: str) -> str:
    return f"apt-get install -y --no-install-recommends {package}"
