"""A remote holder is asked by a hash, answers later or not, and is believed as its certificate bears out."""

import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certify.key_holders.remote import RemoteKey, RemoteService
from certify.model import CertifyFault, FaultCode
from certify.signing.keys import Ticket, check_signature
from tests.real_authority import RealAuthority
from tests.s3_server import make_certificate
from tests.signing_service import CLIENT, SigningService

OFFICER = "Trần Văn Hoà"
SIGNED = b"the signed attributes of a copy"
KEYS = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return RealAuthority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A folder with the service's certificate; what clients trust is `public.crt`."""
    folder = tmp_path_factory.mktemp("tls") / "certs"
    make_certificate(folder)
    return folder


@pytest.fixture
def start(authority, tls):
    started = []

    def starts(kind="p-256", **named):
        key = KEYS[kind]()
        service = SigningService(tls, key, authority.issue(OFFICER, key.public_key()), **named)
        started.append(service)
        return service

    yield starts
    for service in started:
        service.stop()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("\n".join(CLIENT) + "\n")
    return path


def place_of(service, secret, tls, api="v2"):
    where = {"url": service.address, "credential": "officer", "api": api}
    return {**where, "secret": str(secret), "ca": str(tls / "public.crt")}


@pytest.fixture
def key_at(secret, tls):
    def key(service, api="v2", seconds=5.0, **changed):
        place = {**place_of(service, secret, tls, api), **changed}
        der = service._certificate.public_bytes(serialization.Encoding.DER)
        return RemoteKey(RemoteService(place, seconds), "officer", der, ())

    return key


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("plain_ecdsa", [False, True])
def test_what_the_holder_confirms_is_a_signature_by_the_certificate(start, key_at, api, kind, plain_ecdsa):
    service = start(kind, plain_ecdsa=plain_ecdsa)
    key = key_at(service, api)
    ticket = Ticket.from_text(key.begin(SIGNED).as_text())  # another process
    again = key_at(service, api)
    assert again.finish(ticket) is None
    service.say("yes")
    check_signature(again.certificate, again.finish(ticket), SIGNED)


def test_the_service_sees_a_hash_and_never_what_is_signed(start, key_at):
    service = start()
    key_at(service).begin(SIGNED)
    (asked,) = service.asked
    assert len(asked) == 44  # SHA-256 in base64


TROUBLES = {
    "no": FaultCode.KEY_REFUSED,
    "lapsed": FaultCode.KEY_TIMED_OUT,
    "down": FaultCode.SERVICE_UNAVAILABLE,
    "garbage": FaultCode.SERVICE_UNAVAILABLE,
    "elsewhere": FaultCode.SERVICE_UNAVAILABLE,
    "endless": FaultCode.SERVICE_UNAVAILABLE,
}


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("word", TROUBLES)
def test_what_goes_wrong_is_told_as_what_it_is(start, key_at, api, word):
    service = start()
    key = key_at(service, api)
    ticket = key.begin(SIGNED)
    service.say(word)
    with pytest.raises(CertifyFault) as told:
        key.finish(ticket)
    assert told.value.code is TROUBLES[word]


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("word", ["wrong", "another hash"])
def test_another_keys_or_another_hashs_signature_is_not_borne_out(start, key_at, api, word):
    service = start()
    key = key_at(service, api)
    ticket = key.begin(SIGNED)
    service.say(word)
    with pytest.raises(CertifyFault) as told:
        check_signature(key.certificate, key.finish(ticket), SIGNED)
    assert told.value.code is FaultCode.KEY_REFUSED


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_service_that_is_silent_is_waited_for_and_costs_nothing(start, key_at, api):
    service = start()
    key = key_at(service, api, seconds=0.5)
    ticket = key.begin(SIGNED)
    service.say("silent")
    assert key.finish(ticket) is None


CHANGED = {
    "not TLS": ({"url": "http://127.0.0.1:1/csc"}, FaultCode.SERVICE_REFUSED),
    "nobody there": ({"url": "https://127.0.0.1:1/csc"}, FaultCode.SERVICE_UNAVAILABLE),
    "another authority": ({"ca": ""}, FaultCode.SERVICE_UNAVAILABLE),
    "another name": ({"url": "https://localhost:{port}/csc"}, FaultCode.SERVICE_UNAVAILABLE),
    "no secret": ({"secret": "/no/such/file"}, FaultCode.SERVICE_UNAVAILABLE),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_a_service_that_cannot_be_trusted_is_not_asked(start, key_at, kind):
    changed, code = CHANGED[kind]
    service = start()
    filled = {name: value.format(port=service._port) for name, value in changed.items()}
    with pytest.raises(CertifyFault) as told:
        key_at(service, **filled).begin(SIGNED)
    assert told.value.code is code
    assert service.asked == []


def test_a_service_that_does_not_take_us_is_told_apart(start, key_at, tmp_path):
    (tmp_path / "another").write_text("motcua\nwrong\n")
    service = start()
    with pytest.raises(CertifyFault) as told:
        key_at(service, secret=str(tmp_path / "another")).begin(SIGNED)
    assert told.value.code is FaultCode.SERVICE_REFUSED


def test_the_certificate_of_a_credential_is_fetched(start, secret, tls):
    service = start()
    own, above = RemoteService(place_of(service, secret, tls), 5.0).certificates()
    assert (own, above) == (service._certificate.public_bytes(serialization.Encoding.DER), ())


def test_two_hundred_answers_changed_by_a_bit_are_refused(start, key_at):
    service = start()
    key = key_at(service)
    ticket = key.begin(SIGNED)
    service.say("yes")
    signature = key.finish(ticket)
    for _ in range(200):
        changed = bytearray(signature)
        place = int.from_bytes(os.urandom(2), "big") % (8 * len(changed))
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(CertifyFault):
            check_signature(key.certificate, bytes(changed), SIGNED)
