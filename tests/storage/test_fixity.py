from storage.directory import DirectoryStore
from storage.faults import Finding, StorageCode
from storage.fixity import verify
from storage.objects import Key
from storage.ocfl.root import OcflRoot, VersionNote
from tests.storage.samples import CLERK, DOSSIER, NOON


def test_every_byte_of_both_stores_is_read_again(tmp_path, file_of):
    objects = DirectoryStore(tmp_path / "objects")
    archive = OcflRoot(tmp_path / "archive", lambda: NOON)
    kept = objects.put(Key("k"), file_of(b"one"))
    archive.add_version(DOSSIER, {"a": file_of(b"one")}, VersionNote("Lưu", CLERK))
    assert list(verify(objects, archive)) == []
    bytes_place = f"bytes/{kept.sha256[:2]}/{kept.sha256}"
    (tmp_path / "objects" / bytes_place).write_bytes(b"onE")
    file = archive.file(DOSSIER, "a")
    file.write_bytes(b"onE")
    assert {(found.place, found.code) for found in verify(objects, archive)} == {
        (f"archive/{file.relative_to(tmp_path / 'archive')}", StorageCode.DAMAGED),
        (f"objects/{bytes_place}", StorageCode.DAMAGED),
    }
    assert all(isinstance(found, Finding) for found in verify(objects, archive))
