"""`verify`: any PDF becomes one of three answers, or is no document."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.clock import utc_now
from office.cli.console import Console
from office.faults import DeskCode, DeskFault
from office.settings import Settings, SettingsCode, SettingsFault, is_house, specimen_house

if TYPE_CHECKING:
    from office.judging import Check

WORST_FIRST = (1, 3, 2, 0)
NAMES = {0: "TOTAL-PASSED", 1: "TOTAL-FAILED", 2: "INDETERMINATE", 3: "UNREADABLE"}


def verify(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Judge every file; the exit code is the worst answer."""
    trust = tuple(_roots(path.absolute()) for path in chosen.trust)
    kind = _kind(chosen.report, chosen.files) if chosen.report else ""
    judge = _judge(settings, trust)
    checks = [_judged(judge, path.absolute(), settings.lang) for path in chosen.files]
    if kind and checks[0].verdict is not None:
        _write_report(chosen.report, checks[0], chosen.files[0], kind, settings.lang)
    results = [check.as_json() for check in checks]
    worst = min((check.exit_code for check in checks), key=WORST_FIRST.index)
    lines = tuple(f"{path}: {check.sentence}" for path, check in zip(chosen.files, checks, strict=True))
    console.answer(_answer(chosen.files, results, worst), lines)
    return worst


def _judge(settings: Settings, trust: tuple[Path, ...]) -> "Callable[[Path], Check]":
    """With the register where there is a house, else by the file and the trusted roots alone."""
    from certify.question import Question  # noqa: PLC0415 --help stays fast
    from office.judging import check_alone  # noqa: PLC0415

    house = specimen_house(settings)
    if is_house(house.data):
        from office.bootstrap import open_office  # noqa: PLC0415
        from office.desk.checking import check_copy  # noqa: PLC0415

        office = open_office(house)
        return lambda path: check_copy(office, path, trust)
    now = utc_now()
    return lambda path: check_alone(settings, Question(path, trust, None, now))


def _judged(judge: "Callable[[Path], Check]", path: Path, lang: str) -> "Check":
    """One file's answer; a file that cannot be opened must not hide what is wrong with the others."""
    from office.explain import explain  # noqa: PLC0415
    from office.judging import UNREADABLE, Check, Light  # noqa: PLC0415

    try:
        return judge(path)
    except DeskFault as fault:
        if fault.code is not DeskCode.FILE_UNREADABLE:
            raise
        return Check(None, None, explain(fault, lang).sentence, Light.BAD, UNREADABLE)


def _kind(report: Path, files: Sequence[Path]) -> str:
    """What kind of report is wanted. Raises: SettingsFault for another kind, or for several files."""
    from office.views.reports import MEDIA_TYPES  # noqa: PLC0415

    kind = report.suffix.lower().removeprefix(".")
    if kind not in MEDIA_TYPES or len(files) > 1:
        raise SettingsFault(SettingsCode.BAD_VALUE, f"--report {report.name}")
    return kind


def _write_report(report: Path, check: "Check", path: Path, kind: str, lang: str) -> None:
    from foundation.durable import write_whole  # noqa: PLC0415
    from office.judging import sha256_of  # noqa: PLC0415
    from office.views.reports import Answered, make_report  # noqa: PLC0415

    answered = Answered(path.name, sha256_of(path.absolute()), utc_now(), check)
    write_whole(report.absolute(), make_report(answered, kind, lang))


def _roots(path: Path) -> Path:
    """A PEM file to trust. Raises: SettingsFault when it holds none: no judged file is to blame."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415

    try:
        load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as bad:
        raise SettingsFault(SettingsCode.BAD_VALUE, f"--trust {path.name}") from bad
    return path


def _answer(files: Sequence[Path], results: Sequence[Mapping[str, Any]], worst: int) -> Mapping[str, Any]:
    if len(results) == 1:
        return results[0]
    named = [{"file": str(path), **result} for path, result in zip(files, results, strict=True)]
    return {"verdict": NAMES[worst], "files": named}
