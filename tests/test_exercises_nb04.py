import pytest
import torch

from helpers.objectives import (
    adversarial_loss,
    cycle_loss,
    discriminator_loss,
    identity_loss,
)


@pytest.mark.parametrize(
    "d, slope, words",
    [
        (0.775, 0.4, None), (1.55, 0.4, "half of it"), (0.385, 0.4, "That is d_a"),
        (0.625, 0.4, "needs both"), (0.15, 0.4, "needs both"), (3, 0.4, "d_b is off"),
        (0.775, 0.8, "lacks the half"), (0.775, 0.17, "slope of d_a"), (0.775, 0.25, "only"),
        (0.775, 0.15, "only"), (0.775, -0.4, "sign"), (0.775, 7, "its slope is not"),
        (..., ..., "by a number"),
    ],
)  # fmt: skip
def test_other_direction(d, slope, words, expect):
    expect("4.1", {"d_b": d, "slope": slope}, words)


def test_other_direction_of_another_kind(expect):
    expect("4.1", 0.775, "dictionary")


def test_the_numbers_of_4_1_are_those_of_the_pocket_world():
    x, y = torch.tensor([0.8, -0.2, 0.4, 0.6]), torch.tensor([0.5, -0.5, 0.0, 0.5])
    weight = torch.tensor(2.0, requires_grad=True)
    loss = discriminator_loss(weight * y, weight * 0.5 * x)
    [slope] = torch.autograd.grad(loss, weight)
    assert (loss.item(), slope.item()) == pytest.approx((0.775, 0.4))


def best(p_r, p_g, *, factor=0.5, mean=False, masked=True):
    there = p_r + p_g > 0 if masked else slice(None)
    p_r, p_g = p_r[there], p_g[there]
    parts = p_r * p_g / (p_r + p_g)
    return factor * (parts.mean() * 3 if mean else parts.sum())


@pytest.mark.parametrize(
    "answer, words",
    [
        (best, None),
        (lambda r, g: best(r, g).item(), None),
        (lambda r, g: best(r, g, factor=1.0), "halved"),
        (lambda r, g: best(r, g) / 3 * 3 * r.sum() * 0.9, "expected 0.25"),
        (lambda r, g: 0.25, "different histograms"),
        (lambda r, g: best(r, g, masked=False), "0 by 0"),
        (lambda r, g: torch.tensor([0.25]), "shape"),
        (lambda r, g: best(r, g) + ((r == 0) & (g > 0)).sum(), "Without a common place"),
    ],
)
def test_best_discriminator(answer, words, expect):
    expect("4.2", answer, words)


def slopes_at(a, answers):
    return torch.sign(a - answers).mean(), 2 * (a - answers.mean())


@pytest.mark.parametrize(
    "answer, words",
    [
        (slopes_at, None),
        (lambda a, v: slopes_at(a, v)[0], "two numbers"),
        (lambda a, v: slopes_at(a, v)[::-1], "exchanged"),
        (lambda a, v: (-slopes_at(a, v)[0], 0.0), "sign of L1"),
        (lambda a, v: (torch.sign(a - v).sum(), 0.0), "mean"),
        (lambda a, v: (a - v.median(), 0.0), "slope of L1 is"),
        (lambda a, v: (slopes_at(a, v)[0], a - v.mean()), "lacks the 2"),
        (lambda a, v: (slopes_at(a, v)[0], 2 * (v.mean() - a)), "sign of L2"),
        (lambda a, v: (slopes_at(a, v)[0], 9.0), "slope of L2 is"),
    ],
)
def test_two_slopes(answer, words, expect):
    expect("4.6", answer, words)


def ls(scores, target):
    return (scores - target).square().mean()


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f.detach()), 0)) / 2, None),
        (lambda D, r, f: ls(D(r), 1) + ls(D(f), 0), "generator holds a gradient"),
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f), 0)) / 2, "generator holds a gradient"),
        (lambda D, r, f: ls(D(r), 1) + ls(D(f.detach()), 0), "0.25 in the paper"),
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f.detach()), 0)) / 4, "halved twice"),
        (lambda D, r, f: ls(D(r), 1) / 2, "missing"),
        (lambda D, r, f: (ls(D(r), 0) + ls(D(f.detach()), 1)) / 2, "swapped"),
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f.detach()), 0)) * 24, "mean"),
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f.detach()), 0)) * 3, "expected"),
        (lambda D, r, f: ls(D(r).detach(), 1) + ls(D(f).detach(), 0), "not the scores"),
        (lambda D, r, f: (ls(D(r), 1) + ls(D(f).detach(), 0)) / 2, "part of it"),
        (lambda D, r, f: (D(r) - 1).square(), "shape"),
    ],
)
def test_judge(answer, words, expect):
    expect("4.3", answer, words)


def total(nets, x, y, c=10.0, i=5.0, *, adv="ab ba", cycle="a b", identity="right", cut=False):
    fake_b, fake_a = nets.G_AB(x), nets.G_BA(y)
    back_a, back_b = nets.G_BA(fake_b.detach() if cut else fake_b), nets.G_AB(fake_a)
    identities = {
        "right": identity_loss(x, nets.G_BA(x)) + identity_loss(y, nets.G_AB(y)),
        "wrong": identity_loss(x, fake_b) + identity_loss(y, fake_a),
        "one": identity_loss(x, nets.G_BA(x)),
        "none": 0.0,
    }
    cycles = {"a": cycle_loss(x, back_a), "b": cycle_loss(y, back_b)}
    fooling = {"ab": adversarial_loss(nets.D_B(fake_b)), "ba": adversarial_loss(nets.D_A(fake_a))}
    adversarial = sum(fooling[name] for name in adv.split())
    return adversarial + c * sum(cycles[n] for n in cycle.split()) + i * identities[identity]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        (dict(adv="ab"), "only one generator has to fool"),
        (dict(adv=""), "adv_ab and adv_ba"),
        (dict(identity="wrong"), "leave as it is"),
        (dict(identity="wrong", cycle="a"), "leave as it is"),
        (dict(identity="one"), "Only one generator pays"),
        (dict(identity="none"), "identity_a + identity_b"),
        (dict(cycle="a"), "lose zebras"),
        (dict(cycle="b"), "lose horses"),
        (dict(cycle=""), "cycle_a + cycle_b"),
        (dict(cut=True), "detached"),
    ],
)
def test_objective(changes, words, expect):
    expect("4.7", lambda nets, x, y, c, i: total(nets, x, y, c, i, **changes), words)


def test_objective_with_lambdas_that_multiply(expect):
    expect("4.7", lambda nets, x, y, c, i: total(nets, x, y, c, i) + c * i, "10 and 5")


def frozen(G, D, x, *, loss=adversarial_loss, freeze=True, thaw=True, cut=False):
    if freeze:
        D.requires_grad_(False)
    fake = G(x).detach().requires_grad_() if cut else G(x)
    loss(D(fake)).backward()
    if thaw:
        D.requires_grad_(True)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        (dict(freeze=False), "accept fakes"),
        (dict(cut=True), "No gradient arrived"),
        (dict(thaw=False), "still frozen"),
        (dict(loss=lambda s: s.square().mean()), "target is 1"),
        (dict(loss=lambda s: adversarial_loss(s) / 2), "factor or sign"),
        (dict(loss=lambda s: 3 * adversarial_loss(s)), "expected"),
    ],
)
def test_step(changes, words, expect):
    expect("4.4", lambda G, D, x: frozen(G, D, x, **changes), words)


def stub(*arguments):
    raise NotImplementedError("exercise")


@pytest.mark.parametrize("number", ["4.2", "4.3", "4.4", "4.6", "4.7"])
def test_stub_and_crash(number, expect):
    expect(number, stub, "is yours")
    expect(number, lambda *a: 1 / 0, "ZeroDivisionError")
