"""Checks of notebook 04, the eight losses."""

import math

import torch
from torch import nn

from exercises import Wrong, turn, value
from helpers import losses
from helpers.losses import LOSSES, Networks

D_B_NUMBERS = (0.775, 0.4)
ADV_BA_NUMBERS = (0.97, 0.2)
CYCLE_B_NUMBERS = (0.15, -0.45, -0.1875)
IDENTITY_B_NUMBERS = (0.1875, -0.375)


class Times(nn.Module):
    """A network of one weight, as in the notebook."""

    def __init__(self, weight: float):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, image):
        return self.weight * image


def compare(answer, expected: tuple, name: str, mistakes: dict, hint: str) -> None:
    """The value first, then its slopes. mistakes: a known wrong number -> what went wrong."""
    try:
        found = [float(number) for number in answer]
    except TypeError:
        raise Wrong(f"give {len(expected)} numbers: answer = {name}, slope.") from None
    if len(found) != len(expected):
        raise Wrong(f"give {len(expected)} numbers, not {len(found)}: {name} first.")
    for k, (number, right) in enumerate(zip(found, expected)):
        if math.isclose(number, right, abs_tol=2e-3):
            continue
        start = f"{name} is right, its slope is not: " if k else ""
        if k and math.isclose(number, -right, abs_tol=2e-3):
            raise Wrong(f"{start}the sign is turned. Does {name} grow when the weight grows?")
        for known, why in mistakes.items():
            if math.isclose(number, known, abs_tol=2e-3):
                raise Wrong(start + why)
        raise Wrong(start + (hint if k else f"{name} is not {number:g}; see the first picture."))


@turn("4.1", solution=D_B_NUMBERS)
def d_b(answer):
    mistakes = {
        1.55: "d_b is half of the sum of both means.",
        0.385: "that is d_a; here the zebras y are real, and G_AB(x) is the fake.",
        0.625: "the fakes count, too.",
        0.8: "the 2 of the square and the half cancel.",
    }
    compare(answer, D_B_NUMBERS, "d_b", mistakes, "mean of (wy - 1) y, plus mean of w f f, w = 2.")
    return "D_B's weight should shrink: one real scores -1, and the fakes lie too far from 0."


@turn("4.2", solution=ADV_BA_NUMBERS)
def adv_ba(answer):
    mistakes = {
        0.5: "that is adv_ab.",
        0.485: "a generator's loss has no half.",
        0.27: "the generator wants its fakes at 1, not at 0.",
        0.1: "the 2 of the square belongs to it, as there is no half.",
    }
    compare(answer, ADV_BA_NUMBERS, "adv_ba", mistakes, "take the mean of 2 (hy - 1) y.")
    return "A larger weight of G_BA would look less real to D_A."


@turn("4.3", solution=CYCLE_B_NUMBERS)
def cycle_b(answer):
    mistakes = {
        0.2: "that is cycle_a; this round trip starts at y.",
        -0.1875: "the two slopes are exchanged.",
        0.6: "0.6 comes back of each pixel; the loss is what is missing.",
    }
    hint = "for one weight it is the other weight times the mean of |y|, below zero."
    compare(answer, CYCLE_B_NUMBERS, "cycle_b", mistakes, hint)
    return "Both generators learn from it."


@turn("4.4", solution=IDENTITY_B_NUMBERS)
def identity_b(answer):
    mistakes = {
        0.1: "that is identity_a.",
        0.075: "that is G_BA's; which network makes zebras?",
        0.25: "that is what G_AB does to the horse x; hand it the zebra y.",
    }
    compare(answer, IDENTITY_B_NUMBERS, "identity_b", mistakes, "take the mean of |y|, below zero.")
    return "All eight are on your paper now."


def example():
    """Four networks, unlike each other, and two images, in which no two losses are equal."""
    x, y = torch.linspace(-1, 0.8, 12).view(1, 3, 2, 2), torch.linspace(0.1, 0.9, 12)
    return Networks(Times(0.5), Times(1.3), Times(1.1), Times(2.0)), x, y.view(1, 3, 2, 2)


def same_losses(found, expected: dict, nets: Networks) -> None:
    if not isinstance(value(found), dict):
        raise Wrong(f"the losses are a dictionary, name: loss, not a {type(found).__name__}.")
    for name, loss in expected.items():
        if name not in found:
            raise Wrong(f"{name} is missing.")
        own = found[name]
        if own.shape:
            raise Wrong(f"{name} is not one number: take the mean.")
        others = [n for n in expected if n != name and torch.isclose(own, expected[n])]
        if others:
            raise Wrong(f"{name} has the value of {others[0]}: which image, which network?")
        if not torch.isclose(own, loss):
            numbers = f"{name} is {own.item():.3f} on a test pair, expected {loss.item():.3f}."
            raise Wrong(f"{numbers} Which image goes into which network?")
        # Equal values may hide a detached fake: compare the slopes as well.
        options = dict(retain_graph=True, allow_unused=True, materialize_grads=True)
        weights = [net.weight for net in nets]
        slopes = [torch.autograd.grad(part, weights, **options) for part in (own, loss)]
        if not torch.allclose(*(torch.stack(s) for s in slopes)):
            raise Wrong(f"{name} has the right value, but not everybody learns: a detach too much?")


@turn("4.5", solution=losses.generator_losses)
def generator_losses(answer):
    nets, x, y = example()
    expected, fake_a, fake_b = losses.generator_losses(nets, x, y)
    found = value(answer(nets, x, y))
    if not isinstance(found, tuple) or len(found) != 3:
        raise Wrong("return three things: losses, fake_a, fake_b.")
    same_losses(found[0], expected, nets)
    if torch.equal(found[1], fake_b):
        raise Wrong("the fakes are exchanged: fake_a, the horse, comes first.")
    if not torch.equal(found[1], fake_a) or not torch.equal(found[2], fake_b):
        raise Wrong("fake_a is G_BA(y), and fake_b is G_AB(x).")
    return "Six losses, and each generator hears four of them."


@turn("4.6", solution=losses.discriminator_losses)
def discriminator_losses(answer):
    nets, x, y = example()
    fake_a, fake_b = nets.G_BA(y).detach(), nets.G_AB(x).detach()
    expected = losses.discriminator_losses(nets, x, y, fake_a, fake_b)
    same_losses(answer(nets, x, y, fake_a, fake_b), expected, nets)
    return "These two functions are lines of cyclegan_in_100_lines.py."


@turn("4.7", solution=("cycle_a", "cycle_b"))
def without(answer):
    if isinstance(answer, str) or not isinstance(answer, tuple | list):
        raise Wrong('give a tuple of names; a single one needs its comma: ("adv_ab",).')
    for name in answer:
        if name not in LOSSES:
            raise Wrong(f"there is no loss {name!r}, choose from {', '.join(LOSSES)}.")
    return f"Left out: {', '.join(answer) or 'nothing'}. What will be missing?"
