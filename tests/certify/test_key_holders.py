"""A token signs through one process of its own: with one PIN, with every kind of key, and tells nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import certify.key_holders.holder
from certify.key_holders.facts import facts_of, require_fit_key
from certify.key_holders.holder import HeldKey, look_at_tokens, open_holder
from certify.key_holders.subject_names import is_same_name
from certify.model import CertifyFault, FaultCode
from certify.signing.keyring import KeyPlace
from certify.signing.keys import check_signature
from tests.real_authority import RealAuthority
from tests.softhsm import Tokens, softhsm_module

PIN = "58413097"
OFFICER = "Trần Văn Hoà"
KINDS = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
}
LEAST_A_SECOND = 8


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return RealAuthority(tmp_path_factory.mktemp("authority") / "ca")


def der_of(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory, authority):
    """A token with one key of each kind; this process and its children see it."""
    tokens = Tokens(tmp_path_factory.mktemp("softhsm"), softhsm_module()).begin()
    tokens.initialise("officer", PIN)
    for number, make in enumerate(KINDS.values(), start=1):
        key = make()
        tokens.put(("officer", PIN), f"{number:02x}", key, authority.issue(OFFICER, key.public_key()))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOFTHSM2_CONF", tokens.environment["SOFTHSM2_CONF"])
        yield tokens


@pytest.fixture(scope="module")
def token(softhsm):
    """Its place, as rows keep it."""
    (seen,) = look_at_tokens(softhsm.module, os.environ)
    return {"module": softhsm.module, "serial": seen.serial}


def opened(place, pin=PIN):
    return open_holder(KeyPlace.TOKEN, place, bytearray(pin.encode()), os.environ)


@pytest.fixture
def holder(token):
    held = opened(token)
    yield held
    held.close()


def keys_of(holder):
    return [HeldKey(holder, one.key, one.certificate.dump(), ()) for one in holder.found]


def test_without_a_pin_a_token_shows_its_certificates_and_nothing_else(token, softhsm):
    (seen,) = look_at_tokens(softhsm.module, os.environ)
    assert seen.label == "officer"
    assert {facts_of(one.certificate.dump()).subject for one in seen.found} == {OFFICER}
    assert len(seen.found) == len(KINDS)


def test_every_kind_of_key_signs_and_its_certificate_bears_it_out(holder):
    signed = os.urandom(300)
    kinds = set()
    for key in keys_of(holder):
        ticket = key.begin(signed)
        check_signature(key.certificate, key.finish(ticket), signed)
        public = key.certificate.public_key
        kinds.add((public.algorithm, public.bit_size))
    assert kinds == {("rsa", 2048), ("rsa", 3072), ("ec", 256)}


def test_fifty_signatures_take_one_pin_and_little_time(holder):
    for key in keys_of(holder):
        begun = time.monotonic()
        for _ in range(50):
            key.begin(os.urandom(300))
        assert 50 / (time.monotonic() - begun) >= LEAST_A_SECOND


def test_the_pin_is_overwritten_where_it_came_from(token):
    pin = bytearray(PIN.encode())
    open_holder(KeyPlace.TOKEN, token, pin, os.environ).close()
    assert pin == bytes(len(PIN))


@pytest.mark.parametrize(
    ("changed", "pin", "code"),
    [
        ({}, "00000000", FaultCode.PIN_WRONG),
        ({}, "1", FaultCode.PIN_WRONG),
        ({"serial": "no such token"}, PIN, FaultCode.TOKEN_MISSING),
        ({"module": "/no/such/module.so"}, PIN, FaultCode.TOKEN_MISSING),
        ({"module": "/etc/passwd"}, PIN, FaultCode.TOKEN_MISSING),
    ],
)
def test_what_cannot_be_opened_is_told_and_leaves_no_process(token, changed, pin, code):
    with pytest.raises(CertifyFault) as told:
        opened({**token, **changed}, pin)
    assert told.value.code is code
    assert PIN not in str(told.value.args)
    assert not children_of(os.getpid())


def children_of(pid):
    """The holders among the children of a process."""
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in told if b"key_holders" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_a_holder_that_is_gone_is_told_and_signs_no_more(holder):
    (key, *_) = keys_of(holder)
    os.kill(holder.pid, 9)
    with pytest.raises(CertifyFault) as told:
        key.begin(b"signed")
    assert told.value.code is FaultCode.HOLDER_GONE
    assert not key.is_here


def test_a_holder_that_does_not_answer_in_time_is_ended(token):
    """Its answer, come late, would be taken for that to another question."""
    held = opened(token)
    os.kill(held.pid, signal.SIGSTOP)
    with pytest.raises(CertifyFault) as told:
        held.ask({"key": held.found[0].key, "data": ""}, 0.1)
    assert told.value.code is FaultCode.HOLDER_GONE
    assert not held.is_open
    with pytest.raises(CertifyFault) as told:
        held.sign("01", b"anything")
    assert told.value.code is FaultCode.HOLDER_GONE
    held.close()
    assert not Path(f"/proc/{held.pid}").exists()


def test_a_holder_that_does_not_end_by_itself_is_ended(token, monkeypatch):
    monkeypatch.setattr(certify.key_holders.holder, "END_SECONDS", 0.1)
    held = opened(token)
    os.kill(held.pid, signal.SIGSTOP)
    held.close()
    assert not Path(f"/proc/{held.pid}").exists()


def test_behind_a_module_that_is_none_stands_no_token(tmp_path):
    (tmp_path / "words.so").write_bytes(b"just words")
    for module in (tmp_path / "nowhere.so", tmp_path / "words.so"):
        with pytest.raises(CertifyFault) as told:
            look_at_tokens(str(module), os.environ)
        assert told.value.code is FaultCode.TOKEN_MISSING


def test_an_answer_by_another_key_is_refused(holder):
    first, second, *_ = holder.found
    swapped = HeldKey(holder, first.key, second.certificate.dump(), ())
    with pytest.raises(CertifyFault) as told:
        swapped.begin(b"signed")
    assert told.value.code is FaultCode.KEY_REFUSED


def test_a_key_that_is_not_on_the_token_is_refused_and_the_others_go_on(holder):
    with pytest.raises(CertifyFault) as told:
        holder.sign("ff", b"signed")
    assert told.value.code is FaultCode.KEY_REFUSED
    (key, *_) = keys_of(holder)
    key.begin(b"signed")


def test_a_holder_ends_with_the_process_that_started_it(token):
    starts = (
        "import os, sys\n"
        "from certify.key_holders.holder import open_holder\n"
        "from certify.signing.keyring import KeyPlace\n"
        "place = {'module': sys.argv[1], 'serial': sys.argv[2]}\n"
        "pin = bytearray(sys.stdin.readline().strip().encode())\n"
        "print(open_holder(KeyPlace.TOKEN, place, pin, os.environ).pid, flush=True)\n"
        "sys.stdin.readline()\n"
    )
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", starts, token["module"], token["serial"]]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=root, **pipes) as parent:
        parent.stdin.write(PIN + "\n")
        parent.stdin.flush()
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_it_is_hardened_before_anything_is_loaded_and_never_forks(holder):
    told = (
        "import ctypes, resource, certify.key_holders.process as process\n"
        "process.harden()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 (0, 0)"
    (key, *_) = keys_of(holder)
    key.begin(b"signed")
    assert Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text() == ""
    if os.getuid() != 0:  # root reads whatever it likes
        with pytest.raises(PermissionError):
            Path(f"/proc/{holder.pid}/environ").read_bytes()


def test_the_holder_knows_no_more_of_our_environment_than_it_needs(token, monkeypatch):
    monkeypatch.setenv("MOTCUA_DATABASE_URL", "postgresql://secret")
    held = opened(token)
    try:
        if os.getuid() == 0:
            known = Path(f"/proc/{held.pid}/environ").read_bytes()
            assert b"MOTCUA" not in known
            assert PIN.encode() not in known
        assert PIN.encode() not in Path(f"/proc/{held.pid}/cmdline").read_bytes()
    finally:
        held.close()


@pytest.fixture
def key_file(tmp_path, authority):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = authority.issue("Ủy ban nhân dân phường Mẫu", key.public_key())
    encryption = serialization.BestAvailableEncryption(b"mat khau cua tep")
    packed = pkcs12.serialize_key_and_certificates(b"agency", key, certificate, None, encryption)
    (tmp_path / "agency.p12").write_bytes(packed)
    return {"file": str(tmp_path / "agency.p12")}


def test_a_key_file_is_opened_in_a_holder_too(key_file):
    held = open_holder(KeyPlace.KEY_FILE, key_file, bytearray(b"mat khau cua tep"), os.environ)
    try:
        (key,) = keys_of(held)
        check_signature(key.certificate, key.begin(b"signed").signature, b"signed")
    finally:
        held.close()


@pytest.mark.parametrize(
    ("changed", "password", "code"),
    [
        ({}, b"another", FaultCode.PIN_WRONG),
        ({"file": "/no/such/file.p12"}, b"mat khau cua tep", FaultCode.KEY_FILE_MISSING),
        ({"file": "/etc/passwd"}, b"mat khau cua tep", FaultCode.PIN_WRONG),
    ],
)
def test_a_key_file_that_cannot_be_opened_is_told(key_file, changed, password, code):
    with pytest.raises(CertifyFault) as told:
        open_holder(KeyPlace.KEY_FILE, {**key_file, **changed}, bytearray(password), os.environ)
    assert told.value.code is code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trần Văn Hoà", "Trần Văn Hòa"),
        ("TRẦN VĂN HÒA", "Trần Văn Hòa"),
        ("Trần  Văn Hòa ", "Trần Văn Hòa"),
        ("Trần Văn Hòa", "Tra\u0302\u0300n Va\u0306n Hòa"),
        ("ỦY BAN NHÂN DÂN PHƯỜNG MẪU", "Ủy ban nhân dân phường Mẫu"),
        ("Thuỷ", "Thủy"),
    ],
)
def test_ways_of_writing_one_name(one, other):
    assert is_same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Trần Văn Hòa", "Trần Văn Hóa"),
        ("Trần Văn Hòa", "Trần Văn Hoa"),
        ("Trần Văn Hòa", "Trần Hòa"),
        ("Trần Văn Hòa", "Trần Văn Hòa (2)"),
        ("Trần Văn Hòa", "Trần Văn H\u043eà"),  # a Cyrillic о
        ("Trần Văn Hòa", "Trần Văn Hòa\u202e"),
        ("Đỗ Đạt", "Ðỗ Ðạt"),  # Icelandic Ð
        ("Lý", "Lí"),
        ("", ""),
        (" ", " "),
    ],
)
def test_other_names(one, other):
    assert not is_same_name(one, other)


SIGNS = ("digital_signature", "content_commitment")
UNFIT = {
    "rsa of 1024 bits": (lambda: rsa.generate_private_key(65537, 1024), SIGNS),  # noqa: S505 that is the point
    "another curve": (lambda: ec.generate_private_key(ec.SECP256K1()), SIGNS),
    "no non-repudiation": (KINDS["p-256"], ("digital_signature",)),
    "a TLS key": (KINDS["p-256"], ("digital_signature", "key_encipherment")),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_key_that_cannot_sign_here_is_refused(authority, kind):
    make, usage = UNFIT[kind]
    certificate = authority.issue(OFFICER, make().public_key(), usage=usage)
    with pytest.raises(CertifyFault) as told:
        require_fit_key(der_of(certificate))
    assert told.value.code is FaultCode.KEY_UNFIT


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_that_can_sign_here_is_taken(authority, kind):
    require_fit_key(der_of(authority.issue(OFFICER, KINDS[kind]().public_key())))


def test_an_authority_is_no_signer(authority):
    with pytest.raises(CertifyFault):
        require_fit_key(der_of(authority.root.certificate))
