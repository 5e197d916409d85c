"""What a training step is predicted to need: operations, memory, bytes of gradient. Needs no GPU.

    python benchmarks/memory.py [--presets lecture colab paper] [--json FILE]

Nothing is computed: on PyTorch's device "meta" tensors have shapes alone. Kept for backward is what
autograd saves during the generators' half of a step, where memory is highest; 16 bits means that
the networks compute in a type of two bytes throughout, which autocast comes close to. Weights,
their gradients and Adam's two moments are float32. cuDNN's workspace and what PyTorch's allocator
reserves come on top.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.step import flops  # noqa: E402
from helpers.forecast import kept_for_backward, networks  # noqa: E402
from helpers.networks import parameter_count  # noqa: E402
from helpers.settings import PRESETS, Preset  # noqa: E402


def predict(preset: Preset) -> dict:
    """One row: GFLOP and MB of a step."""
    g, d = (
        sum(parameter_count(net) for net in pair)
        for pair in (networks(preset, torch.float32)[:2], networks(preset, torch.float32)[2:])
    )
    return dict(
        preset=preset.name, size=preset.size, width=preset.width, blocks=preset.blocks,
        batch=preset.batch, steps=preset.steps, gflop=flops(preset) / 1e9,
        state_mb=16 * (g + d) / 1e6, gradient_mb=4 * (g + d) / 1e6,
        kept_float32_mb=kept_for_backward(preset, torch.float32) / 1e6,
        kept_16_bits_mb=kept_for_backward(preset, torch.bfloat16) / 1e6,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=list(PRESETS)[1:])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = [predict(dataclasses.replace(PRESETS[n], batch=args.batch)) for n in args.presets]
    print("preset   size width blocks batch  GFLOP/step  state MB  kept MB: float32  16 bits")
    for r in rows:
        print(
            f"{r['preset']:8} {r['size']:4} {r['width']:5} {r['blocks']:6} {r['batch']:5} "
            f"{r['gflop']:11.0f} {r['state_mb']:9.0f} {r['kept_float32_mb']:16.0f} "
            f"{r['kept_16_bits_mb']:8.0f}"
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
