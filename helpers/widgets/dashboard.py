"""A live picture of a run, for `training.train(..., on_progress=Dashboard(domains))`."""

import datetime
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import DisplayHandle
from matplotlib.figure import Figure
from torch import Tensor

from helpers import plots
from helpers.images import Domains, cut_sheet, to_float
from helpers.objectives import Networks
from helpers.previews import preview
from helpers.training import Run, seconds_left


class Dashboard:
    """Draws losses, the judges' scores, fixed previews, speed and time left, in one place.

    It uses one display that is updated, which Colab, JupyterLab, VS Code and a run without a
    screen all know, and leaves the last figure behind. A line of text stands there at once, until
    the first figure after two seconds or a step; then it draws every `seconds`, and at the end.
    `scores` is what it saw: (step, then the four numbers of `judge`) for each time it drew.
    """

    def __init__(self, domains: Domains, count: int = 4, seconds: float = 5.0):
        self.domains, self.count, self.seconds = domains, count, seconds
        self.drawn_at, self.handle, self.scores = -math.inf, None, []

    def __call__(self, run: Run) -> None:
        if self.handle is None:
            self.handle = DisplayHandle()
            self.handle.display(waiting(run), raw=True)
        finished = run.step >= run.preset.steps
        if run.step == 0 or time.monotonic() - self.drawn_at < self.seconds and not finished:
            return
        sheet = preview(run.nets, self.domains.to(run.device), run.preset.whole_size, self.count)
        self.scores.append((run.step, *judge(run.nets, cut_sheet(sheet, run.preset.whole_size))))
        figure = draw(run, sheet, np.array(self.scores))
        self.handle.update(figure)
        plt.close(figure)
        self.drawn_at = time.monotonic()


def waiting(run: Run) -> dict[str, str]:
    """What stands in the figure's place before there is one, as a display's data."""
    text = f"Step {run.step} of {run.preset.steps}: the first picture follows in some seconds."
    return {"text/plain": text}


@torch.no_grad()
def judge(nets: Networks, rows: Tensor) -> list[float]:
    """Mean scores on a preview's pictures: D_A of x and of G_BA(y), D_B of y and of G_AB(x).

    rows: uint8 (6, n, 3, size, size), see `images.cut_sheet`. A discriminator should answer 1 to a
    real picture, 0 to a fake.
    """
    device = next(nets.D_A.parameters()).device
    x, fake_b, _, y, fake_a, _ = to_float(rows).to(device)
    seen = (nets.D_A, x), (nets.D_A, fake_a), (nets.D_B, y), (nets.D_B, fake_b)
    return [D(pictures).mean().item() for D, pictures in seen]


def draw(run: Run, sheet: Tensor, scores: np.ndarray) -> Figure:
    """The dashboard's figure: losses, scores, six rows of previews, a line of text.

    sheet: what `previews.preview` gives; scores: (n, 5), see `Dashboard`.
    """
    figure = plt.figure(figsize=(9.5, 6), layout="constrained")
    grid = figure.add_gridspec(3, 3, width_ratios=(1, 1, 1.35))
    axes = [figure.add_subplot(grid[k // 2, k % 2]) for k in range(4)]
    plots.draw_losses(axes, run.losses[: run.step])
    for k, name in enumerate(("A", "B")):
        ax = figure.add_subplot(grid[2, k])
        fake = f"G_{'BA' if name == 'A' else 'AB'}({'y' if name == 'A' else 'x'})"
        for column, colour, label in ((1, plots.GREEN, "real"), (2, plots.ORANGE, fake)):
            ax.plot(scores[:, 0], scores[:, 2 * k + column], ".-", color=colour, label=label)
        ax.set(title=f"D_{name}'s score, previews", xlabel="step", yticks=(0, 0.5, 1))
        ax.set_ylim(min(-0.3, scores[:, 1:].min()), max(1.7, 1.1 * scores[:, 1:].max()))
        ax.legend(fontsize=8, frameon=False, ncols=2, loc="upper left")
        axes.append(ax)
    for ax in axes:
        ax.title.set_fontsize(10)
        ax.set_xlim(0, run.preset.steps)
    ax = figure.add_subplot(grid[:, 2])
    ax.imshow(sheet.permute(1, 2, 0).numpy(), interpolation="nearest")
    side = run.preset.whole_size + 2
    labels = ("x", "G_AB(x)", "back", "y", "G_BA(y)", "back")
    ax.set_yticks([side * (i + 0.5) for i in range(6)], labels)
    ax.set_xticks([])
    ax.set_title("fixed previews", fontsize=10)
    figure.suptitle(status(run), fontsize=10)
    return figure


def status(run: Run) -> str:
    """Step, speed, time left and memory in one line."""
    speed = run.step * run.preset.batch * 2 / max(run.seconds, 1e-9)
    left = datetime.timedelta(seconds=round(seconds_left(run)))
    text = f"step {run.step} of {run.preset.steps}, {speed:.1f} pictures a second, {left} left"
    if run.device.type == "cuda":
        text += f", {torch.cuda.max_memory_allocated(run.device) / 2**30:.1f} GB of GPU memory"
    return text
