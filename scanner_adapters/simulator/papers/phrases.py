"""Words for sample papers: names, places and sentences as a ward's office writes them, chosen by seed."""

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

WORDS = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))
GROUNDS: tuple[str, ...] = tuple(WORDS["grounds"])
DUTIES: tuple[str, ...] = tuple(WORDS["duties"])
LETTER_BODY: tuple[str, ...] = tuple(WORDS["letter_body"])
CLAUSES: tuple[str, ...] = tuple(WORDS["clauses"])
HEADINGS: tuple[str, ...] = tuple(WORDS["headings"])
NOTICES: tuple[str, ...] = tuple(WORDS["notices"])
SINGLE_LINES: tuple[str, ...] = tuple(WORDS["single_lines"])


@dataclass(frozen=True)
class Scene:
    """Who and where one sample paper is about."""

    ward: str
    province: str
    person: str
    signer: str
    street: str
    house: int
    number: int
    day: int
    month: int
    year: int
    subject: str

    @property
    def issuer(self) -> str:
        """The body that issues the paper, as printed."""
        return f"ỦY BAN NHÂN DÂN PHƯỜNG {self.ward.upper()}"

    @property
    def dated(self) -> str:
        """Place and date as official papers want them: days below 10 and months 1, 2 with a zero."""
        month = f"{self.month:02d}" if self.month <= 2 else str(self.month)  # noqa: PLR2004 January, February
        return f"{self.ward}, ngày {self.day:02d} tháng {month} năm {self.year}"


def scene(seed: int) -> Scene:
    """The scene that belongs to this seed; the first subject for every fourth one."""
    chance = random.Random(seed)  # noqa: S311 sample text, not a secret
    year = chance.choice((2024, 2025, 2026))
    return Scene(
        ward=chance.choice(WORDS["wards"]),
        province=chance.choice(WORDS["provinces"]),
        person=full_name(chance),
        signer=full_name(chance),
        street=chance.choice(WORDS["streets"]),
        house=chance.randint(1, 380),
        number=chance.randint(1, 480),
        day=chance.randint(1, 28),
        month=chance.randint(1, 12),
        year=year,
        subject=_subject(seed, year),
    )


def _subject(seed: int, year: int) -> str:
    subjects: list[str] = WORDS["subjects"]
    return subjects[seed % len(subjects)].format(year=year)


def full_name(chance: random.Random) -> str:
    """A person's name with family, middle and given name."""
    parts = ("family_names", "middle_names", "given_names")
    return " ".join(chance.choice(WORDS[part]) for part in parts)
