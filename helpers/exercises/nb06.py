"""Checks of notebook 06."""

import numpy as np
import torch

from helpers.evaluation import mmd
from helpers.exercises import Wrong, exercise, numbers


def number(value) -> float:
    """The answer as a float; says what is wrong where it is not one number."""
    if np.asarray(value).size != 1:
        raise Wrong(f"Expected one number, got {np.asarray(value).size} of them.")
    return float(value)


@exercise("6.1")
def standard_error(answer) -> str:
    values = np.random.default_rng(1).normal(3, 2, 60)
    expected = values.std() / 60**0.5
    seen = []

    def mean(draw):
        seen.append(np.asarray(draw))
        return np.mean(draw)

    found = number(answer(values, mean, 400, np.random.default_rng(0)))
    if len(seen) != 400:
        raise Wrong(f"The statistic was computed {len(seen)} times for draws=400.")
    if any(draw.shape != (60,) for draw in seen):
        raise Wrong("Each draw must hold as many values as there are: 60 of 60.")
    if all(len(np.unique(draw)) == 60 for draw in seen):
        raise Wrong("Every draw holds each value once: draw with replacement.")
    if abs(found - 3) < 1:
        raise Wrong("This is the mean of the draws; asked is how much they spread.")
    if abs(found - expected / 60**0.5) < 0.15 * expected / 60**0.5:
        raise Wrong("This is divided by sqrt(n) once more; the draws' deviation is the answer.")
    if abs(found - expected**2) < 0.15 * expected**2:
        raise Wrong("This is a variance; the standard error is its root.")
    if abs(found - expected) > 0.15 * expected:
        raise Wrong(f"For the mean of these values expected about {expected:.2f}, got {found:.2f}.")
    middle = number(answer(values, np.median, 400, np.random.default_rng(0)))
    if abs(middle - found) < 1e-9:
        raise Wrong("Mean and median get the same error: is `statistic` used?")
    return "near deviation / sqrt(n) for the mean, and it works for any statistic."


@exercise("6.2")
def frechet_1d(answer) -> str:
    generator = torch.Generator().manual_seed(0)
    p = torch.randn(200, generator=generator, dtype=torch.float64)
    for shift, factor in ((-1.0, 0.5), (2.0, 1.0), (0.0, 3.0), (0.0, 1.0)):
        q = factor * p[:150] + shift
        means, deviations = (p.mean() - q.mean()).item(), (p.std() - q.std()).item()
        variances = (p.var() - q.var()).item()
        found = number(answer(p, q))
        close = 0.02 * (1 + means**2 + deviations**2)
        if abs(found - means**2 - deviations**2) < close:
            continue
        if abs(found - (means**2 + deviations**2) ** 0.5) < close:
            raise Wrong("This is the distance; asked is its square, as in FID.")
        if abs(found - means**2 - variances**2) < close:
            raise Wrong("This compares variances; the formula compares deviations.")
        if abs(found - abs(means) - abs(deviations)) < close:
            raise Wrong("The two differences are squared before they are added.")
        if abs(found - means**2) < close:
            raise Wrong("The means are compared, the deviations are not.")
        if abs(found - deviations**2) < close:
            raise Wrong("The deviations are compared, the means are not.")
        raise Wrong(
            f"For q = {factor:g} p + {shift:g} expected {means**2 + deviations**2:.2f}, "
            f"got {found:.2f}."
        )
    return "the same as `frechet` on one axis, without a matrix."


@exercise("6.3")
def my_kid(answer) -> str:
    generator = torch.Generator().manual_seed(0)
    heaps = [torch.randn(2, 20, 8, generator=generator, dtype=torch.float64) for _ in range(40)]
    found = np.array([number(answer(p, q)) for p, q in heaps])
    right = np.array([mmd(p, q) for p, q in heaps])
    if np.allclose(found, right):
        p, q = torch.randn(12, 8, generator=generator), torch.randn(30, 8, generator=generator)
        if not np.isclose(number(answer(p, q)), mmd(p, q), rtol=1e-4):
            raise Wrong("It is right for heaps of one size; heaps may differ in size.")
        return "right on average at any number of pictures: it is unbiased."
    if found.min() > 0:
        raise Wrong(
            "Two heaps from the same source, 40 times: an unbiased distance is sometimes below 0, "
            f"yours never is, and its mean is {found.mean():.2f} instead of about 0."
        )
    raise Wrong(f"For the first two heaps expected {right[0]:.3f}, got {found[0]:.3f}.")


@exercise("6.4")
def how_many(answer) -> str:
    pictures, runs = numbers(answer, "pictures", "runs")
    if pictures == 240 or runs == 10:
        raise Wrong("Twice as many shrinks the error by the square root of 2, not by 2.")
    if pictures != 480:
        raise Wrong("pictures is not right: how does a standard error depend on the count?")
    if runs != 20:
        raise Wrong("pictures is right, runs is not: the same square root holds for runs.")
    return "four times as many, for half the error."


@exercise("6.5")
def false_alarm(answer) -> str:
    rng, shares = np.random.default_rng(0), {}
    for looks in (1, 7, 20):
        found = [answer(looks, rng) for _ in range(2000)]
        if any(np.asarray(one).size != 1 for one in found):
            raise Wrong("Return one True or False: whether any of the looks is a finding.")
        shares[looks] = np.mean([bool(one) for one in found])
        expected = 1 - 0.95**looks
        if looks > 1 and abs(shares[looks] - 0.05) < 0.03:
            raise Wrong(f"With {looks} looks there are as few findings as with one: draw `looks`.")
        if abs(shares[looks] - expected) > 0.04:
            raise Wrong(
                f"{looks} looks: expected a finding in about {expected:.0%} of the reports, "
                f"got {shares[looks]:.0%}."
            )
    return f"20 looks at nothing find something in {shares[20]:.0%} of the reports."
