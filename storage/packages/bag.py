"""A dossier as a bag (BagIt 1.0, RFC 8493): the newest version's files and their digests, no history."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from foundation.clock import on_paper
from storage.archive import Newest
from storage.packages.parcel import Part, folder_appearing

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
ESCAPED = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})  # RFC 8493, 2.1.3


def export_bag(newest: Newest, name: str, place: Path, about: tuple[str, datetime]) -> Path:
    """Write the bag `place/name/`; `about`: the organisation that hands it over, and when (aware).

    Returns: the folder. Raises: StorageFault NOT_KEPT, DAMAGED, DISK_FULL; FileExistsError.
    """
    organisation, at = about
    target = place / name
    with folder_appearing(target) as parcel:
        payload = [parcel.take(newest, one, f"data/{one}") for one in sorted(newest.version.sha256)]
        size = sum(part.size_bytes for part in payload)
        told = {
            "Source-Organization": organisation,
            "External-Identifier": newest.object_id,
            "Bagging-Date": on_paper(at).date().isoformat(),
            "Payload-Oxum": f"{size}.{len(payload)}",
        }
        lines = "".join(f"{label}: {value}\n" for label, value in told.items())
        tags = [
            parcel.write("bagit.txt", DECLARATION),
            parcel.write("bag-info.txt", lines.encode()),
            parcel.write("manifest-sha256.txt", _manifest(payload)),
        ]
        parcel.write("tagmanifest-sha256.txt", _manifest(tags))
    return target


def _manifest(parts: Iterable[Part]) -> bytes:
    return "".join(f"{part.sha256}  {part.path.translate(ESCAPED)}\n" for part in parts).encode()
