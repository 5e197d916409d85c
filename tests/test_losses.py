import pytest
import torch

from helpers.losses import (
    LOSSES,
    ImagePool,
    Networks,
    discriminator_losses,
    generator_losses,
    least_squares,
    weighted_sum,
)


class Times(torch.nn.Module):
    """Multiplies by a factor."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


def test_half_precision_scores_are_squared_in_full_precision():
    scores = torch.full((1, 1, 64, 64), 300.0, dtype=torch.float16)  # 300^2 > 65504
    assert least_squares(scores, 0.0) == 90_000


def test_all_eight_losses_on_networks_that_multiply():
    nets = Networks(Times(2), Times(3), Times(5), Times(7))
    x, y = torch.full((1, 3, 4, 4), 0.1), torch.full((1, 3, 4, 4), 0.2)
    losses, fake_a, fake_b = generator_losses(nets, x, y)
    # G_AB x = 0.2, G_BA y = 0.6; D_A = 5 times, D_B = 7 times.
    expected = {
        "adv_ab": (1.4 - 1) ** 2, "adv_ba": (3.0 - 1) ** 2,
        "cycle_a": 0.6 - 0.1, "cycle_b": 1.2 - 0.2,
        "identity_a": 0.3 - 0.1, "identity_b": 0.4 - 0.2,
    }  # fmt: skip
    for name, value in expected.items():
        assert losses[name].item() == pytest.approx(value, abs=1e-5), name
    assert fake_b.mean().item() == pytest.approx(0.2) and fake_a.mean().item() == pytest.approx(0.6)
    d = discriminator_losses(nets, x, y, fake_a.detach(), fake_b.detach())
    assert d["d_a"].item() == pytest.approx(0.5 * ((0.5 - 1) ** 2 + 3.0**2), abs=1e-5)
    assert d["d_b"].item() == pytest.approx(0.5 * ((1.4 - 1) ** 2 + 1.4**2), abs=1e-5)
    assert set(losses) | set(d) == set(LOSSES)
    total = weighted_sum(losses, 10, 5).item()
    assert total == pytest.approx(0.16 + 4 + 10 * (0.5 + 1.0) + 5 * (0.2 + 0.2), abs=1e-4)


def fakes(*values):
    return torch.stack([torch.full((3, 2, 2), float(v)) for v in values])


def test_pool_fills_then_swaps_half_the_time():
    pool = ImagePool(capacity=50, seed=1)
    for i in range(50):
        assert pool.query(fakes(i)).mean() == i  # while filling, a fake comes straight back
    shown = [pool.query(fakes(1000 + i)).mean().item() for i in range(1000)]
    straight = sum(v == 1000 + i for i, v in enumerate(shown))
    assert 440 < straight < 560
    assert all(v <= 1000 + i for i, v in enumerate(shown))  # the others are older
    assert len(pool.images) == 50


def test_pool_gives_no_gradient_and_can_be_switched_off():
    fake = fakes(1.0).requires_grad_()
    assert not ImagePool().query(fake).requires_grad
    assert ImagePool(capacity=0).query(fake).mean() == 1


def test_a_pool_keeps_its_images_alone_and_gives_them_where_the_fakes_are():
    pool = ImagePool(capacity=1)
    pool.query(fakes(*range(8)))
    assert pool.images[0].untyped_storage().nbytes() == 3 * 2 * 2 * 4
    shown = [pool.query(fakes(k).double())[0] for k in range(8)]  # as after a resume elsewhere
    assert {image.dtype for image in shown} == {torch.float64}
