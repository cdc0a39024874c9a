"""A process of its own in which a program's file is handed out, signed and taken back; killed at a moment.

    python -m tests.office.keys.killed_program DATA AUTHORITY KEY MOMENT

KEY: the files of the program's key without their endings. MOMENT: `call:count:before` or `after`, of ask,
judge (what came back is looked at), store (its bytes are kept), take (the row says so), collect and keep.
"""

import sys
from pathlib import Path

from certify.model import Profile
from certify.signing.keys import FileKey
from certify.signing.trust import Credentials
from office.desk import asking, issuing
from office.desk.programs import handing
from office.procedure import CopyState
from office.rows import keeping
from office.work.dispatcher import run_until_idle
from tests.office.keys.dying import die_at
from tests.office.keys.real_houses import open_real_house
from tests.real_authority import RealAuthority
from tests.signing_program import Way, as_found, sign

CALLS = {
    "ask": (asking, "ask"),
    "judge": (handing, "_judged"),
    "store": (keeping, "keep"),
    "take": (handing, "_take"),
    "collect": (asking, "collect"),
    "keep": (issuing, "_keep_step"),
}


def go_on(house, key: Path) -> None:
    """Everything that is due, the person with the program included; no agency's key is open here."""
    office = house.office
    run_until_idle(office)
    credentials = Credentials(FileKey(key.with_suffix(".key"), key.with_suffix(".pem"), ()), office.services)
    for waiting in handing.files_to_sign(office, house.officer):
        if waiting.copy.state is not CopyState.OFFICER_ASKED:
            continue
        with office.work_folder() as work:
            data = handing.fetch_handed(
                office, house.officer, waiting.copy.id, work / "handed.pdf"
            ).read_bytes()
            way = Way() if waiting.program.profile is Profile.ADDS else as_found(data)
            (work / "returned.pdf").write_bytes(sign(data, credentials, way))
            handing.take_back(office, house.officer, waiting.copy.id, work / "returned.pdf")
    run_until_idle(office)


def main(data: str, authority: str, key: str, moment: str) -> None:
    house = open_real_house(Path(data), RealAuthority(Path(authority)))
    die_at(moment, CALLS)
    go_on(house, Path(key))


if __name__ == "__main__":
    main(*sys.argv[1:])
