"""Anything that SANE drives, through scanimage in a child process that can be stopped.

Rules of this adapter:
1. The child sees a configuration that names one backend only; it holds the device's lock while it lives.
2. The child scans at most LOOK_AHEAD pages beyond those in the spool, and none while the spool is full.
3. What a scan came to is told by the child's status and its words for it, never by its count of pages.
4. A page is in the spool when every row of it was there.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from scanner_adapters.model import Capabilities, FaultCode, JobState, ScanFault, ScanSettings, ScanSource
from scanner_adapters.queue.device_lock import DeviceLock, system_lock_folder
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.sane.options import Option, can_do, read_options, source_words, word_for
from scanner_adapters.sane.run import Ending, Run
from scanner_adapters.sane.supervised import Patience, Stream, Supervised
from scanner_adapters.sane.words import fault_of
from scanner_adapters.scanner import Presence, ScanEvent, ScanOutcome, Watch, ended, never

STOCK = Path("/etc/sane.d")
PROGRAM = "scanimage"
KEPT_OF_ENVIRONMENT = ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SYSTEM_BUS_ADDRESS")
LISTED = "%d|%v %m%n"  # scanimage(1), --formatted-device-list


@dataclass(frozen=True)
class SaneSetup:
    """How SANE is used here.

    Args:
        configuration: the folder with each backend's own file.
        locks: where all processes of this machine look for devices' locks.
        patience: how long a silent child is waited for.
        extra: more of scanimage's arguments, as `--swcrop=yes`.
        sources: what this device calls its sources, where the table does not know.
        lossless: keep pages as PNG, not as JPEG.
    """

    configuration: Path = STOCK
    locks: Path = field(default_factory=system_lock_folder)
    patience: Patience = field(default_factory=Patience)
    extra: tuple[str, ...] = ()
    sources: Mapping[ScanSource, str] = field(default_factory=dict)
    lossless: bool = False


class SaneScanner:
    """One device by the name that SANE gives it."""

    def __init__(self, name: str, setup: SaneSetup | None = None) -> None:
        """`name` is what `scanimage -L` prints, such as `test:0`; it is reached as `sane:test:0`."""
        self._name = name
        self._setup = setup or SaneSetup()
        self._lock = DeviceLock(self._setup.locks, f"sane:{name}", self._setup.patience.term_seconds)

    @property
    def id(self) -> str:
        """The device's address."""
        return f"sane:{self._name}"

    def probe(self) -> Presence:
        """Look whether it answers; never raises."""
        try:
            self._options_for(None)
        except ScanFault as fault:
            return Presence.BUSY if fault.code is FaultCode.BUSY else Presence.OFFLINE
        except OSError:
            return Presence.OFFLINE
        return Presence.READY

    def capabilities(self) -> Capabilities:
        """What it can do, source by source. Raises: ScanFault OFFLINE, BUSY, AUTH, TIMEOUT."""
        by_source = {word: self._options_for(word) for word in set(self._sources.values())}
        found = tuple(can_do(source, by_source[word]) for source, word in self._sources.items())
        return Capabilities(id=self.id, make_model=self._name, serial="", sources=found)

    def scan(self, settings: ScanSettings, job: SpoolJob, watch: Watch) -> ScanOutcome:
        """Scan what lies in the source into the job; faults are part of the outcome, not raised."""
        try:
            self._scan(settings, job, watch)
        except ScanFault as fault:
            told = ScanFault(fault.code, fault.detail, pages=len(job.pages()), page=fault.page)
            return ended(job, told, JobState.CANCELLED if fault.code is FaultCode.CANCELLED else None)
        except FileNotFoundError as missing:
            return ended(job, ScanFault(FaultCode.OFFLINE, str(missing), pages=len(job.pages())))
        return ended(job, None)

    def release(self, job: SpoolJob) -> None:
        """End what a crashed scan left driving the device; never raises."""
        try:
            self._lock.free_from_the_dead()
        except (ScanFault, OSError):
            return
        if job.device_job:
            job.note_device_job("")

    @cached_property
    def _sources(self) -> Mapping[ScanSource, str]:
        return source_words(self._options_for(None), self._setup.sources)

    def _options_for(self, source: str | None) -> Mapping[str, Option]:
        chosen = [f"--source={source}"] if source else []
        with self._child([*chosen, *self._setup.extra, "-A"]) as child:
            printed: dict[Stream, list[str]] = {Stream.OUT: [], Stream.ERR: []}
            for stream, line in child.lines(never):
                printed[stream].append(line)
            status = child.ended()
        if status:
            raise fault_of(status, printed[Stream.ERR])
        return read_options("\n".join(printed[Stream.OUT]))

    def _scan(self, settings: ScanSettings, job: SpoolJob, watch: Watch) -> None:
        word = self._sources.get(settings.source)
        wording = word_for(settings, self._options_for(word), self._sources)
        if wording.effective != settings:
            watch.tell(ScanEvent.ADJUSTED, f"{wording.effective.color} {wording.effective.dpi} dpi")
        run = Run(job, watch, settings, wording, lossless=self._setup.lossless)
        try:
            with (
                job.scratch() as scratch,
                self._child([*self._setup.extra, *run.arguments(scratch)]) as child,
            ):
                job.note_device_job(f"pid {child.pid}")
                watch.tell(ScanEvent.STARTED, self.id)
                ending = run.follow(child)
        finally:
            job.note_device_job("")
        self._require_complete(ending)

    def _require_complete(self, ending: Ending) -> None:
        fault = fault_of(ending.status, ending.words)
        if fault.code is FaultCode.NO_DOCS and ending.pages:
            return  # the feeder is empty: that was all
        if ending.status or not ending.is_single or fault.code is FaultCode.NO_DOCS:
            raise fault
        if not ending.pages:
            raise ScanFault(FaultCode.DEVICE_ERROR, "no page and no reason")

    @contextmanager
    def _child(self, arguments: list[str]) -> Iterator[Supervised]:
        with (
            self._lock.held() as lock,
            _private_configuration(self._setup.configuration, self._name) as folder,
            Supervised(
                [PROGRAM, f"--device-name={self._name}", *arguments],
                _environment(folder),
                self._setup.patience,
                (lock,),
            ) as child,
        ):
            self._lock.note_driver(lock, child.pid)
            yield child


def find_devices(setup: SaneSetup, is_stopped: Callable[[], bool] = never) -> Iterator[tuple[str, str]]:
    """Names of the devices that all configured backends know, with maker and model, as they are found.

    Raises: ScanFault TIMEOUT, CANCELLED; FileNotFoundError where SANE is not installed.
    """
    command = [PROGRAM, f"--formatted-device-list={LISTED}"]
    with Supervised(command, _environment(setup.configuration), setup.patience) as child:
        for stream, line in child.lines(is_stopped):
            name, bar, model = line.partition("|")
            if stream is Stream.OUT and bar:
                yield name, model


def _environment(configuration: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in KEPT_OF_ENVIRONMENT if name in os.environ}
    return kept | {"LC_ALL": "C", "SANE_CONFIG_DIR": str(configuration)}


@contextmanager
def _private_configuration(stock: Path, device: str) -> Iterator[Path]:
    """A folder whose dll.conf names the device's backend alone: the stock one would ask seventy backends."""
    backend = device.partition(":")[0]
    with tempfile.TemporaryDirectory(prefix="motcua-sane-") as name:
        folder = Path(name)
        (folder / "dll.conf").write_text(f"{backend}\n", encoding="utf-8")
        for kept in (f"{backend}.conf", f"{backend}.d"):
            if (stock / kept).is_dir():
                shutil.copytree(stock / kept, folder / kept)
            elif (stock / kept).exists():
                shutil.copy(stock / kept, folder / kept)
        yield folder
