"""The 103 stored runs on drawings, data/toy_runs: one thing changed in each, three or five seeds.

A run is CONDITION-SEED.json, what was measured, and CONDITION-SEED.png, what it looks like.
"""

import json
from pathlib import Path

import numpy as np
from torch import Tensor

from helpers.data.images import open_image, to_tensor

CONDITIONS = {
    "all": "all losses", "adversarial-alone": "adversarial losses alone",
    "without-adversarial": "no adversarial losses", "without-cycle": "no cycle losses",
    "without-identity": "no identity losses", "without-cycle_a": "no cycle from A",
    "without-cycle_b": "no cycle from B", "without-identity_a": "no identity on A",
    "without-identity_b": "no identity on B", "without-d_a": "D_A does not learn",
    "without-d_b": "D_B does not learn", "without-adv_ab": "G_AB need not fool D_B",
    "without-adv_ba": "G_BA need not fool D_A", "cycle-x0.25": "lambda_cycle a quarter",
    "cycle-x4": "lambda_cycle times 4", "identity-x0.25": "lambda_identity a quarter",
    "identity-x4": "lambda_identity times 4", "coats-3-1": "three horse coats",
    "coats-1-3": "three zebra coats", "coats-3-3": "three coats of each",
    "brown-10": "10 % brown horses", "brown-90": "90 % brown horses",
    "size": "animals of any size", "size-no-identity": "any size, no identity losses",
    "clutter": "much clutter", "clutter-no-identity": "much clutter, no identity losses",
    "varied": "everything varied",
}  # fmt: skip


def read(folder: str | Path, seeds: int = 5) -> dict[str, list[dict]]:
    """Condition -> what is stored of each seed below `seeds`, in the order of CONDITIONS.

    Raises ValueError where the folder holds no run with all losses.
    """
    folder = Path(folder)
    if not (folder / "all-0.json").exists():
        raise ValueError(f"{folder} holds no run all-0.json: give the course's data/toy_runs")
    runs = {}
    for name in CONDITIONS:
        paths = [folder / f"{name}-{seed}.json" for seed in range(seeds)]
        runs[name] = [json.loads(path.read_text()) for path in paths if path.exists()]
    return {name: stored for name, stored in runs.items() if stored}


def images(folder: str | Path, name: str, seed: int = 0) -> dict[str, Tensor]:
    """real, translated, returned, truth: uint8 (6, 3, 64, 64), three horses and three zebras."""
    sheet = to_tensor(open_image(Path(folder) / f"{name}-{seed}.png"))
    tiles = sheet[:, 2:, 2:].unfold(1, 128, 130).unfold(2, 128, 130)  # (3, 4, 6, 128, 128)
    rows = tiles[..., ::2, ::2].permute(1, 2, 0, 3, 4)  # stored with pixels doubled
    return dict(zip(("real", "translated", "returned", "truth"), rows))


def values(runs: list[dict], direction: str, measure: str, probe: str | None = None) -> np.ndarray:
    """A measure of one direction, one number a seed. probe: in which other world, "length 0.3".

    "share" is how much changed on the animal, in any direction, of what had to.
    """
    rows = [(run["probes"][probe] if probe else run["report"])[direction] for run in runs]
    if measure == "share":
        needed = [row["anchors"]["nothing"]["error_inside"] for row in rows]
        return np.array([row["change_inside"] for row in rows]) / needed
    return np.array([row[measure] for row in rows])


def bootstrap_interval(numbers, level=0.99, statistic=np.mean, draws=10_000) -> tuple[float, float]:
    """Where the statistic lies in `level` of draws of as many numbers, with replacement."""
    rng, numbers = np.random.default_rng(0), np.asarray(numbers)
    drawn = [statistic(rng.choice(numbers, len(numbers))) for _ in range(draws)]
    return tuple(np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist())


def verdict(differences: np.ndarray, least: float) -> str:
    """Of differences, one number a seed, by the rules of data/experiments/criteria.md.

    Supported: above 0 in every seed, and their mean reaches `least`. Not supported: below 0 in
    every seed, or the mean is below `least` and its standard error below half of that.
    """
    mean, error = differences.mean(), differences.std(ddof=1) / len(differences) ** 0.5
    if (differences > 0).all() and mean >= least:
        return "supported"
    below = (differences < 0).all() or (mean < least and error < least / 2)
    return "not supported" if below else "undecided"
