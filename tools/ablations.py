"""Trains the preset `lecture` many times on drawings, each time with one thing changed.

python -m tools.ablations --out runs/toy                  every run of data/toy_runs
python -m tools.ablations all without-cycle --out runs/toy    these conditions only

A run is NAME-SEED.json (what was measured), NAME-SEED.png (what it looks like) and its two
generators in weights/. What is there already is kept. Questions and rules, written before the runs:
data/experiments/criteria.md.
"""

import argparse
import dataclasses
import json
import os
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from helpers.config import PRESETS, Config
from helpers.data.domains import toy_domains
from helpers.data.drawings import World
from helpers.data.images import to_uint8
from helpers.losses import LOSSES, Networks
from helpers.results import toy
from helpers.training import Run, train
from helpers.weights import save_weights

HORSES = (("bay", 1.0), ("black", 1.0), ("white", 1.0))
ZEBRAS = (("plains", 1.0), ("brownish", 1.0), ("fine", 1.0))
ANY_SIZE = (0.25, 0.82)  # the animal's length as a share of the image's width
IDENTITY, CYCLE, ADVERSARIAL = ("identity_a", "identity_b"), ("cycle_a", "cycle_b"), LOSSES[2:4]


@dataclass(frozen=True)
class Condition:
    """What a run has that others have not; probes: worlds that it is measured in as well."""

    changes: dict = field(default_factory=dict)
    world: World = World()
    probes: dict = field(default_factory=dict)
    seeds: int = 3


def without(*losses: str) -> Condition:
    return Condition({"without": losses})


def probing(*kinds: str, seeds: int = 5, changes: dict | None = None, **world) -> Condition:
    """A world, and questions about it: how large the animals, how much clutter, which coats."""
    world, probes = World(**world), {}
    if "length" in kinds:
        for k in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
            probes[f"length {k}"] = replace(world, length=(k, k))
    if "clutter" in kinds:
        probes |= {f"clutter {k}": replace(world, clutter=(k, k)) for k in (0, 2, 4, 8)}
    if "coats" in kinds:
        for coat, _ in world.horse_coats:
            probes[f"{coat} horses"] = replace(world, horse_coats=((coat, 1.0),))
    return Condition(changes or {}, world, probes, seeds)


def brown(share: float) -> Condition:
    rest = round((1 - share) / 2, 6)
    return probing("coats", horse_coats=(("bay", share), ("black", rest), ("white", rest)))


# What the stored runs were: longer, and their discriminators learned as fast as their generators.
LECTURE = replace(PRESETS["lecture"], steps=3000, decay_steps=1500, d_learning_rate=4e-4)
FREE = {"lambda_identity": 0.0}
CONDITIONS = {
    "all": probing("coats"),
    "without-identity": without(*IDENTITY),
    "without-cycle": without(*CYCLE),
    "without-adversarial": without(*ADVERSARIAL),
    **{f"without-{name}": without(name) for name in LOSSES},
    "adversarial-alone": without(*CYCLE, *IDENTITY),
    **{f"cycle-x{k}": Condition({"lambda_cycle": k * LECTURE.lambda_cycle}) for k in (0.25, 4)},
    **{f"identity-x{k}": Condition({"lambda_identity": k * LECTURE.lambda_identity})
       for k in (0.25, 4)},
    "size": probing("length", length=ANY_SIZE),
    "size-no-identity": probing("length", length=ANY_SIZE, changes=FREE),
    "clutter": probing("clutter", clutter=(0, 8)),
    "clutter-no-identity": probing("clutter", clutter=(0, 8), changes=FREE),
    "coats-3-1": probing("coats", horse_coats=HORSES),
    "coats-1-3": probing("coats", zebra_coats=ZEBRAS),
    "coats-3-3": probing("coats", horse_coats=HORSES, zebra_coats=ZEBRAS),
    "brown-10": brown(0.1),
    "brown-90": brown(0.9),
    "varied": probing("length", "clutter", "coats", length=ANY_SIZE, clutter=(0, 6),
                      horse_coats=HORSES, zebra_coats=ZEBRAS),
}  # fmt: skip

held_out = cache(toy.HeldOut)  # the same scenes are asked about in every run


def outcomes(scenes: toy.HeldOut, output: Tensor) -> dict[str, Tensor]:
    """The measures, and on the animal alone: how much changed, and how much of what should.

    change_inside: mean absolute change, in whatever direction. progress: the projection of the
    change on the change to the nearest truth, 0 (nothing, or something else) to 1.
    """
    nearest = scenes.truths[scenes.errors(output).argmin(0), torch.arange(len(output))]
    needed, done = nearest - scenes.source, output - scenes.source
    along, whole = (toy.mean_in(needed * change, scenes.mask) for change in (done, needed))
    change = toy.mean_in(done.abs(), scenes.mask)
    return scenes.measure(output) | {"change_inside": change, "progress": along / whole}


def painted(scenes: toy.HeldOut, output: Tensor) -> dict[str, float]:
    """The share of translations that are nearest to each coat of the target's."""
    nearest = scenes.errors(output).argmin(0)
    return {coat: (nearest == k).float().mean().item() for k, coat in enumerate(scenes.coats)}


def measure(nets: Networks, size: int, condition: Condition, count: int = 64) -> dict:
    """report: means, pictures: one number an image, probes: means in other worlds."""
    facts = {"pictures": {}, "probes": {name: {} for name in condition.probes}}
    facts["report"] = toy.evaluate(nets.G_AB, nets.G_BA, size, condition.world, count)
    for direction, net in zip(toy.DIRECTIONS, nets):
        scenes = held_out(direction, size, condition.world, count)
        output = toy.in_batches(net, scenes.source)
        values = outcomes(scenes, output)
        facts["pictures"][direction] = {name: value.tolist() for name, value in values.items()}
        facts["report"][direction] |= toy.means(values)
        facts["report"][direction]["painted"] = painted(scenes, output)
        facts["report"][direction]["painted_of_untranslated"] = painted(scenes, scenes.source)
        for name, world in condition.probes.items():
            scenes = held_out(direction, size, world, count)
            row = toy.means(outcomes(scenes, toy.in_batches(net, scenes.source)))
            facts["probes"][name][direction] = row | {"anchors": scenes.anchors()}
    return facts


def sheet(nets: Networks, size: int, world: World, count: int = 3) -> Image.Image:
    """The first held-out scenes of each direction, a column each, pixels doubled, 256 colours.

    Rows: source, translation, round trip, truth.
    """
    columns = []
    for direction, there, back in zip(toy.DIRECTIONS, nets, (nets.G_BA, nets.G_AB)):
        scenes = held_out(direction, size, world, count)
        fake = toy.in_batches(there, scenes.source)
        columns.append([scenes.source, fake, toy.in_batches(back, fake), scenes.target])
    images = to_uint8(torch.cat([torch.cat(row) for row in zip(*columns)]))
    doubled = images.repeat_interleave(2, 2).repeat_interleave(2, 3)
    grid = make_grid(doubled, nrow=2 * count, pad_value=255).permute(1, 2, 0)
    return Image.fromarray(grid.numpy()).quantize(256, dither=Image.Dither.NONE)


def round_off(facts: dict) -> dict:
    """Floats to four digits, however deep they lie."""
    return json.loads(json.dumps(facts), parse_float=lambda text: round(float(text), 4))


def make(name: str, seed: int, base: Config, out: Path) -> None:
    """One run, from drawings to files; the JSON comes last and is never half a file."""
    condition = CONDITIONS[name]
    config = replace(base, seed=seed, **condition.changes)
    run = Run(config)
    train(run, toy_domains(config.images, config.crop_from, seed, condition.world))
    folder, every = out / f"weights/{name}-{seed}", max(1, config.steps // 40)
    folder.mkdir(parents=True, exist_ok=True)
    for direction, net in zip(toy.DIRECTIONS, run.nets):
        save_weights(folder / f"{direction}.safetensors", net, torch.float16, size=config.size)
    means = run.losses[: config.steps // every * every].unflatten(0, (-1, every)).mean(1)
    facts = {
        "condition": name, "seed": seed, "preset": dataclasses.asdict(config),
        "world": dataclasses.asdict(condition.world), "torch": torch.__version__,
        "threads": torch.get_num_threads(), "seconds": run.seconds, "steps_per_mean": every,
        "losses": dict(zip(LOSSES, means.T.tolist())),
    }  # fmt: skip
    sheet(run.nets, config.size, condition.world).save(out / f"{name}-{seed}.png")
    text = json.dumps(round_off(facts | measure(run.nets, config.size, condition))) + "\n"
    (out / f"{name}-{seed}.part").write_text(text)
    os.replace(out / f"{name}-{seed}.part", out / f"{name}-{seed}.json")


def main(arguments: list[str] | None = None) -> None:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m tools.ablations", description=__doc__, formatter_class=layout
    )
    parser.add_argument("conditions", nargs="*", metavar="CONDITION", help=", ".join(CONDITIONS))
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--seeds", type=int, help="fewer seeds than the table says, or more")
    parser.add_argument("--smoke", action="store_true", help="seconds a run, to try it out")
    args = parser.parse_args(arguments)
    if unknown := set(args.conditions) - CONDITIONS.keys():
        parser.error(f"there is no condition {min(unknown)!r}: choose from {', '.join(CONDITIONS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.conditions or CONDITIONS:
        for seed in range(args.seeds or CONDITIONS[name].seeds):
            if not (args.out / f"{name}-{seed}.json").exists():
                make(name, seed, PRESETS["smoke"] if args.smoke else LECTURE, args.out)
                print(f"made {name}-{seed}", flush=True)


if __name__ == "__main__":
    main()
