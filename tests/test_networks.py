import torch
from torch import nn

from helpers.networks import Discriminator, Generator


def test_receptive_field_is_found_by_gradient_too():
    net = Discriminator(4)
    for norm in [m for m in net.modules() if isinstance(m, nn.InstanceNorm2d)]:
        norm.forward = lambda x: x  # its mean and deviation see the whole picture
    x = torch.randn(1, 3, 128, 128, requires_grad=True)
    scores = net(x)
    scores[0, 0, 6, 6].backward()
    seen = x.grad.abs().sum((0, 1)) > 0
    assert seen.any(0).sum() == 70 and seen.any(1).sum() == 70


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
