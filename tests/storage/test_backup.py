"""A place of backups: encrypted files that tell every change, contents by digest, sets that are whole."""

import io
import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from storage import disk
from storage.backup import rows, sets
from storage.backup.encryption import PIECE_BYTES, TAG_BYTES, BackupKey, content_bytes, decrypt, encrypt
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.folder import FolderStore
from storage.backup.place import Secret, make_place, open_place
from storage.backup.sets import About, Entry, SetWriter, Tally
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault

KEY = BackupKey(b"m" * 32)
HEAD = 8 + 32
SIZES = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES]
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def encrypted(content, name="blobs/aa"):
    out = io.BytesIO()
    encrypt(KEY, name, io.BytesIO(content), out)
    return out.getvalue()


def decrypted(content, name="blobs/aa", key=KEY):
    taken = []
    decrypt(key, name, io.BytesIO(content), taken.append)
    return b"".join(taken)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_encrypted_comes_back_and_tells_its_size(size):
    content = os.urandom(size)
    assert decrypted(encrypted(content)) == content
    assert content_bytes(len(encrypted(content))) == size


def test_the_format_is_the_one_that_is_written_down():
    """Read by a few lines that know docs/adr/0043 alone."""
    content = os.urandom(PIECE_BYTES + 5)
    told = encrypted(content, "sets/x")
    assert told[:8] == b"MOTCUAE1"
    key = AESGCM(HKDF(SHA256(), 32, told[8:40], b"motcua backup files").derive(b"m" * 32))
    first, last = told[40 : 40 + PIECE_BYTES + 16], told[40 + PIECE_BYTES + 16 :]
    pieces = [key.decrypt(bytes(12), first, b"sets/x"), key.decrypt(bytes(10) + b"\1\1", last, b"sets/x")]
    assert b"".join(pieces) == content


@given(st.integers(0, HEAD + 100 + TAG_BYTES - 1), st.integers(0, 7))
@how_often(max_examples=60)
def test_any_flipped_bit_is_told(at, bit):
    told = bytearray(encrypted(b"x" * 100))
    told[at] ^= 1 << bit
    with pytest.raises(BackupFault) as fault:
        decrypted(bytes(told))
    assert fault.value.code is BackupCode.DAMAGED


PIECE = PIECE_BYTES + TAG_BYTES
TWO = os.urandom(2 * PIECE_BYTES + 10)


@pytest.mark.parametrize(
    "altered",
    [
        lambda told: told[:-1],
        lambda told: told[: HEAD + 2 * PIECE],
        lambda told: told[:HEAD] + told[HEAD + PIECE :],
        lambda told: (
            told[:HEAD] + told[HEAD + PIECE :][:PIECE] + told[HEAD:][:PIECE] + told[HEAD + 2 * PIECE :]
        ),
        lambda told: told + told[HEAD + 2 * PIECE :],
        lambda told: told[:HEAD],
        lambda told: told[:0],
    ],
    ids=[
        "cut",
        "a piece cut off",
        "a piece missing",
        "pieces moved",
        "a piece added",
        "head alone",
        "nothing",
    ],
)
def test_a_file_that_was_cut_or_put_together_anew_is_told(altered):
    with pytest.raises(BackupFault):
        decrypted(altered(encrypted(TWO)))


def test_no_file_passes_for_another_one_and_no_key_for_another_one():
    with pytest.raises(BackupFault):
        decrypted(encrypted(b"x"), "blobs/ab")
    with pytest.raises(BackupFault):
        decrypted(encrypted(b"x"), key=BackupKey(b"n" * 32))


def working(tmp_path):
    @contextmanager
    def work():
        yield Path(tempfile.mkdtemp(dir=tmp_path))

    return work


def store_at(tmp_path):
    return FolderStore(tmp_path / "place")


WORDS = Secret("cụm mật khẩu dài".encode(), is_passphrase=True)
FILE = Secret(b"f" * 32, is_passphrase=False)


@pytest.mark.parametrize(
    ("made", "asked", "code"),
    [
        (FILE, Secret(b"g" * 32, is_passphrase=False), BackupCode.WRONG_KEY),
        (FILE, None, BackupCode.NEEDS_KEY),
        (FILE, WORDS, BackupCode.NEEDS_KEY),
        (WORDS, None, BackupCode.NEEDS_WORDS),
        (WORDS, Secret("cụm mật khẩu sai".encode(), is_passphrase=True), BackupCode.WRONG_KEY),
        (None, FILE, BackupCode.NOT_ENCRYPTED),
        (Secret(b"f" * 31, is_passphrase=False), None, BackupCode.WEAK_KEY),
        (Secret(b"short", is_passphrase=True), None, BackupCode.WEAK_KEY),
    ],
)
def test_a_key_that_does_not_fit_is_told_as_what_it_is(tmp_path, made, asked, code):
    with pytest.raises(BackupFault) as fault:
        made_and_opened(store_at(tmp_path), made, asked, working(tmp_path))
    assert fault.value.code is code


def made_and_opened(store, made, asked, work):
    make_place(store, made, work)
    return open_place(store, asked, work)


def test_a_passphrase_opens_its_place_again(tmp_path):
    store = store_at(tmp_path)
    make_place(store, WORDS, working(tmp_path))
    assert open_place(store, WORDS, working(tmp_path)).is_encrypted


def test_a_folder_with_other_things_is_no_place(tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "thesis.odt").write_text("x")
    with pytest.raises(BackupFault) as fault:
        make_place(store_at(tmp_path), None, working(tmp_path))
    assert fault.value.code is BackupCode.NOT_A_PLACE
    with pytest.raises(BackupFault):
        open_place(store_at(tmp_path), None, working(tmp_path))


@pytest.mark.parametrize("secret", [None, FILE], ids=["plain", "encrypted"])
def test_a_content_is_kept_once_read_back_and_swept_when_nothing_names_it(tmp_path, secret):
    place = make_place(store_at(tmp_path), secret, working(tmp_path))
    source, digests = tmp_path / "source", []
    for content in (b"one", b"two"):
        source.write_bytes(content)
        digests.append(sha256(content).hexdigest())
        assert place.size(digests[-1]) is None
        place.send(digests[-1], source)
        assert place.size(digests[-1]) == 3
    place.fetch(digests[0], tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"one"
    assert place.sweep({place.mark(digests[0])}) == 1
    assert place.size(digests[1]) is None
    assert place.is_sound(digests[0])


def test_what_is_not_what_its_digest_says_is_refused_and_does_not_stay(tmp_path):
    place = make_place(store_at(tmp_path), None, working(tmp_path))
    (tmp_path / "source").write_bytes(b"other")
    digest = sha256(b"one").hexdigest()
    with pytest.raises(BackupFault):
        place.send(digest, tmp_path / "source")
    assert place.size(digest) is None


def test_a_full_disk_is_told_and_nothing_half_stays(tmp_path, monkeypatch):
    place = make_place(store_at(tmp_path), None, working(tmp_path))
    (tmp_path / "source").write_bytes(b"one")

    def full(_path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "sync", full)
    with pytest.raises(StorageFault) as fault:
        place.send(sha256(b"one").hexdigest(), tmp_path / "source")
    assert fault.value.code is StorageCode.DISK_FULL
    assert [path.name for path in (tmp_path / "place").rglob("*") if path.is_file()] == ["motcua-backup.json"]


def test_a_lock_holds_until_its_day(tmp_path):
    place = make_place(store_at(tmp_path), None, working(tmp_path))
    place.lock("20261130T000000Z-x", [], NOW + timedelta(days=2))
    assert place.locked(NOW) == {"20261130T000000Z-x"}
    assert place.locked(NOW + timedelta(days=3)) == set()


def written_set(path: Path) -> Path:
    with SetWriter(path, About("2026-11-30T00:00:00.000000Z", "0014", "phuong-mau", demo=False)) as writer:
        for number in range(3):
            writer.add(Entry(sets.OBJECT, f"name {number}", "0" * 64, 10))
        writer.end({"papers": Tally(2, "1" * 64)})
    return path


def test_a_set_tells_what_it_holds(tmp_path):
    path = written_set(tmp_path / "set")
    told = sets.summary(path)
    assert (told.entries, told.size_bytes, told.tables["papers"].count) == (3, 30, 2)
    assert [entry.name for entry in sets.entries(path)] == ["name 0", "name 1", "name 2"]


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_a_set_that_was_cut_off_or_altered_is_told(tmp_path, cut):
    content = written_set(tmp_path / "set").read_bytes()
    (tmp_path / "cut").write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(BackupFault):
        sets.summary(tmp_path / "cut")


def test_rows_of_every_kind_come_back_as_they_were(engine, tmp_path):
    part = tmp_path / "part"
    metadata = sa.MetaData()
    kinds = sa.Table(
        "kinds",
        metadata,
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("told", sa.JSON(none_as_null=True)),
        sa.Column("content", sa.LargeBinary),
        sa.Column("day", sa.Date),
        sa.Column("share", sa.Float),
        sa.Column("is_on", sa.Boolean),
    )
    version = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32)))
    metadata.create_all(engine)
    written = [
        {"id": "a", "told": None, "content": b"\0\xff", "day": NOW.date(), "share": 0.1, "is_on": True},
        {
            "id": "b",
            "told": {"tên": ["x", 1, None]},
            "content": None,
            "day": None,
            "share": None,
            "is_on": False,
        },
        {"id": "c", "told": sa.JSON.NULL, "content": b"", "day": NOW.date(), "share": -1e300, "is_on": None},
    ]
    with writing(engine) as connection:
        connection.execute(sa.insert(version).values(version_num="0014"))
        for row in written:
            connection.execute(sa.insert(kinds).values(**row))
    with reading(engine) as connection:
        (table,) = rows.tables(connection)
        before, counting = list(rows.lines(connection, table)), rows.Counting()
        assert rows.revision(connection) == "0014"
    with writing(engine) as connection:
        packed = [path.read_bytes() for path, _ in rows.parts(connection, table, part, counting)]
        connection.execute(sa.delete(kinds))
        for content in packed:
            part.write_bytes(content)
            rows.put_back(connection, table, part)
        assert list(rows.lines(connection, table)) == before
        assert rows.tally(connection, table) == counting.told()
        raw = connection.execute(sa.text("SELECT id FROM kinds WHERE told IS NULL")).scalars().all()
    assert raw == ["a"]  # `null` stays apart from NULL
