"""What each task may touch of the files, by its argument; everything else of the data is out of its reach."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a process loads the arguments of its own tasks alone
    from certify.key_holders.returned import Return
    from certify.question import Question
    from digitize.model import Order
    from office.confined.orders import Drawing, Machines, Probing, Scanning, SpoolPlace, Taking, Trial

FOLDER = "folder:"


@dataclass(frozen=True)
class Reach:
    """Places by what may be done there: read, written to (and read), or only listed."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()

    def with_writes(self, *folders: Path) -> "Reach":
        """The same, and these folders."""
        return replace(self, writes=(*self.writes, *folders))


def of_order(order: "Order") -> Reach:
    """The sources; the work folder and those of the outputs, which the caller makes for this order alone."""
    outputs = (path.parent for path in (order.out, order.text, order.reading_copy) if path)
    return Reach(order.sources, tuple(filter(None, (order.work, *outputs, order.cache))))


def of_question(question: "Question") -> Reach:
    """The file, and the roots to trust."""
    return Reach((question.path, *question.trust, *question.stamp_roots))


def of_return(told: "Return") -> Reach:
    """The file that was handed out, and the one that came back."""
    return Reach((told.handed, told.returned))


def of_drawing(drawing: "Drawing") -> Reach:
    """The file, and the folder of the picture."""
    return Reach((drawing.source,), (drawing.out.parent,))


def of_taking(taking: "Taking") -> Reach:
    """The files, the watched folder, the job; of other jobs no more than how much they hold."""
    inbox = (taking.inbox,) if taking.inbox else ()
    return Reach(taking.files, (*inbox, taking.place.job_folder), _sizes(taking.place))


def of_scanning(scanning: "Scanning") -> Reach:
    """The job, the machines met before, the locks of devices; a folder that is the machine."""
    place = scanning.place
    written = (place.job_folder, *_folders(place.device), *of_machines(scanning.machines).writes)
    return Reach((), written, _sizes(place))


def of_probing(probing: "Probing") -> Reach:
    """As of scanning, without a job."""
    return Reach((), (*_folders(probing.device), *of_machines(probing.machines).writes))


def of_machines(machines: "Machines") -> Reach:
    """The folder of the machines met before, and the locks of devices."""
    from scanner_adapters.queue.device_lock import system_lock_folder  # noqa: PLC0415 for machines alone

    known = (machines.file.parent,) if machines.file else ()
    return Reach((), (*known, system_lock_folder()))


def of_address(_address: str) -> Reach:
    """No file at all."""
    return Reach()


def of_trial(trial: "Trial") -> Reach:
    """The folder of the trial, where it has one."""
    return Reach((), (trial.folder,) if trial.folder else ())


def _folders(device: str) -> tuple[Path, ...]:
    return (Path(device.removeprefix(FOLDER)).expanduser(),) if device.startswith(FOLDER) else ()


def _sizes(place: "SpoolPlace") -> tuple[Path, ...]:
    return (place.folder,)
