"""A backup of the house: rows, objects, archive, records, settings and the public parts of keys, as one set.

1. The rows are read at one instant. Records and seals are those of before it; of each dossier's object the
   version that stood then; objects whatever is there afterwards, for none that the rows name was put later.
2. What the place has already is not sent again; what is sent is read back. The set appears last and whole.
3. What is damaged in the house is told and left out, and everything else is kept.
4. Of the sets the newest stay, and the locked one whatever its age; a place without one locks this set.
No private key is ever taken but those of a demo, which are trusted nowhere else.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from foundation.clock import as_text
from foundation.durable import duplicate, sha256_of
from foundation.locks import alone_if_free
from office.procedure import FileRole
from office.rows import in_archive, recording
from office.tables import arrivals, dossiers, files, sessions
from office.value import Office
from storage import disk
from storage.backup import rows, sets
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.place import BackupPlace
from storage.backup.sets import About, Entry, SetWriter, Tally
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.objects import Key, ObjectStore
from storage.ocfl.layout import object_folder
from storage.ocfl.mirror import files_at, head_of
from storage.ocfl.tree import Tree

LOCK = ".backup"  # in the data directory: one backup at a time
LEFT_OUT = (sessions.name,)  # whoever is logged in logs in anew
OWN_FILES = ("kind", "place", "office.toml", "machines.json", "tls/*.pem", "tls/names.json", "trust/*.pem")
MINUTES = "minutes"  # of drills
OWN_FOLDERS = ("readings", "spool", MINUTES)
OF_A_DEMO = ("demo", "demo-authority")
SETTINGS = "settings-of-backup.json"
Tell = Callable[[str], None]
Fetch = Callable[[Path], object]


@dataclass(frozen=True)
class Made:
    """A backup that was made.

    `lacking` names what is damaged or missing in the house and therefore not in the set; `gone` the sets that
    the rotation took away.
    """

    name: str
    at: datetime
    entries: int
    size_bytes: int
    sent: int
    sent_bytes: int
    rows: int
    locked_until: datetime | None
    gone: tuple[str, ...]
    lacking: tuple[str, ...]


class Sending:
    """What goes into one set: entries written, contents sent where the place lacks them."""

    def __init__(self, office: Office, place: BackupPlace, writer: SetWriter, *, rereads: bool) -> None:
        self._office, self._place, self._writer, self._rereads = office, place, writer, rereads
        self.held: set[bytes] = set()
        self.lacking: list[str] = []
        self.entries = self.size = self.sent = self.sent_bytes = 0

    def take(self, entry: Entry, fetch: Fetch) -> None:
        """Let the set hold what `fetch` writes to a file, whose digest the entry tells (rules 2, 3)."""
        size = self._place.size(entry.sha256)
        if size is not None and self._rereads and not self._place.is_sound(entry.sha256):
            self._place.forget(entry.sha256)
            size = None
        if size is None:
            size = self._send(entry, fetch)
        if size is not None:
            self._note(Entry(entry.what, entry.name, entry.sha256, size, entry.count))

    def _send(self, entry: Entry, fetch: Fetch) -> int | None:
        with self._office.work_folder() as work:
            path = work / "content"
            try:
                fetch(path)
                _require(path, entry)
            except StorageFault as fault:
                if fault.code not in (StorageCode.DAMAGED, StorageCode.NOT_KEPT):
                    raise
                self.lacking.append(f"{entry.what}/{entry.name}")
                return None
            size = path.stat().st_size
            self._place.send(entry.sha256, path)
        self.sent += 1
        self.sent_bytes += size
        return size

    def _note(self, entry: Entry) -> None:
        self._writer.add(entry)
        self.held.add(bytes.fromhex(entry.sha256))
        self.entries += 1
        self.size += entry.size_bytes


def back_up(office: Office, place: BackupPlace, tell: Tell, *, rereads: bool = False) -> Made:
    """Make one set (rules 1-4); `rereads`: what lies at the place already is read again, too.

    Raises: BackupFault BUSY, DAMAGED; StorageFault DISK_FULL, UNREACHABLE.
    """
    with alone_if_free(office.settings.data / LOCK) as mine, office.work_folder() as work:
        if not mine:
            raise BackupFault(BackupCode.BUSY)
        made = _made(office, place, work, (tell, rereads))
        made = _rotated(office, place, made)
    with writing(office.engine) as connection:
        told = {
            name: as_text(value) if isinstance(value, datetime) else value
            for name, value in asdict(made).items()
        }
        told["encrypted"] = place.is_encrypted
        recording.note(connection, office, recording.SYSTEM, "backup_made", "backup", **told)
    return made


def _made(office: Office, place: BackupPlace, work: Path, how: tuple[Tell, bool]) -> Made:
    tell, rereads = how
    records, (heads, unread) = sorted(office.records.keys()), _heads(office)
    at, path, named = office.clock(), work / "set", work / "named"
    with ExitStack() as stack:
        with reading(office.engine) as connection:  # as short as may be: bytes are sent afterwards
            about = About(as_text(at), rows.revision(connection), office.settings.unit, office.is_demo)
            writer = stack.enter_context(SetWriter(path, about))
            sending = Sending(office, place, writer, rereads=rereads)
            tables = _take_rows(connection, sending, work)
            heads.update(_newer(connection, office, heads))
            named.write_text("".join(_named(connection)), encoding="ascii")
        count = sum(tally.count for tally in tables.values())
        tell(f"rows: {count}")
        _take_own_files(office, sending)
        stores = (
            (sets.RECORD, office.records, records),
            (sets.OBJECT, office.objects, office.objects.keys()),
        )
        for what, store, keys in stores:
            tell(f"{what}: {_take_store(what, store, keys, sending)}")
        tell(f"archive: {_take_archive(office, heads, sending)}")
        writer.end(tables)
    sending.lacking += [*unread, *_nowhere(named, sending.held)]
    name = f"{at:%Y%m%dT%H%M%SZ}-{office.new_id()[:8]}"
    place.keep_set(name, path)
    counted = (sending.entries, sending.size, sending.sent, sending.sent_bytes, count)
    return Made(name, at, *counted, None, (), tuple(sending.lacking))


def _heads(office: Office) -> tuple[dict[str, int], list[str]]:
    """Of each object, by its folder, the newest version; and the objects whose inventory is damaged."""
    heads, unread = {}, []
    for folder in office.archive.places():
        try:
            heads[folder] = head_of(office.archive.tree_at(folder))
        except StorageFault as fault:
            if fault.code is not StorageCode.DAMAGED:
                raise
            unread.append(f"{sets.ARCHIVE}/{folder}")
    return {folder: head for folder, head in heads.items() if head}, unread


def _newer(connection: Connection, office: Office, heads: dict[str, int]) -> dict[str, int]:
    """The versions that came between the look at the archive and that at the rows."""
    newest = in_archive.newest_versions()
    chosen = sa.select(dossiers.c.code, newest.c.version).join(newest, newest.c.dossier == dossiers.c.id)
    folders = (
        (object_folder(in_archive.archive_id(office, found.code)).as_posix(), int(found.version))
        for found in connection.execute(chosen)
    )
    return {folder: version for folder, version in folders if heads.get(folder, 0) < version}


def _take_own_files(office: Office, sending: Sending) -> None:
    data = office.settings.data
    for path in sorted(_own_files(office)):
        with office.work_folder() as work, suppress(FileNotFoundError):  # gone meanwhile
            duplicate(path, work / "copy")
            entry = Entry(sets.FILE, path.relative_to(data).as_posix(), sha256_of(work / "copy"), 0)
            sending.take(entry, _copying(work / "copy"))
    with office.work_folder() as work:
        settings = asdict(office.settings)
        settings["database"] = make_url(office.settings.engine_url).render_as_string(hide_password=True)
        (work / "settings").write_text(json.dumps(settings, default=str, ensure_ascii=False, indent=1))
        entry = Entry(sets.FILE, SETTINGS, sha256_of(work / "settings"), 0)
        sending.take(entry, _copying(work / "settings"))


def _own_files(office: Office) -> Iterator[Path]:
    data = office.settings.data
    for pattern in OWN_FILES:
        yield from data.glob(pattern)
    for folder in (*OWN_FOLDERS, *(OF_A_DEMO if office.is_demo else ())):
        yield from (path for path in (data / folder).rglob("*") if path.is_file())


def _take_rows(connection: Connection, sending: Sending, work: Path) -> dict[str, Tally]:
    told = {}
    for table in rows.tables(connection, LEFT_OUT):
        counting = rows.Counting()
        for part, (path, count) in enumerate(rows.parts(connection, table, work / "part", counting)):
            entry = Entry(sets.ROWS, f"{table.name}/{part}", sha256_of(path), 0, count)
            sending.take(entry, _copying(path))
        told[table.name] = counting.told()
    return told


def _take_store(what: str, store: ObjectStore, keys: Iterator[Key] | list[Key], sending: Sending) -> int:
    count = 0
    for key in keys:
        try:
            kept = store.describe(key)
        except StorageFault as fault:
            if fault.code is not StorageCode.NOT_KEPT:  # it has left since it was listed, for the archive
                sending.lacking.append(f"{what}/{key}")
            continue
        sending.take(Entry(what, key.name, kept.sha256, 0), _getting(store, key))
        count += 1
    return count


def _take_archive(office: Office, heads: dict[str, int], sending: Sending) -> int:
    for folder, version in sorted(heads.items()):
        tree = office.archive.tree_at(folder)
        try:
            for name, lies_at, sha256 in files_at(tree, version):
                entry = Entry(sets.ARCHIVE, f"{folder}/{name}", sha256 or _digest(tree, lies_at), 0)
                sending.take(entry, _reading(tree, lies_at))
        except StorageFault as fault:
            if fault.code is not StorageCode.DAMAGED:
                raise
            sending.lacking.append(f"{sets.ARCHIVE}/{fault.detail}")
    return len(heads)


def _digest(tree: Tree, name: str) -> str:
    measured = tree.measure(name)
    if measured is None:
        raise StorageFault(StorageCode.DAMAGED, f"{tree.place}/{name}")
    return measured.sha256


def _named(connection: Connection) -> Iterator[str]:
    """What rows name: a line for each file, its digest and that of the file of which it is the beginning."""
    whole = files.alias()
    longer = sa.select(whole.c.sha256).where(
        whole.c.paper == files.c.paper,
        whole.c.role == FileRole.SIGNED_SCAN,
        files.c.role == FileRole.DIGITIZED,
    )
    known = {(table.name, column.name) for table in rows.tables(connection) for column in table.c}
    named = sa.select(files.c.sha256, longer.limit(1).scalar_subquery().label("whole"))
    waiting = sa.select(arrivals.c.sha256, sa.null().label("whole")).where(arrivals.c.paper.is_(None))
    has_waiting = (arrivals.name, arrivals.c.paper.name) in known  # not in a house of the first versions
    for chosen in (named, waiting) if has_waiting else (named,):
        for found in connection.execute(chosen.execution_options(yield_per=rows.ROWS_AT_ONCE)):
            yield f"{found.sha256} {found.whole or ''}\n"


def _nowhere(named: Path, held: set[bytes]) -> Iterator[str]:
    """What rows name and the set does not hold, neither itself nor as the beginning of something."""
    with named.open(encoding="ascii") as lines:
        for line in lines:
            digests = line.split()
            if not any(bytes.fromhex(one) in held for one in digests):
                yield f"{sets.OBJECT}/{digests[0]}"


def _rotated(office: Office, place: BackupPlace, made: Made) -> Made:
    """Lock the set where none is locked, and let old ones go (rule 4)."""
    bounds, now = office.settings.backup, office.clock()
    until = None
    if not place.locked(now):
        until = (now + timedelta(days=bounds.lock_days)).replace(microsecond=0)
        with _entries(office, place, made.name) as found:
            place.lock(made.name, (entry.sha256 for entry in found), until)
    locked, every = place.locked(now), place.sets()
    others = [name for name in reversed(every) if name not in locked and name != made.name]
    room = bounds.sets - len(locked | {made.name})
    kept = locked | {made.name, *others[: max(room, 0)]}
    gone = tuple(name for name in every if name not in kept)
    named: set[bytes] = set()
    for name in sorted(kept & set(every)):
        with _entries(office, place, name) as found:
            named.update(place.mark(entry.sha256) for entry in found)
    for name in gone:
        place.remove_set(name)
    place.sweep(named)
    told = asdict(made) | {"locked_until": until, "gone": gone}
    return Made(**told)


@contextmanager
def _entries(office: Office, place: BackupPlace, name: str) -> Iterator[Iterator[Entry]]:
    """The entries of a set that is whole. Raises: BackupFault DAMAGED."""
    with office.work_folder() as work:
        place.fetch_set(name, work / name)
        sets.summary(work / name)
        yield sets.entries(work / name)


def _require(path: Path, entry: Entry) -> None:
    if sha256_of(path) != entry.sha256:
        raise StorageFault(StorageCode.DAMAGED, entry.name)


def _copying(source: Path) -> Fetch:
    return lambda target: duplicate(source, target)


def _getting(store: ObjectStore, key: Key) -> Fetch:
    return lambda target: store.get(key, target)


def _reading(tree: Tree, name: str) -> Fetch:
    def read(target: Path) -> None:
        with disk.new_file(target) as out:
            if not tree.copy_to(name, out.write):
                raise StorageFault(StorageCode.NOT_KEPT, f"{tree.place}/{name}")

    return read
