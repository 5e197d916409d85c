import copy
import re

import pytest
import torch
from torch import nn

from helpers.exercises import grade
from helpers.networks import ResidualBlock, convolution

SAME = dict(padding=1, padding_mode="reflect")


def says(number, answer, words):
    right, text = grade(number, answer)
    assert not right and words in text, text


def passes(number, answer):
    right, text = grade(number, answer)
    assert right is True, text


def shorter(net, k):
    net = copy.deepcopy(net)
    del net.transformation[k]
    return net


def in_place(net, k):
    del net.transformation[k]
    return net


def other_weights(net, k):
    net = shorter(net, k)
    net.transformation[0] = ResidualBlock(16)
    return net


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda net, k: copy.deepcopy(net), "one should go"),
        (lambda net, k: shorter(net, 2 - k), "another block"),
        (other_weights, "another block"),
        (in_place, "a copy"),
        (lambda net, k: net.transformation, "whole generator"),
        (lambda net: net, "TypeError"),
    ],
)
def test_2_1_wrong(answer, words):
    says("2.1", answer, words)


def test_2_1_right():
    right, text = grade("2.1", shorter)
    assert right
    changes = [float(n) for n in re.findall(r": (0\.\d+)", text)]
    assert len(changes) == 4 and changes.index(max(changes)) == 0, text


def block(layers, forward=lambda x, f: x + f(x)):
    class Block(nn.Module):
        def __init__(self, c):
            super().__init__()
            self.f = nn.Sequential(*layers(c))

        def forward(self, x):
            return forward(x, self.f)

    return Block


def right_layers(c):
    end = nn.Conv2d(c, c, 3, **SAME), nn.InstanceNorm2d(c)
    return [*convolution(c, c, 3, **SAME), *end]


def bug(c):
    return [*convolution(c, c, 3, **SAME), *convolution(c, c, 3, **SAME)]


def zero_padded(c):
    return [
        *convolution(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.InstanceNorm2d(c)
    ]  # fmt: skip


def without_last_norm(c):
    return right_layers(c)[:-1]


def without_relu(c):
    return [layer for layer in right_layers(c) if not isinstance(layer, nn.ReLU)]


@pytest.mark.parametrize(
    "answer, words",
    [
        (block(bug), "not one became smaller"),
        (block(right_layers, lambda x, f: (x + f(x)).relu()), "after the sum"),
        (block(right_layers, lambda x, f: f(x)), "unchanged"),
        (block(right_layers, lambda x, f: x.add_(f(x))), "in place"),
        (block(right_layers, lambda x, f: (x + f(x))[..., 1:]), "keeps the shape"),
        (block(zero_padded), "border"),
        (block(without_last_norm), "end with a norm"),
        (block(without_relu), "only one"),
        (lambda c: 3, "nn.Module"),
    ],
)
def test_2_2_wrong(answer, words):
    for seed in range(3):
        torch.manual_seed(seed)
        says("2.2", answer, words)


def test_2_2_right():
    passes("2.2", ResidualBlock)
    passes("2.2", block(right_layers))


def change(net, x, at=None):
    changed = x.clone()
    row, column = at or (x.shape[-2] // 2, x.shape[-1] // 2)
    changed[..., row, column] = 1
    with torch.no_grad():
        before, after = (net.transformation(net.encoder(p)) for p in (x, changed))
    return (after - before).abs()


def reached(net, x, part, **where):
    by = change(net, x, **where).amax(1)
    return (by > part * by.amax((1, 2), keepdim=True)).float().mean().item()


def over_all_pictures(net, x, part):
    by = change(net, x).amax(1)
    return (by > part * by.max()).float().mean()


def in_all_channels(net, x, part):
    by = change(net, x)
    return (by > part * by.amax((1, 2, 3), keepdim=True)).all(1).float().mean()


def changing_x(net, x, part):
    x[..., x.shape[-2] // 2, x.shape[-1] // 2] = 1
    return 0.0


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda net, x, part: reached(net, x, part) * 80, "a share"),
        (lambda net, x, part: reached(net, x, part, at=(0, 0)), "which pixel"),
        (over_all_pictures, "for each picture"),
        (in_all_channels, "over the channels"),
        (changing_x, "x.clone()"),
        (lambda net, x, part: net(x).mean(), "the middle"),
        (lambda net, x, part: "much", "one number"),
    ],
)
def test_2_3_wrong(answer, words):
    right, text = grade("2.3", answer)
    assert not right and words.lower() in text.lower(), text


def test_2_3_right():
    right, text = grade("2.3", reached)
    assert right and "above part 0: 100%" in text, text  # through the norms


@pytest.mark.parametrize(
    "answer, words",
    [
        ((3, 1, 1), "1 to 4"),
        ((5, 2, 1), "4 to 9"),
        ((2, 0, 0), "no longer overlap"),
        ((4, 0, 0), "26 x 26"),
        ((4, 2, 2), "refuses"),
        (4, "three whole numbers"),
        (None, "returned nothing"),
    ],
)
def test_2_4_wrong(answer, words):
    says("2.4", lambda: answer, words)


@pytest.mark.parametrize("answer", [(4, 1, 0), [6, 2, 0]])
def test_2_4_right(answer):
    passes("2.4", lambda: answer)


def shuffle(order, split=lambda n, c, r: (n, c, r, r)):
    def answer(x, r):
        n, c, h, w = x.shape
        c = c // (r * r)
        return x.reshape(*split(n, c, r), h, w).permute(order).reshape(n, c, h * r, w * r)

    return answer


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x, r: x, "expected (1, 1, 4, 4)"),
        (lambda x, r: None, "returned nothing"),
        (shuffle((0, 1, 2, 3, 4, 5)), "permute"),
        (shuffle((0, 1, 4, 3, 5, 2)), "swapped"),
        (shuffle((0, 3, 4, 1, 5, 2), lambda n, c, r: (n, r, r, c)), "(c, r, r)"),
        (shuffle((0, 1, 2, 4, 3, 5)), "side by side"),
        (lambda x, r: shuffle((0, 1, 4, 2, 5, 3))(x, r) + 1, "not where"),
    ],
)
def test_2_5_wrong(answer, words):
    says("2.5", answer, words)


def test_2_5_right():
    passes("2.5", shuffle((0, 1, 4, 2, 5, 3)))


def unfinished(*args):
    raise NotImplementedError("exercise 2.x")


@pytest.mark.parametrize("number", ["2.1", "2.2", "2.3", "2.4", "2.5"])
def test_an_unfinished_answer_is_told_kindly(number):
    says(number, unfinished, "is yours")
