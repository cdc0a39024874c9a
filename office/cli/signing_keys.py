"""`keys`: certificates and delegations listed, added, tried and removed by whoever has the command line."""

import argparse
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import AGENCY, KeyPlace
from foundation.clock import on_paper
from office.bootstrap import open_house, open_office
from office.cli.console import Console
from office.cli.pins import read_pin
from office.explain import explain
from office.keys import certificates, delegations
from office.keys.faults import KeysCode, KeysFault
from office.keys.standing import ELSEWHERE, usual_purpose
from office.keys.unlocking import held_key, open_certificate
from office.nouns import Capacity, Certificate
from office.people.accounts import OPERATOR, AccountCode, AccountFault, list_accounts, plain_name
from office.rows.signatories import find_signatory
from office.settings import Settings, process_environment
from office.value import Office
from storage.database import reading

if TYPE_CHECKING:
    from certify.key_holders.holder import Found

KEPT_WORDS: Mapping[KeyPlace, str] = {
    KeyPlace.TOKEN: "thiết bị ký",
    KeyPlace.KEY_FILE: "tệp PKCS#12",
    KeyPlace.REMOTE: "ký từ xa",
    KeyPlace.WORKSTATION: "chương trình ký trên máy",
}
CAPACITY_WORDS: Mapping[Capacity, str] = {
    Capacity.OWN: "chức danh của mình",
    Capacity.KT: "KT.",
    Capacity.TUQ: "TUQ.",
    Capacity.TL: "TL.",
}
OPENED_AT_START = "Để ký bằng khóa này, khởi động lại serve hoặc work với --unlock."
NONCE_BYTES = 64
SHORT = 16  # digits of a fingerprint that are enough to name a certificate


def keys(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """List certificates and delegations; add, test, remove one; delegate; end what was delegated."""
    office = open_office(settings) if chosen.what == "add" else open_house(settings)
    return ACTS[chosen.what](office, chosen, console)


def _list(office: Office, _chosen: argparse.Namespace, console: Console) -> int:
    names = {person.id: person.name for person in list_accounts(office)} | {AGENCY: AGENCY}
    held = certificates.list_certificates(office)
    given = delegations.list_delegations(office)
    told = {
        "certificates": [_as_json(one, names, _hindrance(office, one, console.lang)) for one in held],
        "delegations": [
            {
                "account": names[one.account],
                "capacity": one.capacity,
                "since": one.since.isoformat(),
                "until": one.until.isoformat() if one.until else None,
            }
            for one in given
        ],
    }
    lines = [_line(office, one, names, console.lang) for one in held]
    for one in given:
        until = f"{one.until:%d/%m/%Y}" if one.until else "khi có quyết định khác"
        words = CAPACITY_WORDS[one.capacity]
        lines.append(f"{names[one.account]}\tchứng thực, {words}\t{one.since:%d/%m/%Y} – {until}")
    console.answer(told, tuple(lines) or ("Chưa có chứng thư nào: ./motcua keys add",))
    return 0


def _add(office: Office, chosen: argparse.Namespace, console: Console) -> int:
    new = _wanted(office, chosen, console)
    chain = tuple(der for path in chosen.chain for der in _ders(path))
    new = replace(new, chain=chain or new.chain, is_unattended=chosen.unattended)
    added = certificates.add_certificate(office, OPERATOR, new)
    one = certificates.find_certificate(office, added)
    told = f"Đã thêm {one.subject}, dấu vân tay {one.sha256}."
    opens = one.kept not in ELSEWHERE
    follows = OPENED_AT_START if opens else "Dùng được ngay, không cần khởi động lại."
    console.answer({"id": added, "sha256": one.sha256, "restart": opens}, (told, follows))
    return 0


def _wanted(office: Office, chosen: argparse.Namespace, console: Console) -> certificates.NewCertificate:
    """The certificate that is meant: in a file, at a service or on a token."""
    holder = _holder(office, chosen)
    if chosen.remote:
        service = _service(chosen)
        return certificates.NewCertificate(holder, KeyPlace.REMOTE, service, *_at_service(office, service))
    if chosen.plug_in:
        return certificates.NewCertificate(
            holder, KeyPlace.WORKSTATION, _program(chosen), _signer_in(chosen.pem)
        )
    if chosen.pkcs12:
        kept, place = KeyPlace.KEY_FILE, {"file": str(chosen.pkcs12.absolute())}
        found = _in_file(office, holder, place, console)
    else:
        kept, place, found = _on_token(office, holder, chosen)
    above = tuple(one.dump() for one in found.chain)
    return certificates.NewCertificate(holder, kept, place, found.certificate.dump(), above)


def _test(office: Office, chosen: argparse.Namespace, console: Console) -> int:
    """Open the key, sign something nobody keeps, and tell whether its holder may sign now."""
    one = certificates.find_certificate(office, chosen.certificate)
    if one.kept is KeyPlace.REMOTE:
        return _test_service(office, one, console)
    if one.kept is KeyPlace.WORKSTATION:
        return _test_program(office, one, console)
    pin = read_pin(console, f"Mã PIN ({one.subject}): ")
    if pin is None:
        raise CertifyFault(FaultCode.PIN_WRONG)
    holder = open_certificate(one, pin)
    try:
        key, begun = held_key(holder, one), time.perf_counter()
        key.begin(secrets.token_bytes(NONCE_BYTES))
        took = time.perf_counter() - begun
    finally:
        holder.close()
    hindrance = _hindrance(office, one, console.lang)
    told = {"sha256": one.sha256, "seconds": round(took, 4), "hindrance": hindrance or None}
    console.answer(told, (f"Ký thử được trong {1000 * took:.0f} ms.", *([hindrance] if hindrance else [])))
    return 1 if hindrance else 0


def _test_service(office: Office, one: Certificate, console: Console) -> int:
    """Ask the service whose certificate this is; nobody's phone rings for that."""
    own, _ = _at_service(office, one.place)
    if own != one.der:
        raise KeysFault(KeysCode.CERTIFICATE_UNKNOWN)
    hindrance = _hindrance(office, one, console.lang)
    told = {"sha256": one.sha256, "hindrance": hindrance or None}
    console.answer(told, ("Dịch vụ trả lời đúng chứng thư này.", *([hindrance] if hindrance else [])))
    return 1 if hindrance else 0


def _test_program(office: Office, one: Certificate, console: Console) -> int:
    """Nothing can be tried from here: the program runs on its holder's computer."""
    hindrance = _hindrance(office, one, console.lang)
    told = {"sha256": one.sha256, "hindrance": hindrance or None}
    console.answer(
        told, (hindrance or "Chương trình ký chạy trên máy của người ký; thử bằng một bản sao thật.",)
    )
    return 1 if hindrance else 0


def _remove(office: Office, chosen: argparse.Namespace, console: Console) -> int:
    gone = certificates.remove_certificate(office, OPERATOR, chosen.certificate)
    console.answer({"sha256": gone.sha256}, (f"Đã gỡ {gone.subject}; chữ ký đã có vẫn nguyên giá trị.",))
    return 0


def _delegate(office: Office, chosen: argparse.Namespace, console: Console) -> int:
    new = delegations.NewDelegation(
        _account(office, chosen.account), Capacity(chosen.capacity), chosen.since, chosen.until
    )
    given = delegations.delegate(office, OPERATOR, new)
    console.answer({"id": given}, (f"Đã ghi: {chosen.account} được chứng thực.",))
    return 0


def _undelegate(office: Office, chosen: argparse.Namespace, console: Console) -> int:
    ended = delegations.end_delegations(office, OPERATOR, _account(office, chosen.account))
    console.answer({"ended": ended}, (f"Đã kết thúc {ended} lần giao cho {chosen.account}.",))
    return 0


ACTS: Mapping[str, Callable[[Office, argparse.Namespace, Console], int]] = {
    "list": _list,
    "add": _add,
    "test": _test,
    "remove": _remove,
    "delegate": _delegate,
    "undelegate": _undelegate,
}


def _on_token(
    office: Office, holder: str, chosen: argparse.Namespace
) -> "tuple[KeyPlace, dict[str, str], Found]":
    """The one certificate on the tokens of this module that is meant: named, or the only one of that name."""
    from certify.key_holders.facts import facts_of  # noqa: PLC0415 only where tokens are asked
    from certify.key_holders.holder import look_at_tokens  # noqa: PLC0415

    module = str(chosen.module)
    tokens = look_at_tokens(module, process_environment())
    wanted = certificates.plain_fingerprint(chosen.certificate or "")
    found = [
        (token, one)
        for token in tokens
        if chosen.token in (None, token.label, token.serial)
        for one in token.found
        if one.certificate.sha256.hex().startswith(wanted)
    ]
    if not found:
        raise CertifyFault(FaultCode.TOKEN_MISSING, module)
    own = [(token, one) for token, one in found if certificates.names(office, holder, one.certificate.dump())]
    if not wanted and not own:
        raise KeysFault(KeysCode.NAME_DIFFERS, facts_of(found[0][1].certificate.dump()).subject)
    meant = found if wanted else own
    if len(meant) > 1:
        raise KeysFault(KeysCode.CERTIFICATE_UNCLEAR, _told(one for _, one in meant))
    ((token, one),) = meant
    return KeyPlace.TOKEN, {"module": module, "serial": token.serial, "label": token.label}, one


def _in_file(office: Office, holder: str, place: Mapping[str, str], console: Console) -> "Found":
    from certify.key_holders.holder import open_holder  # noqa: PLC0415

    certificates.require_place_for(office, holder, KeyPlace.KEY_FILE)
    pin = read_pin(console, "Mật khẩu của tệp: ")
    if pin is None:
        raise CertifyFault(FaultCode.PIN_WRONG)
    opened = open_holder(KeyPlace.KEY_FILE, place, pin, process_environment())
    opened.close()
    return opened.found[0]


def _service(chosen: argparse.Namespace) -> dict[str, str]:
    if not chosen.credential or not chosen.secret:
        raise CertifyFault(FaultCode.SERVICE_REFUSED, "--credential and --secret belong to --remote")
    authority = str(chosen.ca.absolute()) if chosen.ca else ""
    secret = str(chosen.secret.absolute())
    told = {"url": chosen.remote, "credential": chosen.credential, "secret": secret}
    return {**told, "ca": authority, "api": chosen.api}


def _program(chosen: argparse.Namespace) -> dict[str, str]:
    usual = "SignIssued" if chosen.agency else "SignApproved"
    return {"address": chosen.plug_in, "act": chosen.act or usual, "profile": chosen.profile}


def _signer_in(pem: Path | None) -> bytes:
    """The certificate in a PEM file. Raises: CertifyFault KEY_FILE_MISSING."""
    if pem is None:
        raise CertifyFault(FaultCode.KEY_FILE_MISSING, "--pem belongs to --plug-in")
    found = _ders(pem)
    if not found:
        raise CertifyFault(FaultCode.KEY_FILE_MISSING, pem.name)
    return found[0]


def _at_service(office: Office, place: Mapping[str, str]) -> tuple[bytes, tuple[bytes, ...]]:
    from certify.key_holders.remote import RemoteService  # noqa: PLC0415

    return RemoteService(place, office.settings.signing.remote_wait_seconds).certificates()


def _told(found: "Iterable[Found]") -> str:
    return ", ".join(one.certificate.sha256.hex()[:SHORT] for one in found)


def _hindrance(office: Office, one: Certificate, lang: str) -> str:
    """Why this certificate's holder may not sign now what the holder is there to sign; empty: may."""
    with reading(office.engine) as connection:
        purpose = usual_purpose(find_signatory(connection, one.holder))
    fault = office.keyring.refusal(one.holder, purpose)
    return explain(fault, lang).sentence if fault else ""


def _line(office: Office, one: Certificate, names: Mapping[str, str], lang: str) -> str:
    until = f"đến {on_paper(one.not_after):%d/%m/%Y}"
    parts = [one.sha256[:SHORT], names[one.holder], one.subject, KEPT_WORDS[one.kept], until]
    return "\t".join([*parts, _hindrance(office, one, lang)]).rstrip()


def _as_json(one: Certificate, names: Mapping[str, str], hindrance: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "sha256": one.sha256,
        "holder": names[one.holder],
        "subject": one.subject,
        "kept": one.kept,
        "not_before": one.not_before.isoformat(),
        "not_after": one.not_after.isoformat(),
        "unattended": one.is_unattended,
        "hindrance": hindrance or None,
    }


def _holder(office: Office, chosen: argparse.Namespace) -> str:
    return AGENCY if chosen.agency else _account(office, chosen.account)


def _account(office: Office, name: str) -> str:
    found = [person.id for person in list_accounts(office) if person.name == plain_name(name)]
    if not found:
        raise AccountFault(AccountCode.NO_SUCH_ACCOUNT, name)
    return found[0]


def _ders(path: Path) -> list[bytes]:
    """Every certificate of a PEM file. Raises: CertifyFault KEY_FILE_MISSING when there is none."""
    try:
        blocks = path.read_text(encoding="ascii").split("-----END CERTIFICATE-----")[:-1]
        return [ssl.PEM_cert_to_DER_cert(f"{block.strip()}\n-----END CERTIFICATE-----\n") for block in blocks]
    except (OSError, ValueError) as wrong:
        raise CertifyFault(FaultCode.KEY_FILE_MISSING, path.name) from wrong
