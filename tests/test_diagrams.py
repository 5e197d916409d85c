"""The diagrams name what is there, with the sizes that the networks have, and nothing overlaps."""

import itertools

import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from helpers import diagrams
from helpers.networks import Discriminator, Generator
from helpers.settings import LOSSES

ALL = ("cyclegan", "generator", "residual_block", "discriminator", "losses")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(figure):
    return [text for text in figure.axes[0].texts if text.get_text()]


def words(figure):
    return [text.get_text() for text in texts(figure)]


@pytest.mark.parametrize("name", ALL)
def test_texts_are_large_lie_inside_and_do_not_overlap(name):
    figure = getattr(diagrams, name)()
    renderer = figure.canvas.get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts(figure)]
    assert min(text.get_fontsize() for text in texts(figure)) >= 11
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        assert not a.overlaps(b), (one, other)
    for text, at in boxes:
        assert at.x0 >= 0 and at.y0 >= 0, text
        assert at.x1 <= figure.bbox.x1 and at.y1 <= figure.bbox.y1, text


@pytest.mark.parametrize("name", ["cyclegan", "losses"])
def test_every_loss_is_named(name):
    said = [word.split(":")[0] for word in words(getattr(diagrams, name)())]
    assert all(said.count(loss) == 1 for loss in LOSSES)


def shapes(net):
    """(channels, side) after each convolution, at 256 pixels."""
    found = []
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(lambda m, i, o: found.append(tuple(o.shape[1:3])))
    net.to("meta")(torch.empty(1, 3, 256, 256, device="meta"))
    return set(found)


@pytest.mark.parametrize("name, net", [
    ("generator", Generator(64, 9)), ("discriminator", Discriminator(64)),
])  # fmt: skip
def test_the_sizes_are_those_of_the_networks(name, net):
    said = words(getattr(diagrams, name)())
    pairs = [(said[i], said[i + 1]) for i in range(len(said) - 1)]
    for channels, side in shapes(net):
        assert (str(channels), f"{side} px") in pairs
