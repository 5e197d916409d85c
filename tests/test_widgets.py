"""Each figure draws, follows its controls, and says in a sentence what it cannot do."""

import functools

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from helpers import show, widgets
from helpers.networks import Discriminator, Generator
from helpers.widgets import animal, feature_maps, receptive_field


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were shown, drawn and closed, and their alternative texts."""
    figures = []

    def show_figure(figure, alt):
        figure.canvas.draw()
        figures.append((figure, alt))
        plt.close(figure)

    for module in (*vars(widgets).values(), show):
        if hasattr(module, "show_figure"):
            monkeypatch.setattr(module, "show_figure", show_figure)
    return figures


def shown(figure, number):
    """The array in the n-th panel."""
    return np.asarray(figure.axes[number].get_images()[0].get_array())


def test_animal_shows_the_horse_its_translation_and_its_zebra(drawn):
    animal.plot(lambda x: -x)
    animal.plot(lambda x: -x, place=0.0, coat="white", landscape="savanna")
    horse, output, zebra = (shown(drawn[0][0], k).astype(int) for k in range(3))
    assert abs(horse + output - 255).max() <= 1 and (horse != zebra).any()
    assert (shown(drawn[1][0], 0) != horse).any() and drawn[1][1].startswith("A white horse")


def test_receptive_field_is_the_papers_and_the_patch_its_pixels(drawn):
    net, image = Discriminator(4), torch.rand(3, 128, 160) * 2 - 1
    assert receptive_field.geometry(net) == (70, 8, -23)
    assert torch.equal(receptive_field.cut_patch(net, image, 5, 7), image[:, 17:87, 33:103])
    receptive_field.plot(net, image, 99, 3)  # a slider made for larger images
    assert drawn[0][0].axes[1].get_title().startswith("score (13, 3) = ")


def test_feature_maps_are_those_of_the_network(drawn):
    net, x = Generator(8, 2).eval(), torch.rand(3, 32, 32) * 2 - 1
    maps = feature_maps.feature_maps(net, x)
    assert list(maps)[2:5] == ["encoder 3", "block 1", "block 2"]
    assert maps["decoder 1"].shape == (16, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(maps["block 2"], net.transformation(net.encoder(x[None]))[0])
    feature_maps.plot(maps, "block 1", 63)
    assert "number 31" in drawn[0][1]


def test_interact_shows_a_still_and_names_handles_and_images(drawn, monkeypatch):
    pages = []
    monkeypatch.setattr(widgets, "display", pages.append)
    widgets.interact(functools.partial(animal.plot, lambda x: -x), length=(0.2, 0.82))
    assert drawn and "aria-label" in pages[-1].data
    assert 'alt = "The horse, G_AB of it' in pages[-1].data
