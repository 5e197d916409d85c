"""The numbers that notebook 04 derives by hand for the eight losses are the package's."""

import pytest
import torch

from exercises import nb04
from helpers.losses import Networks, discriminator_losses, generator_losses

TURNS = {
    "d_b": nb04.D_B_NUMBERS, "adv_ba": nb04.ADV_BA_NUMBERS,
    "cycle_b": nb04.CYCLE_B_NUMBERS, "identity_b": nb04.IDENTITY_B_NUMBERS,
}  # fmt: skip


@pytest.fixture(scope="module")
def pocket():
    """The eight losses of the pocket world, and each one's slopes for the four weights."""
    nets = Networks(*(nb04.Times(weight) for weight in (0.5, 1.2, 1.0, 2.0)))
    x, y = torch.tensor([0.8, -0.2, 0.4, 0.6]), torch.tensor([0.5, -0.5, 0.0, 0.5])
    losses, fake_a, fake_b = generator_losses(nets, x, y)
    losses |= discriminator_losses(nets, x, y, fake_a.detach(), fake_b.detach())
    weights = [net.weight for net in nets]
    options = dict(retain_graph=True, allow_unused=True)
    slopes = {name: torch.autograd.grad(loss, weights, **options) for name, loss in losses.items()}
    return losses, slopes


@pytest.mark.parametrize("name", TURNS)
def test_the_numbers_by_hand_are_those_of_the_package(name, pocket):
    losses, slopes = pocket
    value, *by_hand = TURNS[name]
    assert losses[name].item() == pytest.approx(value)
    own = slice(2, 4) if name == "d_b" else slice(0, 2)  # whose optimiser uses them
    found = [slope.item() for slope in slopes[name][own] if slope is not None]
    assert found == pytest.approx(by_hand)
