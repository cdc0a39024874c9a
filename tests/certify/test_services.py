"""Time-stamps and answers about certificates over real HTTP: a liar, a slow or a dead one is not believed."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import tsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certify.model import CertifyFault, FaultCode
from certify.services.addresses import AllowedAddresses, NotAnAddress
from certify.services.opening import Wanted, open_services
from certify.services.queue import StampQueue
from certify.signing.trust import require_good
from tests.authority_server import Authority, authority_server, now, pem_of, slowly

DIGEST = bytes(range(32))
OTHER_DIGEST = DIGEST[::-1]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def server():
    with authority_server() as serving:
        yield serving


@pytest.fixture(autouse=True)
def well_behaved(server):
    server.behave()
    server.authority.revoked.clear()
    server.authority.unknown.clear()


@pytest.fixture
def wanted(server, tmp_path):
    signers, stamps = tmp_path / "signers.pem", tmp_path / "stamps.pem"
    signers.write_bytes(pem_of(server.authority.root))
    stamps.write_bytes(pem_of(server.authority.stamp_root))
    return Wanted(
        authorities=[server.tsa],
        answers=[server.url],
        stamp_seconds=5,
        answer_seconds=5,
        tries=1,
        queue=StampQueue(tmp_path / "queue", 4),
        signers=[signers],
        stamps=[stamps],
    )


def stamped(wanted):
    token = asyncio.run(open_services(wanted, now).timestamps.async_timestamp(DIGEST, "sha256"))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    return token


def refused(wanted, words):
    with pytest.raises(CertifyFault) as told:
        stamped(wanted)
    assert told.value.code is FaultCode.TIMESTAMP_UNAVAILABLE
    assert words in told.value.detail, told.value.detail
    return told.value.detail


@pytest.mark.law("L42")
def test_an_authority_that_answers_as_it_should_stamps(wanted, server):
    stamped(wanted)
    assert server.asked == ["/tsa"]


# Lies


def altered(server, change):
    """A granted answer of the right authority over a request that was changed on the way."""

    def reply(body):
        request = tsp.TimeStampReq.load(body)
        return server.authority.stamp(change(request).dump())

    return reply


def with_imprint(request):
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": OTHER_DIGEST}
    return tsp.TimeStampReq({**plain(request), "message_imprint": imprint})


def with_nonce(request):
    return tsp.TimeStampReq({**plain(request), "nonce": request["nonce"].native + 1})


def without_nonce(request):
    return tsp.TimeStampReq({name: value for name, value in plain(request).items() if name != "nonce"})


def plain(request):
    return {name: request[name] for name in ("version", "message_imprint", "nonce", "cert_req")}


def rejecting(_body):
    told = {"status": "rejection", "status_string": ["quá tải"], "fail_info": {"system_failure"}}
    status = tsp.PKIStatusInfo(told).dump()
    return 200, "application/timestamp-reply", bytes([0x30, len(status)]) + status


def spoilt(server):
    def reply(body):
        status, media, content = server.authority.stamp(body)
        return status, media, content[:-1] + bytes([content[-1] ^ 1])  # the last byte of the signature

    return reply


def by(server, **options):
    issued = server.authority.issue_tsa(*options.pop("purposes", ()), **options)
    return lambda body: server.authority.stamp(body, issued)


def at(server, shift):
    return lambda body: server.authority.stamp(body, at=now() + shift)


LIES = {
    "another imprint": (lambda s: altered(s, with_imprint), "something else"),
    "another nonce": (lambda s: altered(s, with_nonce), "another request"),
    "no nonce": (lambda s: altered(s, without_nonce), "another request"),
    "a time of the future": (lambda s: at(s, timedelta(hours=1)), "the token tells"),
    "a time long past": (lambda s: at(s, -timedelta(hours=1)), "the token tells"),
    "a certificate of another root": (lambda s: by(s, issuer=s.authority.root), "no root of time-stamps"),
    "an authority of its own making": (
        lambda _: lambda body: Authority("http://127.0.0.1:9").stamp(body),
        "no root of time-stamps",
    ),
    "a certificate for more": (
        lambda s: by(s, purposes=[ExtendedKeyUsageOID.CODE_SIGNING]),
        "more than time-stamps",
    ),
    "an expired certificate": (lambda s: by(s, life=(-9 * DAY, -2 * DAY)), "no root of time-stamps"),
    "a certificate to come": (lambda s: by(s, life=(2 * DAY, 9 * DAY)), "no root of time-stamps"),
    "a signature that does not hold": (spoilt, "Lie"),
    "a refusal": (lambda _: rejecting, "rejection"),
    "no token": (
        lambda _: lambda _: (200, "application/timestamp-reply", b"\x30\x05\x30\x03\x02\x01\x00"),
        "Lie",
    ),
    "rubbish": (lambda _: lambda _: (200, "application/timestamp-reply", b"<html>"), "ValueError"),
    "nothing": (lambda _: lambda _: (200, "application/timestamp-reply", b""), ""),
    "a web page": (lambda _: lambda _: (200, "text/html", b"<html>"), "text/html"),
    "an error": (lambda _: lambda _: (500, "text/plain", b""), "status 500"),
    "not there": (lambda _: lambda _: (404, "text/plain", b""), "status 404"),
}


@pytest.mark.law("L42")
@pytest.mark.parametrize("lie", LIES)
def test_a_lying_authority_is_refused_in_words_and_the_next_is_asked(wanted, server, lie):
    make, words = LIES[lie]
    server.misbehave("/tsa", make(server))
    told = refused(wanted, words)
    assert server.tsa in told
    stamped(replace(wanted, authorities=[server.tsa, f"{server.url}/tsa-2"]))
    state = {said.address: said.wrong for said in wanted.queue.state().said}
    assert state[server.tsa]
    assert state[f"{server.url}/tsa-2"] == ""


def test_a_liar_is_asked_once_a_dead_one_again(wanted, server):
    server.misbehave("/tsa", altered(server, with_nonce))
    refused(replace(wanted, tries=3), "another request")
    assert server.asked == ["/tsa"]


def test_one_that_fails_twice_and_answers_then_has_stamped(wanted, server):
    server.misbehave("/tsa", lambda _: (503, "text/plain", b""), times=2)
    stamped(replace(wanted, tries=3))
    assert server.asked == ["/tsa"] * 3


def test_who_never_answers_is_waited_for_no_longer_than_is_set(wanted, server):
    server.misbehave("/tsa", slowly(3, server.authority.stamp))
    begun = time.monotonic()
    refused(replace(wanted, stamp_seconds=1), "Timeout")
    assert time.monotonic() - begun < 2.5


def test_a_slow_one_is_waited_for_as_long_as_is_set(wanted, server):
    server.misbehave("/tsa", slowly(1.2, server.authority.stamp))
    stamped(wanted)


def test_nobody_there_is_told_with_the_address(wanted):
    refused(replace(wanted, authorities=["http://127.0.0.1:9/tsa"]), "http://127.0.0.1:9/tsa")


@pytest.mark.law("L60")
def test_a_redirect_is_not_followed(wanted, server):
    server.misbehave("/tsa", lambda _: (307, "text/plain", f"{server.url}/tsa-2".encode()))
    refused(wanted, "status 307")
    assert server.asked == ["/tsa"]


def test_an_endless_answer_is_cut_off(wanted, server):
    server.misbehave("/tsa", lambda _: (200, "application/timestamp-reply", bytes(21 << 20)))
    refused(wanted, "more than")


# The queue


def test_no_more_are_asked_at_once_than_is_set(wanted, server):
    may_answer = threading.Event()

    def held(body):
        may_answer.wait(60)
        return server.authority.stamp(body)

    server.misbehave("/tsa", held)
    patient = replace(wanted, stamp_seconds=60, queue=StampQueue(wanted.queue._folder, 2))
    asking = [threading.Thread(target=stamped, args=(patient,)) for _ in range(6)]
    for one in asking:
        one.start()
    deadline = time.monotonic() + 60
    while (patient.queue.state().waiting, len(server.asked)) != (4, 2) and time.monotonic() < deadline:
        time.sleep(0.01)
    state = patient.queue.state()
    may_answer.set()
    for one in asking:
        one.join()
    assert (state.at_work, state.waiting) == (2, 4)
    assert server.most_at_once == 2
    assert server.asked == ["/tsa"] * 6
    assert (patient.queue.state().at_work, patient.queue.state().waiting) == (0, 0)


def test_a_ticket_of_a_dead_process_holds_nobody_up(tmp_path):
    queue = StampQueue(tmp_path / "queue", 1)

    async def twice():
        async with queue.place():
            pass

    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / "ticket-000000000001").write_bytes(b"")  # nobody holds its lock
    asyncio.run(asyncio.wait_for(twice(), 5))
    assert not list((tmp_path / "queue").glob("ticket-*"))


def test_the_queue_tells_what_each_authority_said_last(wanted, server):
    stamped(wanted)
    (said,) = wanted.queue.state().said
    assert (said.address, said.wrong) == (server.tsa, "")
    assert 0 < said.seconds < 5


# Answers about certificates


def asked_about(wanted, server, tmp_path, issued):
    key = server.authority.key(issued, tmp_path / "keys")
    asyncio.run(require_good(key.certificate, key.chain, open_services(wanted, now)))


def found(code, wanted, server, tmp_path, issued):
    with pytest.raises(CertifyFault) as told:
        asked_about(wanted, server, tmp_path, issued)
    assert told.value.code is code


def test_a_good_certificate_is_asked_about_by_ocsp_and_its_issuer_by_the_list(wanted, server, tmp_path):
    asked_about(wanted, server, tmp_path, server.authority.issue("Trần Văn Lãnh"))
    assert set(server.asked) == {"/ocsp", "/root.crl"}


def garbage(_body):
    return 200, "application/ocsp-response", b"<html>"


@pytest.mark.law("L26")
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("revoked", FaultCode.CERTIFICATE_REVOKED),
        ("issuer revoked", FaultCode.CERTIFICATE_REVOKED),
        ("unknown", FaultCode.REVOCATION_UNAVAILABLE),
        ("dead", FaultCode.REVOCATION_UNAVAILABLE),
        ("slow", FaultCode.REVOCATION_UNAVAILABLE),
        ("rubbish", FaultCode.REVOCATION_UNAVAILABLE),
        ("empty", FaultCode.REVOCATION_UNAVAILABLE),
        ("elsewhere", FaultCode.REVOCATION_UNAVAILABLE),
        ("by a stranger", FaultCode.REVOCATION_UNAVAILABLE),
        ("no list", FaultCode.REVOCATION_UNAVAILABLE),
        ("list of rubbish", FaultCode.REVOCATION_UNAVAILABLE),
    ],
)
def test_nobody_signs_with_a_certificate_that_is_not_vouched_for(wanted, server, tmp_path, what, code):
    issued = server.authority.issue("Trần Văn Lãnh")
    stranger = Authority(server.url)
    stranger.issued.update(server.authority.issued)
    acts = {
        "revoked": lambda: server.authority.revoke(issued),
        "issuer revoked": lambda: server.authority.revoke(server.authority.intermediate),
        "unknown": lambda: server.authority.unknown.add(issued.certificate.serial_number),
        "dead": lambda: server.misbehave("/ocsp", lambda _: (503, "text/plain", b"")),
        "slow": lambda: server.misbehave("/ocsp", slowly(2, server.authority.status)),
        "rubbish": lambda: server.misbehave("/ocsp", garbage),
        "empty": lambda: server.misbehave("/ocsp", lambda _: (200, "application/ocsp-response", b"")),
        "elsewhere": lambda: server.misbehave("/ocsp", lambda _: (302, "", f"{server.url}/tsa".encode())),
        "by a stranger": lambda: server.misbehave("/ocsp", stranger.status),
        "no list": lambda: server.misbehave("/root.crl", lambda _: (404, "text/plain", b"")),
        "list of rubbish": lambda: server.misbehave(
            "/root.crl", lambda _: (200, "application/pkix-crl", b"?")
        ),
    }
    acts[what]()
    found(code, replace(wanted, answer_seconds=1), server, tmp_path, issued)


@pytest.mark.parametrize(
    ("life", "code"),
    [
        ((-9 * DAY, -2 * DAY), FaultCode.CERTIFICATE_EXPIRED),
        ((2 * DAY, 9 * DAY), FaultCode.CERTIFICATE_NOT_YET_VALID),
    ],
)
def test_nobody_signs_outside_the_life_of_a_certificate(wanted, server, tmp_path, life, code):
    found(code, wanted, server, tmp_path, server.authority.issue("Trần Văn Lãnh", life=life))


@pytest.mark.law("L43")
def test_a_root_of_time_stamps_vouches_for_no_signer(wanted, server, tmp_path):
    other_way_round = replace(wanted, signers=wanted.stamps, stamps=wanted.signers)
    found(
        FaultCode.CERTIFICATE_UNTRUSTED,
        other_way_round,
        server,
        tmp_path,
        server.authority.issue("Trần Văn Lãnh"),
    )
    refused(other_way_round, "no root of time-stamps")


@pytest.mark.law("L60")
def test_an_address_that_is_not_listed_is_never_asked_whatever_a_certificate_names(wanted, server, tmp_path):
    issued = server.authority.issue("Trần Văn Lãnh")
    found(FaultCode.REVOCATION_UNAVAILABLE, replace(wanted, answers=[]), server, tmp_path, issued)
    assert server.asked == []


# The list of addresses


@pytest.mark.law("L60")
@pytest.mark.parametrize(
    ("entry", "url", "named"),
    [
        ("http://ocsp.ca.example.vn", "http://ocsp.ca.example.vn/", True),
        ("http://ocsp.ca.example.vn", "http://OCSP.ca.example.vn:80/a/b", True),
        ("http://ocsp.ca.example.vn/", "http://ocsp.ca.example.vn./x", True),
        ("http://ocsp.ca.example.vn/a", "http://ocsp.ca.example.vn/a", True),
        ("http://ocsp.ca.example.vn/a", "http://ocsp.ca.example.vn/a/b?c=d", True),
        ("http://ocsp.ca.example.vn/a", "http://ocsp.ca.example.vn/ab", False),
        ("http://ocsp.ca.example.vn/a", "http://ocsp.ca.example.vn/a/../b", False),
        ("http://ocsp.ca.example.vn/a", "http://ocsp.ca.example.vn/a/%2e%2e/b", False),
        ("http://ocsp.ca.example.vn", "https://ocsp.ca.example.vn", False),
        ("http://ocsp.ca.example.vn", "http://ocsp.ca.example.vn:8080", False),
        ("http://ocsp.ca.example.vn", "http://ocsp.ca.example.vn.evil.example", False),
        ("http://ocsp.ca.example.vn", "http://ocsp.ca.example.vn@evil.example", False),
        ("http://ocsp.ca.example.vn", "http://evil.example/http://ocsp.ca.example.vn", False),
        ("http://ocsp.ca.example.vn", "ldap://ocsp.ca.example.vn", False),
        ("http://ocsp.ca.example.vn", "file:///etc/passwd", False),
        ("http://ocsp.ca.example.vn", "", False),
        ("http://ocsp.ca.example.vn", "http://ạ.." + "ạ" * 80, False),
        ("http://thử.example.vn", "http://xn--th-yct.example.vn/", True),
        ("10.0.0.0/8", "http://10.0.0.1/", False),
        ("http://10.0.0.1", "http://10.0.0.1/ocsp", True),
        ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080/x", True),
    ],
)
def test_an_address_is_on_the_list_or_below_one_that_is(entry, url, named):
    assert AllowedAddresses.of([entry]).names(url) is named


@pytest.mark.law("L60")
@pytest.mark.parametrize(
    ("entries", "number", "reached"),
    [
        ([], "8.8.8.8", True),
        ([], "10.0.0.5", False),
        ([], "192.168.1.1", False),
        ([], "127.0.0.1", False),
        ([], "169.254.169.254", False),
        ([], "::1", False),
        ([], "fe80::1%eth0", False),
        ([], "fc00::1", False),
        ([], "::ffff:10.0.0.5", False),
        ([], "100.64.0.1", False),
        ([], "0.0.0.0", False),  # noqa: S104 nobody listens here
        ([], "224.0.0.1", False),
        ([], "not an address", False),
        (["10.0.0.0/24"], "10.0.0.5", True),
        (["10.0.0.0/24"], "10.0.1.5", False),
        (["http://192.168.1.1/ocsp"], "192.168.1.1", True),
        (["fc00::/7"], "fc00::1", True),
    ],
)
def test_a_name_that_leads_inside_is_followed_only_where_the_inside_is_listed(entries, number, reached):
    assert AllowedAddresses.of(entries).reaches(number) is reached


def test_a_listed_name_that_leads_to_this_machine_is_not_asked(wanted, server):
    by_name = server.tsa.replace("127.0.0.1", "localhost")
    refused(replace(wanted, authorities=[by_name], answers=[]), "no address that may be reached")
    assert server.asked == []
    stamped(replace(wanted, authorities=[by_name], answers=["127.0.0.0/8", "::1/128"]))


@pytest.mark.parametrize("entry", ["", "ocsp.example.vn", "ftp://x", "http://", "http://a:b@c", "10.0.0.1/8"])
def test_what_is_no_address_is_refused(entry):
    with pytest.raises(NotAnAddress):
        AllowedAddresses.of([entry])
