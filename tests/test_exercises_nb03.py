import math

import pytest
import torch
from torch import nn

from helpers import exercises
from helpers.networks import Discriminator


def chained(size, layers, sides=2, rounding=math.floor, plus=1):
    for k, s, p in layers:
        size = rounding((size + sides * p - k) / s) + plus
    return size


def judges(row, column, size=256, first=-23, scores=None):
    scores = range(size // 8 - 2) if scores is None else scores
    return [sum(8 * i + first <= p <= 8 * i + first + 69 for i in scores) for p in (row, column)]


def times(row, column, size=256, **change):
    return math.prod(judges(row, column, size, **change))


def discriminator(width, stride=1, channels=8, end=(), norm=nn.InstanceNorm2d, slope=0.2):
    layers = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(slope)]
    for c, c_out, s in ((1, 2, 2), (2, 4, 2), (4, channels, stride)):
        convolution = nn.Conv2d(c * width, c_out * width, 4, s, 1)
        layers += [convolution, norm(c_out * width), nn.LeakyReLU(slope)]
    return nn.Sequential(*layers, nn.Conv2d(channels * width, 1, 4, 1, 1), *end)


def least_squares(scores, target):
    return (scores - target).square().mean()


WRONG = [
    ("3.1", lambda size, layers: chained(size, layers, sides=0), "forgotten"),
    ("3.1", lambda size, layers: chained(size, layers, sides=1), "both sides"),
    ("3.1", lambda size, layers: chained(size, layers, plus=0), "add 1"),
    ("3.1", lambda size, layers: chained(size, layers, rounding=math.ceil), "round up"),
    ("3.1", lambda size, layers: chained(size, layers[:1]), "only the first layer"),
    ("3.1", lambda size, layers: 30, "section 2.1"),
    ("3.1", lambda size, layers: float(chained(size, layers)), "whole"),
    ("3.1", lambda size, layers: None, "returned nothing"),
    ("3.2", 34, "a dictionary with the keys"),
    ("3.2", {"patch": ..., "scores": ...}, "by a number"),
    ("3.2", {"patch": 70, "scores": 30}, "three halvings"),
    ("3.2", {"patch": 16, "scores": 62}, "four layers"),
    ("3.2", {"patch": 35, "scores": 62}, "walk back"),
    ("3.2", {"patch": 34, "scores": 62 * 62}, "in a row"),
    ("3.2", {"patch": 34, "scores": 30}, "halve 256 twice"),
    ("3.2", {"patch": 34, "scores": 61}, "forwards"),
    ("3.3", lambda row, column, size=256: sum(judges(row, column, size)), "multiply"),
    ("3.3", lambda row, column, size=256: judges(row, column, size)[0], "one axis"),
    ("3.3", lambda row, column, size=256: times(row, column, size, first=0), "23 pixels before"),
    (
        "3.3",
        lambda row, column, size=256: times(row, column, size, scores=range(-50, 50)),
        "do not exist",
    ),
    ("3.3", lambda row, column, size=256: times(row, column), "depends on `size`"),
    ("3.3", lambda row, column, size=256: 81, "both included"),
    ("3.4", lambda s, t: (s.mean() - t).square(), "makes up for"),
    ("3.4", lambda s, t: (torch.sigmoid(s) - t).square().mean(), "sigmoid"),
    ("3.4", lambda s, t: (torch.sigmoid(s).mean() - t).square(), "sigmoid"),
    ("3.4", lambda s, t: (s - t).square().sum(), "sum grows"),
    ("3.4", lambda s, t: (s - t).abs().mean(), "absolute"),
    ("3.4", lambda s, t: (s - t).square().mean() / 2, "half"),
    ("3.4", lambda s, t: (s + t).square().mean(), "the mean of the squares"),
    ("3.4", lambda s, t: (s - t).square(), "one number"),
    ("3.4", lambda s, t: least_squares(s, t).item(), "tensor"),
    ("3.4", lambda s, t: least_squares(s.detach(), t), "no gradient"),
    ("3.5", lambda width: discriminator(width, stride=2), "94"),
    ("3.5", lambda width: discriminator(width, channels=4), "parameters"),
    ("3.5", lambda width: discriminator(width, end=[nn.Sigmoid()]), "scores differ"),
    ("3.5", lambda width: discriminator(width, slope=0.0), "scores differ"),
    ("3.5", lambda width: discriminator(width, norm=lambda c: nn.Identity()), "scores differ"),
    ("3.5", lambda width: None, "returned nothing"),
]


@pytest.mark.parametrize("number, answer, words", WRONG)
def test_wrong_answers_are_told_what_is_seen(number, answer, words):
    right, text = exercises.grade(number, answer)
    assert not right and words.lower() in text.lower(), text


RIGHT = [
    ("3.1", chained),
    ("3.2", {"patch": 34, "scores": 62}),
    ("3.3", times),
    ("3.4", least_squares),
    ("3.5", discriminator),
    ("3.5", Discriminator),
]


@pytest.mark.parametrize("number, answer", RIGHT)
def test_right_answers_are_right(number, answer):
    right, text = exercises.grade(number, answer)
    assert right, text


def test_the_numbers_of_3_3_are_true():
    """Asks a network which scores change with a pixel, instead of trusting the formula."""
    layers = [m for m in Discriminator(2).double().layers if not isinstance(m, nn.InstanceNorm2d)]
    net = nn.Sequential(*layers)
    for row, column in ((0, 0), (60, 5), (127, 64)):
        x = torch.rand(1, 3, 128, 128, dtype=torch.double)
        before = net(x)
        x[:, :, row, column] += 1
        assert (net(x) != before).sum() == times(row, column, 128)
