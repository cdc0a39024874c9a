"""What a report is about: one file, by name and digest, and the verdict on it at an instant."""

from dataclasses import dataclass
from datetime import datetime

from certify.verdict import Verdict


@dataclass(frozen=True)
class Judgement:
    """A file's name, its SHA-256 (hex), when it was judged (aware), and what was found."""

    name: str
    sha256: str
    at: datetime
    verdict: Verdict
