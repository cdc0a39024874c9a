"""The questions of `office init` on a terminal: each with an example or a usual answer."""

import sys
from collections.abc import Iterator
from typing import Any

from foundation.clock import on_paper, utc_now
from office.cli.console import Console
from office.founding.plan import FoundingCode, FoundingFault, Plan, plan_of
from vietnamese.letters import fold

STAMPS = "http://tsa.ca.gov.vn/"  # facts: law.md 6.3
ANSWERS = "http://ocsp.ca.gov.vn/"
PEOPLE = (
    ("Cán bộ một cửa", "clerk", "Công chức tiếp nhận"),
    ("Người ký chứng thực", "officer", "CHỦ TỊCH"),
    ("Văn thư", "records_officer", "Văn thư"),
    ("Quản trị viên", "administrator", "Quản trị viên"),
)


def ask_plan(console: Console) -> Plan:
    """The plan that the answers on standard input make. Raises: FoundingFault; an end of input among them."""
    agency = _required(console, "Tên cơ quan, như in trên văn bản (ỦY BAN NHÂN DÂN PHƯỜNG …)")
    code = _required(console, "Mã đơn vị, mở đầu mã hồ sơ (H29.50.05.13)")
    unit = _answer(console, "Tên ngắn của đơn vị", _short(agency))
    since = _answer(console, "Tên này có từ ngày (2025-07-01)", f"{on_paper(utc_now()):%Y}-01-01")
    told: dict[str, Any] = {"unit": unit, "units": [{"agency": agency, "code": code, "since": since}]}
    told["web"] = _ask_pages(console)
    told["services"] = {
        "stamps": _listed(_answer(console, "Địa chỉ cấp dấu thời gian, cách nhau bằng dấu phẩy", STAMPS)),
        "answers": _listed(_answer(console, "Địa chỉ OCSP, CRL được phép hỏi", ANSWERS)),
    }
    told["accounts"] = list(_ask_people(console))
    told["trust"] = list(_ask_trust(console))
    return plan_of(told)


def _ask_pages(console: Console) -> dict[str, Any]:
    host = _answer(console, "Địa chỉ mạng của máy chủ này", "127.0.0.1")
    port = _answer(console, "Cổng", "8443")
    names = _answer(console, "Tên máy chủ trên mạng, nếu có", "")
    return {"host": host, "port": port, "names": _listed(names), "tls": "own"}


def _ask_people(console: Console) -> Iterator[dict[str, Any]]:
    for words, role, title in PEOPLE:
        name = _answer(console, f"{words}: tên đăng nhập (bỏ trống để thêm sau)", "")
        if not name:
            continue
        full_name = _required(console, f"{words}: họ và tên, như trong chứng thư")
        yield {
            "name": name,
            "full_name": full_name,
            "title": _answer(console, f"{words}: chức vụ, như in trên văn bản", title),
            "roles": [role],
        }


def _ask_trust(console: Console) -> Iterator[dict[str, Any]]:
    for words, whom in (("người ký", "signers"), ("dấu thời gian", "stamps")):
        file = _answer(console, f"Tệp chứng thư gốc của {words} (bỏ trống để thêm sau)", "")
        if file:
            fingerprint = _required(console, "Dấu vân tay SHA-256 mà nơi cấp công bố")
            yield {"file": file, "fingerprint": fingerprint, "vouches_for": [whom]}


def _required(console: Console, question: str) -> str:
    while not (given := _answer(console, question, "")):
        console.say("Câu này cần có câu trả lời.")
    return given


def _answer(console: Console, question: str, usual: str) -> str:
    console.say(f"{question}{f' [{usual}]' if usual else ''}:")
    line = sys.stdin.readline()
    if not line:
        raise FoundingFault(FoundingCode.NOT_ANSWERED)
    return line.strip() or usual


def _listed(told: str) -> list[str]:
    return [one.strip() for one in told.split(",") if one.strip()]


def _short(agency: str) -> str:
    """A short name out of the agency's: its last words, without marks."""
    words = "".join(letter if letter.isalnum() else " " for letter in fold(agency).casefold()).split()
    return "-".join(words[-3:])
