"""Checkpoint to weights file: the ONNX format, matrices and LSTM as 8-bit numbers when asked."""

import hashlib
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

from digitize.reader.network import LINE_HEIGHT
from digitize.training.shape import Network

OPSET = 17
EXAMPLE = (2, LINE_HEIGHT, 320)


def load_network(checkpoint: Path) -> Network:
    """The network of a checkpoint, ready to read."""
    network = Network()
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    return network.eval()


def averaged(checkpoints: list[Path]) -> Network:
    """One network whose weights are the mean of several checkpoints of one training."""
    networks = [load_network(path).state_dict() for path in checkpoints]
    mean: dict[str, Tensor] = {
        name: torch.stack([state[name].float() for state in networks]).mean(0).to(first.dtype)
        for name, first in networks[0].items()
    }
    network = Network()
    network.load_state_dict(mean)
    return network.eval()


def export(network: Network, out: Path, *, eight_bit: bool) -> str:
    """Write the weights file. Returns: its SHA-256 as hex."""
    whole = out.with_suffix(".float.onnx")
    torch.onnx.export(
        network,
        (torch.zeros(EXAMPLE, dtype=torch.uint8),),
        str(whole),
        input_names=["lines"],
        output_names=["log_probabilities"],
        dynamic_axes={"lines": {0: "batch", 2: "width"}, "log_probabilities": {0: "batch", 1: "steps"}},
        opset_version=OPSET,
        dynamo=False,
    )
    if eight_bit:
        quantize_dynamic(whole, out, op_types_to_quantize=["LSTM", "MatMul"], weight_type=QuantType.QInt8)
        whole.unlink()
    else:
        whole.replace(out)
    return hashlib.sha256(out.read_bytes()).hexdigest()
