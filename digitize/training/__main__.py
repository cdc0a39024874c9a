"""`python -m digitize.training train|export …`: make the weights of our line reader."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from digitize.training.loop import Plan, Training


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    signal.signal(signal.SIGTERM, _end)
    asked = _parser().parse_args(arguments)
    plan = Plan(
        asked.corpus,
        asked.folder,
        asked.minutes * 60,
        rate=asked.rate,
        level_until=asked.level_until,
        seed=asked.seed,
    )
    Training(plan).run()
    return 0


def _end(*_: object) -> None:
    sys.exit(1)  # so that the workers are ended too


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digitize.training")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, or go on from the last checkpoint")
    train.add_argument("corpus", type=Path, help="folder of UTF-8 .txt files")
    train.add_argument("folder", type=Path, help="where checkpoint and log are kept")
    train.add_argument("--minutes", type=float, required=True, help="of training in all")
    train.add_argument("--rate", type=float, default=1.5e-3)
    train.add_argument("--level-until", type=float, default=0.5)
    train.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
