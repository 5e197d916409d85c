"""Sliders for the two lambdas: what they do to the sum of losses and to one translated picture."""

import copy
import functools

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from helpers.images import to_uint8
from helpers.objectives import Networks, generator_losses, weighted_sum
from helpers.plots import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, png
from helpers.widgets.figure import interactive

COLOURS = {
    "adv_ab": BLUE, "adv_ba": SKY, "cycle_a": VERMILION, "cycle_b": ORANGE,
    "identity_a": GREEN, "identity_b": PURPLE,
}  # fmt: skip
DARKER_LIGHTER = LinearSegmentedColormap.from_list("d", [BLUE, "white", ORANGE])
STEP = 1e-6  # of gradient descent, in double precision: small enough to be a derivative


def parts(nets: Networks, x: Tensor, y: Tensor) -> tuple[dict, dict, Tensor]:
    """What the sliders mix: each loss's value, each loss's push on G_AB(x), and G_AB(x).

    x, y: (1, 3, height, width) in [-1, 1]. A push is the velocity (3, height, width) at which the
    picture G_AB(x) changes when the weights of G_AB descend the gradient of that loss alone, by
    plain gradient descent. Losses add up and so do pushes, each times its lambda.
    """
    nets = Networks(*(copy.deepcopy(net).cpu().double() for net in nets))
    x, y = x.cpu().double(), y.cpu().double()
    losses, _, fake_b = generator_losses(nets, x, y)
    weights = list(nets.G_AB.parameters())
    # Translated alone, as below: in a batch, sums may come out different in the last bit.
    before = nets.G_AB(x).detach()
    values, pushes = {}, {}
    for name, loss in losses.items():
        slopes = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
        moved = copy.deepcopy(nets.G_AB)
        with torch.no_grad():
            for weight, slope in zip(moved.parameters(), slopes):
                weight -= STEP * slope
            pushes[name] = ((moved(x) - before) / STEP)[0]
        values[name] = loss.item()
    return values, pushes, fake_b[0].detach()


def shares(amounts: dict[str, float], lambda_cycle: float, lambda_identity: float) -> dict:
    """Each weighted amount divided by their sum; keys start with adv, cycle or identity."""
    weighted = {
        name: weighted_sum({name: value}, lambda_cycle, lambda_identity)
        for name, value in amounts.items()
    }
    total = sum(weighted.values()) or 1.0
    return {name: value / total for name, value in weighted.items()}


def direction(pushes: dict[str, Tensor], lambda_cycle: float, lambda_identity: float) -> Tensor:
    """The joint push on the picture, (3, height, width)."""
    return weighted_sum(pushes, lambda_cycle, lambda_identity)


def render(
    values: dict, pushes: dict, fake: Tensor, lambda_cycle: float, lambda_identity: float
) -> bytes:
    """A PNG: shares of the sum, shares of the push, the picture, and where the push leads."""
    figure = Figure(figsize=(9, 2.9), dpi=90)
    sizes = {name: push.norm().item() for name, push in pushes.items()}
    for left, title, amounts in (
        (0.1, "share of the sum", values), (0.32, "share of the pushes", sizes),
    ):  # fmt: skip
        axes = figure.add_axes((left, 0.15, 0.17, 0.7))
        bars = shares(amounts, lambda_cycle, lambda_identity)
        axes.barh(list(bars), list(bars.values()), color=[COLOURS[n] for n in bars])
        for row, share in enumerate(bars.values()):
            axes.text(share + 0.02, row, f"{share:.0%}", va="center", fontsize=11)
        axes.set(xlim=(0, 1.4), ylim=(5.6, -0.6), xticks=[])
        if left > 0.2:
            axes.set_yticks([])
        axes.set_title(title, fontsize=12, y=1.02)
    joint = direction(pushes, lambda_cycle, lambda_identity)
    lightness = joint.mean(0).numpy()
    limit = np.quantile(abs(lightness), 0.99) or 1.0
    picture = to_uint8(fake).permute(1, 2, 0).numpy()
    for left, title in ((0.51, "the translation now"), (0.755, "where it is pushed")):
        axes = figure.add_axes((left, 0.15, 0.24, 0.7))
        axes.axis("off")
        axes.set_title(title, fontsize=12, y=1.02)
        if left < 0.7:
            axes.imshow(picture, interpolation="nearest")
        else:
            axes.imshow(lightness, cmap=DARKER_LIGHTER, vmin=-limit, vmax=limit)
            axes.text(0.5, -0.1, "blue darker, orange lighter", ha="center", fontsize=11,
                      transform=axes.transAxes)  # fmt: skip
    return png(figure)


def explorer(nets: Networks, x: Tensor, y: Tensor) -> widgets.VBox:
    """Two sliders, lambda_cycle and lambda_identity, above the figure of `render`."""
    fixed = parts(nets, x, y)
    wide = {"description_width": "initial"}
    cycle = widgets.FloatSlider(
        value=10, min=0, max=20, step=0.5, description="lambda_cycle", style=wide
    )
    identity = widgets.FloatSlider(
        value=5, min=0, max=20, step=0.5, description="lambda_identity", style=wide
    )
    alt = "Shares of the losses, the translation, and where it is pushed"
    states = [(10, 5), (1, 0)]
    return interactive(alt, functools.partial(render, *fixed), cycle, identity, states=states)
