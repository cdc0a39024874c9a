"""Is a PDF's tree of form fields one that a drawer may walk?

A few hundred bytes can tell of more fields than there is time to draw: each field naming the next one twice.
The tree is walked here with a limit before anybody draws it.
"""

from pathlib import Path

import pikepdf

from digitize.model import DigitizeFault, FaultCode

MOST_FIELDS = 20_000  # forms of real offices have a few hundred


def refuse_endless_fields(path: Path) -> None:
    """Raises: DigitizeFault TOO_LARGE when the fields, counted as often as they are named, pass the limit."""
    try:
        with pikepdf.open(path) as pdf:
            form = pdf.Root.get("/AcroForm")
            named = list(form.get("/Fields", [])) if isinstance(form, pikepdf.Dictionary) else []
            count = 0
            while named:
                field = named.pop()
                count += 1
                if count > MOST_FIELDS:
                    raise DigitizeFault(FaultCode.TOO_LARGE, path.name, detail="form fields without end")
                if isinstance(field, pikepdf.Dictionary):
                    named.extend(field.get("/Kids", []))
    except (pikepdf.PdfError, TypeError, ValueError) as broken:
        raise DigitizeFault(FaultCode.UNREADABLE, path.name, detail=str(broken)) from broken
