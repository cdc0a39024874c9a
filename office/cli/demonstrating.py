"""`demo`: one sample paper goes the whole way, stage by stage, through the very acts of the desk.

Every stage looks at what is there and does only what is missing: started again after a crash the demo goes
on where it was, and on a finished directory it changes nothing. By hand, the sample is scanned and read, and
all that people do is left to people; such a directory stays one.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.durable import copy_whole
from office.bootstrap import open_office
from office.cli.console import Console
from office.cli.serving import serve_office
from office.confined.nursery import keep_warm
from office.demo.authority import CLERK_NAME, OFFICER_NAME, RECORDS_NAME, is_by_hand, leave_to_people
from office.demo.people import DemoPeople, open_people
from office.demo.sample import REQUESTER, Sample, find_sample, scan_sample
from office.desk import certifying, checking, digitizing, intake, searching
from office.faults import DeskCode, DeskFault
from office.founding.serving_place import serving_place
from office.procedure import CopyState, FileRole, PaperState
from office.rows import keeping
from office.settings import Settings
from office.value import Office
from office.work.dispatcher import run_until_idle
from storage.database import reading

QUERY = "so hoa ket qua"
PROCEDURE = "2.000815"


@dataclass(frozen=True)
class Stage:
    """One stage of the demo as it went: how long, and what came out."""

    name: str
    seconds: float
    result: str


@dataclass(frozen=True)
class Demo:
    """A demo office with its people."""

    office: Office
    people: DemoPeople

    @property
    def folder(self) -> Path:
        """Where people find what came out."""
        return self.office.settings.data / "demo"

    def sample(self) -> Sample:
        """The sample dossier as it stands now."""
        return find_sample(self.office)


def demo(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Take the sample paper through, tell every stage, then serve the pages unless --once."""
    if chosen.port is not None:
        settings = settings.having("web", port=chosen.port)
    stages: list[Stage] = []
    begun = time.perf_counter()
    keep_warm()
    office = open_office(settings, demo=True)
    playing = Demo(office, open_people(office))
    playing.folder.mkdir(exist_ok=True)
    if chosen.by_hand:
        leave_to_people(settings.data)
    by_hand = is_by_hand(settings.data)
    _tell(console, stages, Stage("Chuẩn bị", time.perf_counter() - begun, str(settings.data)))
    was_finished = _is_finished(playing)
    for name, act in STAGES[:OF_MACHINES] if by_hand else STAGES:
        begun = time.perf_counter()
        result = act(playing)
        _tell(console, stages, Stage(name, time.perf_counter() - begun, result))
    if was_finished:
        console.say("Bản mẫu đã hoàn tất từ trước: không có gì thay đổi.")
    answer = _answer(playing, stages)
    console.answer(answer, _lines_by_hand(answer) if by_hand else _lines(answer))
    return 0 if chosen.once else serve_office(office, console)


def _scan(playing: Demo) -> str:
    office, sample = playing.office, playing.sample()
    if not sample.dossier:
        wanted = intake.Intake(PROCEDURE, REQUESTER)
        intake.open_dossier(office, playing.people.clerk, wanted)
        sample = playing.sample()
    if not sample.paper:
        scan_sample(office, playing.people.clerk, sample.dossier)
        sample = playing.sample()
    return f"{sample.record}: {sample.masters} trang"


def _read(playing: Demo) -> str:
    run_until_idle(playing.office)
    sample = playing.sample()
    if sample.state is PaperState.SCANNED:
        raise DeskFault(DeskCode.STUCK, sample.fault)
    return f"{sample.pages} trang, PDF/A-2u"


def _sign(playing: Demo) -> str:
    sample = playing.sample()
    if sample.state is PaperState.READ:
        digitizing.sign_scan(playing.office, playing.people.clerk, sample.paper)
    return playing.people.clerk.full_name


def _extract(playing: Demo) -> str:
    run_until_idle(playing.office)
    sample = playing.sample()
    if sample.state is PaperState.SIGNED:
        raise DeskFault(DeskCode.STUCK, sample.fault)
    return "; ".join(f"{name}: {value}" for name, value in sample.fields.items())


def _review(playing: Demo) -> str:
    sample = playing.sample()
    if sample.state is PaperState.EXTRACTED:
        review = digitizing.Review(sample.pages, sample.fields)
        digitizing.review_paper(playing.office, playing.people.clerk, sample.paper, review)
    return f"{sample.pages} trang, {len(sample.fields)} trường"


def _archive(playing: Demo) -> str:
    run_until_idle(playing.office)
    sample = playing.sample()
    if sample.state is not PaperState.ARCHIVED:
        raise DeskFault(DeskCode.STUCK, sample.fault)
    _hand_out(playing, FileRole.SIGNED_SCAN, "", "digitized.pdf")
    return f"OCFL v{sample.version}"


def _approve(playing: Demo) -> str:
    office, clerk, sample = playing.office, playing.people.clerk, playing.sample()
    if not sample.copy:
        request = certifying.CopyRequest(sample.pages)
        certifying.request_copy(office, clerk, sample.paper, request)
        sample = playing.sample()
    if sample.copy_state is CopyState.REQUESTED:
        checks = frozenset(check.code for check in office.rules.checks(office.today))
        certifying.approve_copy(office, clerk, sample.copy, checks)
    return f"{len(office.rules.checks(office.today))} mục đã kiểm tra"


def _issue(playing: Demo) -> str:
    sample = playing.sample()
    if sample.copy_state is CopyState.APPROVED and not sample.is_confirmed:
        certifying.confirm_copy(playing.office, playing.people.officer, sample.copy)
    run_until_idle(playing.office)
    sample = playing.sample()
    if sample.copy_state not in (CopyState.ISSUED, CopyState.DELIVERED):
        raise DeskFault(DeskCode.STUCK, sample.fault)
    _hand_out(playing, FileRole.COPY, sample.copy, "copy.pdf")
    return f"số {sample.number}"


def _deliver(playing: Demo) -> str:
    sample = playing.sample()
    if sample.copy_state is CopyState.ISSUED:
        certifying.deliver_copy(playing.office, playing.people.clerk, sample.copy, "counter")
    return "tại quầy"


def _check(playing: Demo) -> str:
    check = checking.check_copy(playing.office, playing.folder / "copy.pdf")
    if check.exit_code != 0:
        raise DeskFault(DeskCode.VERIFICATION_FAILED, check.sentence)
    return check.sentence


def _find(playing: Demo) -> str:
    wanted = searching.Wanted(QUERY)
    results = searching.find_records(playing.office, playing.people.clerk, wanted)
    if not any(hit.record == playing.sample().record for hit in results.hits):
        raise DeskFault(DeskCode.STUCK, QUERY)
    return f"“{QUERY}”: {results.total} trang, {results.took_ms:.1f} ms"


STAGES: Sequence[tuple[str, Callable[[Demo], str]]] = (
    ("Quét", _scan),
    ("Đọc", _read),
    ("Ký bản quét", _sign),
    ("Bóc tách", _extract),
    ("Rà soát", _review),
    ("Lưu trữ", _archive),
    ("Duyệt chứng thực", _approve),
    ("Cấp bản sao", _issue),
    ("Trả kết quả", _deliver),
    ("Kiểm tra", _check),
    ("Tìm kiếm", _find),
)
HANDED_OUT = ("copy.pdf", "digitized.pdf")
OF_MACHINES = 2  # stages at the beginning that are nobody's act
PARTS: Mapping[str, str] = {
    CLERK_NAME: "ký bản quét, rà soát, đề nghị chứng thực, đối chiếu, trả kết quả",
    OFFICER_NAME: "xem bản sao, duyệt ký",
    RECORDS_NAME: "đóng dấu (chữ ký số của cơ quan), tra kho",
}


def _is_finished(playing: Demo) -> bool:
    return playing.sample().copy_state is CopyState.DELIVERED and (playing.folder / "copy.pdf").exists()


def _hand_out(playing: Demo, role: FileRole, copy: str, name: str) -> None:
    target = playing.folder / name
    if target.exists():
        return
    with reading(playing.office.engine) as connection:
        place = keeping.Place(playing.sample().paper, role, copy)
        kept = keeping.find(connection, place)
    with playing.office.work_folder() as work:
        copy_whole(keeping.fetch(playing.office, kept.sha256, work / name), target)


def _tell(console: Console, stages: list[Stage], stage: Stage) -> None:
    stages.append(stage)
    console.say(f"  {stage.name:<18}{stage.seconds:6.1f} s  {stage.result}")


def _answer(playing: Demo, stages: Sequence[Stage]) -> dict[str, Any]:
    settings = playing.office.settings
    return {
        "stages": [
            {"name": stage.name, "seconds": round(stage.seconds, 3), "result": stage.result}
            for stage in stages
        ],
        **{path.stem: str(path) for path in map(playing.folder.joinpath, HANDED_OUT) if path.exists()},
        "record": playing.sample().record,
        "trust": str(playing.office.trust.roots[0]),
        "url": serving_place(settings).url,
        "accounts": playing.people.passwords,
    }


def _lines_by_hand(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        f"Giấy mẫu {answer['record']} đã quét và nhận dạng. Mỗi người đăng nhập và làm phần của mình:",
        *(f"  {name:<12} {password}  {PARTS[name]}" for name, password in answer["accounts"].items()),
    )


def _lines(answer: Mapping[str, Any]) -> tuple[str, ...]:
    people = [f"  {name:<12} {password}" for name, password in answer["accounts"].items()]
    return (
        f"Bản số hóa:       {answer['digitized']}",
        f"Bản sao (BẢN MẪU): {answer['copy']}",
        f"Mã hồ sơ:         {answer['record']}",
        f"Gốc tin cậy mẫu:  {answer['trust']}",
        "Tài khoản mẫu:",
        *people,
    )
