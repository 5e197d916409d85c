import re

import numpy as np
import pytest
import torch

from helpers.exercises import grade


def draws_of(values, statistic, draws, rng, count=None, replace=True):
    count = count or len(values)
    return [statistic(rng.choice(values, count, replace=replace)) for _ in range(draws)]


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda v, s, d, rng: np.std(draws_of(v, s, d, rng)), None),
        (lambda v, s, d, rng: np.std(draws_of(v, s, d, rng), ddof=1), None),
        (lambda v, s, d, rng: np.mean(draws_of(v, s, d, rng)), "spread"),
        (lambda v, s, d, rng: np.var(draws_of(v, s, d, rng)), "variance"),
        (lambda v, s, d, rng: np.std(draws_of(v, s, d, rng)) / len(v) ** 0.5, "once more"),
        (lambda v, s, d, rng: np.std(draws_of(v, s, d, rng, replace=False)), "with replacement"),
        (lambda v, s, d, rng: np.std(draws_of(v, s, d, rng, count=10)), "as many values"),
        (lambda v, s, d, rng: np.std(draws_of(v, s, 100, rng)), "100 times"),
        (lambda v, s, d, rng: draws_of(v, s, d, rng), "one number"),
        (lambda v, s, d, rng: 2 * np.std(draws_of(v, s, d, rng)), "expected about"),
        (lambda v, s, d, rng: draws_of(v, s, d, rng) and v.std() / len(v) ** 0.5, "is `statistic`"),
        (lambda v, s, d, rng: None, "return"),
    ],
)
def test_standard_error(answer, words, expect):
    expect("6.1", answer, words)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda p, q: (p.mean() - q.mean()) ** 2 + (p.std() - q.std()) ** 2, None),
        (lambda p, q: ((p.mean() - q.mean()) ** 2 + (p.std() - q.std()) ** 2).item(), None),
        (lambda p, q: ((p.mean() - q.mean()) ** 2 + (p.std() - q.std()) ** 2) ** 0.5, "square"),
        (lambda p, q: (p.mean() - q.mean()) ** 2 + (p.var() - q.var()) ** 2, "variances"),
        (lambda p, q: (p.mean() - q.mean()).abs() + (p.std() - q.std()).abs(), "squared before"),
        (lambda p, q: (p.mean() - q.mean()) ** 2, "deviations are not"),
        (lambda p, q: (p.std() - q.std()) ** 2, "means are not"),
        (lambda p, q: torch.tensor(7.0), "expected"),
        (lambda p, q: p, "one number"),
    ],
)
def test_frechet_1d(answer, words, expect):
    expect("6.2", answer, words)


def k(u, v):
    return (u @ v.T / u.shape[1] + 1) ** 3


def among(u, n):
    return (k(u, u).sum() - k(u, u).trace()) / (n * (n - 1))


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda p, q: among(p, len(p)) + among(q, len(q)) - 2 * k(p, q).mean(), None),
        (lambda p, q: k(p, p).mean() + k(q, q).mean() - 2 * k(p, q).mean(), "below 0"),
        (lambda p, q: among(p, len(p)) + among(q, len(p)) - 2 * k(p, q).mean(), "one size"),
        (lambda p, q: among(p, len(p)) + among(q, len(q)) - k(p, q).mean(), "below 0"),
        (lambda p, q: -k(p, q).mean(), "expected"),
    ],
)
def test_my_kid(answer, words, expect):
    expect("6.3", answer, words)


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"pictures": 480, "runs": 20}, None),
        ({"pictures": 240, "runs": 10}, "square root"),
        ({"pictures": 100, "runs": 20}, "pictures is not"),
        ({"pictures": 480, "runs": 5}, "runs is not"),
        ({"pictures": ..., "runs": ...}, "by a number"),
        (480, "dictionary"),
    ],
)
def test_how_many(answer, words, expect):
    expect("6.4", answer, words)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda looks, rng: bool((np.abs(rng.normal(size=looks)) > 1.96).any()), None),
        (lambda looks, rng: abs(rng.normal()) > 1.96, "draw `looks`"),
        (lambda looks, rng: np.abs(rng.normal(size=looks)) > 1.96, "one True or False"),
        (lambda looks, rng: (np.abs(rng.normal(size=looks)) > 1.96).all(), "expected a finding"),
        (lambda looks, rng: (rng.normal(size=looks) > 1.96).any(), "as few|expected a finding"),
    ],
)
def test_many_looks(answer, words, expect):
    right, text = grade("6.5", answer)
    assert right == (words is None) and re.search(words or "in 6", text), text
