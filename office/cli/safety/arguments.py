"""What may stand behind `backup`, `restore`, `upgrade` and `sbom`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_safety(commands: "argparse._SubParsersAction[Any]", ends: Callable[[Any], None]) -> None:
    """Add the commands; `ends` adds what every one of them takes."""
    backup = commands.add_parser("backup", help="everything to a place outside the house, read back")
    backup.add_argument("--to", required=True, metavar="PLACE", help="a folder, or s3://HOST/BUCKET")
    backup.add_argument("--read-all", action="store_true", help="read again what lies there already, too")
    restore = commands.add_parser("restore", help="a house from a backup; --drill: only prove that it works")
    restore.add_argument("--from", dest="source", required=True, metavar="PLACE")
    restore.add_argument("--set", default=None, metavar="NAME", help="default: the newest")
    restore.add_argument("--drill", action="store_true", help="into a scratch place, with minutes")
    restore.add_argument("--scratch", type=Path, default=None, metavar="DIR", help="where there is room")
    restore.add_argument("--list", action="store_true", help="the sets that are there")
    upgrade = commands.add_parser("upgrade", help="after a newer program came: backup, migrate, check")
    upgrade.add_argument("--to", required=True, metavar="PLACE", help="where it is backed up first")
    bill = commands.add_parser("sbom", help="the software bill of materials (CycloneDX)")
    bill.add_argument("-o", "--out", type=Path, default=None, metavar="FILE.json")
    ends(bill)
    for parser in (backup, restore, upgrade):
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--key", type=Path, default=None, metavar="FILE", help="of at least 32 random bytes")
        key.add_argument("--passphrase", action="store_true", help="asked for on the terminal")
        parser.add_argument("--credentials", type=Path, default=None, metavar="FILE", help="of the bucket")
        parser.add_argument("--ca", type=Path, default=None, metavar="PEM", help="the bucket's authority")
        ends(parser)
