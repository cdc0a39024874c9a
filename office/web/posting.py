"""What a browser posts, read as it streams in: fields in memory, files straight to the disk.

Files go to a private folder that is gone when the answer is sent, or when it cannot be. No file is taken
before the form's token has been seen to be right, so a foreign page cannot fill the disk; and a body has to
come at the pace of its lane, counted only while it is waited for.
"""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from office.typed import whole_number
from office.value import Office
from office.web.refusals import DoorCode, DoorFault
from office.web.turnstile import Lane, Pace

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM_TOKEN = "form_token"  # noqa: S105 the name of a field
MOST_FIELDS = 400
MOST_FILES = 200
MOST_FIELD_BYTES = 64_000
MEGABYTE = 1 << 20
MOST_LENGTH = 1 << 50  # bytes; what a Content-Length may say at all
SUFFIX = re.compile(r"\.[a-z0-9]{1,7}")
MULTIPART = b"multipart/form-data"


class BadForm(Exception):
    """A form that is broken, or more than a form of ours can be."""


class FormTooLarge(Exception):
    """More bytes than `upload_mb` allows."""


class WrongToken(Exception):
    """The form does not carry the token of the session it is sent in."""


@dataclass(frozen=True)
class Upload:
    """One file as it arrived: the field it came in, what the browser called it, where it lies now."""

    field: str
    name: str
    path: Path


@dataclass(frozen=True)
class Posted:
    """A form as it was sent: text in NFC without outer spaces, files in their order."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Upload, ...] = ()

    def one(self, name: str) -> str:
        """The field's last value; empty when it was not sent."""
        return self.values.get(name, ("",))[-1]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value sent under this name."""
        return self.values.get(name, ())


@dataclass(frozen=True)
class Taker:
    """How the form of one request is taken.

    `lane`: whose threads, pace and size of form hold; `most_file_bytes`: 0 where no files are taken;
    `is_right`: does the form's token belong to whoever sends it?
    """

    office: Office
    lane: Lane
    most_file_bytes: int
    is_right: Callable[[str], bool]


def is_multipart(request: Request) -> bool:
    """Is the body of the kind that can hold files?"""
    return bool(parse_options_header(request.headers.get("content-type", ""))[0] == MULTIPART)


@asynccontextmanager
async def received(request: Request, taker: Taker) -> AsyncIterator[Posted]:
    """The form of this request, its body not yet read; its files lie on the disk until the context ends.

    Raises: WrongToken, FormTooLarge, BadForm, DoorFault(TOO_SLOW), ClientDisconnect.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == MULTIPART:
        async with _folder(taker) as folder:
            yield _with_right_token(await _multipart(request, taker, options, folder), taker)
    elif kind == b"application/x-www-form-urlencoded":
        body = bytearray()
        async for chunk in _chunks(request, taker.lane.terms.pace, taker.lane.terms.form_bytes):
            body.extend(chunk)
        yield _with_right_token(_urlencoded(bytes(body)), taker)
    else:
        raise BadForm(kind.decode("latin-1"))


@asynccontextmanager
async def _folder(taker: Taker) -> AsyncIterator[Path]:
    """A private folder, made and removed off the event loop; removed also when the request is called off."""
    held = taker.office.work_folder()
    folder = await taker.lane.run(held.__enter__)
    try:
        yield folder
    finally:
        with anyio.CancelScope(shield=True):
            await taker.lane.run(lambda: held.__exit__(None, None, None))


async def _multipart(
    request: Request, taker: Taker, options: Mapping[bytes, bytes], folder: Path
) -> "Posted":
    reader = _Multipart(options.get(b"boundary", b""), folder, taker)
    most = taker.most_file_bytes + taker.lane.terms.form_bytes
    try:
        async for chunk in _chunks(request, taker.lane.terms.pace, most):
            await taker.lane.run(partial(reader.feed, chunk))
    finally:
        reader.close()
    return reader.finish()


async def _chunks(request: Request, pace: Pace, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, at most `most` bytes of it and not slower than `pace` allows."""
    said = request.headers.get("content-length")
    length = whole_number(said, 0, MOST_LENGTH) if said else 0
    if length is None:
        raise BadForm("Content-Length")
    if length > most:
        raise FormTooLarge
    loop = asyncio.get_running_loop()
    seen, waited = 0, 0.0
    while True:
        begun = loop.time()
        message = await _next_message(request, _patience(pace, seen) - waited)
        waited += loop.time() - begun
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        seen += len(chunk)
        if seen > most:
            raise FormTooLarge
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            return


def _patience(pace: Pace, seen: int) -> float:
    """How long a body may have been waited for, once `seen` bytes of it are here (seconds)."""
    return min(pace.grace + seen / pace.bytes_a_second, pace.most_seconds)


async def _next_message(request: Request, seconds: float) -> Message:
    try:
        async with asyncio.timeout(max(seconds, 0)):
            return await request.receive()
    except TimeoutError as late:
        raise DoorFault(DoorCode.TOO_SLOW) from late


def _with_right_token(posted: Posted, taker: Taker) -> Posted:
    if not taker.is_right(posted.one(FORM_TOKEN)):
        raise WrongToken
    return posted


def _urlencoded(body: bytes) -> Posted:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except (UnicodeDecodeError, ValueError) as broken:
        raise BadForm(str(broken)) from broken
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), _plain(value))
    return Posted(values)


def _plain(text: str) -> str:
    if "\0" in text:  # no person types it, and no database keeps it
        raise BadForm("NUL")
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()


class _Multipart:
    """Callbacks of the streaming parser (RFC 7578): one part after the other."""

    def __init__(self, boundary: bytes, folder: Path, taker: Taker) -> None:
        if not boundary:
            raise BadForm("no boundary")
        self._folder = folder
        self._taker = taker
        self._values: dict[str, tuple[str, ...]] = {}
        self._files: list[Upload] = []
        self._form_bytes = 0
        self._header = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._text = bytearray()
        self._open: IO[bytes] | None = None
        self._name = ""
        self._ended = False
        self._parser = MultipartParser(boundary, self._callbacks())

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        try:
            self._parser.write(chunk)
        except FormParserError as broken:
            raise BadForm(str(broken)) from broken

    def close(self) -> None:
        """Close the file that was being written when the body ended or was refused."""
        if self._open is not None:
            self._open.close()

    def finish(self) -> Posted:
        """The whole form, once the body has ended. Raises: BadForm for one that was cut off."""
        if not self._ended:
            raise BadForm("cut off")
        return Posted(self._values, tuple(self._files))

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._body_ends,
        }

    def _part_begins(self) -> None:
        self._headers.clear()
        self._text.clear()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_ends(self) -> None:
        self._headers[bytes(self._header[0]).lower()] = bytes(self._header[1])
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._file_begins(options[b"filename"].decode("utf-8", "replace"))

    def _file_begins(self, name: str) -> None:
        sent = self._values.get(FORM_TOKEN, ("",))[-1]
        if not self._taker.is_right(sent):
            raise WrongToken
        if not self._taker.most_file_bytes:
            raise BadForm("no files are taken here")
        if len(self._files) >= MOST_FILES:
            raise BadForm("too many files")
        plain = PurePath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
        suffix = PurePath(plain).suffix.lower()
        path = self._folder / f"{len(self._files) + 1:04d}{suffix if SUFFIX.fullmatch(suffix) else ''}"
        self._files.append(Upload(self._name, plain, path))
        self._open = path.open("xb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._open is not None:
            self._open.write(data[start:end])
            return
        self._form_bytes += end - start
        self._text.extend(data[start:end])
        if len(self._text) > MOST_FIELD_BYTES or self._form_bytes > self._taker.lane.terms.form_bytes:
            raise BadForm("too much text")

    def _part_ends(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
            self._drop_if_not_chosen()
            return
        if len(self._values) >= MOST_FIELDS:
            raise BadForm("too many fields")
        text = _plain(self._text.decode("utf-8", "replace"))
        self._values[self._name] = (*self._values.get(self._name, ()), text)

    def _drop_if_not_chosen(self) -> None:
        """A file field left empty arrives as a file without name and bytes."""
        if not self._files[-1].name and self._files[-1].path.stat().st_size == 0:
            self._files.pop().path.unlink()

    def _body_ends(self) -> None:
        self._ended = True
