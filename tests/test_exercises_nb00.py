"""The checks of notebook 00 know the right answer, and say what is wrong with the others."""

import pytest
import torch

from helpers.exercises import grade


def difference(x, fake):
    return (x - fake).abs().mean(1)


RIGHT = {
    "0.1": lambda x, G_AB, G_BA: (G_AB(x), G_BA(G_AB(x))),
    "0.2": lambda x, fake, mask: ((1 - mask) * difference(x, fake)).sum() / (1 - mask).sum(),
    "0.3": lambda y, G_AB, G_BA: (G_BA(y), G_AB(G_BA(y))),
}

WRONG = [
    ("0.1", lambda x, G_AB, G_BA: G_BA(G_AB(x)), "two things"),
    ("0.1", lambda x, G_AB, G_BA: (G_BA(x), G_AB(G_BA(x))), "reads zebras"),
    ("0.1", lambda x, G_AB, G_BA: (x, G_BA(G_AB(x))), "G_AB(x), the fake"),
    ("0.1", lambda x, G_AB, G_BA: (G_AB(x), G_BA(x)), "got x itself"),
    ("0.1", lambda x, G_AB, G_BA: (G_AB(x), G_AB(G_AB(x))), "G_AB again"),
    ("0.1", lambda x, G_AB, G_BA: (G_AB(x), x), "is x itself"),
    ("0.1", lambda x, G_AB, G_BA: (G_AB(x), None), "G_BA(G_AB(x))"),
    ("0.2", lambda x, fake, mask: (x - fake).abs(), "one number"),
    ("0.2", lambda x, fake, mask: None, "returned nothing"),
    ("0.2", lambda x, fake, mask: (mask * difference(x, fake)).sum() / mask.sum(), "swap"),
    ("0.2", lambda x, fake, mask: ((1 - mask) * difference(x, fake)).mean(), "all pixels"),
    ("0.2", lambda x, fake, mask: difference(x, fake).mean(), "not used"),
    ("0.2", lambda x, fake, mask: 3 * RIGHT["0.2"](x, fake, mask), "three colours"),
    ("0.2", lambda x, fake, mask: ((1 - mask) * difference(x, fake)).sum(), "is a sum"),
    ("0.2", lambda x, fake, mask: ((1 - mask)[:, None] * (x - fake).abs()).sum(), "by 3 times"),
    (
        "0.2",
        lambda x, fake, mask: ((1 - mask) * (x - fake).mean(1)).sum() / (1 - mask).sum(),
        "cancel out",
    ),
    (
        "0.2",
        lambda x, fake, mask: ((1 - mask) * (x - fake).mean(1).abs()).sum() / (1 - mask).sum(),
        "before the mean",
    ),
    (
        "0.2",
        lambda x, fake, mask: ((1 - mask) * (x - fake).square().mean(1)).sum() / (1 - mask).sum(),
        "squares",
    ),
    ("0.2", lambda x, fake, mask: difference(x, fake)[mask == 0].mean(), "in part"),
    ("0.2", lambda x, fake, mask: torch.tensor(7.0), "expected"),
    ("0.3", lambda y, G_AB, G_BA: (G_AB(y), G_BA(G_AB(y))), "learned from horses"),
    ("0.3", lambda y, G_AB, G_BA: (y, y), "should be a horse"),
    ("0.3", lambda y, G_AB, G_BA: (G_BA(y), G_BA(G_BA(y))), "made from that fake"),
    ("0.3", lambda y, G_AB, G_BA: G_AB(G_BA(y)), "two things"),
]


@pytest.mark.parametrize("number", RIGHT)
def test_a_right_answer(number):
    right, text = grade(number, RIGHT[number])
    assert right, text


def test_a_plain_float_will_do():
    assert grade("0.2", lambda *args: RIGHT["0.2"](*args).item())[0]


@pytest.mark.parametrize("number, answer, words", WRONG)
def test_a_wrong_answer_is_told_why(number, answer, words):
    right, text = grade(number, answer)
    assert not right and words in text, text
