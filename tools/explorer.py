"""The stored runs on drawn animals as the data of docs/explorer.md, a page that opens from disk.

`build(out)` writes to out/docs/explorer, beside the page: the page's own script and style; data.js,
which holds what is measured in every run; and one sheet of pictures a run, read when it is shown.
"""

import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
RUNS, PAGE = ROOT / "data/toy_runs", ROOT / "docs/explorer"
WAYS = ("horse2zebra", "zebra2horse")
MEASURES = ("striped", "error_inside", "background_change", "outline", "round_trip")
TILE, STEP = 128, 130  # of a stored sheet, whose pixels are doubled; 2 px lie between pictures


def conditions() -> list[dict]:
    """What can be left out or changed: id, group, base to compare with, and the page's words."""
    return json.loads((PAGE / "conditions.json").read_text(encoding="utf-8"))


def stored(name: str) -> list[dict]:
    """The runs of a condition, one a seed. Raises ValueError where there is none."""
    paths = sorted(RUNS.glob(f"{name}-[0-9].json"))
    if not paths:
        raise ValueError(f"{RUNS} has no run of {name!r}: take it out of conditions.json.")
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def values(runs: list[dict], way: str, measure: str) -> list[float]:
    return [run["report"][way][measure] for run in runs]


def worse(runs: list[dict], base: list[dict], way: str, measure: str) -> list[bool]:
    """For each seed: worse than the base's by more than twice the base's spread over the seeds.

    The rule of data/experiments/criteria.md, applied to each seed; the spread is highest less
    lowest, over the seeds that both have.
    """
    count = min(len(runs), len(base))
    whole, less = (np.array(values(some[:count], way, measure)) for some in (base, runs))
    more_is_better = measure == "outline" or (way, measure) == ("horse2zebra", "striped")
    loss = whole - less if more_is_better else less - whole
    return (loss > 2 * np.ptp(whole)).tolist()


def facts(runs: list[dict]) -> dict:
    """What the page shows of a condition without its pictures."""
    preset = runs[0]["preset"]
    found = {"seeds": [run["seed"] for run in runs], "losses": [run["losses"] for run in runs]}
    weights = {loss: preset.get(f"lambda_{loss[:-2]}", 1) for loss in runs[0]["losses"]}
    found["weights"] = weights | dict.fromkeys(preset["without"], 0)
    for way in WAYS:
        found[way] = {measure: values(runs, way, measure) for measure in MEASURES}
        found[way]["anchors"] = runs[0]["report"][way]["anchors"]
    return found


def sheet(path: Path) -> Image.Image:
    """A stored sheet, six pictures by four, without its borders and the doubling of its pixels."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = len(pixels) // STEP, pixels.shape[1] // STEP
    inside = np.arange(0, TILE, 2) + 2
    down, across = (np.concatenate([inside + k * STEP for k in range(n)]) for n in (rows, columns))
    return Image.fromarray(pixels[np.ix_(down, across)])


def build(out: Path) -> None:
    """Writes all that the page loads to `out`, the folder of the book's pages."""
    folder = out / "docs/explorer"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("explorer.js", "explorer.css"):
        shutil.copyfile(PAGE / name, folder / name)
    chosen = conditions()
    runs = {name: stored(name) for name in ("all", *(condition["id"] for condition in chosen))}
    for condition in chosen:
        own, base = runs[condition["id"]], runs[condition["base"]]
        condition["same_world"] = own[0]["world"] == base[0]["world"]
        for way in WAYS:
            condition[way] = {m: worse(own, base, way, m) for m in MEASURES}
    data = {"conditions": chosen, "runs": {name: facts(some) for name, some in runs.items()}}
    (folder / "data.js").write_text(f"const EXPLORER = {json.dumps(data)};\n", encoding="utf-8")
    for name, some in runs.items():
        for run in some:
            source = f"{name}-{run['seed']}"
            sheet(RUNS / f"{source}.png").save(folder / f"{source}.webp", lossless=True, method=4)
