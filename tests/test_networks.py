import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from helpers import networks
from helpers.networks import (
    Discriminator,
    Generator,
    pad_to_multiple,
    parameter_count,
    receptive_field,
)


@pytest.mark.parametrize("upsample", ["transposed", "resize"])
@pytest.mark.parametrize("blocks, parameters", [(9, 11_378_179), (6, 7_837_699)])
def test_generator_has_the_papers_parameters(upsample, blocks, parameters):
    assert parameter_count(Generator(64, blocks, upsample)) == parameters


def test_discriminator_is_the_papers_70_by_70_patchgan():
    net = Discriminator(64)
    assert parameter_count(net) == 2_764_737
    assert receptive_field(net) == 70
    assert net(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("layer", ["norm", "convolution"])
def test_own_layers_equal_pytorchs_on_channels_last_pictures(layer, batch):
    """Values and gradients in float64; and what comes out lies channels-last still."""
    args = dict(padding=2, padding_mode="reflect", stride=2)
    own, theirs = {
        "norm": (networks.InstanceNorm2d(5), nn.InstanceNorm2d(5)),
        "convolution": (networks.Conv2d(5, 6, 3, **args), nn.Conv2d(5, 6, 3, **args)),
    }[layer]
    theirs.load_state_dict(own.state_dict())
    x = torch.randn(batch, 5, 8, 7, dtype=torch.float64)
    outputs, gradients = [], []
    for net, layout in ((own, torch.channels_last), (theirs, torch.contiguous_format)):
        pictures = x.clone(memory_format=layout).requires_grad_()
        y = net.to(torch.float64, memory_format=layout)(pictures)
        weights = torch.arange(y.numel(), dtype=y.dtype).reshape(y.shape).sin()
        (y * weights).sum().backward()
        outputs.append(y)
        gradients.append([pictures.grad, *(p.grad for p in net.parameters())])
    torch.testing.assert_close(*outputs, atol=1e-12, rtol=0)
    torch.testing.assert_close(*gradients, atol=1e-12, rtol=0)
    assert outputs[0].is_contiguous(memory_format=torch.channels_last)


class Conversions(TorchDispatchMode):
    """Counts the copies that change the precision of a picture."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten._to_copy.default and args[0].dim() == 4:
            self.count += args[0].shape[0] == 2  # pictures here are two, output channels are not
        return function(*args, **(kwargs or {}))


def test_a_network_converts_pictures_once_where_it_computes_in_bfloat16():
    net = Generator(4, 3).to(memory_format=torch.channels_last)
    x = torch.rand(2, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16), Conversions() as conversions:
        y = net(x)
    assert y.dtype == torch.bfloat16 and conversions.count == 1


def test_receptive_field_is_found_by_gradient_too():
    net = Discriminator(4)
    for norm in [m for m in net.modules() if isinstance(m, nn.InstanceNorm2d)]:
        norm.forward = lambda x: x  # its mean and deviation see the whole picture
    x = torch.randn(1, 3, 128, 128, requires_grad=True)
    scores = net(x)
    scores[0, 0, 6, 6].backward()
    seen = x.grad.abs().sum((0, 1)) > 0
    assert seen.any(0).sum() == 70 and seen.any(1).sum() == 70


@pytest.mark.parametrize("upsample", ["transposed", "resize"])
@pytest.mark.parametrize("size", [(1, 1), (3, 9), (30, 31), (64, 48)])
def test_any_size_comes_back(size, upsample):
    net = Generator(4, 1, upsample)
    y = net(torch.rand(2, 3, *size) * 2 - 1)
    assert y.shape == (2, 3, *size) and y.abs().max() <= 1


def test_padding_reflects_and_leaves_fitting_sizes_alone():
    x = torch.arange(9.0).expand(1, 1, 9, 9)
    expected = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5.0])
    assert torch.equal(pad_to_multiple(x)[0, 0, 0], expected)
    y = torch.rand(1, 3, 12, 16)
    assert pad_to_multiple(y) is y


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
