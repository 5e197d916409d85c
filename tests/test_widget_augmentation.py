"""The augmentation player shows the pixels that `augment` would give to the networks."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.images import augment, to_uint8, toy_domains
from helpers.widgets.augmentation import GAP, ZOOM, augmentation_player, draw_crop, render

LOAD, CROP = 36, 32


@pytest.fixture(scope="module")
def picture():
    return toy_domains(1, LOAD).a[0]


def right_half(png):
    """The crop that is shown, as uint8 (3, CROP, CROP)."""
    shown = np.array(Image.open(io.BytesIO(png)))
    margin = ZOOM * (LOAD - CROP) // 2
    part = shown[margin:, ZOOM * LOAD + GAP :][: ZOOM * CROP : ZOOM, ::ZOOM]
    return torch.from_numpy(part).permute(2, 0, 1)


@pytest.mark.parametrize("flip", [False, True])
def test_the_pixels_shown_are_those_of_the_crop(picture, flip):
    seen = picture[:, 3 : 3 + CROP, 1 : 1 + CROP]
    shown = right_half(render(picture, CROP, 3, 1, flip))
    assert torch.equal(shown, seen.flip(-1) if flip else seen)


def test_draws_are_those_of_augment(picture):
    for number in range(20):
        by_augment = augment(picture[None], CROP, np.random.default_rng((0, number)))[0]
        shown = right_half(render(picture, CROP, *draw_crop(LOAD, CROP, number)))
        assert torch.equal(shown, to_uint8(by_augment))


def test_each_control_changes_the_picture(picture):
    box = augmentation_player(picture, CROP)
    row, image, text, _ = box.children
    number, play, top, left, flip = row.children
    assert (top.value, left.value, flip.value) == draw_crop(LOAD, CROP, 0)
    play.value = 7  # linked in the kernel: in Colab, links between two controls in the page fail
    assert number.value == 7 and text.value.startswith("Draw 7.")
    assert (top.value, left.value, flip.value) == draw_crop(LOAD, CROP, 7)
    assert image.value == render(picture, CROP, top.value, left.value, flip.value)
    flip.value = not flip.value
    assert text.value.startswith("Moved by hand.")
    for control in (top, left, flip):
        before = image.value
        control.value = not control.value if control is flip else (control.value + 1) % 5
        assert image.value != before
        assert image.value == render(picture, CROP, top.value, left.value, flip.value)
