"""Thirty years of a ward (1.05 million pages), measured at a part of them: bytes, and hours of each chore.

    ./motcua bench thirty_years [--pages N] [--page-kb N]

A house of made dossiers, each page a master and a signed file of incompressible bytes, is archived, read
again, rebuilt from its archive, backed up (the first time and once more) and restored. Hours are seconds a
page times 1.05 million. Beside them stands what the disk does with the same bytes copied and synced.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import tests_at_hand  # noqa: E402, F401 the rooms run in place, from the root
from bench.archive import full_page  # noqa: E402
from bench.dossiers import PAPERS, make_dossier  # noqa: E402
from bench.goals import Goal, told  # noqa: E402
from office.bootstrap import location_of, migrate, open_office  # noqa: E402
from office.desk.upkeep import rebuilding, recording_rows  # noqa: E402
from office.desk.upkeep.backing_up import back_up  # noqa: E402
from office.desk.upkeep.restoring import Ground, restore  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.value import Office  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402
from storage import disk, fixity  # noqa: E402
from storage.backup.folder import FolderStore  # noqa: E402
from storage.backup.place import Secret, make_place  # noqa: E402
from storage.database import open_engine  # noqa: E402
from storage.opening import open_archive, open_objects  # noqa: E402

PAGES = 1_050_000  # of a ward in thirty years: 35 000 a year
MOST_RESTORE_HOURS = 4.0
KEY = Secret(b"bench key of 32 bytes or of more", is_passphrase=False)
KILOBYTE = 1000


@dataclass(frozen=True)
class Took:
    """Seconds of each chore over the pages that were made."""

    pages: int
    seconds: dict[str, float]

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long the block takes."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began

    def hours(self, name: str) -> float:
        """For thirty years."""
        return self.seconds[name] / self.pages * PAGES / 3600


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pages", type=int, default=PAGES // 100)
    asked.add_argument("--page-kb", type=int, default=300, help="of a page's master")
    options = asked.parse_args(arguments)
    dossiers = -(-options.pages // PAPERS)
    took = Took(dossiers * PAPERS, {})
    with tempfile.TemporaryDirectory(prefix="motcua-thirty-") as folder:
        goals = measured(Path(folder), took, options.page_kb * KILOBYTE)
    print(told(goals))
    return 0 if all(goal.state == "held" for goal in goals) else 1


def measured(folder: Path, took: Took, page_bytes: int) -> list[Goal]:
    """Every chore of the house, one after the other."""
    office = open_office(Settings(data=folder / "house"))
    with took.timed("make and archive"):
        page = full_page()
        for number in range(took.pages // PAPERS):
            make_dossier(office, number, page, page_bytes)
            run_until_idle(office)
        recording_rows.record_all(office)
    archive, house = size_of(folder / "house" / "archive"), size_of(folder / "house")
    with took.timed("copy and sync, bare"):
        copied(folder / "house" / "archive", folder / "bare")
    shutil.rmtree(folder / "bare")
    with took.timed("verify"):
        wrong = len(list(fixity.verify(office.objects, office.archive, office.records)))
    wrong += there_and_back(office, folder, took)
    with took.timed("rebuild"):
        rebuilt(office, folder / "rebuilt")
    each, house_each = archive / took.pages, house / took.pages
    print(f"{took.pages} pages with pictures of {page_bytes} bytes: {each:.0f} bytes a page in the archive,")
    print(f"{house_each:.0f} with objects and rows; {each * PAGES / 1e12:.2f} TB of archive then")
    for name, seconds in took.seconds.items():
        print(f"{name:28} {seconds:8.1f} s  {took.hours(name):7.2f} h for {PAGES} pages")
    return [
        Goal("restore: hours for thirty years", took.hours("restore"), MOST_RESTORE_HOURS),
        Goal("restore, encrypted: hours", took.hours("restore, encrypted"), MOST_RESTORE_HOURS),
        Goal("what is not as it was kept", wrong, 0),
    ]


def there_and_back(office: Office, folder: Path, took: Took) -> int:
    """Backed up and restored, plain and encrypted. Returns: how much is not as it was."""
    wrong = 0
    for end, secret in (("", None), (", encrypted", KEY)):
        place = make_place(FolderStore(folder / "place"), secret, office.work_folder)
        with took.timed(f"back up{end}"):
            made = back_up(office, place, quiet)
        with took.timed(f"back up again{end}"):
            back_up(office, place, quiet)
        ground = ground_in(office, folder / "back")
        with took.timed(f"restore{end}"):
            wrong += len(restore(place, made.name, ground, quiet).findings)
        ground.engine.dispose()
        for gone in ("place", "back"):
            shutil.rmtree(folder / gone)
    return wrong


def ground_in(office: Office, data: Path) -> Ground:
    data.mkdir()
    settings = Settings(data=data)
    engine = open_engine(settings.engine_url)
    holdings = open_archive(location_of(settings, settings.archive), office.clock)
    objects = open_objects(location_of(settings, settings.objects), office.clock)
    stores = (objects, holdings.records, holdings.archive)
    form: Callable[[str], None] = lambda revision: migrate(engine, settings.engine_url, revision)  # noqa: E731
    return Ground(data, engine, *stores, form, office.work_folder)


def rebuilt(office: Office, data: Path) -> None:
    """The rows from the archive alone; the archive itself is where it was."""
    office.engine.dispose()
    data.mkdir()
    for name in ("archive", "archive.work", "records"):
        (office.settings.data / name).rename(data / name)
    new = open_office(Settings(data=data))
    rebuilding.rebuild_house(new)
    new.engine.dispose()


def copied(source: Path, target: Path) -> None:
    """What any backup needs at least: each file read, written, synced."""
    for path in source.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            disk.copy_synced(path, copy)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def quiet(_line: str) -> None:
    """Tell nobody."""


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
