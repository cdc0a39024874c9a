"""The door under load: slow, silent, many and vanishing visitors; what they cost, and that nothing stays."""

import logging
import select
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from office.web.app import STATIC, version_of
from office.web.connections import ConnectionBounds
from office.web.places import Bounds
from office.web.turnstile import PUBLIC, STAFF, Pace, Turnstile
from office.web.words import words_in
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

PATIENCE_SECONDS = 20
ONE = Bounds(at_once=1, each=1, waiting=1, waiting_each=1, wait_seconds=20)
NOBODY = Bounds(at_once=0, each=0, waiting=8, waiting_each=8, wait_seconds=20)
HASTY = Pace(grace=0.4, bytes_a_second=100_000, most_seconds=3)
PART = b'--B\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
LITTLE_FILE = b"%PDF-1.7\n" + b"x" * 1000


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("door") / "house")
    yield opened
    opened.office.engine.dispose()


class Door:
    """A served house with its turnstile, what its logs said, and bare connections to it."""

    def __init__(self, office, url, turnstile):
        self.office, self.url, self.turnstile = office, url, turnstile
        self.said = []

    @property
    def lane(self):
        return self.turnstile.public

    def left(self):
        """What lies in the folder for uploads."""
        return [path for path in (self.office.settings.data / "work").rglob("*") if path.is_file()]

    @contextmanager
    def line(self, from_address="127.0.0.1"):
        """A connection without a browser."""
        place = urlsplit(self.url)
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)  # little is under way at a time
            line.bind((from_address, 0))
            line.settimeout(PATIENCE_SECONDS)
            line.connect((place.hostname, place.port))
            yield line

    def upload(self, visitor, body=LITTLE_FILE, length=None):
        """An upload to the check page as bytes, head and body apart."""
        token = visitor.tokens("/check")["form_token"]
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        whole = PART % (b"form_token", b"", token.encode())
        whole += PART % (b"file", b'; filename="a.pdf"', body)
        whole += b"--B--\r\n"
        head = (
            f"POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nCookie: {cookies}\r\n"
            f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {length or len(whole)}\r\n\r\n"
        )
        return head.encode(), whole


class Said(logging.Handler):
    def __init__(self, said):
        super().__init__()
        self._said = said

    def emit(self, record):
        self._said.append(record.getMessage() + (str(record.exc_info[1]) if record.exc_info else ""))


@contextmanager
def door(house, bounds=None, staff=STAFF, **public):
    turnstile = Turnstile(house.office.clock, replace(PUBLIC, **public), staff)
    with served(house.office, turnstile=turnstile, bounds=bounds) as url:
        opened = Door(house.office, url, turnstile)
        handler = Said(opened.said)
        loggers = [logging.getLogger(name) for name in ("uvicorn.error", "office", "asyncio")]
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield opened
        finally:
            for logger in loggers:
                logger.removeHandler(handler)


def heard(line):
    """All that the server says until it hangs up."""
    parts = []
    with suppress(ConnectionResetError):
        while part := line.recv(1 << 16):
            parts.append(part)
    return b"".join(parts).decode()


def until(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def drip(line, parts, pause=0.05):
    """Send bits with pauses until done or hung up on; how many were sent."""
    for sent, part in enumerate(parts):
        try:
            line.sendall(part)
        except OSError:
            return sent
        time.sleep(pause)
    return len(parts)


def first(answer):
    return answer.split("\r\n", 1)[0]


def test_a_head_that_does_not_come_whole_in_time_ends_the_connection(house):
    with door(house, ConnectionBounds(head_seconds=0.5)) as opened, opened.line() as line:
        begun = time.monotonic()
        line.sendall(b"GET /check HTTP/1.1\r\n")
        drip(line, [b"a: b\r\n"] * 100)
        answer = heard(line)
        assert time.monotonic() - begun < PATIENCE_SECONDS / 2
    assert first(answer) == "HTTP/1.1 408 Request Timeout"
    assert "quá chậm" in answer
    assert "too slowly" in answer
    assert opened.said == []


def test_a_connection_that_never_says_anything_is_closed_without_a_word(house):
    with door(house, ConnectionBounds(head_seconds=0.3)) as opened, opened.line() as line:
        assert heard(line) == ""


def test_the_head_of_a_second_request_has_its_time_too(house):
    with door(house, ConnectionBounds(head_seconds=0.5)) as opened, opened.line() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert line.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert drip(line, [b"GET /"] + [b"a"] * 100) < 101 or "408" in heard(line)


def test_a_body_that_comes_too_slowly_is_not_taken_and_leaves_nothing(house):
    with door(house, pace=HASTY) as opened, Visitor(opened.url) as visitor, opened.line() as line:
        head, body = opened.upload(visitor, b"x" * 500_000)
        line.sendall(head + body[:2000])
        until(opened.left)
        answer = line.recv(1 << 16).decode()
        assert first(answer) == "HTTP/1.1 408 Request Timeout"
        until(lambda: opened.lane.uploads.held == 0)
        assert opened.left() == []
        assert opened.said == []


def test_a_body_that_comes_at_its_pace_is_taken_however_long_it_takes(house):
    pace = Pace(grace=0.5, bytes_a_second=20_000, most_seconds=20)
    with door(house, pace=pace) as opened, Visitor(opened.url) as visitor, opened.line() as line:
        head, body = opened.upload(visitor, b"x" * 40_000)
        line.sendall(head)
        drip(line, [body[at : at + 2000] for at in range(0, len(body), 2000)], pause=0.06)
        assert first(line.recv(1 << 16).decode()) == "HTTP/1.1 200 OK"


def test_a_body_has_an_end_however_fast_it_comes(house):
    pace = Pace(grace=5, bytes_a_second=1, most_seconds=0.5)
    with door(house, pace=pace) as opened, Visitor(opened.url) as visitor, opened.line() as line:
        head, body = opened.upload(visitor, b"x" * 500_000)
        line.sendall(head)
        drip(line, [body[at : at + 5000] for at in range(0, len(body), 5000)])
        assert first(line.recv(1 << 16).decode()) == "HTTP/1.1 408 Request Timeout"
        until(lambda: opened.left() == [])


def test_who_finds_no_place_is_told_before_a_byte_of_the_body_is_taken(house):
    full = replace(ONE, waiting=0)
    with door(house, uploads=full) as opened, Visitor(opened.url) as visitor:
        head, body = opened.upload(visitor)
        with opened.line() as first_one, opened.line("127.0.0.2") as second:
            first_one.sendall(head + body[:900])
            until(opened.left)
            second.sendall(head)
            answer = second.recv(1 << 16).decode()
            assert first(answer) == "HTTP/1.1 503 Service Unavailable"
            assert "retry-after: 20" in answer.lower()
            assert len(opened.left()) == 1
        until(lambda: opened.left() == [])


def test_the_turn_is_counted_before_a_byte_of_the_body_is_taken(house):
    with door(house) as opened, Visitor(opened.url) as visitor:
        head, _ = opened.upload(visitor)
        for _ in range(20):
            opened.turnstile.count_check("127.0.0.2")
        with opened.line("127.0.0.2") as line:
            line.sendall(head)
            assert first(line.recv(1 << 16).decode()) == "HTTP/1.1 429 Too Many Requests"
        assert opened.left() == []


def test_an_upload_that_breaks_off_leaves_neither_file_nor_place_nor_traceback(house):
    with door(house, uploads=ONE) as opened, Visitor(opened.url) as visitor:
        for cut in (0, 10, 900):
            head, body = opened.upload(visitor)
            with opened.line() as line:
                line.sendall(head + body[:cut])
                until(lambda: opened.lane.uploads.held == 1)
            until(lambda: opened.lane.uploads.held == 0)
            assert opened.left() == []
        assert opened.said == []


def test_who_hangs_up_while_waiting_for_a_place_is_out_of_the_line(house):
    with door(house, uploads=ONE) as opened, Visitor(opened.url) as visitor:
        head, body = opened.upload(visitor, b"x" * 3_000_000)
        with opened.line() as holds:
            holds.sendall(head + body[:900])
            until(lambda: opened.lane.uploads.held == 1)
            for sent in (0, 200_000):  # with and without bytes that nobody has read
                with opened.line("127.0.0.2") as waits:
                    waits.sendall(head + body[:sent])
                    until(lambda: opened.lane.uploads.waiting == 1)
                until(lambda: opened.lane.uploads.waiting == 0)
            assert opened.lane.uploads.held == 1
        until(lambda: opened.left() == [])
        assert opened.said == []


def test_who_hangs_up_while_waiting_for_the_check_frees_turn_and_file(house):
    with door(house, checks=NOBODY) as opened, Visitor(opened.url) as visitor:
        head, body = opened.upload(visitor)
        with opened.line() as line:
            line.sendall(head + body)
            until(lambda: opened.lane.checks.waiting == 1)
            assert len(opened.left()) == 1
        until(lambda: opened.lane.checks.waiting == 0 and opened.lane.uploads.held == 0)
        until(lambda: opened.left() == [])
        assert opened.said == []


def test_the_staff_never_wait_for_the_public(house):
    with door(house, uploads=ONE, checks=NOBODY, threads=1) as opened, Visitor(opened.url) as visitor:
        head, body = opened.upload(visitor)
        with opened.line() as held, Visitor(opened.url) as clerk:
            held.sendall(head + body)
            until(lambda: opened.lane.checks.waiting == 1)
            assert led_to(clerk.log_in("canbo", passwords_of(house.office)["canbo"])) == "/"
            answer = clerk.send("/check", files={"file": ("a.pdf", LITTLE_FILE)})
            assert answer.status_code == 200
            assert "a.pdf" in answer.text


def test_the_staff_are_bounded_too(house):
    staff = replace(STAFF, uploads=replace(NOBODY, waiting=0))
    with door(house, staff=staff) as opened, Visitor(opened.url) as clerk:
        clerk.log_in("canbo", passwords_of(house.office)["canbo"])
        answer = clerk.send("/check", files={"file": ("a.pdf", LITTLE_FILE)})
        assert answer.status_code == 503
        assert clerk.get("/").status_code == 200


def test_the_public_sends_files_to_the_check_page_alone(house):
    with door(house) as opened, Visitor(opened.url) as visitor:
        answer = visitor.send("/login", page="/login", files={"file": ("a.pdf", LITTLE_FILE)}, name="a")
        assert answer.status_code == 400
        assert opened.left() == []


def test_an_address_with_too_many_connections_at_work_is_turned_away_with_a_sentence(house):
    bounds = ConnectionBounds(most_each=2)
    with door(house, bounds, uploads=NOBODY) as opened, Visitor(opened.url) as visitor:
        head, _ = opened.upload(visitor)
        visitor.client.close()
        with opened.line("127.0.0.2") as one, opened.line("127.0.0.2") as two:
            one.sendall(head)
            two.sendall(head)
            until(lambda: opened.lane.uploads.waiting == 2)
            with opened.line("127.0.0.2") as third:
                answer = heard(third)
            assert first(answer) == "HTTP/1.1 503 Service Unavailable"
            assert "Retry-After: 5" in answer
            assert "Thử lại sau 5 giây." in answer
            assert "Try again in 5 seconds." in answer
            with opened.line("127.0.0.3") as other:
                other.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                assert other.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_a_connection_that_does_nothing_makes_room_for_who_comes(house):
    with door(house, ConnectionBounds(most=4)) as opened:
        lines = [opened.line(f"127.0.0.{number}") for number in (2, 2, 2, 3)]
        silent = [line.__enter__() for line in lines]
        with opened.line("127.0.0.4") as clerk:
            clerk.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert clerk.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert heard(silent[0]) == ""  # the oldest of the address that holds the most
        silent[3].sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert silent[3].recv(1 << 16).startswith(b"HTTP/1.1 200")
        for line in lines:
            line.__exit__(None, None, None)


def test_who_was_refused_may_end_sending_and_read_why_but_not_send_for_ever(house):
    with door(house, ConnectionBounds(linger_seconds=0.5)) as opened, opened.line() as line:
        head = b"POST /dossiers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
        line.sendall(head % 300_000)
        line.sendall(b"x" * 300_000)
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: b"200 OK" in line.recv(1 << 16))
        line.sendall(head % 1_000_000)
        assert drip(line, [b"x"] * 200) < 200


def test_who_takes_nothing_of_what_is_sent_loses_the_connection(house):
    address = f"/static/{version_of(STATIC, words_in('vi'))}/app.css"
    with door(house, ConnectionBounds(send_seconds=0.5)) as opened, opened.line() as line:
        asked = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        line.sendall(asked * 400)  # many times what the buffers on the way hold
        watch = select.poll()
        watch.register(line.fileno(), select.POLLRDHUP)
        until(lambda: watch.poll(0))
