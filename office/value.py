"""The Office: what lives as long as the process, handed to every act.

An act takes the Office, who acts, and ids; it opens its own transaction and takes one instant from the
clock. Nothing else is shared.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from office.law.rules import Rules
from office.model import DeskCode, DeskFault, on_paper
from office.settings import READINGS, Settings
from storage.directory import DirectoryStore
from storage.ocfl.root import OcflRoot

if TYPE_CHECKING:  # signing is heavy to load, and most commands never sign
    from certify.demo_authority.authority import DemoAuthority

SIGNERS = ("clerk", "officer", "agency")  # whose keys an office has


@dataclass(frozen=True)
class Office:
    """Settings, rows, objects, archive, keys, rules, time and randomness of one running office."""

    settings: Settings
    engine: Engine
    objects: DirectoryStore
    archive: OcflRoot
    is_demo: bool  # everything signed here is a specimen (bản mẫu)
    trust: tuple[Path, ...]  # PEM files of the roots that are trusted here
    open_keys: "Callable[[], DemoAuthority] | None"  # loaded when first asked for, then kept
    rules: Rules
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    owner: str  # names this process in claims: host:pid:start

    @property
    def keys(self) -> "DemoAuthority":
        """The keys the system may use by itself.

        Raises: DeskFault KEYS_MISSING where there are none, KEY_ANSWERS_LATER for one that is asked now and
        answers later: no act of the desk can wait across time yet, and what it had prepared would be lost.
        """
        if self.open_keys is None:
            raise DeskFault(DeskCode.KEYS_MISSING)
        keys = self.open_keys()
        for holder in SIGNERS:
            credentials = getattr(keys, holder, None)
            if credentials is not None and not credentials.key.answers_at_once:
                raise DeskFault(DeskCode.KEY_ANSWERS_LATER, holder)
        return keys

    @property
    def today(self) -> date:
        """The day it is at the counter (+07:00), by which the rules are chosen."""
        return on_paper(self.clock()).date()

    @property
    def index_folder(self) -> Path:
        """Where this node's search index lies."""
        return self.settings.data / "index"

    @property
    def spool_folder(self) -> Path:
        """Where pages lie between the scanner and the objects."""
        return self.settings.data / "spool"

    def readings(self, paper: str) -> Path:
        """Where what was read of a paper waits until the paper is archived (mode 0700)."""
        return self.settings.data / READINGS / paper

    @property
    def inbox(self) -> Path:
        """The watched folder."""
        return self.settings.data / "inbox"

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A private folder for one act; gone afterwards, whatever happens."""
        parent = self.settings.data / "work"
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{self.owner}:"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
