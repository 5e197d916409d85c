import math

import pytest
import torch
import torch.nn.functional as F


def padded(net, x, down=None, right=None, mode="reflect", crop=True):
    height, width = x.shape[-2:]
    down = -height % 4 if down is None else down(height)
    right = -width % 4 if right is None else right(width)
    out = net(F.pad(x, (0, right, 0, down), mode=mode))
    return out[..., :height, :width] if crop else out


def as_in_the_notebook(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, 4 - height % 4, 0, 4 - width % 4))
    return net(x)[..., :height, :width]


def swapped(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, -height % 4, 0, -width % 4), mode="reflect")
    return net(x)[..., :height, :width]


def at_the_top(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (-width % 4, 0, -height % 4, 0), mode="reflect")
    return net(x)[..., -height:, -width:]


@pytest.mark.parametrize(
    "answer, words",
    [
        (padded, None),
        (as_in_the_notebook, "although it fits"),
        (swapped, "4 does not divide"),
        (at_the_top, "moved"),
        (lambda net, x: net(x), "4 does not divide"),
        (lambda net, x: x, "never called"),
        (lambda net, x: None, "return"),
        (lambda net, x: padded(net, x, mode="constant"), "grey"),
        (lambda net, x: padded(net, x, mode="replicate"), "reflection"),
        (lambda net, x: padded(net, x, crop=False), "crop"),
        (lambda net, x: padded(net, x, lambda n: 4 + -n % 4 if n % 4 else 0), "would do"),
        (lambda net, x: padded(net, x) + 1, "altered"),
    ],
)
def test_any_size(answer, words, expect):
    expect("7.2", answer, words)


def half_step(loss, optimiser, scaler, zero=True, scale=True, step="scaler", update=True):
    if zero:
        optimiser.zero_grad()
    (scaler.scale(loss) if scale else loss).backward()
    if step == "scaler":
        scaler.step(optimiser)
    elif step == "optimiser":
        optimiser.step()
    if update:
        scaler.update()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        (dict(step="optimiser", update=False), "too long"),
        (dict(step="optimiser"), "never made a step"),
        (dict(step="none", update=False), "nobody makes a step"),
        (dict(zero=False), "zero_grad"),
        (dict(update=False), "never lowered"),
        (dict(scale=False, step="optimiser", update=False), "become infinite"),
    ],
)
def test_half_step(changes, words, expect):
    expect("7.4", lambda *three: half_step(*three, **changes), words)


def test_half_step_that_forgets_to_scale(expect):
    def answer(loss, optimiser, scaler):
        optimiser.zero_grad()
        scaler.scale(loss)
        loss.backward()
        scaler.step(optimiser)
        scaler.update()

    expect("7.4", answer, "too short")


def test_half_step_with_a_factor_of_its_own(expect):
    expect("7.4", lambda loss, *rest: half_step(2 * loss, *rest), "expected 0.1250")


@pytest.mark.parametrize(
    "pairs, steps, histories, words",
    [
        (8, 10_000, 8, None), (2, 10_000, 8, "of its own"), (4, 10_000, 8, "how many pairs"),
        (8, 80_000, 8, "fewer steps"), (8, 20_000, 8, "takes 2 pairs"), (8, 5, 8, "80,000 pairs"),
        (8, 10_000, 2, "one history per"), (8, 10_000, 16, "How many"), (..., 1, 1, "by a number"),
    ],
)  # fmt: skip
def test_joint_batch(pairs, steps, histories, words, expect):
    expect("7.5", {"pairs a step": pairs, "steps": steps, "histories": histories}, words)


def test_joint_batch_of_another_kind(expect):
    expect("7.5", 8, "dictionary")


def nce(q, k, t, normal=True, detach=True, turn=False, scale=None, **kwargs):
    if normal:
        q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
    k = k.detach() if detach else k
    similar = q @ k.T
    similar = similar.T if turn else similar
    return F.cross_entropy(scale(similar, t) if scale else similar / t, own(q), **kwargs)


def own(q):
    return torch.arange(len(q))


@pytest.mark.parametrize(
    "answer, words",
    [
        (nce, None),
        (lambda q, k, t: nce(q, k, t, reduction="sum"), "mean"),
        (lambda q, k, t: nce(q, k, t, reduction="none"), "one number"),
        (lambda q, k, t: nce(q, k, t, normal=False), "normalize"),
        (lambda q, k, t: nce(q, k, t, scale=lambda s, t: s * t), "divide by it"),
        (lambda q, k, t: nce(q, k, t, scale=lambda s, t: s), "no effect"),
        (lambda q, k, t: nce(q, k, t, scale=lambda s, t: (s / t).softmax(1)), "twice"),
        (lambda q, k, t: nce(q, k, t, turn=True), "Turn it round"),
        (lambda q, k, t: -nce(q, k, t), "sign"),
        (lambda q, k, t: (F.normalize(q, dim=1) - F.normalize(k, dim=1)).square().mean(), "pairs"),
        (lambda q, k, t: nce(q, k, t) / math.e, "expected"),
        (lambda q, k, t: nce(q, k, t).detach(), "queries"),
        (lambda q, k, t: nce(q.detach(), k, t, detach=False), "queries"),
        (lambda q, k, t: nce(q, k, t, detach=False), "keys"),
        (lambda q, k, t: None, "return"),
    ],
)
def test_patch_nce(answer, words, expect):
    expect("7.6", answer, words)
