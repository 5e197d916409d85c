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


def size(n, k, s, p):
    return (n + 2 * p - k) // s + 1


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda n, k, s, p: (n + p - k) // s + 1, "both ends"),
        (lambda n, k, s, p: (n + 2 * p - k) // s, "first step"),
        (lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "part of a step"),
        (lambda n, k, s, p: (n + 2 * p - k) / s + 1, "whole number"),
        (lambda n, k, s, p: n, "PyTorch 128."),
        (lambda n: n, "TypeError"),
    ],
)
def test_2_1_wrong(answer, words):
    says("2.1", answer, words)


def test_2_1_right():
    passes("2.1", size)


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


@pytest.mark.parametrize("answer, words", [(9, "157"), (15, "253"), (20, "fewer"), (15.2, "whole")])
def test_2_3_wrong(answer, words):
    says("2.3", lambda: answer, words)


def test_2_3_right():
    passes("2.3", lambda: 16)


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
