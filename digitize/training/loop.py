"""The training itself: resumable from its last checkpoint, seeded, one line of log for each measurement."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from digitize.reader.alphabet import BLANK
from digitize.training.agreed import read_lines
from digitize.training.scoring import best_path, error_rate
from digitize.training.shape import Network
from digitize.training.supply import Batch, Sources, Supply, held_back_pictures, judged

CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
HELD_BACK_LINES = 240
WARM_UP = 300  # steps
WEIGHT_DECAY = 1e-4
LONGEST_GRADIENT = 2.0
LAST_RATE = 0.02  # of the full learning rate, when the time is over


@dataclass(frozen=True)
class Plan:
    """How to train.

    Args:
        sources: where pictures come from.
        folder: where checkpoints and the log are kept.
        seconds: how long, from the first start over all resumptions.
        rate: the full learning rate.
        level_until: share of the time during which the rate stays full; then it falls linearly.
        seed: of weights and pictures.
        every_seconds: between checkpoints.
        workers: processes that make pictures.
    """

    sources: Sources
    folder: Path
    seconds: float
    rate: float = 1.5e-3
    level_until: float = 0.5
    seed: int = 1
    every_seconds: float = 240.0
    workers: int = 1


@dataclass
class Progress:
    """What a checkpoint holds besides weights."""

    steps: int = 0
    lines: int = 0
    seconds: float = 0.0


class Training:
    """One training run."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        torch.manual_seed(plan.seed)
        self._plan = plan
        self._clock = clock
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = Network().to(self._device, memory_format=torch.channels_last)
        self._optimizer = torch.optim.AdamW(self.network.parameters(), plan.rate, weight_decay=WEIGHT_DECAY)
        self.progress = Progress()
        self._resume()

    def run(self) -> None:
        """Train until the time is over, keeping a checkpoint and a line of log now and then."""
        sources = self._plan.sources
        judged_by = {"drawn": judged(held_back_pictures(sources.corpus, HELD_BACK_LINES))}
        if sources.agreed:
            judged_by["real"] = judged(read_lines(sources.agreed, held_back=True))
        supply = Supply(sources, self._plan.seed + 1000 * self.progress.steps, self._plan.workers)
        try:
            self._until_over(supply, judged_by)
        finally:
            supply.close()

    def _until_over(self, supply: Supply, judged_by: Mapping[str, list[Batch]]) -> None:
        before, since, losses = self._clock(), self.progress.seconds, 0.0
        kept = self.progress.seconds
        loss = torch.zeros(())
        for batch in supply:
            loss = self._step(batch)
            losses = 0.98 * losses + 0.02 * float(loss) if losses else float(loss)
            self.progress.seconds = since + self._clock() - before
            if self.progress.seconds - kept >= self._plan.every_seconds:
                self._keep(judged_by, losses)
                kept = self.progress.seconds
            if self.progress.seconds >= self._plan.seconds:
                break
        self._keep(judged_by, losses)

    def _step(self, batch: Batch) -> Tensor:
        self.network.train()
        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate * self._rate_share()
        with torch.autocast(self._device.type, torch.bfloat16):
            tables = self.network(torch.from_numpy(batch.lines).to(self._device))
        loss = _loss(tables, batch)
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self._optimizer.step()
        self.progress.steps += 1
        self.progress.lines += len(batch.texts)
        return loss.detach()

    def _rate_share(self) -> float:
        warm = min(1.0, (self.progress.steps + 1) / WARM_UP)
        past = self.progress.seconds / self._plan.seconds
        falling = (1 - past) / (1 - self._plan.level_until)
        return warm * max(LAST_RATE, min(1.0, falling))

    def _keep(self, judged_by: Mapping[str, list[Batch]], loss: float) -> None:
        told = {**asdict(self.progress), "loss": loss}
        told |= {f"{name}_error_rate": judge(self.network, lines) for name, lines in judged_by.items()}
        with (self._plan.folder / LOG).open("a") as log:
            log.write(json.dumps(told) + "\n")
        state = {
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "progress": asdict(self.progress),
        }
        beside = self._plan.folder / f"{CHECKPOINT}.part"
        torch.save(state, beside)
        beside.replace(self._plan.folder / CHECKPOINT)

    def _resume(self) -> None:
        self._plan.folder.mkdir(parents=True, exist_ok=True)
        kept = self._plan.folder / CHECKPOINT
        if kept.exists():
            state = torch.load(kept, map_location=self._device, weights_only=True)
            self.network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])


def judge(network: Network, batches: list[Batch]) -> float:
    """Character error rate of best paths."""
    network.eval()
    device = next(network.parameters()).device
    pairs: list[tuple[str, str]] = []
    with torch.inference_mode():
        for batch in batches:
            tables = network(torch.from_numpy(batch.lines).to(device)).cpu().numpy()
            read = [best_path(table[:steps]) for table, steps in zip(tables, batch.steps, strict=True)]
            pairs += zip(read, batch.texts, strict=True)
    return error_rate(pairs)


def _loss(tables: Tensor, batch: Batch) -> Tensor:
    return nn.functional.ctc_loss(
        tables.transpose(0, 1),
        torch.from_numpy(batch.columns),
        torch.from_numpy(batch.steps),
        torch.from_numpy(batch.lengths),
        blank=BLANK,
        zero_infinity=True,
    )
