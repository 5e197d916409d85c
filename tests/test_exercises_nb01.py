"""The checks of notebook 01 know the right answer, and say what is wrong with the others."""

import pytest

from helpers.exercises import grade
from helpers.images import augment


def pairs(hashes, bits, extra=0):
    n = len(hashes)
    return [
        (i, j) for i in range(n) for j in range(i + 1, n)
        if (hashes[i] ^ hashes[j]).bit_count() <= bits + extra
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
    ("1.1", lambda: 1922),
    ("1.2", pairs),
    ("1.2", lambda hashes, bits: [list(pair) for pair in pairs(hashes, bits)]),
    ("1.3", Pictures),
]

WRONG = [
    ("1.1", lambda: 1800, "31 places"),
    ("1.1", lambda: 961, "flipped"),
    ("1.1", lambda: 62, "apart"),
    ("1.1", lambda: 5, "top edge"),
    ("1.2", lambda h, n: pairs(h, n) + [(0, 0)], "equals itself"),
    ("1.2", lambda h, n: pairs(h, n) + [(j, i) for i, j in pairs(h, n)], "each pair once"),
    ("1.2", lambda h, n: pairs(h, n) * 2, "more than once"),
    ("1.2", lambda h, n: pairs(h, n, extra=1), "is too much"),
    ("1.2", lambda h, n: pairs(h, n, extra=-1), "is missing"),
    ("1.2", lambda h, n: [], "With 0 bits, (2, 3) is missing: it differs in 0"),
    ("1.3", Frozen, "1 different view"),
    ("1.3", LoadsAgain, "ran 80 times"),
    ("1.3", KeepsBatch, "(1, 3, 8, 8)"),
    ("1.3", Bytes, "in [-1, 1]"),
    ("1.3", NeverFlips, "never flips"),
    ("1.3", OnlyFlips, "only 2 different"),
]


@pytest.mark.parametrize("number, answer", RIGHT)
def test_a_right_answer(number, answer):
    right, text = grade(number, answer)
    assert right, text


@pytest.mark.parametrize("number, answer, words", WRONG)
def test_a_wrong_answer_is_told_why(number, answer, words):
    right, text = grade(number, answer)
    assert not right and words in text, text
