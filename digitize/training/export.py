"""Checkpoint to weights file: the ONNX format with 8-bit numbers, judged as it will run, by onnxruntime.

Weights keep to 7 bits (`reduce_range`): processors without VNNI would overflow on the eighth.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from torch import Tensor

from digitize.reader.network import LINE_HEIGHT, LineReader, stacked, stretched
from digitize.training.pictures import LinePicture
from digitize.training.scoring import best_path, error_rate
from digitize.training.shape import Network

OPSET = 17
EXAMPLE = (2, LINE_HEIGHT, 320)
SEEN_ONCE = ["Conv", "MaxPool", "Relu"]  # ranges of what flows are measured on the calibration lines
# The first layer, one channel in full size: in 32 bits it is several times quicker, and exact.
WHOLE = ["/look/look.0/Conv", "/look/look.2/Relu", "/look/look.3/MaxPool"]
SEEN_EACH_TIME = ["LSTM", "MatMul"]  # ranges are measured while it runs


def averaged(checkpoints: Sequence[Path]) -> Network:
    """One network whose weights are the mean of several checkpoints of one training."""
    states = [torch.load(path, map_location="cpu", weights_only=True)["network"] for path in checkpoints]
    mean: dict[str, Tensor] = {
        name: torch.stack([state[name].float() for state in states]).mean(0).to(first.dtype)
        for name, first in states[0].items()
    }
    network = Network()
    network.load_state_dict(mean)
    return network.eval()


def export(network: Network, out: Path, calibration: Sequence[LinePicture]) -> str:
    """Write the weights file. Returns: its SHA-256 as hex."""
    with TemporaryDirectory() as folder:
        whole, half = Path(folder, "whole.onnx"), Path(folder, "half.onnx")
        export_whole(network, whole)
        quantize_static(
            whole,
            half,
            _Calibration(calibration),
            quant_format=QuantFormat.QOperator,
            op_types_to_quantize=SEEN_ONCE,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=WHOLE,
        )
        quantize_dynamic(
            half, out, op_types_to_quantize=SEEN_EACH_TIME, weight_type=QuantType.QInt8, reduce_range=True
        )
    return hashlib.sha256(out.read_bytes()).hexdigest()


def export_whole(network: Network, out: Path) -> None:
    """Write the network with its 32-bit numbers: what the 8-bit file is compared with."""
    torch.onnx.export(
        network,
        (torch.zeros(EXAMPLE, dtype=torch.uint8),),
        str(out),
        input_names=["lines"],
        output_names=["log_probabilities"],
        dynamic_axes={"lines": {0: "batch", 2: "width"}, "log_probabilities": {0: "batch", 1: "steps"}},
        opset_version=OPSET,
        dynamo=False,
    )


def judge_file(weights: Path, lines: Sequence[LinePicture]) -> float:
    """Character error rate of the weights file on these lines."""
    reader = LineReader(weights.read_bytes())
    tables = reader.read([line.pixels for line in lines])
    return error_rate((best_path(table), line.text) for table, line in zip(tables, lines, strict=True))


class _Calibration(CalibrationDataReader):
    def __init__(self, lines: Sequence[LinePicture]) -> None:
        self._lines: Iterator[LinePicture] = iter(lines)

    def get_next(self) -> Mapping[str, NDArray[np.uint8]] | None:
        line = next(self._lines, None)
        return {"lines": stacked([stretched(line.pixels)])} if line else None
