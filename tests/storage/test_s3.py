"""What only a store behind a network meets: addresses, credentials, certificates, broken and slow lines."""

import hashlib
from dataclasses import dataclass, replace

import pytest
from minio.error import S3Error, ServerError

from foundation.durable import sha256_of
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import Key
from storage.opening import Location, open_objects
from storage.s3.address import Access, Address, Patience
from storage.s3.answers import Condition, instant_of
from storage.s3.asking import ask
from storage.s3.bucket import Bucket
from storage.s3.probe import CANARIES, probe
from storage.s3.store import S3Store
from tests.storage.samples import NOON, soon
from tests.storage.wires import Wire

KEY = Key("sha256/ab/abcdef")
MIB = 1 << 20
HASTY = Patience(connect=2, read=10, tries=3, first_wait=0.01, longest_wait=0.05)


@dataclass(frozen=True)
class Line:
    """A store at the end of a wire that can be broken, and the same store reached directly."""

    wire: Wire
    store: S3Store
    bucket: Bucket
    direct: S3Store


@pytest.fixture
def access(s3_server):
    return Access(s3_server.credentials, s3_server.authority)


@pytest.fixture
def address(s3_server):
    return Address.of(s3_server.url(s3_server.new_bucket()))


@pytest.fixture
def line(s3_server, address, access):
    wire = Wire(s3_server.port)
    bucket = Bucket(replace(address, endpoint=f"127.0.0.1:{wire.port}"), access, replace(HASTY, read=0.5))
    yield Line(wire, S3Store(bucket, reads_back=False), bucket, S3Store(Bucket(address, access, HASTY)))
    bucket.close()
    wire.close()


def refused(code, act, *arguments):
    with pytest.raises(StorageFault) as told:
        act(*arguments)
    assert told.value.code is code
    return told.value


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://s3.example/archive", Address("s3.example", "archive")),
        ("s3://s3.example:9000/archive/", Address("s3.example:9000", "archive")),
        ("s3://[::1]:9000/a/b/c?region=vn-1", Address("[::1]:9000", "a", "b/c/", "vn-1")),
    ],
)
def test_an_address_names_server_bucket_prefix_and_region(url, told):
    assert Address.of(url) == told


@pytest.mark.parametrize(
    "url",
    [
        "",
        "archive",
        "https://s3.example/archive",
        "s3://s3.example",
        "s3:///archive",
        "s3://key:secret@s3.example/archive",
        "s3://s3.example/archive?verify=no",
        "s3://s3.example/archive#x",
    ],
)
def test_what_is_no_address_is_refused_secrets_in_it_too(url):
    refused(StorageCode.BAD_ADDRESS, Address.of, url)


@pytest.mark.parametrize("content", [None, b"", b"only-one\n", b"one\ntwo\nthree\n", b"\xff\xfe\n"])
def test_credentials_are_two_words_in_a_file(tmp_path, content):
    if content is not None:
        (tmp_path / "keys").write_bytes(content)
    refused(StorageCode.BAD_CREDENTIALS, Access(tmp_path / "keys").keys)


def test_wrong_credentials_are_told_as_such(address, access, tmp_path):
    (tmp_path / "keys").write_text("somebody\nelse-entirely\n")
    bucket = Bucket(address, replace(access, credentials=tmp_path / "keys"), HASTY)
    refused(StorageCode.DENIED, bucket.see, "x")
    bucket.close()


def test_a_bucket_that_is_not_there_is_told_as_such(address, access):
    bucket = Bucket(replace(address, bucket="missing"), access, HASTY)
    refused(StorageCode.NO_BUCKET, bucket.is_versioned)
    bucket.close()


def test_a_server_whose_certificate_is_not_trusted_is_asked_once_and_never_used(s3_server, address, access):
    wire = Wire(s3_server.port)
    elsewhere = replace(address, endpoint=f"127.0.0.1:{wire.port}")
    bucket = Bucket(elsewhere, replace(access, authority=None), HASTY)
    assert "ertificate" in refused(StorageCode.UNREACHABLE, bucket.see, "x").detail
    assert wire.lines == 1
    bucket.close()
    wire.close()


def test_a_server_that_is_not_there_is_asked_again_with_longer_waits_and_then_told(address, access):
    waits: list[float] = []
    patience = Patience(tries=4, first_wait=1, longest_wait=3, sleep=waits.append)
    bucket = Bucket(replace(address, endpoint="127.0.0.1:1"), access, patience)
    refused(StorageCode.UNREACHABLE, bucket.see, "x")
    assert waits == [1, 2, 3]
    bucket.close()


def test_a_server_that_says_nothing_is_given_up_after_its_time(line, file_of):
    line.direct.put(KEY, file_of(b"first"))
    line.wire.stalls = True
    refused(StorageCode.UNREACHABLE, line.store.describe, KEY)
    line.wire.stalls = False
    assert line.store.describe(KEY).size_bytes == 5


def test_a_stream_that_breaks_goes_on_where_it_broke(line, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(hashlib.sha512(b"seed").digest() * (8 * MIB // 64))
    kept = line.direct.put(KEY, source)
    line.store.describe(KEY)
    line.wire.cut_after = 3 * MIB
    assert line.store.get(KEY, tmp_path / "out") == kept
    assert sha256_of(tmp_path / "out") == kept.sha256
    assert line.wire.cut_after is None


def test_a_write_whose_answer_was_lost_is_known_again(line, file_of):
    line.store.has(KEY)  # the line stands
    line.wire.cut_after = 0
    assert line.store.put(KEY, file_of(b"first")).size_bytes == 5
    assert line.wire.lines == 2
    assert line.direct.read(KEY) == b"first"


def test_a_conditional_change_whose_answer_was_lost_is_known_again(line):
    first = line.bucket.put("state", b"one")
    line.wire.cut_after = 0
    line.bucket.put("state", b"two", Condition(first.etag))
    assert line.bucket.read("state")[0] == b"two"
    refused(StorageCode.ALREADY_KEPT, line.bucket.put, "state", b"three", Condition(first.etag))


def test_what_is_hidden_behind_a_delete_marker_is_not_kept_but_its_versions_are(address, access, file_of):
    bucket = Bucket(address, access, HASTY)
    store = S3Store(bucket)
    store.put(KEY, file_of(b"first"))
    bucket.remove(f"{KEY}.kept")
    assert not store.has(KEY)
    assert sorted(marker for _, _, marker in bucket.versions()) == [False, True]
    bucket.close()


@pytest.mark.parametrize("stray", ["notes.txt", "a b.kept"])
def test_what_is_no_key_is_no_key_of_the_store_and_is_found(address, access, stray):
    bucket = Bucket(address, access, HASTY)
    bucket.put(stray, b"x")
    assert list(S3Store(bucket).keys()) == []
    assert list(S3Store(bucket).verify()) == [Finding(stray, StorageCode.UNKNOWN_FILE)]
    bucket.close()


def test_an_object_without_a_digest_is_damage(s3_server, address, access):
    bucket = Bucket(address, access, HASTY)
    s3_server.client()._put_object(
        bucket_name=address.bucket, object_name=f"{KEY}.kept", data=b"x", headers={}
    )
    refused(StorageCode.DAMAGED, S3Store(bucket).describe, KEY)
    assert [finding.code for finding in S3Store(bucket).verify()] == [StorageCode.DAMAGED]
    bucket.close()


def test_a_server_that_keeps_other_bytes_than_it_was_sent_is_found_by_reading_back(
    address, access, file_of, monkeypatch
):
    bucket = Bucket(address, access, HASTY)
    honest = bucket._client._put_object

    def careless(**told):
        told["headers"].pop("x-amz-checksum-sha256")
        return honest(**{**told, "data": b"rotten"})

    monkeypatch.setattr(bucket._client, "_put_object", careless)
    refused(StorageCode.DAMAGED, S3Store(bucket).put, KEY, file_of(b"first"))
    monkeypatch.undo()
    assert not S3Store(bucket).has(KEY)
    bucket.close()


def test_bytes_that_have_not_the_digest_that_is_known_are_refused_and_an_md5_is_sent_where_none_is(
    address, access, monkeypatch
):
    bucket = Bucket(address, access, HASTY)
    sent = []
    send = bucket._pool.urlopen
    monkeypatch.setattr(bucket._pool, "urlopen", lambda *a, **k: sent.append(k["headers"]) or send(*a, **k))
    bucket.put("known", b"first", known=hashlib.sha256(b"first").hexdigest())
    bucket.put("unknown", b"first")
    assert ["content-md5" in headers for headers in sent[-2:]] == [False, True]
    assert all("x-amz-checksum-sha256" in headers and "unchecked" not in headers for headers in sent[-2:])
    with pytest.raises(StorageFault) as refusal:
        bucket.put("wrong", b"second", known=hashlib.sha256(b"first").hexdigest())
    assert refusal.value.code is StorageCode.DAMAGED
    assert sorted(bucket.names()) == ["known", "unknown"]
    bucket.close()


def test_a_server_killed_while_many_write_keeps_what_it_answered_for(s3_server, address, access, file_of):
    bucket = Bucket(address, access, replace(HASTY, tries=1))
    store = S3Store(bucket)
    kept = {}
    for number in range(12):
        if number == 8:
            s3_server.kill()
        key = Key(f"k/{number}")
        source = file_of(b"%d" % number * 1000)
        if number < 8:
            kept[key] = store.put(key, source)
        else:
            refused(StorageCode.UNREACHABLE, store.put, key, source)
    s3_server.start()
    again = S3Store(Bucket(address, access, HASTY))
    assert {key: again.describe(key) for key in kept} == kept
    assert list(again.verify()) == []
    bucket.close()


def test_a_frozen_server_does_not_hold_anybody_for_ever(s3_server, address, access):
    bucket = Bucket(address, access, replace(HASTY, read=0.3, connect=0.3, tries=2))
    bucket.put("a", b"x")
    s3_server.freeze()
    try:
        refused(StorageCode.UNREACHABLE, bucket.see, "a")
    finally:
        s3_server.thaw()
    bucket.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-24T05:00:00Z", NOON),
        ("2026-11-24T05:00:00.621645480Z", NOON),  # nanoseconds, as Ceph writes them
        ("", None),
    ],
)
def test_the_instants_of_every_server_are_read(text, told):
    assert instant_of(text) == told


def answers(*given):
    """A request that raises what is an exception and returns what is none, one after the other."""
    left = list(given)

    def request():
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return request


def s3_error(code):
    return S3Error(None, code, "", "/x", "", "")


@pytest.mark.parametrize(
    "passing", [s3_error("SlowDown"), s3_error("XMinioIAMNotInitialized"), ServerError("", 503)]
)
def test_what_may_pass_is_asked_again(passing):
    assert ask(replace(HASTY, first_wait=0), answers(passing, "answer")) == "answer"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("XMinioStorageFull", StorageCode.DISK_FULL),
        ("AccessDenied", StorageCode.DENIED),
        ("RequestTimeTooSkewed", StorageCode.CLOCK_OFF),
        ("?", StorageCode.REFUSED),
    ],
)
def test_what_is_refused_is_told_at_once(code, told):
    refused(told, ask, HASTY, answers(s3_error(code), "never asked for"))


def test_waiting_ends_when_its_time_is_over():
    clock = iter([0.0, 5.0, 100.0])
    patience = Patience(tries=9, sleep=lambda _: None, now=lambda: next(clock))
    refused(StorageCode.UNREACHABLE, ask, patience, answers(*[ServerError("", 503)] * 9))


def test_a_probed_server_is_strong_and_the_canary_is_gone(address, access):
    bucket = Bucket(address, access, HASTY)
    strength = probe(bucket, soon(), "token")
    assert strength.lacking == ()
    assert strength.checks_digests
    assert list(bucket.versions(CANARIES)) == []
    bucket.close()


def test_a_bucket_without_locks_is_not_opened(s3_server, access):
    bucket = s3_server.new_bucket(lock=False)
    location = Location(s3_server.url(bucket), None, access.credentials, access.authority)
    told = refused(StorageCode.WEAK_STORE, open_objects, location, soon)
    assert told.detail == "keeps versions, refuses to delete"


def test_an_address_opens_a_bucket_none_a_directory(address, s3_server, access, tmp_path, file_of):
    location = Location(s3_server.url(address.bucket), tmp_path, access.credentials, access.authority)
    store = open_objects(location, soon)
    store.put(KEY, file_of(b"first"))
    assert store.promises.retention
    assert list(Bucket(address, access, HASTY).names()) == [f"objects/{KEY}.kept"]
    plain = open_objects(Location("", tmp_path / "objects"), soon)
    assert not plain.promises.retention
    refused(StorageCode.BAD_CREDENTIALS, open_objects, replace(location, credentials=None), soon)
