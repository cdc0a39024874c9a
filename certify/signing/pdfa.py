"""A new document that says of itself what it is: PDF/A-2u (ISO 19005-2), with our own colour intent.

Nothing of the digitized paper but its pages comes into a certified copy: no colour profile, no metadata.
"""

import zlib
from datetime import datetime

import pikepdf
from PIL import ImageCms

SRGB = "sRGB IEC61966-2.1"
RGB_COMPONENTS = 3
PROFILE_DATE = slice(24, 36)  # of an ICC profile's header; at zero the same pages give the same bytes


def declare(pdf: pikepdf.Pdf, at: datetime) -> None:
    """Give the document its conformance, its colour intent and its date."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[PROFILE_DATE] = bytes(12)
    packed = zlib.compress(bytes(profile), 9)
    colours = pikepdf.Stream(pdf, packed, N=RGB_COMPONENTS, Filter=pikepdf.Name.FlateDecode)
    intent = pikepdf.Dictionary(
        Type=pikepdf.Name.OutputIntent,
        S=pikepdf.Name.GTS_PDFA1,
        OutputConditionIdentifier=SRGB.encode("ascii"),
        Info=SRGB.encode("ascii"),
        DestOutputProfile=colours,
    )
    pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as xmp:
        xmp["pdfaid:part"], xmp["pdfaid:conformance"] = "2", "U"
        xmp["xmp:ModifyDate"] = xmp["xmp:MetadataDate"] = at.isoformat(timespec="seconds")
