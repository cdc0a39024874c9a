"""`archive`: every kept byte read again, the house brought back from the archive alone, moved, sealed."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict

from office.bootstrap import ARCHIVE_MARK, is_demo_archive, open_house, open_office, open_stores, operator
from office.cli.console import Console
from office.desk import searching
from office.desk.describing import exporting
from office.desk.upkeep import moving, rebuilding, recording_rows, sealing
from office.settings import Settings, is_house, settings_in
from storage import fixity
from storage.database import reading
from storage.faults import StorageCode, StorageFault
from storage.ledger import verify as verify_ledger


def archive(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Carry out one of the archive's commands."""
    return COMMANDS[chosen.what](chosen, settings, console)


def _verify(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Read every kept byte again, and hold the ledger against its seals."""
    office = open_house(settings)
    found = [asdict(one) for one in fixity.verify(office.objects, office.archive, office.records)]
    found += [asdict(one) for one in sealing.ledger_findings(office)]
    with reading(office.engine) as connection:
        chain = verify_ledger(connection)
    lines = [f"✕ {one['place']}: {one['code']} {one['detail']}".rstrip() for one in found]
    lines.append("Kho hoặc nhật ký không còn nguyên vẹn." if found else "Kho và nhật ký nguyên vẹn.")
    console.answer({"findings": found, "ledger": asdict(chain)}, tuple(lines))
    return 1 if found else 0


def _rebuild(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Bring a house back from its archive; where the rows stand, only the index is built anew."""
    if not is_house(settings.data) and not (settings.archive.url or (settings.data / ARCHIVE_MARK).exists()):
        raise StorageFault(StorageCode.NOT_AN_ARCHIVE, str(settings.data))
    demo = None if is_house(settings.data) else is_demo_archive(settings)
    office = open_office(settings, demo=demo)
    if not rebuilding.is_empty(office):
        papers = searching.rebuild(office)
        console.answer({"papers": papers}, (f"Đã lập lại chỉ mục: {papers} giấy tờ.",))
        return 0
    told = rebuilding.rebuild_house(office)
    line = (
        f"Đã dựng lại từ kho lưu trữ: {told.dossiers} hồ sơ, {told.papers} giấy tờ, {told.entries} mục "
        f"nhật ký; chỉ mục có {told.indexed} giấy tờ. Tài khoản chưa có mật khẩu: ./motcua users add TÊN."
    )
    again = f"{told.expected} giấy tờ chưa lưu trữ phải quét lại (đang chờ trang trong hồ sơ)."
    console.answer({**asdict(told), "papers": told.papers}, (line, again) if told.expected else (line,))
    return 0


def _record(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Write into the archive what the rows say now."""
    written = recording_rows.record_all(open_house(settings))
    console.answer({"records": written}, (f"Đã ghi thêm {written} bản ghi vào kho lưu trữ.",))
    return 0


def _seal(_chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Seal the ledger as it stands now."""
    sealed = sealing.seal_now(open_house(settings))
    if sealed is None:
        console.answer({"sealed": None}, ("Nhật ký còn trống, chưa có gì để niêm phong.",))
        return 0
    told = {"sealed": sealed.key.name, "seq": sealed.seal.seq, "signed": bool(sealed.signed)}
    how = "có chữ ký và dấu thời gian" if sealed.signed else "chưa có khóa để ký"
    console.answer(told, (f"Đã niêm phong nhật ký đến mục {sealed.seal.seq} ({how}).",))
    return 0


def _move(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Carry the house to where another file of settings says, and prove that it is the same there."""
    office = open_house(settings)
    there = open_stores(office, settings_in(chosen.to, settings))
    proof = moving.move(office, there, console.say)
    lines = [
        f"{name}: {there.count} = {there.digest[:16]}"
        if here == there
        else f"✕ {name}: {here.count} ≠ {there.count}"
        for name, (here, there) in proof.items()
    ]
    same = all(here == there for here, there in proof.values())
    lines.append("Hai nơi giống hệt nhau." if same else "Hai nơi còn khác nhau: chạy lại lệnh này.")
    told = {name: {"here": asdict(here), "there": asdict(there)} for name, (here, there) in proof.items()}
    console.answer({"same": same, "compared": told}, tuple(lines))
    return 0 if same else 1


def _export(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Write a dossier's newest version as a package."""
    office = open_house(settings)
    form = exporting.Form(chosen.form)
    written = exporting.export_dossier(office, operator(office), chosen.dossier, form, chosen.to)
    told = {"dossier": chosen.dossier, "form": str(form), "written": str(written)}
    console.answer(told, (f"Đã xuất hồ sơ {chosen.dossier}: {written}",))
    return 0


COMMANDS: Mapping[str, Callable[[argparse.Namespace, Settings, Console], int]] = {
    "verify": _verify,
    "rebuild": _rebuild,
    "record": _record,
    "seal": _seal,
    "move": _move,
    "export": _export,
}
