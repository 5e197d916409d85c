"""The stored runs without a loss or with another lambda: tables, pictures, a way through them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from helpers.images import encode, open_picture
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
SHORT = {
    "striped": "striped", "error_inside": "error", "background_change": "background",
    "outline": "outline", "round_trip": "round trip",
}  # fmt: skip
TILE, BORDER, COLUMNS = 128, 2, 6  # of a sheet, in pixels and pictures
SHOWN = [0, 1, 3, 4]  # of the columns, in a gallery: meadow, savanna, savanna, meadow
WAYS = {"horse2zebra": (BLUE, "-o", "to zebra"), "zebra2horse": (VERMILION, "--s", "to horse")}


def read(folder: str | Path, seeds: float = 3) -> dict[str, list[dict]]:
    """Condition -> what is stored of each seed below `seeds`, in their order.

    Raises UserError where the folder holds no run with all losses.
    """
    runs: dict[str, list[dict]] = {}
    stored = [(*path.stem.rsplit("-", 1), path) for path in Path(folder).glob("*-*.json")]
    for name, seed, path in sorted(stored, key=lambda run: (run[0], int(run[1]))):
        if int(seed) < seeds:
            runs.setdefault(name, []).append(json.loads(path.read_text()))
    if "all" not in runs:
        raise UserError(
            f"{folder} holds no run all-0.json: give the folder of the stored toy runs, "
            "data/toy_runs."
        )
    return runs


def values(runs: list[dict], way: str, measure: str) -> np.ndarray:
    """A measure of one direction ("horse2zebra" or "zebra2horse"), one number a seed."""
    return np.array([run["report"][way][measure] for run in runs])


def is_seen(runs: dict[str, list[dict]], name: str, way: str, measure: str, seeds: int = 3) -> bool:
    """Whether a condition is worse than "all" in every seed, by more than twice the spread of that.

    The rule of data/experiments/criteria.md, for the seeds that both have; False where these are
    fewer than `seeds`.
    """
    count = min(len(runs["all"]), len(runs[name]))
    if count < seeds:
        return False
    whole, less = (values(runs[n][:count], way, measure) for n in ("all", name))
    more_is_better = measure == "outline" or (way, measure) == ("horse2zebra", "striped")
    worse = whole - less if more_is_better else less - whole
    return bool((worse > 2 * np.ptp(whole)).all())


def table(runs: dict[str, list[dict]], names: Sequence[str]) -> str:
    """A line a condition: mean over its seeds, distance of the farthest from it, * where seen."""
    lines = []
    for way in WAYS:
        lines.append(f"{way:20} seeds" + "".join(f"{short:>13}" for short in SHORT.values()))
        for name in names:
            line = f"{name:20} {len(runs[name]):5}"
            for measure in SHORT:
                some = values(runs[name], way, measure)
                star = "*" if is_seen(runs, name, way, measure) else " "
                mean = round(some.mean(), 2) + 0.0  # no "-0.00"
                off = f"±{np.abs(some - some.mean()).max():.2f}" if len(some) > 1 else ""
                line += f"{mean:6.2f} {off:5}{star}"
            lines.append(line)
    return "\n".join(lines)


def seen_in(runs: dict[str, list[dict]], name: str) -> list[str]:
    """The measures, with their direction, in which leaving something out is seen."""
    return [
        f"{short} ({way[-5:]})"
        for way in WAYS
        for measure, short in SHORT.items()
        if is_seen(runs, name, way, measure)
    ]


def tiles(sheet: np.ndarray, row: int) -> np.ndarray:
    """A row of a sheet, (6, 128, 128, 3): 0 is real, 1 translated, 2 returned, 3 the truth."""
    top, step = BORDER + row * (TILE + BORDER), TILE + BORDER
    lefts = [BORDER + column * step for column in range(COLUMNS)]
    return np.stack([sheet[top : top + TILE, left : left + TILE] for left in lefts])


def gallery(folder: str | Path, names: Mapping[str, str] | Sequence[str]) -> bytes:
    """A PNG: two horses and two zebras, and a row of their translations for each condition.

    names: conditions, or label -> condition. The pictures are those of seed 0.
    """
    names = names if isinstance(names, Mapping) else {name: name for name in names}
    sheets = {label: load_sheet(folder, name) for label, name in names.items()}
    rows = {"real": tiles(next(iter(sheets.values())), 0)}
    rows |= {label: tiles(sheet, 1) for label, sheet in sheets.items()}
    step, top, left = TILE + BORDER, 26, 130
    canvas = Image.new("RGB", (left + len(SHOWN) * step, top + len(rows) * step), "white")
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(17)
    for line, (label, row) in enumerate(rows.items()):
        y = top + line * step
        label = label.replace("without-", "without\n").replace("-alone", "\nalone")
        pen.multiline_text((4, y + step // 2), label, "black", font, "lm")
        for column, picture in enumerate(row[SHOWN]):  # pixel for pixel: the file stays small
            canvas.paste(Image.fromarray(picture), (left + column * step, y))
    for column, title in ((1, "horse to zebra"), (3, "zebra to horse")):
        pen.text((left + column * step, top // 2), title, "black", font, "mm")
    return encode(canvas.quantize(64, dither=0))


def load_sheet(folder: str | Path, name: str) -> np.ndarray:
    """The pictures of a condition's seed 0, (height, width, 3)."""
    return np.asarray(open_picture(Path(folder) / f"{name}-0.png").convert("RGB"))


class Stored(NamedTuple):
    """A condition: its name, its sheet, and what is stored of each seed."""

    name: str
    sheet: np.ndarray
    runs: list[dict]


def load(folder: str | Path) -> dict[str, dict[float, Stored]]:
    """lambda ("cycle", "identity") -> factor -> what is stored; conditions not there are left out.

    Raises UserError where the folder holds no run with all losses.
    """
    runs = read(folder)
    return {
        kind: {
            factor: Stored(name, load_sheet(folder, name), runs[name])
            for factor, name in conditions.items()
            if name in runs
        }
        for kind, conditions in CONDITIONS.items()
    }


def curve(runs: dict[float, Stored], way: str, measure: str) -> np.ndarray:
    """Mean, lowest and highest over the seeds, a column for each factor: (3, factors)."""
    numbers = [values(stored.runs, way, measure) for stored in runs.values()]
    return np.array([(some.mean(), some.min(), some.max()) for some in numbers]).T


def render(stored: dict[str, dict[float, Stored]], kind: str, factor: float) -> bytes:
    """A PNG: real animals, translations and round trips; below, the measures at every factor."""
    runs = stored[kind]
    figure = Figure(figsize=(9, 5.9), dpi=90)
    ax = figure.add_axes((0, 0.385, 1, 0.565))
    ax.axis("off")
    ax.set_title(f"lambda_{kind} x {factor:g}: real, translated, returned", fontsize=13)
    if factor in runs:
        sheet = runs[factor].sheet
        ax.imshow(sheet[: len(sheet) * 3 // 4])
    else:
        ax.text(0.5, 0.5, "no such run is stored", ha="center", fontsize=14)
    places, labels = np.arange(len(runs)), [f"{number:g}" for number in runs]
    for k, (measure, title) in enumerate(MEASURES.items()):
        ax = figure.add_axes((0.055 + 0.243 * k, 0.105, 0.19, 0.2))
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
    figure.text(0.5, 0.01, f"factor of lambda_{kind}", ha="center", fontsize=11)
    return png(figure)


def explorer(stored: dict[str, dict[float, Stored]]) -> widgets.VBox:
    """Choose a lambda and a factor, above the figure of `render`; `stored` is from `load`."""
    kind = widgets.ToggleButtons(
        options=list(CONDITIONS), description="lambda", style={"button_width": "auto"},
        layout=widgets.Layout(width="auto"),
    )  # fmt: skip
    factor = widgets.SelectionSlider(
        options=[(f"{number:g}", number) for number in CONDITIONS["cycle"]], value=1,
        description="factor",
    )  # fmt: skip
    alt = "Animals translated by runs with another lambda, and their measures"
    return interactive(alt, lambda *chosen: render(stored, *chosen), kind, factor)
