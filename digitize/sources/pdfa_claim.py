"""Does a PDF say of itself that it is PDF/A-2u, and can its pages stand beside ours as they are?"""

from pathlib import Path

import pikepdf

from digitize.sources.unchanging import is_unchanging

RGB_COMPONENTS = 3
FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
LEVELS = ("U", "A")  # both give every letter its Unicode (ISO 19005-2 6.2.11.7)


def claims_pdfa(path: Path) -> bool:
    """True when XMP claims PDF/A-2 at level U or A, the colour intent is RGB, and nothing gives it the lie.

    Looked at besides the claim: every font is embedded, and nothing can change what is seen.
    """
    try:
        with pikepdf.open(path) as pdf:
            return not pdf.is_encrypted and _claims(pdf) and _has_rgb_intent(pdf) and not _contradicts(pdf)
    except Exception:  # noqa: BLE001 hostile metadata raises nearly anything; then there is no claim
        return False


def _claims(pdf: pikepdf.Pdf) -> bool:
    with pdf.open_metadata() as xmp:
        return xmp.get("pdfaid:part") == "2" and xmp.get("pdfaid:conformance") in LEVELS


def _has_rgb_intent(pdf: pikepdf.Pdf) -> bool:
    intents = list(pdf.Root.get("/OutputIntents", []))
    return [intent.S for intent in intents] == [pikepdf.Name.GTS_PDFA1] and all(
        int(intent.DestOutputProfile.N) == RGB_COMPONENTS for intent in intents
    )


def _contradicts(pdf: pikepdf.Pdf) -> bool:
    return not is_unchanging(pdf) or any(_is_bare_font(thing) for thing in pdf.objects)


def _is_bare_font(thing: pikepdf.Object) -> bool:
    if not isinstance(thing, pikepdf.Dictionary) or thing.get("/Type") != pikepdf.Name.Font:
        return False
    if thing.get("/Subtype") in (pikepdf.Name.Type0, pikepdf.Name.Type3):
        return False  # their shapes stand in a descendant, or in the font itself
    descriptor = thing.get("/FontDescriptor")
    return descriptor is None or not any(key in descriptor for key in FONT_FILES)
