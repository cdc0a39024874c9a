"""The command line: one parser, and one lazily imported function per command.

Exit codes: 0 done; 1 refused or failed, with a sentence; 2 and 3 as `verify` says; 64 for a command line
that cannot be understood; 69 when something has to be installed first.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NoReturn

from foundation.log_lines import JsonLines
from office.cli.console import Console
from office.cli.safety.arguments import add_safety
from office.procedure import Role
from office.settings import LANGUAGES, LAST_PORT, SettingsFault, load_settings, process_environment
from office.typed import decimal_number, whole_number

USAGE_ERROR = 64
FINEST_DPI = 9600
MOST_JOBS = 256
MOST_HITS = 10_000
MOST_PAGES = 5000
MOST_SECONDS = 3600.0
PACKAGE_FORMS = ["pdf-xml", "sip", "aip", "bagit"]  # office.desk.describing.exporting.Form
FIRST_YEAR, LAST_YEAR = 1900, 2200
# what a certificate vouches for: of anchors, and of other offices
VOUCHES_FOR = ["signers", "stamps", "clerk", "officer", "agency"]
LOG_LINE = "%(levelname)s %(name)s: %(message)s"
ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = {
    "demo": "office.cli.demonstrating:demo",
    "serve": "office.cli.serving:serve",
    "work": "office.cli.serving:work",
    "digitize": "office.cli.filing:digitize",
    "certify": "office.cli.filing:certify",
    "verify": "office.cli.verifying:verify",
    "search": "office.cli.finding:search",
    "devices": "office.cli.scanning:devices",
    "scan": "office.cli.scanning:scan",
    "simulate-scanner": "office.cli.scanning:simulate",
    "archive": "office.cli.archiving:archive",
    "register": "office.cli.upkeep:register",
    "users": "office.cli.upkeep:users",
    "trust": "office.cli.trusting:trust",
    "office": "office.cli.founding:office",
    "keys": "office.cli.signing_keys:keys",
    "backup": "office.cli.safety.backing_up:backup",
    "restore": "office.cli.safety.backing_up:restore_house",
    "upgrade": "office.cli.safety.upgrading:upgrade_house",
    "sbom": "office.cli.safety.materials:sbom",
    "doctor": "office.cli.doctoring:doctor",
}
KEYS_ACTS = {
    "list": "certificates, delegations, and what stands in their way",
    "add": "a certificate of a person or of the agency",
    "test": "sign something that nobody keeps",
    "remove": "let a certificate sign no more",
    "delegate": "let a person certify from one day to another",
    "undelegate": "end what was delegated to a person",
}
CAPACITIES = ("own", "KT", "TUQ", "TL")


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors leave with 64, because 1, 2 and 3 are verdicts."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    if chosen.command == "users" and chosen.what != "list" and not chosen.name:
        parser.error(f"users {chosen.what}: NAME is missing")
    if chosen.command == "trust" and chosen.what != "list" and not chosen.which:
        parser.error(f"trust {chosen.what}: FILE or FINGERPRINT is missing")
    if chosen.command == "trust" and chosen.what == "add" and not chosen.vouches_for:
        parser.error("trust add: --for is missing")
    if chosen.command == "archive":
        _require_archive_arguments(parser, chosen)
    console = Console(wants_json=getattr(chosen, "json", False), lang="vi")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=LOG_LINE)
    try:
        settings = load_settings(ROOT, process_environment(), getattr(chosen, "data", None))
        settings = replace(settings, lang=chosen.lang or settings.lang)
        _set_log_form(settings.log)
        console = console.speaking(settings.lang)
        module, function = COMMANDS[chosen.command].split(":")
        return int(getattr(importlib.import_module(module), function)(chosen, settings, console))
    except KeyboardInterrupt:
        return 130
    except SettingsFault as fault:
        return _explained(fault, console)
    except Exception as fault:  # noqa: BLE001 every failure leaves as one sentence; the table decides which
        return _explained(fault, console)


def _set_log_form(form: str) -> None:
    if form == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())


def _explained(fault: Exception, console: Console) -> int:
    from office.explain import explain  # noqa: PLC0415 --help must not wait for the rooms

    told = explain(fault, console.lang)
    if told.unexpected:
        logging.getLogger(__name__).error("unexpected", exc_info=fault)
    if console.wants_json:
        console.answer({"error": {"code": told.code, "sentence": told.sentence}}, ())
    console.say(told.sentence)
    if told.detail and told.detail not in told.sentence:
        console.say(f"({told.detail})")  # for who looks after the machine; no sentence shows it
    return told.exit_code


def _require_archive_arguments(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    if (chosen.what in {"move", "export"}) != (chosen.to is not None):
        parser.error("archive move: --to SETTINGS.toml, archive export: --to FOLDER; nothing else takes it")
    is_told = {chosen.dossier is not None, chosen.form is not None}
    if is_told != {chosen.what == "export"}:
        parser.error("archive export DOSSIER --as FORM --to FOLDER; nothing else takes them")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    parser = _Parser(prog="motcua", description="Một cửa: từ giấy đến bản điện tử có giá trị pháp lý.")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of messages (default: vi)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_demo(commands)
    _add_filing(commands)
    _add_scanning(commands)
    _add_finding(commands)
    _add_upkeep(commands)
    return parser


def _add_demo(commands: "argparse._SubParsersAction[_Parser]") -> None:
    demo = commands.add_parser("demo", help="take one paper the whole way, then serve the pages")
    demo.add_argument("--once", action="store_true", help="stop when the paper has come through")
    demo.add_argument("--by-hand", action="store_true", help="leave to people what people do, the seal too")
    demo.add_argument(
        "--port", type=_between(0, LAST_PORT), default=None, help="port of the pages (default 8000)"
    )
    _keeps_data(demo)
    _speaks_json(demo)
    serve = commands.add_parser("serve", help="the web pages, with their own workers")
    serve.add_argument("--port", type=_between(0, LAST_PORT), default=None)
    serve.add_argument("--host", default=None)
    work = commands.add_parser("work", help="one more worker for the same rows")
    for parser in (serve, work):
        parser.add_argument(
            "--unlock", action="store_true", help="open the keys at hand here: asks for each PIN once"
        )
        _keeps_data(parser)


def _add_filing(commands: "argparse._SubParsersAction[_Parser]") -> None:
    digitize = commands.add_parser("digitize", help="images or PDFs to one searchable PDF/A")
    digitize.add_argument("files", nargs="+", type=Path, metavar="FILE")
    digitize.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.pdf")
    digitize.add_argument("--text", type=Path, metavar="OUT.txt")
    digitize.add_argument("--report", type=Path, metavar="OUT.json")
    digitize.add_argument("--alto", type=Path, metavar="OUT.xml", help="words, places, readings as ALTO 4")
    digitize.add_argument("--hocr", type=Path, metavar="OUT.html", help="words and places as hOCR")
    digitize.add_argument(
        "--reading-copy", type=Path, metavar="SMALL.pdf", help="also a small copy for screens, never signed"
    )
    digitize.add_argument(
        "--jobs", type=_between(1, MOST_JOBS), default=None, help="pages read at the same time"
    )
    digitize.add_argument("--profile", choices=["archive", "compact"], default="archive")
    digitize.add_argument("--duplex", action="store_true", help="pages are fronts and backs of sheets")
    digitize.add_argument("--dewarp", action="store_true", help="level curled lines of bound books")
    digitize.add_argument("--whiten", action="store_true", help="lay pages on white paper; it is recorded")
    digitize.add_argument(
        "--corners",
        action="append",
        type=_corners,
        default=[],
        metavar="PAGE:X,Y,X,Y,X,Y,X,Y",
        help="where the paper lies in a photograph: fractions, clockwise from the top left",
    )
    _keeps_data(digitize)
    certify = commands.add_parser("certify", help="a specimen certified copy of a digitized paper")
    certify.add_argument("file", type=Path, metavar="IN.pdf")
    certify.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.pdf")
    kinds = ["chung-thuc", "sao-y", "sao-luc", "trich-sao"]
    certify.add_argument("--kind", choices=kinds, default="chung-thuc")
    certify.add_argument("--pages-of-original", type=_between(1, MOST_PAGES), default=None, metavar="N")
    _keeps_data(certify)
    _speaks_json(certify)


def _add_scanning(commands: "argparse._SubParsersAction[_Parser]") -> None:
    devices = commands.add_parser("devices", help="the scanners that answer now")
    devices.add_argument(
        "--address", default="", metavar="HOST[:PORT]", help="ask one machine what it speaks"
    )
    _keeps_data(devices)
    _speaks_json(devices)
    scan = commands.add_parser("scan", help="scan a stack of paper into a folder")
    address = "an id that `devices` prints, or escl:http://HOST:PORT/eSCL, sane:NAME, folder:PATH"
    scan.add_argument("device", metavar="DEVICE", help=address)
    scan.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")
    scan.add_argument("--source", choices=["flatbed", "adf", "adf-duplex"], default="adf")
    scan.add_argument("--dpi", type=_between(1, FINEST_DPI), default=300)
    scan.add_argument("--color", choices=["color", "gray", "bw"], default="color")
    _keeps_data(scan)
    _speaks_json(scan)
    simulated = commands.add_parser("simulate-scanner", help="be a scanner, for training and tests")
    simulated.add_argument("--pages", type=Path, default=None, metavar="DIR", help="pictures to scan")
    simulated.add_argument("--faults", type=Path, default=None, metavar="FILE", help="what goes wrong, TOML")
    simulated.add_argument(
        "--port", type=_between(0, LAST_PORT), default=0, help="default: whichever is free"
    )
    simulated.add_argument("--host", default="127.0.0.1", help="address to listen on")
    simulated.add_argument("--tls", action="store_true", help="with a certificate of its own making")
    simulated.add_argument("--profile", default="plain", help="a make of machine (docs/scanning.md)")
    simulated.add_argument("--seconds-per-page", type=_seconds, default=0.0, metavar="S")
    _keeps_data(simulated)
    _speaks_json(simulated)


def _add_finding(commands: "argparse._SubParsersAction[_Parser]") -> None:
    verify = commands.add_parser("verify", help="0 passed, 1 failed, 2 indeterminate, 3 unreadable")
    verify.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify.add_argument("--trust", action="append", type=Path, default=[], metavar="PEM")
    verify.add_argument("--report", type=Path, default=None, metavar="FILE", help="as .pdf, .xml or .json")
    _keeps_data(verify)
    _speaks_json(verify)
    search = commands.add_parser("search", help="find archived papers, with or without marks")
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--limit", type=_between(1, MOST_HITS), default=20)
    search.add_argument("--year", type=_between(FIRST_YEAR, LAST_YEAR), default=None)
    search.add_argument("--procedure", default=None, metavar="CODE")
    _keeps_data(search)
    _speaks_json(search)


def _add_upkeep(commands: "argparse._SubParsersAction[_Parser]") -> None:
    archive = commands.add_parser("archive", help="re-read every kept byte; bring all back from it; move it")
    archive.add_argument("what", choices=["verify", "rebuild", "record", "seal", "move", "export"])
    archive.add_argument("dossier", nargs="?", metavar="DOSSIER", help="export: its code")
    archive.add_argument("--as", dest="form", choices=PACKAGE_FORMS, help="export: as what it leaves")
    archive.add_argument(
        "--to", type=Path, metavar="PLACE", help="move: SETTINGS.toml of the new place; export: a folder"
    )
    _keeps_data(archive)
    _speaks_json(archive)
    register = commands.add_parser("register", help="the certification books and their log")
    register.add_argument("what", choices=["print", "verify"])
    register.add_argument("--year", type=_between(FIRST_YEAR, LAST_YEAR), default=None)
    _keeps_data(register)
    _speaks_json(register)
    users = commands.add_parser("users", help="list accounts; add, unlock, switch off one")
    users.add_argument("what", choices=["list", "add", "unlock", "off"], help="add asks for the password")
    users.add_argument("name", nargs="?", metavar="NAME")
    users.add_argument("--full-name", default="")
    users.add_argument("--title", default="")
    users.add_argument("--role", action="append", default=[], choices=[str(role) for role in Role])
    _keeps_data(users)
    _add_trust(commands)
    founding = commands.add_parser("office", help="found the office: init asks, or takes a plan")
    founding.add_argument("what", choices=["init"])
    founding.add_argument("--plan", type=Path, default=None, metavar="FILE.toml", help="docs/install.md")
    _keeps_data(founding)
    _speaks_json(founding)
    _add_keys(commands)
    add_safety(commands, _ends)
    doctor = commands.add_parser("doctor", help="name every missing piece and its cure")
    _keeps_data(doctor)
    _speaks_json(doctor)


def _add_trust(commands: "argparse._SubParsersAction[_Parser]") -> None:
    trust = commands.add_parser("trust", help="whose certificates count: list, show, add, remove")
    trust.add_argument("what", choices=["list", "show", "add", "remove"])
    trust.add_argument("which", nargs="?", metavar="FILE|FINGERPRINT")
    trust.add_argument("--list", choices=["government", "national", "office"], default="government")
    trust.add_argument(
        "--for", dest="vouches_for", action="append", choices=VOUCHES_FOR, help="may be repeated"
    )
    trust.add_argument("--agency", default="", metavar="NAME", help="another office whose certificate it is")
    trust.add_argument("--fingerprint", default="", metavar="HEX", help="SHA-256, as its authority tells it")
    _keeps_data(trust)
    _speaks_json(trust)


def _add_keys(commands: "argparse._SubParsersAction[_Parser]") -> None:
    keys = commands.add_parser("keys", help="certificates that sign here, delegations to certify")
    acts = keys.add_subparsers(dest="what", required=True, metavar="ACT", parser_class=_Parser)
    parsers = {name: acts.add_parser(name, help=told) for name, told in KEYS_ACTS.items()}
    add = parsers["add"]
    holder = add.add_mutually_exclusive_group(required=True)
    holder.add_argument("--account", metavar="NAME", help="the key is this person's")
    holder.add_argument("--agency", action="store_true", help="the key is the agency's")
    kept = add.add_mutually_exclusive_group(required=True)
    kept.add_argument("--module", type=Path, metavar="FILE.so", help="the token's PKCS#11 module")
    kept.add_argument(
        "--pkcs12", type=Path, metavar="FILE.p12", help="the agency's key file (signing.software_keys)"
    )
    kept.add_argument("--remote", metavar="https://…", help="the address of a remote signing service (CSC)")
    kept.add_argument(
        "--plug-in",
        nargs="?",
        const="wss://127.0.0.1:8987",
        metavar="wss://…",
        help="the signing program on its holder's own computer",
    )
    add.add_argument("--pem", type=Path, metavar="PEM", help="the certificate that the program signs with")
    add.add_argument("--profile", choices=["fills", "adds"], default="fills", help="what the program does")
    add.add_argument("--act", metavar="NAME", help="which of the program's acts (SignApproved, SignIssued)")
    add.add_argument("--credential", metavar="ID", help="of the key at the remote service")
    add.add_argument("--secret", type=Path, metavar="FILE", help="client id and client secret, a line each")
    add.add_argument("--ca", type=Path, metavar="PEM", help="the remote service's own authority")
    add.add_argument("--api", choices=["v1", "v2"], default="v2", help="which version of CSC it speaks")
    add.add_argument("--token", metavar="LABEL", help="label or serial number, where several are plugged in")
    add.add_argument("--certificate", metavar="SHA256", help="the beginning of its fingerprint")
    add.add_argument("--chain", action="append", type=Path, default=[], metavar="PEM", help="those above it")
    add.add_argument("--unattended", action="store_true", help="the agency's key may sign by itself")
    for name in ("test", "remove"):
        parsers[name].add_argument("certificate", metavar="SHA256", help="the beginning of its fingerprint")
    for name in ("delegate", "undelegate"):
        parsers[name].add_argument("account", metavar="NAME")
    given = parsers["delegate"]
    given.add_argument("--capacity", choices=CAPACITIES, default="own", help="as the printed title says")
    given.add_argument("--since", type=_day, required=True, metavar="DAY", help="31/12/2026 or 2026-12-31")
    given.add_argument("--until", type=_day, default=None, metavar="DAY")
    for parser in parsers.values():
        _keeps_data(parser)
        _speaks_json(parser)


def _day(text: str) -> date:
    """A day as it is typed: 31/12/2026 or 2026-12-31."""
    parts = text.split("/")
    return date.fromisoformat("-".join(reversed(parts)) if len(parts) > 1 else text)


def _corners(told: str) -> tuple[int, tuple[tuple[float, float], ...]]:
    """A page's number and its paper's corners."""
    from digitize.pixels.corners import can_be_paper  # noqa: PLC0415 --help must not wait for the rooms

    page, _, numbers = told.partition(":")
    number = whole_number(page, 1, MOST_PAGES)
    values = [decimal_number(text, -1.0, 2.0) for text in numbers.split(",")]
    known = [value for value in values if value is not None]
    if number is None or len(known) != len(values) or len(known) % 2:
        raise ValueError(told)
    corners = tuple(zip(known[::2], known[1::2], strict=True))
    if not can_be_paper(corners):
        raise ValueError(told)
    return number, corners


def _between(least: int, most: int) -> Callable[[str], int]:
    """What reads an argument that is a whole number between these two."""

    def read(text: str) -> int:
        number = whole_number(text, least, most)
        if number is None:
            raise argparse.ArgumentTypeError(f"{least}-{most}: {text[:40]}")
        return number

    return read


def _seconds(text: str) -> float:
    seconds = decimal_number(text, 0.0, MOST_SECONDS)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"0-{MOST_SECONDS:.0f}: {text[:40]}")
    return seconds


def _keeps_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, default=None, metavar="DIR", help="data directory (default var/)"
    )
    # Also after the command; without a default, or it would undo one given before the command.
    parser.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _ends(parser: argparse.ArgumentParser) -> None:
    _keeps_data(parser)
    _speaks_json(parser)


def _speaks_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
