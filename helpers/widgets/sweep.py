"""Through stored runs with other lambdas: what each made of the same animals, and its measures."""

import json
from pathlib import Path
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure

from helpers.images import open_picture
from helpers.plots import BLUE, ORANGE, VERMILION, png
from helpers.settings import UserError
from helpers.widgets.figure import interactive

# Factors of each lambda, and the condition of tools/toy_runs.py that was trained with it.
CONDITIONS = {
    kind: {0: f"without-{kind}", 0.25: f"{kind}-x0.25", 1: "all", 4: f"{kind}-x4"}
    for kind in ("cycle", "identity")
}
MEASURES = {
    "striped": "striped", "error_inside": "error on the animal",
    "background_change": "background", "round_trip": "round trip",
}  # fmt: skip
WAYS = {"horse2zebra": (BLUE, "-o", "to zebra"), "zebra2horse": (VERMILION, "--s", "to horse")}


class Stored(NamedTuple):
    """A condition: its name, the sheet of seed 0 and the report of each seed."""

    name: str
    sheet: np.ndarray
    reports: list[dict]


def load(folder: str | Path) -> dict[str, dict[float, Stored]]:
    """lambda ("cycle", "identity") -> factor -> what is stored; conditions not there are left out.

    Raises UserError where the folder holds no run with all losses.
    """
    folder = Path(folder)
    if not (folder / "all-0.json").exists():
        raise UserError(
            f"{folder} holds no run all-0.json: give the folder of the stored toy runs, "
            "data/toy_runs."
        )
    found = {}
    for kind, conditions in CONDITIONS.items():
        for factor, name in conditions.items():
            paths = sorted(folder.glob(f"{name}-[0-9].json"))
            if paths and (folder / f"{name}-0.png").exists():
                sheet = np.asarray(open_picture(folder / f"{name}-0.png").convert("RGB"))
                reports = [json.loads(path.read_text())["report"] for path in paths]
                found.setdefault(kind, {})[factor] = Stored(name, sheet, reports)
    return found


def curve(runs: dict[float, Stored], way: str, measure: str) -> np.ndarray:
    """Mean, lowest and highest over the seeds, a column for each factor: (3, factors)."""
    numbers = [[report[way][measure] for report in run.reports] for run in runs.values()]
    return np.array([(np.mean(some), min(some), max(some)) for some in numbers]).T


def render(stored: dict[str, dict[float, Stored]], kind: str, factor: float) -> bytes:
    """A PNG: real animals, translations and round trips; below, the measures at every factor."""
    runs = stored[kind]
    figure = Figure(figsize=(9, 6.9), dpi=90)
    ax = figure.add_axes((0, 0.36, 1, 0.59))
    ax.axis("off")
    ax.set_title(f"lambda_{kind} x {factor:g}: real, translated, returned", fontsize=13)
    if factor in runs:
        sheet = runs[factor].sheet
        ax.imshow(sheet[: len(sheet) * 3 // 4])
    else:
        ax.text(0.5, 0.5, "no such run is stored", ha="center", fontsize=14)
    places, labels = np.arange(len(runs)), [f"{number:g}" for number in runs]
    for k, (measure, title) in enumerate(MEASURES.items()):
        ax = figure.add_axes((0.055 + 0.243 * k, 0.08, 0.19, 0.2))
        for way, (colour, style, label) in WAYS.items():
            mean, low, high = curve(runs, way, measure)
            ax.plot(places, mean, style, color=colour, label=label, ms=5)
            ax.fill_between(places, low, high, color=colour, alpha=0.2)
        if factor in runs:
            ax.axvline(labels.index(f"{factor:g}"), color=ORANGE, lw=3, zorder=0)
        ax.set_ylim(min(0, ax.get_ylim()[0]), None)
        ax.set_xticks(places, labels)
        ax.tick_params(labelsize=11)
        ax.set_title(title, fontsize=12)
        if k == 1:
            ax.legend(fontsize=10, frameon=False)
    figure.text(0.5, 0.005, f"factor of lambda_{kind}", ha="center", fontsize=11)
    return png(figure)


def explorer(stored: dict[str, dict[float, Stored]]) -> widgets.VBox:
    """Choose a lambda and a factor, above the figure of `render`; `stored` is from `load`."""
    kind = widgets.ToggleButtons(options=list(CONDITIONS), description="lambda")
    factor = widgets.SelectionSlider(
        options=[(f"{number:g}", number) for number in CONDITIONS["cycle"]], value=1,
        description="factor",
    )  # fmt: skip
    alt = "Animals translated by runs with another lambda, and their measures"
    return interactive(alt, lambda *chosen: render(stored, *chosen), kind, factor)
