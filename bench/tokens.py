"""Signatures with one PIN through a SoftHSM2 token, by kind of key: raw ones, and whole ones with time-stamp.

SoftHSM2 is software: it shows what the house adds, not what a token takes. Services answer in the process;
a second is one of processor time, of this process and the key holder.
With --kills N a copy is also signed N times by a process that is killed -9 at a random moment and goes on in
another: each must end with one number and two signatures. Exit status: 1 when a goal is missed by more than a
tenth.

    ./motcua bench tokens [--signatures 50] [--kills 0] [--seed 1]
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402

from bench import tests_at_hand  # noqa: E402, F401 the rooms run in place, from the root
from bench.goals import Goal, concluded  # noqa: E402
from certify.key_holders.holder import HeldKey, look_at_tokens, open_holder  # noqa: E402
from certify.model import Signer  # noqa: E402
from certify.signing import signing  # noqa: E402
from certify.signing.keyring import KeyPlace  # noqa: E402
from certify.signing.signing import Hand  # noqa: E402
from certify.signing.statement import compose_copy  # noqa: E402
from certify.signing.trust import Credentials  # noqa: E402
from office.desk import certifying  # noqa: E402
from office.procedure import CopyState  # noqa: E402
from office.rows.finding import find_copy  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402
from scanner_adapters.simulator.papers import sheets  # noqa: E402
from storage.database import reading  # noqa: E402
from tests.certify.certify_specimens import FORMS, make_digitized, statement_for  # noqa: E402
from tests.office.keys.real_houses import open_real_house  # noqa: E402
from tests.office.keys.real_keys import PINS, add_all, keys_open, make_keys  # noqa: E402
from tests.office.keys.test_signing import SIGNER  # noqa: E402
from tests.real_authority import RealAuthority  # noqa: E402
from tests.softhsm import Tokens, softhsm_module  # noqa: E402

PIN = "58413097"
NAME = "Trần Văn Hoà"
KINDS = {
    "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
}
LEAST_A_SECOND = 8
CALLS = ("begin:1", "begin:2", "collect:1", "collect:2", "keep:1", "keep:2", "keep:3")


def main(arguments: Sequence[str]) -> int:
    """Measure, and say which goals were reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=50)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="motcua-tokens-") as folder:
        goals = list(speeds(Path(folder), chosen.signatures))
        if chosen.kills:
            wrong = kills(Path(folder), chosen.kills, random.Random(chosen.seed))  # noqa: S311 moments, no secrets
            goals.append(Goal(f"copies not whole after {chosen.kills} kills", wrong, 0))
        return concluded(goals)


def speeds(folder: Path, count: int) -> Iterator[Goal]:
    """Signatures a second of each kind of key, with one PIN for all of them."""
    tokens = Tokens(folder / "speeds", softhsm_module()).begin()
    tokens.initialise("officer", PIN)
    authority = RealAuthority(folder / "authority")
    for number, make in enumerate(KINDS.values(), start=1):
        key = make()
        tokens.put(("officer", PIN), f"{number:02x}", key, authority.issue(NAME, key.public_key()))
    (seen,) = look_at_tokens(tokens.module, tokens.environment)
    place = {"module": tokens.module, "serial": seen.serial}
    begun = time.perf_counter()
    holder = open_holder(KeyPlace.TOKEN, place, bytearray(PIN.encode()), tokens.environment)
    yield Goal("seconds to open a token", time.perf_counter() - begun, 1.0)
    composed = compose_copy(statement_for(make_digitized(folder / "in.pdf")), FORMS, folder / "composed.pdf")
    services = authority.services()
    names = dict(zip((f"{number:02x}" for number in range(1, len(KINDS) + 1)), KINDS, strict=True))
    for found in sorted(holder.found, key=lambda one: one.key):
        key = HeldKey(holder, found.key, found.certificate.dump(), ())
        hand = Hand(Signer(NAME, "CHỦ TỊCH", "UBND"), Credentials(key, services), FORMS.officer)
        begun = processor_seconds(holder.pid)
        for _ in range(count):
            key.begin(os.urandom(300))
        yield Goal(
            f"{names[found.key]}: raw signatures a second",
            count / (processor_seconds(holder.pid) - begun),
            LEAST_A_SECOND,
            least=True,
        )
        begun = processor_seconds(holder.pid)
        for number in range(count):
            signing.sign_as_officer(composed, folder / f"{found.key}-{number}.pdf", hand)
        yield Goal(
            f"{names[found.key]}: PAdES B-T a second",
            count / (processor_seconds(holder.pid) - begun),
            LEAST_A_SECOND,
            least=True,
        )
    holder.close()


def processor_seconds(holder: int) -> float:
    """What this process and the key holder have used so far; others' work on the machine does not count."""
    fields = Path(f"/proc/{holder}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kills(folder: Path, count: int, chance: random.Random) -> int:
    """How many of `count` copies were not whole in the end, each signed by a process that was killed once."""
    keys = make_keys(folder / "keys")
    os.environ["SOFTHSM2_CONF"] = keys.tokens.environment["SOFTHSM2_CONF"]
    made = add_all(open_real_house(folder / "made", keys.authority), keys)
    sheet = sheets.certificate(3, dpi=150)
    page = sheets.save(sheet.image, folder / "page.jpg", sheet.dpi)
    with keys_open(made.office) as office:
        opened = made.with_office(keyring=office.keyring)
        copy = opened.approved(opened.archived(page))
    certifying.confirm_copy(made.office, made.officer, copy)
    made.office.engine.dispose()
    wrong = 0
    for turn in range(count):
        data = folder / f"killed-{turn}"
        shutil.copytree(folder / "made", data)
        moment = f"{chance.choice(CALLS)}:{chance.choice(('before', 'after'))}"
        command = [sys.executable, "-c", SIGNER, data, keys.authority.folder, moment]
        pins = "".join(f"{pin}\n" for pin in PINS.values())
        subprocess.run(command, cwd=ROOT, input=pins, text=True, check=False, env=keys.tokens.environment)
        again = open_real_house(data, keys.authority)
        with keys_open(again.office) as office:
            run_until_idle(office)
        with reading(again.office.engine) as connection:
            row = find_copy(connection, copy, again.clerk)
        is_whole = (row.state, row.number) == (CopyState.ISSUED, 1)
        wrong += not is_whole
        print(
            f"{turn + 1}/{count} {moment} {'whole' if is_whole else row.state} {datetime.now(UTC):%H:%M:%S}"
        )
        again.office.engine.dispose()
        shutil.rmtree(data)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
