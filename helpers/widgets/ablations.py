"""The stored runs on drawings, one after the other: what they look like, and their measures.

interact(partial(plot, root / "data/toy_runs"), condition=choices(root / "data/toy_runs"),
         seed=(0, 4))
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from helpers.results import stored_runs
from helpers.results.toy import DIRECTIONS
from helpers.show import BLUE, VERMILION, draw_rows, show_figure


def choices(folder: str | Path) -> list[tuple[str, str]]:
    """(words, name) of each condition that is stored, as a menu wants them."""
    return [(stored_runs.CONDITIONS[name], name) for name in stored_runs.read(folder, 1)]


def plot(folder: str | Path, condition: str = "all", seed: int = 0) -> None:
    """Real, translated and returned images of one run; above, its measures beside all losses."""
    runs = stored_runs.read(folder)
    if condition not in runs or seed >= len(runs[condition]):
        print(f"no run of seed {seed} is stored of {stored_runs.CONDITIONS.get(condition)}")
        return
    images = stored_runs.images(folder, condition, seed)
    del images["truth"]
    figure = draw_rows(images, scale=1.5, above=2.6)
    draw_measures(figure.subfigs[0], runs, condition, seed)
    title = f"{stored_runs.CONDITIONS[condition]}, seed {seed}"
    figure.suptitle(f"{title} (grey: the runs with all losses)", fontsize=15)
    show_figure(figure, f"Images and measures of the run: {title}")


def draw_measures(figure: Figure, runs: dict, condition: str, seed: int) -> None:
    """For each measure the runs of a condition, this seed's filled; grey: the runs of "all"."""
    panels = figure.subplots(1, len(stored_runs.MEASURES))
    for ax, (measure, title) in zip(panels, stored_runs.MEASURES.items()):
        for k, (direction, colour) in enumerate(zip(DIRECTIONS, (BLUE, VERMILION))):
            whole = stored_runs.values(runs["all"], direction, measure)
            ax.fill_between([k - 0.3, k + 0.3], whole.min(), whole.max(), color="0.8")
            some = stored_runs.values(runs[condition], direction, measure)
            ax.plot(np.full(len(some), k), some, "o", mfc="none", color=colour, ms=8)
            ax.plot(k, some[seed], "o", color=colour, ms=8)
        ax.set(xlim=(-0.6, 1.6), ylim=(min(0, ax.get_ylim()[0]), None))
        ax.set_xticks([0, 1], ["to zebra", "to horse"], fontsize=11)
        ax.set_title(title, fontsize=12)
