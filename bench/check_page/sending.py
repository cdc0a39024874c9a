"""Those who load the check page from four addresses: slow files, drops, uploads that break off."""

import http.client
import re
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ADDRESSES = tuple(f"127.0.0.{last}" for last in range(1, 5))
PATIENCE_SECONDS = 120
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Answers:
    """What came back: how often each status, refusals without a word or a time, seconds of each answer."""

    statuses: Counter[str] = field(default_factory=Counter)
    mute: int = 0
    seconds: list[float] = field(default_factory=list)


def ask(
    line: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
) -> http.client.HTTPResponse:
    """Post as a browser does from a page of the same host."""
    host = f"{line.host}:{line.port}"
    line.request("POST", path, body, {"Origin": f"http://{host}", "Host": host, **headers})
    return line.getresponse()


def form(line: http.client.HTTPConnection, path: str) -> tuple[str, str]:
    """The visitor's cookie and the token of the form on a page."""
    line.request("GET", path)
    answer = line.getresponse()
    token = TOKEN.search(answer.read().decode())
    return (answer.headers["set-cookie"] or "").split(";")[0], token.group(1) if token else ""


def send_all(port: int, work: list[tuple[str, Path]], seconds: float, got: Answers) -> None:
    """Every file at once, each from its address; who is told to come again does."""
    deadline = time.monotonic() + seconds
    threads = [threading.Thread(target=send_file, args=(port, *one, deadline, got)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def send_file(port: int, address: str, path: Path, deadline: float, got: Answers) -> None:
    while time.monotonic() < deadline:
        begun = time.monotonic()
        try:
            status, again, words = upload(port, address, path.read_bytes())
        except (OSError, http.client.HTTPException) as broken:
            got.statuses[type(broken).__name__] += 1
            return
        got.statuses[str(status)] += 1
        got.seconds.append(time.monotonic() - begun)
        if status == 200:
            return
        got.mute += not (again and "Thử lại sau" in words)
        time.sleep(min(float(again or 1), max(0.0, deadline - time.monotonic())))


def upload(port: int, address: str, content: bytes) -> tuple[int, str, str]:
    """Send one file to the check page; the status, Retry-After, and the page."""
    line = http.client.HTTPConnection(ADDRESSES[0], port, PATIENCE_SECONDS, source_address=(address, 0))
    try:
        cookie, token = form(line, "/check")
        headers = {"Cookie": cookie, "Content-Type": "multipart/form-data; boundary=B"}
        answer = ask(line, "/check", multipart(token, content), headers)
        return answer.status, answer.headers.get("retry-after", ""), answer.read().decode(errors="replace")
    finally:
        line.close()


def multipart(token: str, content: bytes) -> bytes:
    part = b'--B\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    file = part % (b"file", b'; filename="a.pdf"', content)
    return part % (b"form_token", b"", token.encode()) + file + b"--B--\r\n"


def drip_all(port: int, lines_each: int, seconds: float, got: Answers) -> None:
    """Heads in drops on half of the lines, bodies in drops on the others; hung up on, each begins anew."""
    deadline = time.monotonic() + seconds
    lines: dict[socket.socket, bytes] = {}
    while time.monotonic() < deadline:
        for at in range(len(lines), lines_each * len(ADDRESSES)):
            with suppress(OSError):
                line = opened(port, ADDRESSES[at % len(ADDRESSES)])
                lines[line] = (
                    begun_upload(port, ADDRESSES[at % len(ADDRESSES)])
                    if at % 2
                    else b"GET /check HTTP/1.1\r\n"
                )
        for line, first in tuple(lines.items()):
            try:
                line.sendall(first or b"x")
                lines[line] = b""
            except OSError:
                got.statuses["hung up on"] += 1
                line.close()
                del lines[line]
        time.sleep(0.5)
    for line in lines:
        line.close()
    got.statuses["held to the end"] += len(lines)


def begun_upload(port: int, address: str) -> bytes:
    """The head of an upload of 100 MB and the first bytes of its file."""
    line = http.client.HTTPConnection(ADDRESSES[0], port, PATIENCE_SECONDS, source_address=(address, 0))
    try:
        cookie, token = form(line, "/check")
    finally:
        line.close()
    head = (
        f"POST /check HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000000\r\n\r\n"
    )
    return head.encode() + multipart(token, b"%PDF-1.7\n")[:-10]


def opened(port: int, address: str) -> socket.socket:
    line = socket.create_connection((ADDRESSES[0], port), 5, source_address=(address, 0))
    line.settimeout(2)
    return line


def break_off_all(port: int, count: int, seconds: float, got: Answers) -> None:
    """Uploads that end in their middle, from all addresses in turn."""
    deadline = time.monotonic() + seconds
    for number in range(count):
        if time.monotonic() > deadline:
            return
        address = ADDRESSES[number % len(ADDRESSES)]
        with suppress(OSError, http.client.HTTPException):
            line = opened(port, address)
            line.sendall(begun_upload(port, address) + b"x" * (number * 5000))
            time.sleep(0.05 * (number % 4))
            line.close()
            got.statuses["broken off"] += 1
