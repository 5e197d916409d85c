"""Checks of notebook 06, results."""

import numpy as np
import torch

from exercises import Wrong, close, turn, value
from helpers.results import fid, stored_runs

LETTERS = "abcdefghijkl"
ORDER = np.random.default_rng(6).permutation(12)  # of the wall of notebook 06: 0 to 5 are the best
BEST = "".join(letter for letter, k in zip(LETTERS, ORDER) if k < 6)


@turn("6.1", solution=BEST)
def guess(answer):
    if not isinstance(answer, str) or len(answer) != 6 or len(set(answer)) != 6:
        raise Wrong('give six different letters as one text, such as "abcdef".')
    answer = answer.lower()
    if not set(answer) <= set(LETTERS):
        raise Wrong("the letters go from a to l.")
    return f"Noted. The judge agrees on {len(set(answer) & set(BEST))} of 6; a blind guess gets 3."


def heaps(n: int, m: int, d: int = 5):
    """Two heaps of points that differ in centre and spread."""
    generator = torch.Generator().manual_seed(0)
    p = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return p, 1 + 2 * torch.randn(m, d, generator=generator, dtype=torch.float64)


def number(found) -> float:
    if torch.as_tensor(value(found)).numel() != 1:
        raise Wrong("return one number.")
    return float(found)


@turn("6.2", solution=fid.fid)
def frechet(answer):
    p, q = heaps(60, 40)
    try:
        found, right = number(answer(p, q)), fid.fid(p, q)
    except RuntimeError:  # 60 x 60 and 40 x 40 do not go together
        raise Wrong("torch.cov wants one row a feature, so give it p.T and q.T.") from None
    centres = (p.mean(0) - q.mean(0)).square().sum().item()
    spreads = torch.cov(p.T).trace().item() + torch.cov(q.T).trace().item()
    mixed = (centres + spreads - right) / 2
    for wrong, hint in (
        (right - centres, "the centres are missing."),
        (right - centres + centres**0.5, "the distance of the centres is squared."),
        (centres + spreads - mixed, "the last trace counts twice."),
        (centres + spreads, "the last trace, of the root, is missing."),
    ):
        if abs(found - wrong) < 1e-3:
            raise Wrong(hint)
    close(found, right, f"for two test heaps it is {right:.2f}, not {found:.2f}.", 1e-4)
    return "The same as helpers.results.fid.fid, which never forms a 2,048 x 2,048 matrix."


@turn("6.3", solution=fid.kid)
def kernel(answer):
    p, q = heaps(30, 20)
    found, right = number(answer(p, q)), fid.kid(p, q)

    def k(u, v):
        return (u @ v.T / u.shape[1] + 1) ** 3

    biased = (k(p, p).mean() + k(q, q).mean() - 2 * k(p, q).mean()).item()
    selves = k(p, p).trace() / 30**2 + k(q, q).trace() / 20**2
    if abs(found - biased) < 1e-3 * right:
        raise Wrong("points are paired with themselves: leave the diagonals out.")
    if abs(found - biased + selves) < 1e-3 * right:
        raise Wrong("without the diagonal a sum has n (n - 1) parts: divide by that.")
    if abs(found - right - k(p, q).mean().item()) < 1e-3 * right:
        raise Wrong("the mean between the heaps counts twice.")
    close(found, right, f"for heaps of 30 and 20 it is {right:.2f}, not {found:.2f}.", 1e-4)
    return "On average it is right at any number of pictures."


def course_interval(numbers, level=0.95, draws=2000):
    return stored_runs.bootstrap_interval(numbers, level, draws=draws)


@turn("6.4", solution=course_interval)
def interval(answer):
    numbers = np.random.default_rng(1).exponential(2, 100)
    ends = value(answer(numbers))
    if not isinstance(ends, tuple | list | np.ndarray) or len(ends) != 2:
        raise Wrong("return two numbers, the low end and the high end.")
    width = ends[1] - ends[0]
    right = 2 * 1.96 * numbers.std() / 100**0.5
    if width < 0.02 * right:
        raise Wrong("every draw has the same mean: draw with replacement.")
    if width > 3 * right:
        raise Wrong("this is where the numbers lie; asked is where the means of the draws lie.")
    wide = np.diff(answer(numbers, level=0.99)).item()
    if wide < 1.15 * width:
        raise Wrong("an interval at 99 % must be wider than one at 95 %: use `level`.")
    if abs(width / right - 1) > 0.15:
        raise Wrong(f"it is {width:.2f} wide, expected about {right:.2f}: cut (1 - level) / 2 off.")
    return "No formula for the error, and it works for any statistic."


@turn("6.5", solution=stored_runs.verdict)
def verdict(answer):
    for numbers, least, hint in (
        ([3, 4, 2, 3, 5], 1, "all are above 0, and their mean is large enough."),
        ([-3, -4, -2, -3, -5], 1, "all go the other way: that is an answer."),
        ([3, -1, 2, 0, 4], 1, "one goes the other way, and the mean is not small."),
        ([0.1, -0.1, 0.0, 0.2, 0.0], 1, "so small, and so sure: whatever it is, it is below 1."),
        ([0.2, 0.9, 0.1, 0.8, 0.3], 1, "all are above 0, but the mean is below 1, and sure of it."),
        ([0.1, 2.6, 0.1, 1.6, 0.2], 1, "the mean is below 1, but its error (ddof=1) is large."),
    ):
        differences = np.array(numbers, float)
        found, right = value(answer(differences, least)), stored_runs.verdict(differences, least)
        if found not in ("supported", "not supported", "undecided"):
            raise Wrong(f"{found!r} is none of the three answers.")
        if found != right:
            raise Wrong(f'{numbers} with least {least} is "{right}", not "{found}": {hint}')
    return "Six of six. Now it may judge the runs."


def course_repaint(horses, coat, mask):
    return torch.lerp(horses, coat, mask)


@turn("6.6", solution=course_repaint)
def repaint(answer):
    horses, coat = torch.full((2, 3, 4, 4), -0.5), torch.full((2, 3, 4, 4), 0.75)
    mask = torch.zeros(2, 1, 4, 4)
    mask[:, :, 1:3, 1:3], mask[:, :, 1, 0] = 1.0, 0.5
    found, right = value(answer(horses, coat, mask)), torch.lerp(horses, coat, mask)
    if torch.equal(torch.as_tensor(found), torch.lerp(coat, horses, mask)):
        raise Wrong("the landscape is repainted and the horse is kept: turn it round.")
    hint = "where the mask is 1 the coat, where it is 0 the picture, between them a mixture."
    close(found, right, hint)
    return "Nothing but the animal has changed. What will the way back make of it?"


@turn("6.7")
def false_alarm(answer):
    for looks in (1, 7, 20):
        rng = np.random.default_rng(0)
        found = [value(answer(looks, rng)) for _ in range(1500)]
        if any(np.size(one) != 1 for one in found):
            raise Wrong("return one True or False: whether any of the looks is a finding.")
        share, right = np.mean([bool(one) for one in found]), 1 - 0.95**looks
        if looks > 1 and abs(share - 1 + 0.975**looks) < 0.02:
            raise Wrong("a difference below -1.96 is a finding, too: look at both sides.")
        if share < 0.8 * right and looks > 1:
            raise Wrong(f"{looks} looks should find more than {share:.0%}: draw `looks` numbers.")
        if abs(share - right) > 0.04:
            raise Wrong(f"{looks} looks: expected about {right:.0%}, got {share:.0%}: two sides?")
    return f"Twenty looks at nothing find something in {share:.0%} of the reports."
