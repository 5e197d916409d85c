"""Through the previews of a run, from first to last, beside the losses at the same step."""

from pathlib import Path

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from torch import Tensor

from helpers import plots
from helpers.images import encode, open_picture
from helpers.settings import UserError
from helpers.widgets.figure import interactive


def find_previews(folder: str | Path) -> dict[int, Path]:
    """step -> preview of a run's folder: STEP.png in it, or in its folder `previews`.

    Raises UserError where there is none.
    """
    folder = Path(folder)
    paths = [*folder.glob("*.png"), *(folder / "previews").glob("*.png")]
    found = {int(path.stem): path for path in paths if path.stem.isdecimal()}
    if not found:
        raise UserError(
            f"{folder} holds no previews named STEP.png: train with preview_every=100, "
            "or --preview-every 100, to have one every 100 steps."
        )
    return dict(sorted(found.items()))


def chart(losses: Tensor, every: int, steps: int, height: int) -> tuple[Image.Image, list]:
    """The losses as a picture of that height, and where its panels are, for `mark`.

    losses: (n, 8), each row the mean of `every` steps. A panel is (left, right, top, bottom) in
    pixels; its left edge is step 0, its right edge `steps`.
    """
    figure = Figure(figsize=(5.2, height / 90), dpi=90, layout="constrained")
    axes = figure.subplots(2, 2).ravel()
    plots.draw_losses(axes, losses.repeat_interleave(every, 0))
    for ax in axes:
        ax.set(xlim=(0, steps), xticks=(0, steps))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    boxes = [ax.get_window_extent() for ax in axes]
    return picture, [(b.x0, b.x1, picture.height - b.y1, picture.height - b.y0) for b in boxes]


def mark(picture: Image.Image, panels: list, share: float) -> Image.Image:
    """A copy with an upright line in each panel, at `share` of its width."""
    picture = picture.copy()
    draw = ImageDraw.Draw(picture)
    for left, right, top, bottom in panels:
        x = left + share * (right - left)
        draw.line((x, top, x, bottom), fill=plots.ORANGE, width=2)
    return picture


def render(path: Path, losses_at_step: Image.Image | None = None) -> bytes:
    """A PNG: the preview, brought to 400 to 800 pixels of height, and the losses to its right."""
    sheet = open_picture(path)
    height = min(max(1, round(400 / sheet.height)) * sheet.height, 800)
    kind = Image.Resampling.NEAREST if height > sheet.height else Image.Resampling.LANCZOS
    parts = [sheet.resize((round(sheet.width * height / sheet.height), height), kind)]
    if losses_at_step:
        parts.append(losses_at_step)
    size = sum(part.width for part in parts), max(part.height for part in parts)
    picture, left = Image.new("RGB", size, "white"), 0
    for part in parts:
        picture.paste(part, (left, 0))
        left += part.width
    return encode(picture, compress_level=1)


def describe(step: int, epoch_steps: int = 0) -> str:
    """The step and, where an epoch's length in steps is given, how many epochs that is."""
    epochs = f", {step / epoch_steps:.1f} epochs" if epoch_steps else ""
    return f"after {step} steps{epochs}"


def scrubber(
    folder: str | Path, losses: Tensor | None = None, every: int = 1, epoch_steps: int = 0
) -> widgets.VBox:
    """Play or drag through a run's previews; a line marks the step in the losses, where given.

    losses: (n, 8), each row the mean of `every` steps, from the first step on; a run's own are
    `run.losses[:run.step]`. Raises UserError for a folder without previews.
    """
    previews = find_previews(folder)
    steps = list(previews)
    total = max(steps[-1], 0 if losses is None else every * len(losses))
    curves = None if losses is None else chart(losses, every, total, 400)
    # The index runs, not the step: previews need not lie at equal distances.
    index = widgets.IntSlider(value=0, min=0, max=len(steps) - 1, description="preview")
    play = widgets.Play(value=0, min=0, max=index.max, interval=700)
    widgets.link((play, "value"), (index, "value"))

    def sheet(number):
        step = steps[number]
        return render(previews[step], curves and mark(*curves, step / total))

    return interactive(
        "Translated pictures at one step of a run, and the losses until the end",
        sheet, index, describe=lambda number: describe(steps[number], epoch_steps), extras=(play,),
        states=[(index.max,)],
    )  # fmt: skip
