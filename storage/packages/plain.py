"""A dossier as people and other systems take it: its .pdf files and one .xml (NĐ 30/2020, PL VI, III.4.g)."""

from pathlib import Path

from storage.archive import Newest
from storage.packages.fields import FIELDS
from storage.packages.parcel import folder_appearing

DATA = "du-lieu/"


def export_plain(newest: Newest, name: str, place: Path) -> Path:
    """Write `place/name/`: every document in the order of its number, and `name.xml` with the fields.

    Returns: the folder. Raises: StorageFault NOT_KEPT, DAMAGED, DISK_FULL; FileExistsError.
    """
    target = place / name
    with folder_appearing(target) as parcel:
        parcel.write(f"{name}.xml", newest.read(FIELDS))
        for logical in sorted(newest.version.sha256):
            if logical.startswith(DATA):
                parcel.take(newest, logical, logical.removeprefix(DATA))
    return target
