"""The drawn horse follows its controls, and so does what the network makes of it."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import toy
from helpers.images import to_float
from helpers.widgets import animal
from helpers.widgets.animal import GAP, HEAD, SIDE, STILLS, explore, render, scene

VALUES = STILLS[0]


def panels(png):
    shown = np.array(Image.open(io.BytesIO(png)))[HEAD:]
    return [shown[:, k * (SIDE + GAP) :][:, :SIDE] for k in range(3)]


def test_the_network_sees_the_horse_and_its_answer_is_shown():
    seen = []
    horse, fake, zebra = panels(render(lambda x: seen.append(x) or -x, 64, *VALUES))
    drawn = torch.from_numpy(toy.draw(scene(*VALUES), "horse", 64)).permute(2, 0, 1)
    assert torch.equal(seen[0], to_float(drawn[None]))
    assert np.abs(horse.astype(int) + fake - 255).max() <= 1
    centre = slice(2, None, 4)  # enlarged about four times
    true = toy.draw(scene(*VALUES), "zebra", 64)
    assert np.abs(zebra.astype(int)[centre, centre].mean() - true.mean()) < 3


@pytest.mark.parametrize("number", range(6))
def test_each_control_changes_the_horse(number):
    box = explore(lambda x: x)
    row, image, _ = box.children
    before, control = image.value, row.children[number]
    control.value = control.options[1] if hasattr(control, "options") else control.max
    assert image.value != before


def test_an_animal_fits_into_the_picture_wherever_it_is_put():
    for length in (0.2, 0.82):
        for place in (0.0, 1.0):
            put = scene("bay", "meadow", length, place, -0.05, 0.1)
            mask = toy.animal_mask(put)
            assert mask[:, 0].max() < 0.5 and mask[:, -1].max() < 0.5
            assert mask[0].max() < 0.5


def test_a_network_on_another_scale_is_cut_to_pictures():
    _, fake, _ = panels(render(lambda x: 3 * torch.ones_like(x), 64, *VALUES))
    assert fake.min() == 255
    assert animal.START.horse_coat == "bay"
