"""An answer handed to a browser so that it can ask for it again as a report: neither file nor answer is kept.

What comes back is believed only with this server's own message authentication code (HMAC-SHA-256), whose key
is made when the server starts.
"""

import base64
import binascii
import hashlib
import hmac
import zlib

from pydantic import TypeAdapter

from office.views.reports import Answered

ANSWERED: TypeAdapter[Answered] = TypeAdapter(Answered)
CODE_BYTES = 32
MOST_LETTERS = 60_000  # that a field of a form may hold


def encode_answer(key: bytes, answered: Answered) -> str:
    """The answer with its code, as a form carries it; empty for one too long for a form."""
    body = zlib.compress(ANSWERED.dump_json(answered))
    text = base64.urlsafe_b64encode(_code(key, body) + body).decode("ascii")
    return text if len(text) <= MOST_LETTERS else ""


def decode_answer(key: bytes, text: str) -> Answered | None:
    """The answer; None for what this server did not give."""
    try:
        told = base64.urlsafe_b64decode(text.encode())
    except (binascii.Error, ValueError):
        return None
    code, body = told[:CODE_BYTES], told[CODE_BYTES:]
    if not hmac.compare_digest(code, _code(key, body)):
        return None
    return ANSWERED.validate_json(zlib.decompress(body))


def _code(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)
