"""What a figure shows must be what the pictures hold."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from helpers import plots


def shown(picture, scale):
    figure = plots.show({"": picture[None]}, scale=scale)
    figure.canvas.draw()
    box = figure.axes[0].get_window_extent()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., 0]
    plt.close(figure)
    return pixels[round(box.y0) + 5 : round(box.y1) - 5, round(box.x0) + 5 : round(box.x1) - 5]


def test_stripes_too_fine_for_their_place_become_grey_not_coarse():
    stripes = torch.zeros(3, 128, 128, dtype=torch.uint8)
    stripes[..., ::2] = 255
    assert abs(shown(stripes, scale=0.8).astype(float) - 127.5).max() < 40


def test_small_pictures_are_enlarged_without_smoothing():
    stripes = torch.zeros(3, 32, 32, dtype=torch.uint8)
    stripes[..., ::2] = 255
    assert set(np.unique(shown(stripes, scale=1.3))) == {0, 255}


def test_a_figure_becomes_a_png():
    figure = plots.show({"": torch.zeros(1, 3, 8, 8)})
    assert plots.png(figure).startswith(b"\x89PNG")
    plt.close(figure)
