import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.networks import Discriminator
from helpers.widgets.receptive_field import cut_patch, describe, explorer, geometry, render


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Discriminator(4)


@pytest.fixture
def picture():
    return torch.rand(3, 128, 160) * 2 - 1


def test_geometry_is_the_papers(net):
    assert geometry(net) == (70, 8, -23)


def test_a_patch_is_the_right_pixels(net, picture):
    assert torch.equal(cut_patch(net, picture, 5, 7), picture[:, 17:87, 33:103])


def test_a_patch_over_the_edge_is_grey_there(net, picture):
    patch = cut_patch(net, picture, 0, 17)
    assert patch.shape == (3, 70, 70)
    assert torch.equal(patch[:, 23:, :47], picture[:, :47, 113:])
    assert not patch[:, :23].any() and not patch[:, :, 47:].any()


def test_a_patch_larger_than_the_picture(net):
    picture = torch.ones(3, 64, 64)
    patch = cut_patch(net, picture, 2, 3)  # from row -7, column 1
    assert patch[:, 7:, :63].min() == 1
    assert not patch[:, :7].any() and not patch[:, :, 63:].any()


def test_the_patch_is_what_moves_the_score(net, picture):
    for module in net.modules():
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda x: x
    scores = net(picture[None])[0, 0]
    inside = torch.zeros(1, 1, 128, 160)
    inside[..., 17:87, 33:103] = 1
    noise = torch.rand(1, 3, 128, 160)
    other = net(picture[None] + noise * (1 - inside))[0, 0]
    assert abs(other[5, 7] - scores[5, 7]) < 1e-6
    assert abs(other[5, 8] - scores[5, 8]) > 1e-6


def test_description_and_picture(net, picture):
    scores = torch.arange(14 * 18.0).view(14, 18) / 100
    assert describe(net, picture, scores, 2, 3) == (
        "Score (2, 3) is 0.39. It sees rows -7 to 62 and columns 1 to 70 of the picture, of which "
        "7 rows lie beyond its edge (padding)."
    )
    assert describe(net, picture, scores, 13, 0).endswith("which 23 rows and 23 columns lie beyond "
                                                          "its edge (padding).")  # fmt: skip
    assert describe(net, picture, scores, 5, 7).endswith("columns 33 to 102 of the picture.")
    image = np.asarray(Image.open(io.BytesIO(render(net, picture, scores, 2, 3))).convert("RGB"))
    assert image.shape[1] > 2 * image.shape[0] > 200
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 100


def test_the_patch_is_drawn(net):
    picture = torch.full((3, 128, 128), -1.0)
    picture[0, 40:60, 40:60] = 1  # a red square on black
    scores = torch.zeros(14, 14)

    def red(row, column):
        image = Image.open(io.BytesIO(render(net, picture, scores, row, column))).convert("RGB")
        last_panel = np.asarray(image)[:, image.width * 2 // 3 :]
        return (last_panel == (255, 0, 0)).all(-1).sum()

    assert red(5, 5) > 1000  # rows 17 to 86
    assert red(13, 13) == 0  # rows 81 to 150


def test_every_control_changes_what_is_seen(net, picture):
    widget = explorer(net, {"one": picture, "other": -picture})
    controls, view, caption, _ = widget.children
    play, choice, row, column = controls.children
    assert (row.max, column.max, play.max) == (13, 17, 14 * 18 - 1)
    assert "Score (7, 9)" in caption.value

    def after(control, value):
        before = bytes(view.value)
        control.value = value
        assert bytes(view.value) != before and bytes(view.value).startswith(b"\x89PNG")
        return caption.value

    assert "Score (4, 9)" in after(row, 4)
    assert "Score (4, 2)" in after(column, 2)
    first = caption.value
    assert "Score (4, 2)" in after(choice, "other") and caption.value != first
    assert "Score (1, 2)" in after(play, 20)
    assert "Score (1, 3)" in after(play, 21)
    assert "Score (2, 0)" in after(play, 36)
    assert (row.value, column.value) == (2, 0)
    after(row, 9)  # by hand: from here Play goes on
    assert play.value == 9 * 18


def test_play_begins_at_the_score_shown(net, picture):
    play, _, row, column = explorer(net, {"one": picture}).children[0].children
    assert play.value == row.value * 18 + column.value == 7 * 18 + 9
