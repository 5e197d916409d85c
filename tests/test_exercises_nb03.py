import functools
import math
import re

import pytest
import torch
from torch import nn

from helpers import exercises
from helpers.exercises.nb03 import _to_train_on
from helpers.networks import Discriminator


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


def fall(judge, real, fake, side, shift=0, part=slice(None)):
    top, left = ((n - side) // 2 + shift for n in real.shape[-2:])
    inside = part, ..., slice(top, top + side), slice(left, left + side)
    pasted = real.clone()
    pasted[inside] = fake[inside]
    with torch.no_grad():
        return (judge(real).mean() - judge(pasted).mean()).item()


def fall_in_place(judge, real, fake, side):
    before = judge(real).mean()
    real[..., :side, :side] = fake[..., :side, :side]
    return before - judge(real).mean()


@functools.cache
def trained_against(kind):
    """A discriminator of zebras against one kind of fakes: 0 translated horses, 1 horses."""
    zebras, *fakes = _to_train_on(8, 64)
    torch.manual_seed(0)
    judge = Discriminator(8)
    adam = torch.optim.Adam(judge.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for step in range(100):
        some = slice(step * 4 % 64, step * 4 % 64 + 4)
        loss = (judge(zebras[some]) - 1).square().mean() + judge(fakes[kind][some]).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return judge


class Turned(nn.Module):
    """Answers 0 where another answers 1."""

    def __init__(self, judge):
        super().__init__()
        self.judge = judge

    def forward(self, x):
        return 1 - self.judge(x)


def separation(judge, reals, fakes, tie=0.5):
    with torch.no_grad():
        a, b = (judge(p).mean((1, 2, 3)) for p in (reals, fakes))
    a = a[:, None]
    return ((a > b).float() + tie * (a == b).float()).mean().item()


def over_scores(judge, reals, fakes):
    a, b = judge(reals).flatten()[:, None], judge(fakes).flatten()
    return ((a > b).float() + 0.5 * (a == b).float()).mean()


WRONG = [
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
    ("3.1", lambda j, r, f, side: -fall(j, r, f, side), "real minus pasted"),
    ("3.1", lambda j, r, f, side: fall(j, r, f, side, shift=-1), "begins at row"),
    ("3.1", lambda j, r, f, side: fall(j, r, f, side, part=slice(1)), "in all pictures"),
    ("3.1", fall_in_place, "real.clone()"),
    ("3.1", lambda j, r, f, side: j(r) - j(f), "one number"),
    ("3.2", lambda *given: Discriminator(8), "train longer"),
    ("3.2", lambda *given: trained_against(0), "horses are fakes, too"),
    ("3.2", lambda *given: trained_against(1), "translated ones need"),
    ("3.2", lambda *given: Turned(trained_against(0)), "wrong way round"),
    ("3.2", lambda *given: 1.0, "yours gave float"),
    ("3.4", lambda j, r, f: separation(j, f, r), "fake is higher"),
    ("3.4", lambda j, r, f: separation(j, r, f, tie=0), "counts half"),
    ("3.4", lambda j, r, f: j(r).mean() - j(f).mean(), "difference of means"),
    ("3.4", over_scores, "one mean score"),
    ("3.4", lambda j, r, f: "often", "one number"),
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
    ("3.3", times),
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


def shares(number, answer, pattern):
    right, text = exercises.grade(number, answer)
    assert right, text
    return [float(found) for found in re.findall(pattern, text)]


def test_a_larger_forgery_lowers_the_scores_more_and_a_small_one_more_than_its_area():
    found = shares("3.1", fall, r"area\): (\d+)%")
    assert found == sorted(found) and len(found) == 4 and 25 < found[-1] < 100, found


def test_the_shipped_judge_separates_new_pictures_as_well_as_those_it_trained_on():
    known, new, other = shares("3.4", separation, r": (\d\.\d+)")
    assert min(known, new) > 0.9 > 0.5 > other and abs(known - new) < 0.03, (known, new, other)
