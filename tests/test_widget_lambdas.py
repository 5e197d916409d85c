import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.images import to_uint8
from helpers.networks import Discriminator, Generator
from helpers.objectives import Networks, generator_losses
from helpers.widgets import lambdas


@pytest.fixture(scope="module")
def example():
    torch.manual_seed(0)
    nets = Networks(Generator(4, 1), Generator(4, 1), Discriminator(4), Discriminator(4))
    x, y = torch.rand(2, 1, 3, 32, 32) * 2 - 1
    return nets, x, y, lambdas.parts(nets, x, y)


def test_values_and_picture_are_those_of_the_losses(example):
    nets, x, y, (values, pushes, fake) = example
    losses, _, fake_b = generator_losses(nets, x, y)
    assert values == pytest.approx({name: loss.item() for name, loss in losses.items()}, rel=1e-4)
    torch.testing.assert_close(fake.float(), fake_b[0].detach())
    assert all(p.grad is None for net in nets for p in net.parameters())


def test_only_losses_that_g_ab_learns_from_push_its_picture(example):
    pushes = example[3][1]
    still = {name for name, push in pushes.items() if push.abs().max() == 0}
    assert still == {"adv_ba", "identity_a"}


def test_a_push_is_what_a_small_step_of_descent_does(example):
    nets, x, y, (_, pushes, _) = example
    nets = Networks(*(net.double() for net in nets))
    x, y = x.double(), y.double()
    losses, _, before = generator_losses(nets, x, y)
    total = losses["adv_ab"] + 10 * losses["cycle_a"] + 10 * losses["cycle_b"]
    slopes = torch.autograd.grad(total, list(nets.G_AB.parameters()))
    with torch.no_grad():
        for weight, slope in zip(nets.G_AB.parameters(), slopes):
            weight -= 1e-6 * slope
        moved = (nets.G_AB(x) - before)[0] / 1e-6
        for weight, slope in zip(nets.G_AB.parameters(), slopes):
            weight += 1e-6 * slope
    joint = lambdas.direction(pushes, 10, 0)
    assert (moved - joint).norm() < 0.01 * joint.norm()


def test_shares():
    values = {"adv_ab": 0.4, "cycle_a": 0.05, "identity_b": 0.02}
    assert lambdas.shares(values, 10, 5) == pytest.approx(
        {"adv_ab": 0.4, "cycle_a": 0.5, "identity_b": 0.1}
    )
    assert lambdas.shares(values, 0, 0) == {"adv_ab": 1, "cycle_a": 0, "identity_b": 0}


def test_the_picture_in_the_figure_is_the_translation(example):
    fixed = example[3]
    figure = np.array(Image.open(io.BytesIO(lambdas.render(*fixed, 10, 5))).convert("RGB"))
    expected = to_uint8(fixed[2]).permute(1, 2, 0).numpy()
    left, top, side = round(0.51 * 810), round(0.15 * 261), round(0.7 * 261)
    left += round((0.24 * 810 - side) / 2)
    centres = ((np.arange(32) + 0.5) * side / 32).round().astype(int)
    assert (abs(figure[top + centres][:, left + centres].astype(int) - expected) < 2).mean() > 0.9


def test_each_slider_changes_the_figure(example):
    widget = lambdas.explorer(*example[:3])
    controls, image, _ = widget.children
    for slider in controls.children:
        before = image.value
        slider.value = 0
        assert image.value != before and bytes(image.value).startswith(b"\x89PNG")
    assert image.value == lambdas.render(*lambdas.parts(*example[:3]), 0, 0)
