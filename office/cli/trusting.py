"""`trust`: whose certificates count here; a person confirms each by its fingerprint."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from certify.question import SignerRole
from certify.services.certificate_card import CertificateCard, read_card
from foundation.clock import on_paper
from office.bootstrap import open_house
from office.cli.console import Console
from office.founding.trust import (
    Confirmed,
    TrustCode,
    TrustFault,
    TrustList,
    VouchesFor,
    add_anchor,
    list_anchors,
    list_pins,
    pin_certificate,
    plain_fingerprint,
    remove_trusted,
)
from office.people.accounts import OPERATOR
from office.settings import Settings
from office.value import Office
from storage.database import reading

LISTS = {
    TrustList.GOVERNMENT: "chuyên dùng công vụ",
    TrustList.NATIONAL: "công cộng (gốc quốc gia)",
    TrustList.OFFICE: "của cơ quan khác",
}
FOR = {
    VouchesFor.SIGNERS: "người ký",
    VouchesFor.STAMPS: "dấu thời gian",
    SignerRole.CLERK: "cán bộ ký bản quét",
    SignerRole.OFFICER: "người ký chứng thực",
    SignerRole.AGENCY: "cơ quan",
}


def trust(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """List what is trusted; show a file's certificate or one that is trusted; add one; remove one."""
    told, lines = WHAT[chosen.what](settings, chosen, console)
    console.answer(told, lines)
    return 0


Told = tuple[Mapping[str, Any], tuple[str, ...]]


def _list(settings: Settings, _chosen: argparse.Namespace, _console: Console) -> Told:
    office = open_house(settings)
    with reading(office.engine) as connection:
        anchors, pins = list_anchors(connection), list_pins(connection)
    lines = [
        f"{one.sha256[:16]}  {LISTS[one.list]}, {FOR[one.vouches_for]}: {one.subject}"
        f"{f' ({one.agency})' if one.agency else ''}, đến {on_paper(one.not_after):%d/%m/%Y}"
        for one in anchors
    ]
    lines += [f"{pin.sha256[:16]}  {FOR[pin.role]} của {pin.agency}: {subject}" for pin, subject in pins]
    told = {
        "anchors": [asdict(one) for one in anchors],
        "pins": [{**asdict(pin), "subject": subject} for pin, subject in pins],
    }
    return told, tuple(lines) or ("Chưa tin chứng thư nào. Thêm bằng: ./motcua trust add TỆP …",)


def _show(settings: Settings, chosen: argparse.Namespace, _console: Console) -> Told:
    card = _card_of(settings, chosen.which)
    told = {name: value for name, value in asdict(card).items() if name != "pem"}
    return {**told, "fingerprint": card.fingerprint}, _described(card)


def _add(settings: Settings, chosen: argparse.Namespace, console: Console) -> Told:
    card = _read(Path(chosen.which).absolute())
    office = open_house(settings)
    given = chosen.fingerprint or _typed(card, console)
    confirmed, listing = Confirmed(card, given), TrustList(chosen.list)
    wanted = [_wanted(name) for name in chosen.vouches_for]
    added = {one: _added(office, confirmed, one, (listing, chosen.agency)) for one in wanted}
    news = [FOR[one] for one, is_new in added.items() if is_new]
    line = f"Đã tin {card.subject} ({', '.join(news)})." if news else "Đã tin chứng thư này từ trước."
    return {"sha256": card.sha256, "added": {str(one): new for one, new in added.items()}}, (line,)


def _remove(settings: Settings, chosen: argparse.Namespace, _console: Console) -> Told:
    gone = remove_trusted(open_house(settings), OPERATOR, chosen.which, chosen.vouches_for or ())
    return {"removed": list(gone)}, tuple(f"Không tin nữa: {sha256}" for sha256 in gone)


WHAT: Mapping[str, Callable[[Settings, argparse.Namespace, Console], Told]] = {
    "list": _list,
    "show": _show,
    "add": _add,
    "remove": _remove,
}


def _wanted(name: str) -> VouchesFor | SignerRole:
    return VouchesFor(name) if name in set(VouchesFor) else SignerRole(name)


def _added(
    office: Office, confirmed: Confirmed, whom: VouchesFor | SignerRole, listed: tuple[TrustList, str]
) -> bool:
    if isinstance(whom, SignerRole):
        return pin_certificate(office, OPERATOR, confirmed, whom, listed[1])
    return add_anchor(office, OPERATOR, confirmed, whom, listed)


def _typed(card: CertificateCard, console: Console) -> str:
    """The fingerprint as a person types it who has it from the authority, not from this screen."""
    for line in _described(card):
        console.say(line)
    console.say("So với dấu vân tay mà nơi cấp công bố. Gõ lại cả dấu vân tay ấy để tin, bỏ trống để thôi:")
    return sys.stdin.readline().strip()


def _described(card: CertificateCard) -> tuple[str, ...]:
    kind = "tổ chức cấp chứng thư" if card.is_authority else "người ký"
    return (
        f"Tên:          {card.subject}",
        f"Tổ chức:      {card.organization}",
        f"Nơi cấp:      {card.issuer}",
        f"Loại:         {kind}",
        f"Hiệu lực:     {on_paper(card.not_before):%d/%m/%Y} - {on_paper(card.not_after):%d/%m/%Y}",
        f"Dấu vân tay SHA-256: {card.fingerprint}",
    )


def _card_of(settings: Settings, which: str) -> CertificateCard:
    """The certificate in a file, or the one trusted already by its fingerprint."""
    path = Path(which).absolute()
    if path.is_file():
        return _read(path)
    office = open_house(settings)
    files = {file.stem: file for file in (*office.trust.roots, *(office.trust.stamp_roots or ()))}
    found = [file for sha256, file in files.items() if sha256.startswith(plain_fingerprint(which))]
    if len(found) != 1:
        raise TrustFault(TrustCode.NOT_TRUSTED)
    return _read(found[0])


def _read(path: Path) -> CertificateCard:
    try:
        return read_card(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise TrustFault(TrustCode.NOT_ONE_CERTIFICATE, f"{path.name}: {wrong}") from wrong
