import pytest
import torch
from torch import nn

from helpers.networks import (
    Discriminator,
    Generator,
)


def test_receptive_field_is_found_by_gradient_too():
    net = Discriminator(4)
    for norm in [m for m in net.modules() if isinstance(m, nn.InstanceNorm2d)]:
        norm.forward = lambda x: x  # its mean and deviation see the whole picture
    x = torch.randn(1, 3, 128, 128, requires_grad=True)
    scores = net(x)
    scores[0, 0, 6, 6].backward()
    seen = x.grad.abs().sum((0, 1)) > 0
    assert seen.any(0).sum() == 70 and seen.any(1).sum() == 70


def test_a_picture_is_translated_alone_whatever_its_batch():
    net = Generator(8, 2)
    x = torch.rand(3, 3, 32, 32) * 2 - 1
    one_by_one = torch.cat([net(picture[None]) for picture in x])
    torch.testing.assert_close(net(x), one_by_one, atol=1e-5, rtol=0)


def test_weights_start_as_in_the_paper():
    for net in (Generator(32, 2), Discriminator(32)):
        for layer in [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]:
            assert layer.bias.abs().max() == 0
        weights = torch.cat([p.flatten() for p in net.parameters() if p.dim() == 4])
        assert abs(weights.mean()) < 1e-3 and abs(weights.std() - 0.02) < 1e-3


def layers(net):
    return [m for m in net.modules() if not list(m.children())]


def test_generator_layers_are_those_of_the_paper():
    """c7s1-64, d128, d256, R256 x 2, u128, u64, c7s1-3 (appendix 7.2), written out."""
    C, T, N, R = nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d, nn.ReLU
    kinds = [C, N, R] * 3 + [C, N, R, C, N] * 2 + [T, N, R] * 2 + [C, nn.Tanh]
    there = layers(Generator(8, 2))
    assert len(there) == len(kinds) and all(map(isinstance, there, kinds))
    convolutions = [layer for layer in there if isinstance(layer, C | T)]
    shapes = [
        (c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0], c.padding[0], c.padding_mode)
        for c in convolutions
    ]
    block = [(32, 32, 3, 1, 1, "reflect")] * 2
    assert shapes == [
        (3, 8, 7, 1, 3, "reflect"), (8, 16, 3, 2, 1, "zeros"), (16, 32, 3, 2, 1, "zeros"),
        *block, *block,
        (32, 16, 3, 2, 1, "zeros"), (16, 8, 3, 2, 1, "zeros"), (8, 3, 7, 1, 3, "reflect"),
    ]  # fmt: skip
    for norm in [layer for layer in there if isinstance(layer, N)]:
        assert not norm.affine and not norm.track_running_stats


def test_discriminator_layers_are_those_of_the_paper():
    C, N, L = nn.Conv2d, nn.InstanceNorm2d, nn.LeakyReLU
    there = layers(Discriminator(8))
    kinds = [C, L] + [C, N, L] * 3 + [C]
    assert len(there) == len(kinds) and all(map(isinstance, there, kinds))
    shapes = [
        (c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0], c.padding[0])
        for c in there if isinstance(c, C)
    ]  # fmt: skip
    assert shapes == [
        (3, 8, 4, 2, 1), (8, 16, 4, 2, 1), (16, 32, 4, 2, 1), (32, 64, 4, 1, 1), (64, 1, 4, 1, 1)
    ]  # fmt: skip
    assert all(layer.negative_slope == 0.2 for layer in there if isinstance(layer, L))


def test_residual_block_is_the_input_plus_something_and_ends_without_relu():
    block = Generator(8, 1).transformation[0]
    x = torch.randn(1, 32, 8, 8)
    torch.testing.assert_close(block(x), x + block.f(x))
    assert block(x).min() < 0


def test_unknown_upsampling_is_refused():
    with pytest.raises(ValueError, match="expected"):
        Generator(upsample="pixelshuffle")


@pytest.mark.parametrize("shift", [-3.0, 4.0])
def test_scores_are_not_squeezed(shift):
    net = Discriminator(4)
    x = torch.rand(1, 3, 64, 64)
    before = net(x)
    net.layers[-1].bias.data.fill_(shift)
    torch.testing.assert_close(net(x), before + shift)


def test_an_exported_generator_takes_any_size():
    net, dynamic = Generator(4, 1).eval(), torch.export.Dim.DYNAMIC
    sides = {2: dynamic, 3: dynamic}
    graph = torch.export.export(net, (torch.zeros(1, 3, 66, 90),), dynamic_shapes=(sides,))
    for height, width in ((64, 64), (65, 90), (37, 50), (8, 11)):
        x = torch.rand(1, 3, height, width) * 2 - 1
        torch.testing.assert_close(graph.module(check_guards=False)(x), net(x))
