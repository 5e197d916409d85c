"""The figures that the notebooks share: rows of pictures, curves of losses."""

import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor
from torchvision.transforms.functional import resize

from helpers.images import to_uint8
from helpers.settings import LOSSES

# Okabe and Ito's palette, told apart with any colour vision.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"


def show(rows: dict[str, Tensor], titles: list[str] | None = None, scale: float = 1.3) -> Figure:
    """Pictures in labelled rows.

    rows: label -> (n, 3, height, width), uint8 or float in [-1, 1]. titles stand above the columns,
    `scale` is the height of a row in inches. Small pictures are enlarged without smoothing; larger
    ones than their place are smoothed, or fine stripes would turn into coarse ones.
    """
    columns = max(len(pictures) for pictures in rows.values())
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(scale * columns + 1.2, scale * len(rows) + 0.3),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    place = round(scale * figure.dpi)
    for ax in axes.flat:
        ax.axis("off")
    for row, (label, pictures) in zip(axes, rows.items()):
        for ax, picture in zip(row, pictures):
            if picture.is_floating_point():
                picture = to_uint8(picture)
            if picture.shape[-2] > place:
                picture = resize(picture, place)
            ax.imshow(picture.permute(1, 2, 0).cpu().numpy(), interpolation="nearest")
        row[0].text(
            -0.08, 0.5, label, transform=row[0].transAxes, ha="right", va="center", fontsize=12
        )
    for ax, title in zip(axes[0], titles or []):
        ax.set_title(title, fontsize=12)
    return figure


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of each `window` neighbouring values: one number a window, along the first axis."""
    whole = len(values) // window * window
    return values[:whole].reshape(-1, window, *values.shape[1:]).mean(1)


def plot_losses(losses: Tensor, window: int | None = None) -> Figure:
    """The eight losses of a run, one panel a kind, both directions in each.

    losses: (steps, 8) in the order of `settings.LOSSES`, unweighted. Every point is the mean of
    `window` steps (default: a fortieth of the run).
    """
    figure, axes = plt.subplots(1, 4, figsize=(10, 2.5), layout="constrained")
    draw_losses(axes, losses, window)
    return figure


def draw_losses(axes: Sequence[Axes], losses: Tensor, window: int | None = None) -> None:
    """What `plot_losses` shows, on four axes of the caller's."""
    window = window or max(1, len(losses) // 40)
    curves = smooth(losses.cpu().numpy(), window)
    steps = (np.arange(len(curves)) + 0.5) * window
    for ax, group in zip(axes, dict.fromkeys(LOSSES.values())):
        columns = [k for k, name in enumerate(LOSSES) if LOSSES[name] == group]
        for k, colour, style in zip(columns, (BLUE, VERMILION), ("-", "--")):
            ax.plot(steps, curves[:, k], style, color=colour, label=list(LOSSES)[k])
        if group == "discriminator":  # where one stands that answers 0.5 to everything
            ax.axhline(0.25, color=BLACK, lw=0.8, ls=":")
        ax.set_title(group, fontsize=10)
        ax.set_ylim(bottom=0)
        ax.set_xlabel("step")
        ax.legend(fontsize=8, frameon=False)


def png(figure: Figure) -> bytes:
    """The figure as a file for a widget, compressed lightly: it is drawn anew at every touch."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
    return buffer.getvalue()
