"""`python -m digitize.training label|compare|train|export …`: make the weights of our line reader."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from digitize.training.agreed import read_lines, write_lines
from digitize.training.export import averaged, export, export_whole, judge_file
from digitize.training.label import agreed_lines
from digitize.training.likeness import quantiles, sheet
from digitize.training.loop import Plan, Training
from digitize.training.supply import Sources, drawn_pictures, held_back_pictures

JUDGED_LINES = 600
CALIBRATION_LINES = 60
STRIDE, COMPARED = 4, 30  # every so many real lines are measured, so many are shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    signal.signal(signal.SIGTERM, _end)
    asked = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = asked.run
    run(asked)
    return 0


def _end(*_: object) -> None:
    sys.exit(1)  # so that the workers are ended too


def _label(asked: argparse.Namespace) -> None:
    write_lines(list(agreed_lines(asked.scans, asked.leave_out)), asked.out)


def _train(asked: argparse.Namespace) -> None:
    sources = Sources(asked.corpus, asked.agreed)
    seconds = asked.minutes * 60
    plan = Plan(
        sources, asked.folder, seconds, rate=asked.rate, level_until=asked.level_until, seed=asked.seed
    )
    Training(plan).run()


def _compare(asked: argparse.Namespace) -> None:
    real = read_lines(asked.agreed, held_back=False)[::STRIDE]
    ours = drawn_pictures(asked.corpus, len(real))
    cv2.imwrite(str(asked.out), sheet(real[:COMPARED], ours[:COMPARED]))
    told = {"real": quantiles(real), "ours": quantiles(ours)}
    print(json.dumps(told, indent=1))  # noqa: T201 the command's answer


def _export(asked: argparse.Namespace) -> None:
    network = averaged(asked.checkpoints)
    judged = {"drawn": held_back_pictures(asked.corpus, JUDGED_LINES)}
    calibration = drawn_pictures(asked.corpus, CALIBRATION_LINES)
    if asked.agreed:
        judged["real"] = list(read_lines(asked.agreed, held_back=True))
        calibration += read_lines(asked.agreed, held_back=False)[:: CALIBRATION_LINES // 4]
    sha256 = export(network, asked.out, calibration)
    whole = asked.out.with_suffix(".whole.onnx")
    export_whole(network, whole)
    rates = {name: (judge_file(asked.out, lines), judge_file(whole, lines)) for name, lines in judged.items()}
    whole.unlink()
    told = {name: {"8 bits": eight, "32 bits": all_bits} for name, (eight, all_bits) in rates.items()}
    print(json.dumps({"sha256": sha256, "character_error_rates": told}, indent=1))  # noqa: T201 the answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digitize.training")
    commands = parser.add_subparsers(required=True)
    label = commands.add_parser("label", help="collect lines of real scans on which two models agree")
    label.add_argument("scans", type=Path)
    label.add_argument("out", type=Path, help="an .npz file")
    label.add_argument("--leave-out", nargs="*", default=[], help="parts of names: the documents of the exam")
    label.set_defaults(run=_label)
    train = commands.add_parser("train", help="train, or go on from the last checkpoint")
    train.add_argument("corpus", type=Path, help="folder of UTF-8 .txt files")
    train.add_argument("folder", type=Path, help="where checkpoint and log are kept")
    train.add_argument("--agreed", type=Path, help="lines of real scans, as `label` writes them")
    train.add_argument("--minutes", type=float, required=True, help="of training in all")
    train.add_argument("--rate", type=float, default=1.8e-3)
    train.add_argument("--level-until", type=float, default=0.6, help="share of the time at the full rate")
    train.add_argument("--seed", type=int, default=1)
    train.set_defaults(run=_train)
    compare = commands.add_parser("compare", help="measure drawn lines beside real ones, and show both")
    compare.add_argument("corpus", type=Path)
    compare.add_argument("agreed", type=Path)
    compare.add_argument("out", type=Path, help="a .png file")
    compare.set_defaults(run=_compare)
    export_ = commands.add_parser("export", help="write the weights file and judge it")
    export_.add_argument("corpus", type=Path)
    export_.add_argument("out", type=Path)
    export_.add_argument("checkpoints", type=Path, nargs="+", help="several are averaged")
    export_.add_argument("--agreed", type=Path)
    export_.set_defaults(run=_export)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
