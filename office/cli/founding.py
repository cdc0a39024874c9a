"""`office init`: from an empty directory, and a plan or answers, to an office that lacks its keys alone.

Each step looks at what is there and does only what is missing: run again it changes nothing, and after a
change of the plan it changes that.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from certify.services.certificate_card import read_card
from foundation.clock import on_paper
from office.bootstrap import open_office
from office.cli.asking import ask_plan
from office.cli.console import Console
from office.cli.doctoring import Ailment, missing_ailments
from office.desk import books
from office.founding.calendar import keep_holidays
from office.founding.own_authority import make_server_files
from office.founding.plan import AnchorPlan, Plan, read_plan
from office.founding.settings_file import keep_settings
from office.founding.trust import Confirmed, TrustCode, TrustFault, add_anchor
from office.founding.units import keep_units, named
from office.people.accounts import OPERATOR, NewAccount, create_account, list_accounts, plain_name
from office.people.passwords import Passwords, new_password
from office.settings import Settings, load_settings, process_environment
from office.value import Office
from storage import ledger
from storage.database import writing


@dataclass
class Founding:
    """An office while it is founded: what was done, and the first passwords, which are told once."""

    office: Office
    plan: Plan
    folder: Path  # where files that the plan names lie
    done: list[str] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)


def office(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Found the office, or bring it to what the plan says now."""
    path = chosen.plan.absolute() if chosen.plan else None
    plan = read_plan(path) if path else ask_plan(console)
    cards = [(anchor, _confirmed(anchor, path.parent if path else Path.cwd())) for anchor in plan.trust]
    opened = open_office(settings, demo=False)
    founding = Founding(opened, plan, path.parent if path else Path.cwd())
    _keep_rows(founding)
    _keep_trust(founding, cards)
    _keep_accounts(founding)
    authority = _keep_pages(founding)
    opened.engine.dispose()
    lacking = list(_lacking(settings))
    told = {
        "done": founding.done,
        "passwords": founding.passwords,
        "authority": authority,
        "missing": [{"what": one.what, "cure": one.cure} for one in lacking],
    }
    console.answer(told, tuple(_lines(founding, authority, lacking)))
    return 0


def _confirmed(anchor: AnchorPlan, folder: Path) -> Confirmed:
    """The anchor's certificate with the fingerprint of the plan, looked at before anything is made."""
    try:
        confirmed = Confirmed(read_card((folder / anchor.file).read_bytes()), anchor.fingerprint)
    except (OSError, ValueError) as wrong:
        raise TrustFault(TrustCode.NOT_ONE_CERTIFICATE, f"{anchor.file}: {wrong}") from wrong
    confirmed.require()
    return confirmed


def _keep_rows(founding: Founding) -> None:
    """Units, calendar, the year's first volume."""
    office, plan, now = founding.office, founding.plan, founding.office.clock()
    with writing(office.engine) as connection:
        if keep_units(connection, plan):
            founding.done.append("Danh mục đơn vị")
            body = {"units": [f"{one.unit or plan.unit} {one.code} {one.since}" for one in plan.units]}
            ledger.append(connection, ledger.Entry("units_set", now, OPERATOR, "office", body))
        if keep_holidays(connection, plan):
            founding.done.append("Lịch nghỉ")
            body = {"days": [f"{one.day} {'open' if one.open else 'closed'}" for one in plan.holidays]}
            ledger.append(connection, ledger.Entry("holidays_set", now, OPERATOR, "office", body))
        if books.open_first_volume(connection, office, now):
            founding.done.append(f"Sổ chứng thực quyển 1/{on_paper(now).year}")


def _keep_trust(founding: Founding, cards: list[tuple[AnchorPlan, Confirmed]]) -> None:
    for anchor, confirmed in cards:
        for whom in anchor.vouches_for:
            listed = (anchor.list, anchor.agency)
            if add_anchor(founding.office, OPERATOR, confirmed, whom, listed):
                founding.done.append(f"Tin {confirmed.card.subject}")


def _keep_accounts(founding: Founding) -> None:
    """Accounts that are not there yet; those that are stay as they are."""
    there = {one.name for one in list_accounts(founding.office)}
    for one in founding.plan.accounts:
        if plain_name(one.name) in there:
            continue
        password = new_password()
        new = NewAccount(
            one.name, one.full_name, one.title, frozenset(one.roles), founding.plan.unit, password
        )
        create_account(founding.office, Passwords(), new)
        founding.passwords[plain_name(one.name)] = password
        founding.done.append(f"Tài khoản {plain_name(one.name)}")


def _keep_pages(founding: Founding) -> Mapping[str, str]:
    """The settings, and the pages' own authority where the plan wants one; its file and fingerprint."""
    office, web = founding.office, founding.plan.web
    if keep_settings(office, OPERATOR, founding.plan):
        founding.done.append("Thiết lập")
    if web.tls != "own":
        return {}
    today = on_paper(office.clock()).date()
    agency = named(office.settings, office.engine, today).agency
    made = make_server_files(office.settings.data, agency, (*web.names, *_as_name(web.host)), office.clock())
    return {"file": str(made.authority), "sha256": made.fingerprint}


def _as_name(host: str) -> tuple[str, ...]:
    """An address to listen on is a name too, unless it stands for every one."""
    return () if host in ("0.0.0.0", "::", "") else (host,)  # noqa: S104 nothing is bound here


def _lacking(before: Settings) -> Iterator[Ailment]:
    """What is missing, by the settings as they will hold at the next start."""
    from office.cli.main import ROOT  # noqa: PLC0415 the command line imports this module lazily

    settings = load_settings(ROOT, process_environment(), before.data)
    opened = open_office(settings)
    yield from missing_ailments(opened)
    opened.engine.dispose()


def _lines(founding: Founding, authority: Mapping[str, str], lacking: list[Ailment]) -> Iterator[str]:
    yield from (f"✔ {one}" for one in founding.done)
    if not founding.done:
        yield "Không có gì thay đổi."
    if founding.passwords:
        yield "Mật khẩu lần đầu (chỉ hiện một lần, phải đổi khi đăng nhập):"
        yield from (f"  {name:<16} {password}" for name, password in founding.passwords.items())
    if authority:
        yield f"Máy trạm cần tin tệp này (docs/install.md): {authority['file']}"
        yield f"  SHA-256 {authority['sha256']}"
    if lacking:
        yield "Còn thiếu trước bản sao đầu tiên:"
        yield from (f"✕ {one.what}\n    → {one.cure}" for one in lacking)
