"""Trains the pair of generators that the course shows on drawings, data/pretrained/toy.

python -m tools.drawn_pair --out data/pretrained/toy

The preset `lecture`, seed 0, with the last 100 of its 1,600 steps a little slower; the generators
are averages of their weights over the steps (each step 0.2 % of the new ones). About ten minutes on
one core.
"""

import argparse
import copy
import json
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from helpers.config import PRESETS
from helpers.data.domains import toy_domains, toy_images
from helpers.data.images import to_uint8
from helpers.results import toy
from helpers.training import Run, train
from helpers.weights import save_weights

STEPS, DECAY = 1600, 0.998
FRAMES = (25, 50, 100, 200, 400, 800, 1600)


class Enough(Exception):
    """The averages have seen STEPS steps."""


def follow(averages: list, nets: list, step: int) -> None:
    """Moves the averages a little towards the networks; in the first steps a little more."""
    keep = min(DECAY, 1 - 1 / (step + 1))
    for average, net in zip(averages, nets):
        torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)


@torch.no_grad()
def frame(nets, scenes: dict) -> tuple[torch.Tensor, dict]:
    """Rows x, G_AB(x), y, G_BA(y) of six scenes each, and what the discriminators say of them."""
    x, y = (toy_images(scenes[animal], animal) for animal in ("horse", "zebra"))
    fake_b, fake_a = nets[0](x), nets[1](y)
    rows = torch.stack([x, fake_b, y, fake_a])
    scores = {"D_A real": nets[2](x), "D_A fake": nets[2](fake_a),
              "D_B real": nets[3](y), "D_B fake": nets[3](fake_b)}  # fmt: skip
    sheet = to_uint8(rows).permute(2, 0, 3, 1, 4).reshape(3, 4 * 64, 6 * 64)
    return sheet, {name: round(s.mean().item(), 3) for name, s in scores.items()}


def store(averages: list, nets: list, out: Path) -> None:
    """The four networks in half precision, and report.json: the measures on held-out drawings."""
    files = {"horse2zebra": averages[0], "zebra2horse": averages[1], "D_A": nets[2], "D_B": nets[3]}
    for name, net in files.items():
        more = {"size": 64} if "2" in name else {}
        save_weights(out / f"{name}.safetensors", net, torch.float16, **more)
    report = toy.evaluate(*averages, 64)
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m tools.drawn_pair", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args(arguments).out
    (out / "steps").mkdir(parents=True, exist_ok=True)
    # It was planned as a run of 3,000 steps, and ended before the dots came.
    run = Run(replace(PRESETS["lecture"], steps=3000, decay_steps=1500))
    averages = [copy.deepcopy(net) for net in run.nets[:2]]
    scenes = {animal: toy.held_out_scenes(count=6, animal=animal) for animal in ("horse", "zebra")}
    scores = {}

    def watch(run: Run) -> None:
        with torch.no_grad():
            follow(averages, run.nets[:2], run.step)
        if run.step in FRAMES:
            sheet, scores[run.step] = frame(run.nets, scenes)
            Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(out / f"steps/{run.step:06}.png")
        if run.step == STEPS:
            raise Enough

    try:
        train(run, toy_domains(run.config.images, run.config.crop_from), None, watch, every=1)
    except Enough:
        store(averages, run.nets, out)
        (out / "steps/scores.json").write_text(json.dumps(scores, indent=1) + "\n")


if __name__ == "__main__":
    main()
