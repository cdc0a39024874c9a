"""Pages leave the spool as 0001.jpg, 0002.jpg, … in a folder: never over another file, never half."""

import os
import re
import tempfile
from pathlib import Path

from foundation.durable import sync
from scanner_adapters.model import ScannedPage
from scanner_adapters.plain_files import CHUNK, digest_of, open_plain

NUMBERED = re.compile(r"(\d{4,})\.\w+")


def hand_out(page: ScannedPage, folder: Path, *, after_crash: bool = False) -> Path:
    """Put a page's file into the folder under the next free number.

    `after_crash`: it may lie there already, as the last one, when handing out was not written down any more.
    """
    numbered = {int(found[1]): path for path in folder.iterdir() if (found := NUMBERED.fullmatch(path.name))}
    last = max(numbered, default=0)
    if after_crash and last and digest_of(numbered[last]) == page.sha256:
        return numbered[last]
    number = last + 1
    while True:
        target = folder / f"{number:04d}{page.path.suffix}"
        try:
            _place(page.path, target)
        except FileExistsError:
            number += 1
        else:
            sync(folder)
            return target


def _place(source: Path, target: Path) -> None:
    """Raises: FileExistsError."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without links
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".handing-")
    beside = Path(name)
    try:
        with open_plain(source) as read, os.fdopen(handle, "wb") as written:
            while block := read.read(CHUNK):
                written.write(block)
            written.flush()
            os.fsync(written.fileno())
        beside.chmod(0o644)
        if target.exists():
            raise FileExistsError(target)
        beside.rename(target)
    finally:
        beside.unlink(missing_ok=True)
