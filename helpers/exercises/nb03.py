"""Checks of notebook 03."""

import copy
import math

import torch
from torch import nn

from helpers.exercises import Wrong, exercise, numbers
from helpers.networks import Discriminator, parameter_count

PATCHGAN = ((4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 1, 1), (4, 1, 1))  # kernel, stride, padding


def _chained(size, layers, padding_sides=2, rounding=math.floor, plus=1):
    for k, s, p in layers:
        size = rounding((size + padding_sides * p - k) / s) + plus
    return size


@exercise("3.1")
def map_size(answer):
    mistakes = {
        "the padding seems to be forgotten: it adds to the size.": {"padding_sides": 0},
        "the padding seems to count once: it is added on both sides.": {"padding_sides": 1},
        "one is missing at each layer: the window also fits at the start, so add 1.": {"plus": 0},
        "the division seems to round up: a window that does not fit wholly gives no score.": {
            "rounding": math.ceil
        },
    }
    cases = ((256, PATCHGAN), (64, PATCHGAN), (100, ((7, 3, 2), (2, 1, 0))), (31, ((4, 2, 1),)))
    for size, layers in cases:
        got, right = answer(size, list(layers)), _chained(size, layers)
        if isinstance(got, bool) or not isinstance(got, int | float):
            raise Wrong(f"Expected a number, your function gave {got!r}.")
        if got != right:
            seen = f"{size} pixels through {list(layers)} give {right}, yours says {got}:"
            for words, change in mistakes.items():
                if got == _chained(size, layers, **change):
                    raise Wrong(f"{seen} {words}")
            if got == _chained(size, layers[:1]):
                raise Wrong(f"{seen} only the first layer seems to be counted.")
            raise Wrong(f"{seen} try the formula of section 2.1 on one layer first.")
        if not isinstance(got, int):
            raise Wrong(f"The number is right, but it should be whole: use // ({got!r}).")
    return "No layer asks for a fixed size, so one formula serves pictures of any size."


@exercise("3.2")
def one_halving_less(answer):
    patch, scores = numbers(answer, "patch", "scores")
    if patch == 70:
        raise Wrong("70 is the patch of three halvings. Walk back with strides 1, 1, 2, 2.")
    if patch in (16, 40):
        raise Wrong(f"{patch} is another chain: there are four layers, with strides 1, 1, 2, 2.")
    if patch != 34:
        raise Wrong(f"The patch is not {patch}: walk back, r = (r - 1) * stride + 4, from r = 1.")
    if scores == 62 * 62:
        raise Wrong("The patch is right. That many scores are in the whole map; how many in a row?")
    if scores in (30, 64):
        raise Wrong(
            f"The patch is right. {scores} scores do not fit: halve 256 twice, then the two layers "
            "of stride 1 take one off each."
        )
    if scores != 62:
        raise Wrong(f"The patch is right. The map's side is not {scores}: go forwards from 256.")
    return "Half the patch, twice as many scores a row: a finer but more short-sighted judge."


def _judges(row, column, size, first=-23, clipped=True):
    scores = range(size // 8 - 2) if clipped else range(-100, 1000)

    def along(p):
        return sum(8 * i + first <= p <= 8 * i + first + 69 for i in scores)

    return along(row) * along(column), along(row) + along(column), along(row)


@exercise("3.3")
def judges_of(answer):
    places = ((0, 0, 256), (0, 128, 256), (255, 40, 256), (128, 128, 256), (131, 128, 256))
    for row, column, size in (*places, (60, 5, 128), (10, 30, 64)):
        got = answer(row, column, size)
        right, added, along = _judges(row, column, size)
        if got == right:
            continue
        seen = f"Pixel ({row}, {column}) of {size} is seen by {right} scores, yours says {got!r}:"
        if got == added:
            raise Wrong(f"{seen} each row can meet each column, so multiply instead of adding.")
        if got == along:
            raise Wrong(f"{seen} that is one axis only; rows and columns both count.")
        if got == _judges(row, column, size, first=0)[0]:
            raise Wrong(f"{seen} score 0 starts 23 pixels before the picture, not at pixel 0.")
        if got == _judges(row, column, size, clipped=False)[0]:
            raise Wrong(f"{seen} near the border some of these scores do not exist.")
        if size != 256 and got == _judges(row, column, 256)[0]:
            raise Wrong(f"{seen} the number of scores depends on `size`; 30 is for 256 pixels.")
        raise Wrong(f"{seen} score i of an axis sees pixels 8 i - 23 to 8 i + 46, both included.")
    return "A corner is judged by 9 scores, the middle by 64 to 81: less is asked of the border."


@exercise("3.4")
def least_squares(answer):
    maps = (
        (torch.tensor([[[[0.0, 2.0]]]]), 1.0),
        (torch.tensor([[[[-3.0, 1.0], [0.5, 4.0]]], [[[0.0, 1.0], [2.0, -2.0]]]]), 0.0),
        (torch.tensor([[[[-6.0, -5.0]]]]), 1.0),
    )
    for scores, target in maps:
        got = answer(scores, target)
        distance = scores - target
        squashed = torch.sigmoid(scores) - target
        if not isinstance(got, torch.Tensor):
            raise Wrong("Expected a tensor, so that it can be differentiated.")
        if got.numel() != 1:
            raise Wrong(f"Expected one number, got shape {tuple(got.shape)}: take the mean.")

        def same(other, got=got):
            return torch.allclose(got.float(), other, atol=1e-5)

        if same(distance.square().mean()):
            continue
        listed = [round(s, 1) for s in scores.flatten().tolist()]
        seen = f"For the scores {listed} and the target {target:.0f} it gives {got.item():.2f}:"
        if same(distance.mean().square()) or same(distance.mean((1, 2, 3)).square().mean()):
            raise Wrong(f"{seen} a patch above the target makes up for one below it.")
        if same(squashed.square().mean()) or same(squashed.mean().square()):
            raise Wrong(f"{seen} the scores are squeezed by a sigmoid first; see section 9.")
        if same(distance.square().sum()):
            raise Wrong(f"{seen} the sum grows with the number of scores; use the mean.")
        if same(distance.abs().mean()):
            raise Wrong(f"{seen} that is the absolute distance, not its square.")
        if same(distance.square().mean() / 2):
            raise Wrong(f"{seen} that is half of it. The 1/2 comes later, for D's sum only.")
        raise Wrong(f"{seen} expected {distance.square().mean():.2f}, the mean of the squares.")
    scores = torch.randn(1, 1, 3, 3, requires_grad=True)
    value = answer(scores, 1.0)
    if not value.requires_grad:
        raise Wrong("The value is right, but no gradient reaches the scores: is there a detach?")
    return "Every patch now sends back a gradient of its own."


def _field_by_gradient(net):
    """Rows that the middle score of a 256-pixel picture sees, norms taken out."""
    net = copy.deepcopy(net).double()
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d | nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    x = torch.randn(1, 3, 256, 256, dtype=torch.double, requires_grad=True)
    scores = net(x)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    return int((x.grad != 0).any(3).any(1).sum())


@exercise("3.5")
def my_discriminator(answer):
    net = answer(4)
    if not isinstance(net, nn.Module):
        raise Wrong(f"Expected a network (nn.Module), your function gave {type(net).__name__}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x, right = torch.rand(1, 3, 256, 256) * 2 - 1, Discriminator(4)
        shape, field = tuple(net(x).shape), _field_by_gradient(net)
    if shape != (1, 1, 30, 30) or field != 70:
        raise Wrong(
            f"256 pixels give scores of shape {shape} instead of (1, 1, 30, 30),\n"
            f"and one of them sees {field} pixels instead of 70."
        )
    if parameter_count(net) != parameter_count(right):
        raise Wrong(
            f"Map and patch are right now, but it has {parameter_count(net):,} parameters at width "
            f"4 instead of {parameter_count(right):,}: keep the channels as they were."
        )
    if any(a.shape != b.shape for a, b in zip(net.parameters(), right.parameters())):
        raise Wrong("Map and patch are right now, but the layers' channels are not the paper's.")
    for ours, theirs in zip(net.parameters(), right.parameters()):
        ours.data.copy_(theirs.data)
    with torch.no_grad():
        close = torch.allclose(net(x), right(x), atol=1e-5)
    if not close:
        raise Wrong(
            "Map, patch and parameters are right, but with the course's weights the scores differ: "
            "compare norms, activations and the last layer with section 2.4."
        )
    return "A stride has no weights: only shapes, or a gradient, can show that it is wrong."
