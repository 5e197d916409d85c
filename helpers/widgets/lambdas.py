"""What the two lambdas do to the generators' total, and which generator learns from what.

interact(partial(plot, *measure(nets, x, y)), lambda_cycle=(0.0, 20.0, 0.5),
         lambda_identity=(0.0, 20.0, 0.5))
"""

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from helpers.losses import Networks, generator_losses, weighted_sum
from helpers.show import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, show_figure

COLOURS = {
    "adv_ab": BLUE, "adv_ba": SKY, "cycle_a": VERMILION, "cycle_b": ORANGE,
    "identity_a": GREEN, "identity_b": PURPLE,
}  # fmt: skip


def measure(nets: Networks, x: Tensor, y: Tensor) -> tuple[dict, dict, dict]:
    """The six losses, and the length of the gradient that each sends into G_AB and into G_BA.

    All unweighted, loss -> number. x, y: (batch, 3, height, width) in [-1, 1].
    """
    losses, _, _ = generator_losses(nets, x, y)
    lengths = []
    for net in (nets.G_AB, nets.G_BA):
        weights = list(net.parameters())
        into = {}
        for name, loss in losses.items():
            slopes = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
            into[name] = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        lengths.append(into)
    return {name: loss.item() for name, loss in losses.items()}, *lengths


def plot(values: dict, into_ab: dict, into_ba: dict, lambda_cycle=10.0, lambda_identity=5.0):
    """Shares of the total, and shares of what pulls at each generator: values from `measure`."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
    total = weighted_sum(values, lambda_cycle, lambda_identity)
    titles = f"total {total:.2f}, shares", "gradients into G_AB", "gradients into G_BA"
    for ax, title, amounts in zip(axes, titles, (values, into_ab, into_ba)):
        weighted = {
            name: weighted_sum({name: amount}, lambda_cycle, lambda_identity)
            for name, amount in amounts.items()
        }
        whole = sum(weighted.values())
        for row, (name, amount) in enumerate(weighted.items()):
            share = amount / whole if whole else 0
            ax.barh(row, share, color=COLOURS[name])
            ax.text(share + 0.02, row, f"{share:.0%}", va="center", fontsize=12)
        ax.set(xlim=(0, 1.25), xticks=[])
        ax.set_title(title, fontsize=13)
    axes[0].set_yticks(range(len(values)), values, fontsize=12)
    axes[0].invert_yaxis()
    show_figure(figure, f"Shares of the losses at lambda_cycle {lambda_cycle:g} and "
                        f"lambda_identity {lambda_identity:g}")  # fmt: skip
