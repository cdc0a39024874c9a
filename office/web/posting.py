"""What a browser posts, read as it streams in: fields in memory, files straight to the disk.

Files go to a private folder that is gone when the answer is sent. No file is taken before the form's token
has been seen to be right, so a foreign page cannot fill the disk.
"""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from office.typed import whole_number
from office.value import Office

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM_TOKEN = "form_token"  # noqa: S105 the name of a field
MOST_FIELDS = 400
MOST_FILES = 200
MOST_FIELD_BYTES = 64_000
MOST_FORM_BYTES = 1_000_000  # everything but the files
MEGABYTE = 1 << 20
MOST_LENGTH = 1 << 50  # bytes; what a Content-Length may say at all
SUFFIX = re.compile(r"\.[a-z0-9]{1,7}")


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


@asynccontextmanager
async def received(
    request: Request, office: Office, is_right: Callable[[str], bool]
) -> AsyncIterator[Posted]:
    """The form of this request; its files lie on the disk until the context ends.

    Args:
        request: a POST whose body has not been read.
        office: names the folder for files and the limit for them.
        is_right: does the form's token belong to whoever sends it?

    Raises: WrongToken, FormTooLarge, BadForm.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    with office.work_folder() as folder:
        if kind == b"multipart/form-data":
            most = office.settings.upload_mb * MEGABYTE + MOST_FORM_BYTES
            reader = _Multipart(options.get(b"boundary", b""), folder, is_right)
            try:
                await _feed(request, reader.feed, most)
            finally:
                reader.close()
            posted = reader.finish()
        elif kind == b"application/x-www-form-urlencoded":
            body = bytearray()
            await _feed(request, body.extend, MOST_FORM_BYTES)
            posted = _urlencoded(bytes(body))
        else:
            raise BadForm(kind.decode("latin-1"))
        if not is_right(posted.one(FORM_TOKEN)):
            raise WrongToken
        yield posted


async def _feed(request: Request, take: Callable[[bytes], None], most: int) -> None:
    """Hand the body over chunk by chunk, off the event loop, and stop at `most` bytes."""
    said = request.headers.get("content-length")
    length = whole_number(said, 0, MOST_LENGTH) if said else 0
    if length is None:
        raise BadForm("Content-Length")
    if length > most:
        raise FormTooLarge
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > most:
            raise FormTooLarge
        if chunk:
            await run_in_threadpool(take, chunk)


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

    def __init__(self, boundary: bytes, folder: Path, is_right: Callable[[str], bool]) -> None:
        if not boundary:
            raise BadForm("no boundary")
        self._folder = folder
        self._is_right = is_right
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
        if not self._is_right(sent):
            raise WrongToken
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
        if len(self._text) > MOST_FIELD_BYTES or self._form_bytes > MOST_FORM_BYTES:
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
