"""The runs behind the verdicts of notebook 06: one cause at a time, several seeds each.

python -m tools.experiments size coats brown      # five seeds each, resumes, about two hours

A run differs from its neighbours only in what its condition names. Drawings, weights and the order
of pictures follow the seed; what is measured is measured on the same held-out scenes for all.
"""

import argparse
import dataclasses
import functools
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.utils import make_grid

from helpers import images, measures, toy
from helpers.measures import held_out_scenes
from helpers.settings import PRESETS, Preset
from helpers.training import Run, train
from tools.store import round_off

FOLDER = Path(__file__).parent.parent / "data/experiments"
PRESET = dataclasses.replace(
    PRESETS["lecture"], steps=800, decay_steps=400, precision="bfloat16", runs_on=""
)
SIZES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # the animal's length as a share of the picture's width
ALL_SIZES = toy.World(length=(0.25, 0.82))
HORSES, ZEBRAS = ("bay", "black", "white"), ("plains", "brownish", "fine")


# The same scenes are measured in every run, so what they look like is remembered.
draw, animal_mask = functools.cache(toy.draw), functools.cache(toy.animal_mask)


def coats(*names: str) -> tuple[tuple[str, float], ...]:
    return tuple((name, 1.0) for name in names)


def brown(share: float) -> toy.World:
    """Horses of three coats, `share` of them brown."""
    rest = (1 - share) / 2
    return toy.World(horse_coats=(("bay", share), ("black", rest), ("white", rest)))


# experiment -> condition -> what it changes: the preset's lambda_identity, and the world.
CONDITIONS = {
    "size": {
        "identity 10": (10.0, ALL_SIZES),
        "identity 0": (0.0, ALL_SIZES),
    },
    "coats": {
        "1 and 1": (10.0, toy.World()),
        "3 horse coats": (10.0, toy.World(horse_coats=coats(*HORSES))),
        "3 zebra coats": (10.0, toy.World(zebra_coats=coats(*ZEBRAS))),
    },
    # A third brown is "3 horse coats" above.
    "brown": {f"{share:.0%} brown": (10.0, brown(share)) for share in (0.1, 0.9)},
}


def drawn(scenes: list[toy.Scene], animal: str, size: int) -> Tensor:
    """(n, 3, size, size) in [-1, 1]."""
    return images.to_float(measures.as_tensor([draw(s, animal, size) for s in scenes]))


def inside(values: Tensor, scenes: list[toy.Scene]) -> Tensor:
    """Mean on the animal alone, one number a scene: (n, 3, h, w) to (n,)."""
    size = values.shape[-1]
    mask = torch.from_numpy(np.stack([animal_mask(s, size) for s in scenes]))[:, None]
    return (values * mask).sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))


def nearest(output: Tensor, scenes: list[toy.Scene], animal: str, names) -> tuple[Tensor, Tensor]:
    """The error inside against the nearest of the truths that these coats allow, and its number.

    A zebra does not tell which coat its horse wears, so any coat of the target's side is right.
    """
    size, field = output.shape[-1], f"{animal}_coat"
    errors = []
    for name in names:
        truth = drawn([dataclasses.replace(s, **{field: name}) for s in scenes], animal, size)
        errors.append(inside((output - truth).abs(), scenes))
    return torch.stack(errors).min(0)


def measure_size(nets, size: int, world: toy.World) -> dict:
    """By length of the animal, on the animal alone, as shares of what the truth asks for.

    change: how much was changed, in whatever direction; progress: how much of the needed change was
    made, the projection on it; error: what is left, all from 0 (nothing) to about 1.
    """
    rows = {}
    for length in SIZES:
        scenes = held_out_scenes(dataclasses.replace(world, length=(length, length)))
        horses, zebras = drawn(scenes, "horse", size), drawn(scenes, "zebra", size)
        for direction, net, source, target in (
            ("horse2zebra", nets.G_AB, horses, zebras), ("zebra2horse", nets.G_BA, zebras, horses)
        ):  # fmt: skip
            needed, done = target - source, measures.in_batches(net, source) - source
            before = inside(needed.abs(), scenes).mean()
            squared = inside(needed.square(), scenes).mean()
            rows.setdefault(direction, {})[str(length)] = {
                "change": (inside(done.abs(), scenes).mean() / before).item(),
                "progress": (inside(done * needed, scenes).mean() / squared).item(),
                "error": (inside((done - needed).abs(), scenes).mean() / before).item(),
            }
    return rows


def measure_coats(nets, size: int, world: toy.World) -> dict:
    """Both directions: error left / error before, against the nearest truth that the world allows;

    share of the translated zebras nearest to each horse coat; horse2zebra by the horse's coat.
    """
    scenes, rows = held_out_scenes(world), {}
    horse_coats, zebra_coats = (
        [n for n, _ in pairs] for pairs in (world.horse_coats, world.zebra_coats)
    )
    for direction, net, source, target, names in (
        ("horse2zebra", nets.G_AB, "horse", "zebra", zebra_coats),
        ("zebra2horse", nets.G_BA, "zebra", "horse", horse_coats),
    ):
        pictures = drawn(scenes, source, size)
        error, which = nearest(measures.in_batches(net, pictures), scenes, target, names)
        before, _ = nearest(pictures, scenes, target, names)
        rows[direction] = {
            "error": (error.mean() / before.mean()).item(),
            "error_inside": error.mean().item(),
            "painted": {n: (which == k).float().mean().item() for k, n in enumerate(names)},
        }
    rows["by_coat"] = {}
    for name in horse_coats:
        wearing = [dataclasses.replace(s, horse_coat=name) for s in scenes]
        pictures = drawn(wearing, "horse", size)
        output = measures.in_batches(nets.G_AB, pictures)
        error, _ = nearest(output, wearing, "zebra", zebra_coats)
        before, _ = nearest(pictures, wearing, "zebra", zebra_coats)
        rows["by_coat"][name] = (error.mean() / before.mean()).item()
    return rows


MEASURE = {"size": measure_size, "coats": measure_coats, "brown": measure_coats}


def examples(nets, world: toy.World, size: int, count: int = 6) -> Tensor:
    """Not chosen: held-out horses, their translations, zebras, their translations."""
    scenes = held_out_scenes(world, count)
    horses, zebras = drawn(scenes, "horse", size), drawn(scenes, "zebra", size)
    rows = [horses, measures.in_batches(nets.G_AB, horses),
            zebras, measures.in_batches(nets.G_BA, zebras)]  # fmt: skip
    return images.to_uint8(torch.cat(rows))


def train_one(experiment: str, condition: str, seed: int, preset: Preset = PRESET) -> Run:
    """One condition's networks: its world, its lambda_identity, and nothing else, is different."""
    lambda_identity, world = CONDITIONS[experiment][condition]
    preset = dataclasses.replace(preset, lambda_identity=lambda_identity)
    domains = images.toy_domains(preset.pictures, preset.load_size, seed, world)
    return train(Run(preset, seed), domains)


def measure(experiment: str, condition: str, run: Run) -> dict:
    """What the experiment asks of a trained run, on scenes of the condition's world."""
    _, world = CONDITIONS[experiment][condition]
    return MEASURE[experiment](run.nets, run.preset.size, world)


def save_examples(experiment: str, condition: str, run: Run) -> None:
    """Six held-out scenes as FOLDER/EXPERIMENT-CONDITION.png."""
    _, world = CONDITIONS[experiment][condition]
    sheet = make_grid(examples(run.nets, world, run.preset.size), nrow=6, pad_value=255)
    name = f"{experiment}-{condition.replace(' ', '-').replace('%', '')}.png"
    images.to_image(sheet).save(FOLDER / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="+", choices=CONDITIONS)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    jobs = [(s, e, c) for s in range(args.seeds) for e in args.experiments for c in CONDITIONS[e]]
    for seed, experiment, condition in jobs:
        path = FOLDER / f"{experiment}.json"
        rows = json.loads(path.read_text())["runs"] if path.exists() else []
        if any((r["condition"], r["seed"]) == (condition, seed) for r in rows):
            continue
        begun = time.monotonic()
        run = train_one(experiment, condition, seed)
        measured = measure(experiment, condition, run)
        rows.append({"condition": condition, "seed": seed, **measured})
        if seed == 0:
            save_examples(experiment, condition, run)
        facts = {
            "command": f"python -m tools.experiments {experiment} --seeds {args.seeds}",
            "preset": "lecture", "steps": PRESET.steps, "precision": PRESET.precision, "runs": rows,
        }  # fmt: skip
        path.write_text(json.dumps(round_off(facts), indent=1) + "\n")
        print(experiment, condition, seed, f"{time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
