"""A signature that a program on somebody's own computer sets: a whole file goes out, and a whole one returns.

Between the two nothing is in memory: the file that was handed out is kept, and a small JSON record says what
the program is to do with it. What returns is judged by certify.key_holders.returned.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from certify.field_names import OFFICER_FIELD
from certify.model import CertifyFault, ComposedCopy, CopyFields, FaultCode, Profile, SignedByOfficer
from foundation.durable import duplicate, sha256_of


@dataclass(frozen=True)
class HandedOut:
    """The file that a program signs, and what it does: in `field`, which is empty until it made its own."""

    pdf: Path
    profile: Profile
    field: str
    digest: bytes

    @property
    def to_be_signed(self) -> bytes:
        """Whatever the program makes of the file: no bytes of ours."""
        return b""

    @property
    def is_officers(self) -> bool:
        """Is it the officer who signs, and not the agency?"""
        return self.field in ("", OFFICER_FIELD) or self.profile is Profile.ADDS

    def record(self) -> str:
        """This as JSON, without the file: it lies beside it."""
        return json.dumps({"profile": self.profile, "field": self.field, "digest": self.digest.hex()})

    @classmethod
    def read(cls, record: str, pdf: Path) -> "HandedOut":
        """What `record` wrote."""
        told = json.loads(record)
        return cls(pdf, Profile(told["profile"]), told["field"], bytes.fromhex(told["digest"]))

    @staticmethod
    def is_told_by(record: str) -> bool:
        """Was a whole file handed out, and no digest asked about?"""
        return "profile" in json.loads(record)


def hand_to_officer(copy: ComposedCopy, out: Path, profile: Profile) -> HandedOut:
    """The composed copy, its fields made for this profile, as the officer's program gets it."""
    return _handed(copy.path, out, profile, copy.fields.officer)


def hand_to_agency(copy: SignedByOfficer, out: Path, profile: Profile) -> HandedOut:
    """The copy that the officer signed, as the agency's program gets it: it fills the field that locks.

    Raises: CertifyFault NOT_SIGNABLE for a program that makes a field of its own, because that locks nothing.
    """
    if profile is not Profile.FILLS:
        raise CertifyFault(FaultCode.NOT_SIGNABLE, "the agency's field locks the copy and has to be filled")
    return _handed(copy.path, out, profile, copy.fields.agency)


def fields_of(officers: str | None, agencys: str | None) -> CopyFields:
    """The fields of a copy by the records of both questions; None: this software wrote the signature."""
    fields = CopyFields()
    if officers is not None and HandedOut.is_told_by(officers):
        handed = HandedOut.read(officers, Path())
        fields = CopyFields.by_program(handed.profile, handed.field)
    if agencys is not None and HandedOut.is_told_by(agencys):
        drawn = fields.drawn_elsewhere | {fields.agency}
        fields = CopyFields(fields.officer, fields.agency, drawn)
    return fields


def _handed(source: Path, out: Path, profile: Profile, field: str) -> HandedOut:
    duplicate(source, out)
    return HandedOut(out, profile, field, bytes.fromhex(sha256_of(out)))
