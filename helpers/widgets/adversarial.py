"""One movable score under least squares and under cross-entropy: the loss and its slope."""

import ipywidgets as widgets
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from helpers.objectives import least_squares
from helpers.plots import BLACK, BLUE, GREEN, VERMILION, png
from helpers.widgets.figure import interactive

LOW, HIGH = -4.0, 4.0
GENERATOR, DISCRIMINATOR = "generator: be judged real", "discriminator: call it fake"
COLOURS = {"least squares": BLUE, "cross-entropy": VERMILION, "cross-entropy, original": GREEN}


def losses(scores: Tensor, player: str) -> dict[str, Tensor]:
    """What the player loses on a fake that has this score: one value a score, by kind of loss.

    scores: (n,), raw outputs of a discriminator. Least squares wants 1 (generator) or 0; for
    cross-entropy the probability of "real" is sigmoid(score). "original" is the generator's loss of
    the first GAN paper (Goodfellow et al. 2014, section 3), log(1 - sigmoid(score)).
    """
    if player == DISCRIMINATOR:
        return {"least squares": scores.square(), "cross-entropy": F.softplus(scores)}
    return {
        "least squares": torch.stack([least_squares(score, 1.0) for score in scores]),
        "cross-entropy": F.softplus(-scores),
        "cross-entropy, original": -F.softplus(scores),
    }


def slopes(scores: Tensor, player: str) -> dict[str, Tensor]:
    """The derivative of each of these losses at each score, by autograd: (n,)."""
    scores = scores.detach().requires_grad_()
    return {
        name: torch.autograd.grad(loss.sum(), scores)[0]
        for name, loss in losses(scores, player).items()
    }


GRID = torch.linspace(LOW, HIGH, 81)
CURVES = {
    player: [
        {name: curve.detach().numpy() for name, curve in function(GRID, player).items()}
        for function in (losses, slopes)
    ]
    for player in (GENERATOR, DISCRIMINATOR)
}


def render(score: float, player: str) -> bytes:
    """A PNG: the losses left, the size of their slopes right, with a dot at this fake's score."""
    figure = Figure(figsize=(9, 3.1), dpi=90)
    here = torch.tensor([float(score)])
    at_score = losses(here, player), slopes(here, player)
    titles = "loss of one fake", "size of the slope: how hard it is pulled"
    for i, (title, curves, dots) in enumerate(zip(titles, CURVES[player], at_score)):
        axes = figure.add_axes((0.06 + 0.48 * i, 0.17, 0.42, 0.72))
        for name, curve in curves.items():
            dot = dots[name].item()
            if i:
                curve, dot = abs(curve), abs(dot)
            axes.plot(GRID.numpy(), curve, color=COLOURS[name], lw=1.6,
                      label=f"{name}: {dot:.3g}")  # fmt: skip
            axes.plot(score, dot, "o", color=COLOURS[name], ms=7)
        axes.axvline(score, color=BLACK, lw=0.6, ls=":")
        axes.set(xlim=(LOW, HIGH), ylim=(-0.7, 14) if i else (-5, 30))
        axes.set(xticks=(-4, -2, 0, 1, 2, 4), yticks=(0, 5, 10) if i else (0, 10, 20))
        axes.set_title(title, fontsize=12, y=1.02)  # a fixed y: finding one costs 10 ms
        axes.set_xlabel("score of the fake (raw output of the discriminator)", fontsize=11)
        axes.legend(fontsize=11, loc="upper right")
    return png(figure)


def explorer() -> widgets.VBox:
    """A slider for the fake's score and a choice of player above the figure of `render`."""
    score = widgets.FloatSlider(value=-3, min=LOW, max=HIGH, step=0.1, description="score")
    player = widgets.ToggleButtons(
        options=[GENERATOR, DISCRIMINATOR], style={"button_width": "auto"}
    )
    return interactive(
        "Losses of one fake and their slopes, by its score", render, score, player,
        states=[(-3, GENERATOR), (-3, DISCRIMINATOR)],
    )  # fmt: skip
