"""Trains the preset `lecture` many times, each time with one thing changed.

    python -m tools.toy_runs --out runs/toy                 # every run of the table below
    python -m tools.toy_runs --out runs/toy ablations sweep # these groups only

A run is NAME-SEED.json and NAME-SEED.png in the folder, its generators lie in weights/. What is
there already is kept if its settings are the table's, and refused if they are not. Several
processes may share a folder: each locks the run that it works on. A run that was cut short starts
afresh.
"""

import dataclasses
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from filelock import FileLock, Timeout  # torch needs it, too
from torch import Tensor
from torchvision.utils import make_grid

from helpers import checkpoints, images, measures, plots, toy
from helpers.objectives import Networks
from helpers.settings import LOSSES, PRESETS, Preset, UserError
from helpers.training import Run, train
from tools import Parser
from tools.store import round_off

HORSES = (("bay", 1.0), ("black", 1.0), ("white", 1.0))
ZEBRAS = (("plains", 1.0), ("brownish", 1.0), ("fine", 1.0))
ANY_SIZE = (0.25, 0.82)  # the animal's length as a share of the picture's width
VARIED = dataclasses.replace(
    toy.World(), length=ANY_SIZE, horse_coats=HORSES, zebra_coats=ZEBRAS, clutter=(0, 6)
)
LAMBDA_CYCLE, LAMBDA_IDENTITY = (
    getattr(PRESETS["lecture"], name) for name in ("lambda_cycle", "lambda_identity")
)
BOTH = {
    kind: " ".join(name for name in LOSSES if LOSSES[name] == kind)
    for kind in ("identity", "cycle", "adversarial")
}
COUNT = 64  # held-out scenes of each measurement


@dataclasses.dataclass(frozen=True)
class Condition:
    """What one run has that others have not: settings, a world, and what it is asked about.

    probes: worlds, by name, that the trained networks are measured in beside their own.
    """

    changes: dict = dataclasses.field(default_factory=dict)
    world: toy.World = toy.World()
    probes: dict = dataclasses.field(default_factory=dict)


def without(names: str) -> Condition:
    return Condition({"without": names})


def lengths(world: toy.World) -> dict[str, toy.World]:
    return {
        f"length {share}": dataclasses.replace(world, length=(share, share))
        for share in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    }


def clutters(world: toy.World) -> dict[str, toy.World]:
    return {
        f"clutter {count}": dataclasses.replace(world, clutter=(count, count))
        for count in (0, 2, 4, 8)
    }


def horses(world: toy.World) -> dict[str, toy.World]:
    return {
        f"{coat} horses": dataclasses.replace(world, horse_coats=((coat, 1.0),))
        for coat, _ in world.horse_coats
    }


def wearing(world: toy.World = toy.World(), **changes) -> Condition:
    """A world with these coats, asked about each coat of its horses."""
    world = dataclasses.replace(world, **changes)
    return Condition(world=world, probes=horses(world))


def brown(share: float) -> Condition:
    """Horses of three coats, `share` of them brown. A third brown is "coats-3-1"."""
    rest = round((1 - share) / 2, 6)  # as the stored runs have it, which are rounded off
    return wearing(horse_coats=(("bay", share), ("black", rest), ("white", rest)))


SIZES = dataclasses.replace(toy.World(), length=ANY_SIZE)
CLUTTER = dataclasses.replace(toy.World(), clutter=(0, 8))
NO_IDENTITY = {"lambda_identity": 0.0}
CONDITIONS = {
    "all": wearing(),
    **{f"without-{kind}": without(names) for kind, names in BOTH.items()},
    **{f"without-{name}": without(name) for name in LOSSES},
    "adversarial-alone": without(f"{BOTH['cycle']} {BOTH['identity']}"),
    **{f"cycle-x{f}": Condition({"lambda_cycle": f * LAMBDA_CYCLE}) for f in (0.25, 4)},
    **{f"identity-x{f}": Condition({"lambda_identity": f * LAMBDA_IDENTITY}) for f in (0.25, 4)},
    "size": Condition(world=SIZES, probes=lengths(SIZES)),
    "size-no-identity": Condition(NO_IDENTITY, SIZES, lengths(SIZES)),
    "clutter": Condition(world=CLUTTER, probes=clutters(CLUTTER)),
    "clutter-no-identity": Condition(NO_IDENTITY, CLUTTER, clutters(CLUTTER)),
    "coats-3-1": wearing(horse_coats=HORSES),
    "coats-1-3": wearing(zebra_coats=ZEBRAS),
    "coats-3-3": wearing(horse_coats=HORSES, zebra_coats=ZEBRAS),
    "brown-10": brown(0.1),
    "brown-90": brown(0.9),
    "varied": Condition(
        world=VARIED, probes=lengths(VARIED) | clutters(VARIED) | horses(VARIED)
    ),
}  # fmt: skip
ABLATIONS = ("all", *(n for n in CONDITIONS if n.startswith("without-")), "adversarial-alone")
# group: its conditions, number of seeds
GROUPS = {
    "ablations": (ABLATIONS, 3),
    # factor 0 is "without-cycle" and "without-identity", factor 1 is "all"
    "sweep": (("cycle-x0.25", "cycle-x4", "identity-x0.25", "identity-x4"), 3),
    "coats": (("all", "coats-3-1", "coats-1-3", "coats-3-3"), 5),
    "brown": (("brown-10", "coats-3-1", "brown-90"), 5),
    "size": (("size", "size-no-identity"), 5),
    "clutter": (("clutter", "clutter-no-identity"), 5),
    "varied": (("varied",), 5),
}


def table(groups: list[str], seeds: int | None = None) -> list[tuple[str, int]]:
    """The runs of these groups, (condition, seed), seed 0 of all first."""
    runs = dict.fromkeys(
        (seed, name)
        for seed in range(max(count for _, count in GROUPS.values()))
        for names, count in map(GROUPS.get, groups)
        for name in names
        if seed < (count if seeds is None else seeds)
    )
    return [(name, seed) for seed, name in runs]


measured = functools.cache(measures.Measured)  # the same scenes are asked about in every run


def outcomes(scenes: measures.Measured, output: Tensor) -> dict[str, Tensor]:
    """The measures, and on the animal alone: how much changed, and how much of what should.

    change_inside: mean absolute change, in whatever direction. progress: the projection of the
    change on the change to the nearest truth, 0 (nothing, or something else) to 1.
    """
    nearest = scenes.truths[scenes.errors(output).argmin(0), torch.arange(len(output))]
    needed, done = nearest - scenes.source, output - scenes.source
    along, whole = (measures.mean_in(needed * v, scenes.mask) for v in (done, needed))
    return scenes(output) | {
        "change_inside": measures.mean_in(done.abs(), scenes.mask),
        "progress": along / whole,
    }


def painted(scenes: measures.Measured, output: Tensor) -> dict[str, float]:
    """The share of translations that are nearest to each coat of the target's."""
    nearest = scenes.errors(output).argmin(0)
    return {coat: (nearest == k).float().mean().item() for k, coat in enumerate(scenes.coats)}


def measure(nets: Networks, size: int, condition: Condition) -> dict:
    """All that is stored about a pair of generators but for their training."""
    facts = {"report": measures.evaluate_toy(nets.G_AB, nets.G_BA, size, COUNT, condition.world)}
    for direction, net in zip(measures.DIRECTIONS, nets):
        scenes = measured(direction, size, condition.world, COUNT)
        output = measures.in_batches(net, scenes.source)
        values = outcomes(scenes, output)
        facts["report"][direction] |= measures.means(values) | {
            "painted": painted(scenes, output),
            "painted_of_untranslated": painted(scenes, scenes.source),
        }
        facts.setdefault("pictures", {})[direction] = {k: v.tolist() for k, v in values.items()}
        for name, world in condition.probes.items():
            scenes = measured(direction, size, world, COUNT)
            values = outcomes(scenes, measures.in_batches(net, scenes.source))
            row = measures.means(values) | {"anchors": scenes.anchors()}
            facts.setdefault("probes", {}).setdefault(name, {})[direction] = row
    return facts


def picture(nets: Networks, size: int, world: toy.World, count: int = 3) -> Tensor:
    """The first held-out scenes of each direction, a column each, the pixels doubled.

    Rows: source, translation, round trip, truth. uint8 (3, height, width).
    """
    columns = []
    for direction, there, back in zip(measures.DIRECTIONS, nets, reversed(nets[:2])):
        scenes = measured(direction, size, world, count)
        source = scenes.source
        fake = measures.in_batches(there, source)
        columns.append([source, fake, measures.in_batches(back, fake), scenes.target])
    rows = [torch.cat(row) for row in zip(*columns)]
    doubled = images.to_uint8(torch.cat(rows)).repeat_interleave(2, 2).repeat_interleave(2, 3)
    return make_grid(doubled, nrow=2 * count, pad_value=255)


def settings(preset: Preset, condition: Condition, seed: int) -> dict:
    """What makes a run what it is, as JSON would give it back."""
    facts = {"seed": seed, "preset": dataclasses.asdict(preset)}
    facts |= {"world": dataclasses.asdict(condition.world)}
    del facts["preset"]["runs_on"]
    return json.loads(json.dumps(facts))


def differences(stored: dict, wanted: dict, where: str = "") -> Iterator[str]:
    """What differs, one text each."""
    for key in sorted(stored.keys() | wanted.keys()):
        was, now = stored.get(key), wanted.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            yield from differences(was, now, f"{key}.")
        elif was != now:
            yield f"{where}{key} was {was} and is now {now}"


def check_folder(out: Path, base: Preset) -> set[str]:
    """The names of the runs that `out` holds. Raises UserError for one that the table does not."""
    known = {f"{name}-{seed}": (name, seed) for name, seed in table(list(GROUPS), 99)}
    for path in sorted(out.glob("*.json")):
        if path.stem not in known:
            raise UserError(f"{path} is no run of this table: name another folder with --out.")
        name, seed = known[path.stem]
        stored = json.loads(path.read_text())
        condition = CONDITIONS[name]
        wanted = settings(dataclasses.replace(base, **condition.changes), condition, seed)
        found = list(differences({key: stored.get(key) for key in wanted}, wanted))
        if found:
            raise UserError(
                f"{path} holds another run ({'; '.join(found)}): name another folder with --out."
            )
    return {path.stem for path in out.glob("*.json")}


def train_one(name: str, seed: int, base: Preset) -> Run:
    """The trained run of a condition: its changes to `base`, its world, and nothing else."""
    condition = CONDITIONS[name]
    preset = dataclasses.replace(base, **condition.changes)
    domains = images.toy_domains(preset.pictures, preset.load_size, seed, condition.world)
    return train(Run(preset, seed), domains)


def make(name: str, seed: int, base: Preset, out: Path) -> None:
    """One run, from drawings to files; the JSON comes last."""
    run = train_one(name, seed, base)
    preset = run.preset
    every = max(1, preset.steps // 40)
    facts = settings(preset, CONDITIONS[name], seed) | {
        "condition": name, "torch": torch.__version__, "threads": torch.get_num_threads(),
        "seconds": run.seconds, "steps_per_mean": every,
        "losses": dict(zip(LOSSES, plots.smooth(run.losses.double().numpy(), every).T.tolist())),
    }  # fmt: skip
    for direction, net in zip(measures.DIRECTIONS, run.nets):
        path = out / "weights" / f"{name}-{seed}" / f"{direction}.safetensors"
        checkpoints.save_generator(path, net, direction, preset.size, torch.float16)
    store(facts, run.nets, out)


def store(facts: dict, nets: Networks, out: Path) -> None:
    """Measures and writes the picture and the JSON of a run."""
    condition, name = CONDITIONS[facts["condition"]], f"{facts['condition']}-{facts['seed']}"
    size = facts["preset"]["size"]
    sheet = images.to_image(picture(nets, size, condition.world)).quantize(256, dither=0)
    checkpoints.write_safely(out / f"{name}.png", images.encode(sheet))
    text = json.dumps(round_off(facts | measure(nets, size, condition)))
    checkpoints.write_safely(out / f"{name}.json", text.encode() + b"\n")


def measure_again(out: Path) -> None:
    """Replaces what is measured on the stored generators; their training stays."""
    for path in sorted(out.glob("*.json")):
        facts, folder = json.loads(path.read_text()), out / "weights" / path.stem
        nets = [
            checkpoints.load_generator(folder / f"{d}.safetensors")[0] for d in measures.DIRECTIONS
        ]
        store(facts, Networks(*nets, None, None), out)
        print(f"measured {path.stem}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("groups", nargs="*", help=f"of {', '.join(GROUPS)}; default: all")
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--seeds", type=int, help="fewer seeds, or more, than the table says")
    parser.add_argument("--preset", default="lecture", choices=PRESETS)
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--measure-again", action="store_true", help="train nothing")
    args = parser.parse_args(arguments)
    base = dataclasses.replace(PRESETS[args.preset], precision=args.precision)
    try:
        if unknown := set(args.groups) - GROUPS.keys():
            raise UserError(f"There is no group {min(unknown)!r}, choose from {', '.join(GROUPS)}.")
        done = check_folder(args.out, base)
        print(f"{args.out}: {len(done)} runs of these settings are there and kept", flush=True)
        if args.measure_again:
            measure_again(args.out)
            return 0
        (args.out / "locks").mkdir(parents=True, exist_ok=True)
        for name, seed in table(args.groups or list(GROUPS), args.seeds):
            try:  # a lock ends with its process, however that ends
                with FileLock(args.out / "locks" / f"{name}-{seed}", timeout=0):
                    if not (args.out / f"{name}-{seed}.json").exists():
                        make(name, seed, base, args.out)
                        print(f"made {name}-{seed}", flush=True)
            except Timeout:
                print(f"{name}-{seed} is another process's", flush=True)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
