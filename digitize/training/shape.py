"""The network: convolutions down to one row, two bidirectional LSTM layers, a choice for each step."""

import torch
from torch import Tensor, nn

from digitize.pixels.raster import WHITE
from digitize.reader.alphabet import COLUMNS

CHANNELS = (16, 32, 64, 96)
JOINED = 192  # channels once the rows are one
MEMORY = 160  # of each direction of each LSTM layer
DROPOUT = 0.1


class Network(nn.Module):
    """Lines (batch x 48 x width, uint8, paper white) → log-probabilities (batch x width / 4 x COLUMNS)."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = CHANNELS
        self.look = nn.Sequential(
            *_convolved(1, first),
            nn.MaxPool2d(2),
            *_convolved(first, second),
            nn.MaxPool2d(2),
            *_convolved(second, third),
            *_convolved(third, third),
            nn.MaxPool2d((2, 1)),
            *_convolved(third, fourth),
            *_convolved(fourth, fourth),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(fourth, JOINED, 3, padding=(0, 1), bias=False),
            nn.BatchNorm2d(JOINED),
            nn.ReLU(),
        )
        self.remember = nn.LSTM(JOINED, MEMORY, 2, batch_first=True, bidirectional=True, dropout=DROPOUT)
        self.choose = nn.Linear(2 * MEMORY, COLUMNS)

    def forward(self, lines: Tensor) -> Tensor:
        """Read the lines."""
        ink = 1 - lines.unsqueeze(1).float() / WHITE
        seen = self.look(ink.to(memory_format=torch.channels_last))
        steps, _ = self.remember(seen.squeeze(2).transpose(1, 2))
        return torch.log_softmax(self.choose(steps).float(), dim=2)


def _convolved(before: int, after: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
