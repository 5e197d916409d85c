"""Receptive-field explorer: choose a score of a PatchGAN, see the patch that it judges."""

import ipywidgets as widgets
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from helpers.images import to_uint8
from helpers.networks import receptive_field
from helpers.plots import VERMILION, png
from helpers.widgets.figure import interactive


def geometry(net: nn.Module) -> tuple[int, int, int]:
    """Field, step and start, in pixels: score i of an axis sees step * i + start, field pixels on.

    For a chain of convolutions. The start is negative: padding puts the first patches over the
    edge. 70, 8 and -23 for the 70x70 PatchGAN.
    """
    step, start = 1, 0
    for layer in (m for m in net.modules() if isinstance(m, nn.Conv2d)):
        start -= layer.padding[0] * step
        step *= layer.stride[0]
    return receptive_field(net), step, start


def cut_patch(net: nn.Module, picture: Tensor, row: int, column: int) -> Tensor:
    """What score (row, column) sees of a picture (3, height, width): (3, field, field).

    Beyond the edge of the picture it is 0 (mid-grey in [-1, 1]), as the first padding is.
    """
    field, step, start = geometry(net)
    patch = picture.new_zeros(3, field, field)
    (top, bottom), (left, right) = (
        (max(0, step * i + start), min(side, step * i + start + field))
        for i, side in zip((row, column), picture.shape[-2:])
    )
    y, x = step * row + start, step * column + start
    patch[:, top - y : bottom - y, left - x : right - x] = picture[:, top:bottom, left:right]
    return patch


def describe(net: nn.Module, picture: Tensor, scores: Tensor, row: int, column: int) -> str:
    """The score at (row, column) and the pixels it sees, as `render` shows them, in words."""
    field, step, start = geometry(net)
    seen, beyond = [], []
    for axis, i, side in zip(("rows", "columns"), (row, column), picture.shape[-2:]):
        first = step * i + start
        inside = min(side, first + field) - max(0, first)
        seen.append(f"{axis} {first} to {first + field - 1}")
        if inside < field:
            beyond.append(f"{field - inside} {axis}")
    padding = f", of which {' and '.join(beyond)} lie beyond its edge (padding)" if beyond else ""
    return (
        f"Score ({row}, {column}) is {scores[row, column]:.2f}. It sees {' and '.join(seen)} of "
        f"the picture{padding}."
    )


def render(net: nn.Module, picture: Tensor, scores: Tensor, row: int, column: int) -> bytes:
    """PNG: the picture with the patch framed, the map with the score framed, the patch alone.

    picture: (3, height, width) in [-1, 1]; scores: (h, w), those of `net` for it.
    """
    field, step, start = geometry(net)
    height, width = picture.shape[-2:]
    figure = Figure(figsize=(9, 3.2), dpi=90)
    axes = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.05, right=0.99, top=0.9, bottom=0.1, wspace=0.18)
    axes[0].imshow(to_uint8(picture).permute(1, 2, 0).numpy(), interpolation="nearest")
    corner = step * column + start - 0.5, step * row + start - 0.5
    axes[0].add_patch(Rectangle(corner, field, field, fill=False, ec=VERMILION, lw=2))
    ends = [step * (n - 1) + start + field for n in scores.shape]
    axes[0].set_xlim(start - 2, max(width, ends[1]) + 2)
    axes[0].set_ylim(max(height, ends[0]) + 2, start - 2)
    axes[0].set_facecolor("#808080")
    axes[0].set_title(f"the picture, {height} x {width} pixels", fontsize=12)
    axes[1].imshow(scores.numpy(), cmap="viridis", vmin=-0.5, vmax=1.5)
    frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec=VERMILION, lw=2)
    axes[1].add_patch(frame)
    axes[1].set_xlabel("dark: -0.5, bright: 1.5", fontsize=11, labelpad=-8)
    axes[1].set_title(f"score ({row}, {column}) = {scores[row, column]:.2f}", fontsize=12)
    patch = to_uint8(cut_patch(net, picture, row, column)).permute(1, 2, 0).numpy()
    axes[2].imshow(patch, interpolation="nearest")
    axes[2].set_title(f"its patch, {field} x {field} pixels", fontsize=12)
    for ax, (h, w) in zip(axes, ((height, width), scores.shape, (field, field))):
        ax.set_xticks([0, w - 1])  # few ticks: they take most of the time
        ax.set_yticks([0, h - 1])
        ax.tick_params(labelsize=11)
    return png(figure)


@torch.no_grad()
def explorer(net: nn.Module, pictures: dict[str, Tensor]) -> widgets.VBox:
    """The interactive figure. pictures: label -> (3, height, width) in [-1, 1], all of one size."""
    maps = {label: net(picture[None])[0, 0] for label, picture in pictures.items()}
    rows, columns = next(iter(maps.values())).shape
    choice = widgets.ToggleButtons(
        options=list(pictures), description="picture", style={"button_width": "auto"},
        layout=widgets.Layout(width="auto"),
    )  # fmt: skip
    row = widgets.IntSlider(rows // 2, 0, rows - 1, description="row")
    column = widgets.IntSlider(columns // 2, 0, columns - 1, description="column")
    number = row.value * columns + column.value
    play = widgets.Play(value=number, min=0, max=rows * columns - 1, interval=400)
    return interactive(
        "A picture with a patch framed, the map of scores, and the patch alone",
        lambda name, *place: render(net, pictures[name], maps[name], *place),
        choice, row, column,
        describe=lambda name, *place: describe(net, pictures[name], maps[name], *place),
        drivers={play: lambda number: (choice.value, *divmod(number, columns))},
        back={play: lambda _, row, column: row * columns + column},
        states=[(choice.value, rows // 2, columns // 2), (choice.value, 0, columns - 1)],
    )  # fmt: skip
