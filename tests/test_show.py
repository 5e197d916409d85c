"""What a figure shows must be what the images hold, and what is displayed must have a name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from helpers import show


@pytest.fixture
def displayed(monkeypatch):
    """(what, metadata) of everything displayed, in place of a notebook."""
    seen = []
    monkeypatch.setattr(show, "display", lambda what, metadata, **_: seen.append((what, metadata)))
    monkeypatch.setattr(show, "get_ipython", lambda: "a notebook")
    return seen


def pixels(image, scale=None):
    """The red channel of the image as the figure shows it."""
    figure = show.draw_rows({"": image[None]}, scale=scale)
    figure.canvas.draw()
    box = figure.axes[0].get_window_extent()
    shown = np.asarray(figure.canvas.buffer_rgba())[..., 0]
    plt.close(figure)
    return shown[round(box.y0) + 5 : round(box.y1) - 5, round(box.x0) + 5 : round(box.x1) - 5]


def test_fine_stripes_become_grey_small_images_stay_sharp_large_ones_keep_their_pixels():
    def stripes(side):
        return (torch.arange(side) % 2 * 255).to(torch.uint8).expand(3, side, side)

    assert abs(pixels(stripes(128), scale=0.8).astype(float) - 127.5).max() < 40
    assert set(np.unique(pixels(stripes(32)))) == {0, 255}
    assert min(pixels(stripes(256)).shape) > 240


def test_rows_have_labels_titles_and_a_text_for_screen_readers(displayed):
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    show.show({"x": images, "G_AB(x)": images[:1]}, ["a", "b"])
    [(figure, metadata)] = displayed
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "", ""]
    assert [ax.get_ylabel() for ax in figure.axes] == ["x", "", "G_AB(x)", ""]
    assert metadata == {"image/png": {"alt": "Rows of images: x, G_AB(x)"}}
    assert plt.get_fignums() == [], "it would be shown twice"
