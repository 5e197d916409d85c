"""The checks of notebook 00 know the right answer, and say what is wrong with the others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers import toy
from helpers.exercises import grade
from helpers.images import to_float


def parts(length, G_AB):
    world = toy.World(length=(length, length))
    pictures, scenes = toy.drawings("horse", 16, 64, seed=5, world=world)
    truth = np.stack([toy.draw(s, "zebra", 64).transpose(2, 0, 1) for s in scenes])
    mask = torch.from_numpy(np.stack([toy.animal_mask(s, 64) for s in scenes]))
    x, truth = (to_float(torch.from_numpy(p)) for p in (pictures, truth))
    return x, G_AB(x), truth, mask


def distance_at(length, G_AB, far=lambda x, fake, truth: (fake - truth).abs().mean(1)):
    x, fake, truth, mask = parts(length, G_AB)
    return (mask * far(x, fake, truth)).sum() / mask.sum()


def sums(length, G_AB, over):
    _, fake, truth, mask = parts(length, G_AB)
    return (mask * (fake - truth).abs().mean(1)).sum() / over(mask)


RIGHT = {
    "0.1": lambda scene: replace(scene, horse_coat="white"),
    "0.2": distance_at,
    "0.3": lambda y, G_AB, G_BA: (G_BA(y), G_AB(G_BA(y))),
}

WRONG = [
    ("0.1", lambda scene: scene, "change one thing"),
    ("0.1", lambda scene: "white", "should return a scene"),
    ("0.1", lambda scene: replace(scene, light=0.5, gait=0.1), "gait, light; change one"),
    ("0.1", lambda scene: replace(scene, landscape="savanna"), "worse by a quarter"),
    ("0.2", lambda n, G: distance_at(n, G, lambda x, f, t: (f - t).abs().sum(1)), "three colours"),
    ("0.2", lambda n, G: distance_at(n, G, lambda x, f, t: (x - t).abs().mean(1)), "not used"),
    ("0.2", lambda n, G: distance_at(n, G, lambda x, f, t: (f - t).mean(1).abs()), "before the"),
    ("0.2", lambda n, G: sums(n, G, torch.numel), "Divide by the sum of the mask"),
    ("0.2", lambda n, G: sums(n, G, lambda mask: 1), "This is a sum"),
    ("0.2", lambda n, G: (parts(n, G)[1] - parts(n, G)[2]).abs().mean(), "weigh by the mask"),
    ("0.2", lambda n, G: distance_at(0.5, G), "expected"),
    ("0.2", lambda n, G: torch.zeros(16), "one number"),
    ("0.2", lambda n, G: "far", "a number"),
    ("0.3", lambda y, G_AB, G_BA: (G_AB(y), G_BA(G_AB(y))), "is off by"),
    ("0.3", lambda y, G_AB, G_BA: (y, y), "is off by"),
    ("0.3", lambda y, G_AB, G_BA: (y[0], y), "shape of y"),
    ("0.3", lambda y, G_AB, G_BA: (G_BA(y), G_BA(G_BA(y))), "made from that fake"),
    ("0.3", lambda y, G_AB, G_BA: G_AB(G_BA(y)), "two things"),
]


@pytest.mark.parametrize("number", RIGHT)
def test_a_right_answer(number):
    right, text = grade(number, RIGHT[number])
    assert right, text


def test_a_plain_float_will_do():
    assert grade("0.2", lambda *args: distance_at(*args).item())[0]


def test_the_bug_hunt_does_not_name_the_bug():
    _, text = grade("0.3", lambda y, G_AB, G_BA: (G_AB(y), G_BA(G_AB(y))))
    assert "G_" not in text and "swap" not in text and "domain" not in text


@pytest.mark.parametrize("number, answer, words", WRONG)
def test_a_wrong_answer_is_told_why(number, answer, words):
    right, text = grade(number, answer)
    assert not right and words in text, text
