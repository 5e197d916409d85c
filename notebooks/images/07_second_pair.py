"""Trains the second pair of notebook 07, drawn horses by day and at dusk, and stores it.

    python notebooks/images/07_second_pair.py

A few minutes on an idle core; after a stop, the same command goes on. Of every horse by day the
true picture at dusk is known: the same scene with the other landscape.
"""

import json
from dataclasses import replace
from pathlib import Path

import torch

from helpers.config import Config
from helpers.data import domains, drawings
from helpers.results.toy import held_out_scenes, in_batches
from helpers.show import draw_rows
from helpers.training import Run, train
from helpers.weights import save_weights

root = Path(__file__).resolve().parents[2]
out = root / "data/pretrained/second"
COATS = (("bay", 1.0), ("black", 1.0), ("white", 1.0))
DAY = drawings.World(horse_coats=COATS, horse_landscapes=(("meadow", 1.0),))
DUSK = replace(DAY, horse_landscapes=(("dusk", 1.0),))


def pair(count: int, size: int, seed: int) -> domains.Domains:
    """Horses by day and other horses at dusk, uint8: no two share a scene."""
    sides = [
        torch.from_numpy(drawings.drawings("horse", count, size, 2 * seed + k, world)[0])
        for k, world in enumerate((DAY, DUSK))
    ]
    return domains.Domains(*sides, ("day", "dusk"))


def held_out(count: int, size: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Scenes that nothing trained on, by day and at dusk: float (count, 3, size, size) each."""
    day = held_out_scenes(DAY, count)
    dusk = [replace(scene, landscape="dusk") for scene in day]
    return domains.toy_images(day, "horse", size), domains.toy_images(dusk, "horse", size)


if __name__ == "__main__":
    torch.set_num_threads(1)
    config = Config(width=8, blocks=2, d_width=8, steps=700, decay_steps=300, learning_rate=8e-4)
    run = Run(config)
    pictures = pair(config.images, config.crop_from, 0)
    train(run, pictures, root / "runs/second", lambda run: print(run.step), save_every=100)
    for name, net in zip(("day2dusk", "dusk2day", "D_A", "D_B"), run.nets):
        save_weights(out / f"{name}.safetensors", net, torch.float16, size=64)
    day, dusk = held_out(64)
    shown = {"by day": day[:5], "G(by day)": in_batches(run.nets.G_AB, day[:5])}
    draw_rows(shown, scale=1.7).savefig(Path(__file__).with_name("07_dusk.png"))
    report = {"steps": run.step, "images": config.images}
    ways = ("day2dusk", run.nets.G_AB, day, dusk), ("dusk2day", run.nets.G_BA, dusk, day)
    for name, net, x, truth in ways:
        report[name] = [round((y - truth).abs().mean().item(), 3) for y in (x, in_batches(net, x))]
    (out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
