import pytest
import torch

from helpers.widgets.adversarial import DISCRIMINATOR, GENERATOR, explorer, losses, render, slopes


def test_losses_and_slopes_worked_by_hand():
    score = torch.tensor([0.0])
    at = losses(score, GENERATOR)
    assert at["least squares"] == 1 and at["cross-entropy"].item() == pytest.approx(
        0.6931, abs=1e-4
    )
    slope = slopes(score, GENERATOR)
    assert slope["least squares"] == -2 and slope["cross-entropy"] == -0.5
    assert slope["cross-entropy, original"] == -0.5
    slope = slopes(torch.tensor([3.0]), DISCRIMINATOR)
    assert slope["least squares"] == 6 and set(slope) == {"least squares", "cross-entropy"}


def test_far_from_the_boundary():
    slope = slopes(torch.tensor([-20.0, 20.0]), GENERATOR)
    assert slope["least squares"].tolist() == [-42, 38]
    assert slope["cross-entropy"].tolist() == pytest.approx([-1, 0], abs=1e-6)
    assert slope["cross-entropy, original"].tolist() == pytest.approx([0, -1], abs=1e-6)


def test_each_control_changes_the_figure():
    controls, image, _ = explorer().children
    score, player = controls.children
    before = image.value
    score.value = 2
    moved = image.value
    player.value = DISCRIMINATOR
    assert len({before, moved, image.value}) == 3
    assert image.value == render(2, DISCRIMINATOR) and bytes(image.value).startswith(b"\x89PNG")
