import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.images import to_uint8
from helpers.networks import Generator

pytest.importorskip("ipywidgets")
from helpers.widgets import feature_maps as fm  # noqa: E402


@pytest.fixture
def net():
    return Generator(8, 2).eval()


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 32, 32) * 2 - 1


def decode(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_stages_come_in_order_with_their_shapes(net, pictures):
    shapes = {name: tuple(maps.shape) for name, maps in fm.feature_maps(net, pictures[0]).items()}
    assert list(shapes.items()) == [
        ("encoder 1 of 3", (8, 32, 32)), ("encoder 2 of 3", (16, 16, 16)),
        ("encoder 3 of 3", (32, 8, 8)),
        ("transformation 1 of 2", (32, 8, 8)), ("transformation 2 of 2", (32, 8, 8)),
        ("decoder 1 of 2", (16, 16, 16)), ("decoder 2 of 2", (8, 32, 32)),
    ]  # fmt: skip


def test_maps_are_those_of_the_network_and_no_hook_stays(net, pictures):
    maps = fm.feature_maps(net, pictures[0])
    with torch.no_grad():
        expected = net.transformation(net.encoder(pictures[:1]))[0]
    torch.testing.assert_close(maps["transformation 2 of 2"], expected)
    assert not any(module._forward_hooks for module in net.modules())


def test_colours_tell_the_sign():
    colours = fm.colours(torch.tensor([[-2.0, 0.0, 2.0, 1.0]]))[0].tolist()
    assert colours == [[0, 114, 178], [255, 255, 255], [213, 94, 0], [234, 174, 128]]
    assert (fm.colours(torch.zeros(2, 2)) == 255).all()


def test_panels_show_the_picture_and_the_chosen_map(pictures):
    maps = torch.randn(5, 8, 8)
    sheet = decode(fm.render(pictures[0], maps, 3))
    step = fm.SIDE // 32
    centres = sheet[step // 2 : fm.SIDE : step, step // 2 : fm.SIDE : step]
    assert np.array_equal(centres, to_uint8(pictures[0]).permute(1, 2, 0).numpy())
    step = fm.SIDE // 8
    panel = sheet[:, 2 * fm.SIDE + 24 :]
    assert np.array_equal(panel[step // 2 :: step, step // 2 :: step], fm.colours(maps[3]))


def test_the_chosen_map_is_framed(pictures):
    tile = fm.SIDE // 2
    for channel in range(4):
        sheet = decode(fm.render(pictures[0], torch.ones(4, 8, 8), channel))
        left, top = fm.SIDE + 12 + channel % 2 * tile, channel // 2 * tile
        corners = [(top, left), (top, left + tile - 1), (top + tile - 1, left)]
        assert all((sheet[corner] == 0).all() for corner in corners)
        assert (sheet[:, fm.SIDE + 12 : 2 * fm.SIDE + 12] == 0).all(-1).sum() < 9 * tile


def test_any_proportions(net):
    picture = torch.rand(3, 24, 40) * 2 - 1
    sheet = decode(fm.render(picture, fm.feature_maps(net, picture)["encoder 2 of 3"], 0))
    assert sheet.shape == (fm.SIDE, 3 * fm.SIDE + 24, 3)


def test_every_control_changes_the_picture(net, pictures):
    box = fm.browse(net, pictures)
    (number, stage, channel), image, text = box.children[0].children, *box.children[1:3]
    assert channel.max == 7 and "8 channels of 32 x 32" in text.value
    seen = [image.value]
    channel.value = 7
    seen.append(image.value)
    stage.value = "transformation 1 of 2"
    seen.append(image.value)
    assert channel.max == 31 and "32 channels of 8 x 8" in text.value
    number.value = 1
    seen.append(image.value)
    channel.value = 31
    stage.value = "decoder 2 of 2"  # fewer channels than the slider stands at
    seen.append(image.value)
    assert channel.max == channel.value == 7
    assert len(set(seen)) == len(seen)
