"""The forms in which this software issues signed files, one for each released version: their exact grammar.

A file is judged by the form whose fields it carries, so that what was issued under an older form keeps its
verdict when a newer form is added. A form says: which signature fields, in which order they are signed and by
whom, whether the first signature certifies, which field locks the file, and how the revisions follow one
another (certify.pdf_bytes.revisions, rule 7).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from certify.field_names import AGENCY_FIELD, AGENCY_LAST_FIELD, CLERK_FIELD, COPY_FIELD, OFFICER_FIELD
from certify.question import SignerRole

FILL_FORMS, NO_CHANGES = 2, 1  # DocMDP P, ISO 32000-2 table 257
OWN_FIELD = ""


@dataclass(frozen=True)
class HouseForm:
    """One released form. `signers`: fields in the order of signing, each with the role it is for.

    `certified`: the P of the first signature's DocMDP, None where it is an approval. `locked_by`: the field
    whose signature locks all fields and all changes. A field named OWN_FIELD has whatever name the program
    gave it that signed first.
    """

    name: str
    signers: tuple[tuple[str, SignerRole], ...]
    revisions: str
    certified: int | None = None
    locked_by: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in the order of signing."""
        return tuple(name for name, _ in self.signers)

    def role_of(self, field: str) -> SignerRole | None:
        """Who signs in this field."""
        return dict(self.signers).get(field)


CERTIFIED_COPY = HouseForm(
    name="certified copy 1",
    signers=((OFFICER_FIELD, SignerRole.OFFICER), (AGENCY_FIELD, SignerRole.AGENCY)),
    revisions="B+S[VT]*S[VT]*T",
    certified=FILL_FORMS,
    locked_by=AGENCY_FIELD,
)
APPROVED_COPY = HouseForm(
    name="certified copy 1, approved by a program",
    signers=((OWN_FIELD, SignerRole.OFFICER), (AGENCY_LAST_FIELD, SignerRole.AGENCY)),
    revisions="B+S[VT]*S[VT]*T",
    locked_by=AGENCY_LAST_FIELD,
)
SIGNED_SCAN = HouseForm("signed scan 1", ((CLERK_FIELD, SignerRole.CLERK),), "B+S[VT]*T")
AGENCY_COPY = HouseForm("agency copy 1", ((COPY_FIELD, SignerRole.AGENCY),), "B+S[VT]*T")
FORMS: tuple[HouseForm, ...] = (CERTIFIED_COPY, APPROVED_COPY, SIGNED_SCAN, AGENCY_COPY)
HOUSE_FIELDS = frozenset(name for form in FORMS for name in form.fields) - {OWN_FIELD}


def form_of(fields: Iterable[str], first_signed: str | None) -> HouseForm | None:
    """The form of a file with these signature fields; None for what is not of the house.

    A file with fields of several forms is judged by the form of a locked copy if it has a field of that, else
    by that of its first signature: all other fields are then none that the form was issued with.
    """
    carried = HOUSE_FIELDS & set(fields)
    fitting = [form for form in FORMS if carried & set(form.fields)]
    begun = [form for form in fitting if first_signed in form.fields]
    found = next(iter([*(one for one in fitting if one.locked_by), *begun, *fitting]), None)
    return _with_own_name(found, first_signed) if found else None


def _with_own_name(form: HouseForm, first_signed: str | None) -> HouseForm:
    """The form with the name of the field that a program made; a field of the house is none."""
    if OWN_FIELD not in form.fields:
        return form
    own = first_signed if first_signed and first_signed not in HOUSE_FIELDS else OWN_FIELD
    return replace(form, signers=tuple((name or own, role) for name, role in form.signers))
