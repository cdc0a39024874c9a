"""A process of its own that signs what is due with the tokens at hand, and kills itself at a given moment.

    python -m tests.office.keys.killed_signer DATA AUTHORITY MOMENT < PINS

MOMENT: `call:count:before` or `after`, of begin (the token signs), collect (the answer is fetched) and keep
(a step's file is kept); or `wait`: it signs all, says which processes hold keys, and waits for its input to
end.
"""

import json
import sys
from pathlib import Path

from certify.key_holders.holder import HeldKey
from office.cli.console import Console
from office.cli.pins import read_pin
from office.desk import asking, issuing
from office.keys.unlocking import unlocked
from office.work.dispatcher import run_until_idle
from tests.office.keys.dying import die_at
from tests.office.keys.real_houses import open_real_house
from tests.real_authority import RealAuthority

CALLS = {
    "begin": (HeldKey, "begin"),
    "collect": (asking, "collect"),
    "keep": (issuing, "_keep_step"),
}


def main(data: str, authority: str, moment: str) -> None:
    if moment != "wait":
        die_at(moment, CALLS)
    house = open_real_house(Path(data), RealAuthority(Path(authority)))
    console = Console(wants_json=False, lang="vi")
    with unlocked(house.office, lambda one: read_pin(console, one.subject), lambda *_: None) as office:
        run_until_idle(office)
        keys = [opened.key for opened in office.keyring.opened.values()]
        sys.stdout.write(json.dumps({"holders": sorted({key._holder.pid for key in keys})}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
