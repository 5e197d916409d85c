"""The checks of notebook 01 know the right answer, and say what is wrong with the others."""

import pytest
import torch

from helpers.exercises import grade
from helpers.images import augment, to_uint8


def pairs(pictures, same=torch.equal):
    n = len(pictures)
    return [
        (i, j) for i in range(n) for j in range(i + 1, n) if same(pictures[i], pictures[j])
    ]  # fmt: skip


class Pictures:
    """The right one; the others below change one thing."""

    def __init__(self, load, crop, rng):
        self.load, self.crop, self.rng, self.cache = load, crop, rng, {}

    def loaded(self, i):
        if i not in self.cache:
            self.cache[i] = self.load(i)[None]
        return self.cache[i]

    def __getitem__(self, i):
        return augment(self.loaded(i), self.crop, self.rng)[0]


class Frozen(Pictures):
    def __getitem__(self, i):
        if i not in self.cache:
            self.cache[i] = augment(self.load(i)[None], self.crop, self.rng)[0]
        return self.cache[i]


class LoadsAgain(Pictures):
    def loaded(self, i):
        return self.load(i)[None]


class KeepsBatch(Pictures):
    def __getitem__(self, i):
        return augment(self.loaded(i), self.crop, self.rng)


class Bytes(Pictures):
    def __getitem__(self, i):
        return self.loaded(i)[0, :, :8, :8]


class NeverFlips(Pictures):
    def __getitem__(self, i):
        top, left = self.rng.integers(0, 5, 2)
        return self.loaded(i)[0, :, top : top + 8, left : left + 8] / 127.5 - 1


class OnlyFlips(Pictures):
    def __getitem__(self, i):
        view = self.loaded(i)[0, :, :8, :8] / 127.5 - 1
        return view.flip(-1) if self.rng.random() < 0.5 else view


RIGHT = [
    ("1.1", to_uint8),
    ("1.1", lambda x: (x * 127.5 + 127.5).round().clip(0, 255).byte()),
    ("1.2", pairs),
    ("1.2", lambda pictures: [list(pair) for pair in pairs(pictures)]),
    ("1.3", lambda: 1922),
    ("1.4", Pictures),
]

WRONG = [
    ("1.1", lambda x: (x + 1) * 127.5, "torch.uint8 is asked for"),
    ("1.1", lambda x: None, "returned nothing"),
    ("1.1", lambda x: to_uint8(x)[None], "shape changed"),
    ("1.1", lambda x: ((x + 1) * 127.5).clamp(0, 255).to(torch.uint8), "one too small"),
    ("1.1", lambda x: ((x + 1) / 2).round().to(torch.uint8), "should become"),
    ("1.1", lambda x: ((x + 1) * 127.5).round().int().to(torch.uint8), "other end"),
    ("1.1", lambda x: to_uint8(x).flatten(), "keep its shape"),
    ("1.2", lambda p: pairs(p) + [(0, 0)], "equals itself"),
    ("1.2", lambda p: pairs(p) + [(j, i) for i, j in pairs(p)], "each pair once"),
    ("1.2", lambda p: pairs(p) * 2, "more than once"),
    ("1.2", lambda p: pairs(p, lambda a, b: a.sum() == b.sum()), "mirror each other"),
    (
        "1.2",
        lambda p: pairs(p, lambda a, b: (a.int() - b.int()).abs().max() < 5),
        "differ in one value",
    ),
    ("1.2", lambda p: [], "(1, 4) is missing"),
    ("1.2", lambda p: pairs(p) + [(0, 1)], "(0, 1) is not equal"),
    ("1.3", lambda: 1800, "31 places"),
    ("1.3", lambda: 961, "flipped"),
    ("1.3", lambda: 62, "apart"),
    ("1.3", lambda: 5, "top edge"),
    ("1.4", Frozen, "same crop forty times"),
    ("1.4", LoadsAgain, "ran 80 times"),
    ("1.4", KeepsBatch, "(1, 3, 8, 8)"),
    ("1.4", Bytes, "in [-1, 1]"),
    ("1.4", NeverFlips, "never flips"),
    ("1.4", OnlyFlips, "only 2 different"),
]


@pytest.mark.parametrize("number, answer", RIGHT)
def test_a_right_answer(number, answer):
    right, text = grade(number, answer)
    assert right, text


@pytest.mark.parametrize("number, answer, words", WRONG)
def test_a_wrong_answer_is_told_why(number, answer, words):
    right, text = grade(number, answer)
    assert not right and words in text, text
