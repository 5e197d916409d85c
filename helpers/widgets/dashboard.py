"""A live picture of a run, for `training.train(..., on_progress=Dashboard(domains))`."""

import time

import matplotlib.pyplot as plt
import torch
from IPython.display import display
from matplotlib.figure import Figure

from helpers import plots
from helpers.images import Domains
from helpers.training import Run, preview, seconds_left


class Dashboard:
    """Draws losses, fixed previews, speed and time left, in place of what it drew before.

    It uses one display that is updated, which Colab, JupyterLab, VS Code and a run without a
    screen all know, and leaves the last figure behind. It draws every `seconds`, and at the end.
    """

    def __init__(self, domains: Domains, count: int = 5, seconds: float = 5.0):
        self.domains, self.count, self.seconds = domains, count, seconds
        self.drawn_at, self.handle = 0.0, None

    def __call__(self, run: Run) -> None:
        finished = run.step >= run.preset.steps
        if time.monotonic() - self.drawn_at < self.seconds and not finished:
            return
        figure = draw(run, self.domains, self.count)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)
        plt.close(figure)
        self.drawn_at = time.monotonic()


def draw(run: Run, domains: Domains, count: int) -> Figure:
    """The dashboard's figure: four panels of losses, six rows of previews, a line of text."""
    figure = plt.figure(figsize=(9.5, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 1.25))
    axes = [figure.add_subplot(grid[k // 2, k % 2]) for k in range(4)]
    plots.draw_losses(axes, run.losses[: run.step])
    for ax in axes:
        ax.set_xlim(0, run.preset.steps)
    ax = figure.add_subplot(grid[:, 2])
    picture = preview(run.nets, domains, run.preset.size, count)
    ax.imshow(picture.permute(1, 2, 0), interpolation="nearest")
    side = run.preset.size + 2
    labels = ("x", "G_AB(x)", "back", "y", "G_BA(y)", "back")
    ax.set_yticks([side * (i + 0.5) for i in range(6)], labels)
    ax.set_xticks([])
    ax.set_title("fixed previews")
    figure.suptitle(status(run), fontsize=10)
    return figure


def status(run: Run) -> str:
    """Step, speed, time left and memory in one line."""
    speed = run.step * run.preset.batch * 2 / max(run.seconds, 1e-9)
    left = time.strftime("%H:%M:%S", time.gmtime(seconds_left(run)))
    text = f"step {run.step} of {run.preset.steps}, {speed:.1f} pictures a second, {left} left"
    if run.device.type == "cuda":
        text += f", {torch.cuda.max_memory_allocated(run.device) / 2**30:.1f} GB of GPU memory"
    return text
