"""The Office: what lives as long as the process, handed to every act.

An act takes the Office, who acts, and ids; it opens its own transaction and takes one instant from the
clock. Nothing else is shared.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from certify.question import Pin
from foundation.clock import on_paper
from office.law.rules import Rules
from office.settings import READINGS, Settings
from storage.objects import ObjectStore
from storage.ocfl.mirror import Repository
from storage.opening import Holdings

if TYPE_CHECKING:  # signing is heavy to load, and most commands never sign
    from certify.signing.keyring import Keyring
    from certify.signing.trust import Services


@dataclass(frozen=True)
class TrustStore:
    """Whom this office trusts: PEM files with the roots of signers, and those of time-stamp authorities.

    `stamp_roots` None: the same roots serve for both. `pins`: whose certificates sign in which role: this
    office's own, past ones too, and other offices'.
    """

    roots: tuple[Path, ...] = ()
    pins: tuple[Pin, ...] = ()
    stamp_roots: tuple[Path, ...] | None = None


@dataclass(frozen=True)
class Office:
    """Settings, rows, objects, archive, keys, rules, time and randomness of one running office."""

    settings: Settings
    engine: Engine
    objects: ObjectStore
    archive: Repository
    records: ObjectStore  # beside the archive: what the rows say, and the ledger's seals
    open_replica: Callable[[], Holdings | None]  # asked for when it is needed; None: there is none
    keyring: "Keyring"
    open_trust: Callable[[], TrustStore]  # asked each time: what is trusted changes while the office runs
    open_services: "Callable[[], Services]"  # loaded when first asked for, then kept
    is_demo: bool  # everything signed here is called a specimen (bản mẫu); nothing else hangs on it
    rules: Rules
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    owner: str  # names this process in claims: host:pid:start

    @property
    def today(self) -> date:
        """The day it is at the counter (+07:00), by which the rules are chosen."""
        return on_paper(self.clock()).date()

    @property
    def trust(self) -> TrustStore:
        """Whom this office trusts now."""
        return self.open_trust()

    @property
    def services(self) -> "Services":
        """What signatures rest on: trust, revocation answers, time-stamps, time.

        Raises: DeskFault(KEYS_MISSING) where none are set up.
        """
        return self.open_services()

    @property
    def kept_until(self) -> datetime:
        """Until when nobody can delete a record that is written now, where the store can see to that."""
        years = self.settings.archive.seal_years
        return self.clock().replace(microsecond=0) + timedelta(days=365 * years + years // 4 + 1)

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
