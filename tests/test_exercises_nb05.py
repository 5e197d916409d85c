import pytest

from helpers.exercises import grade
from helpers.objectives import adversarial_loss, discriminator_loss
from helpers.training import learning_rate_factor


@pytest.mark.parametrize(
    "steps, times, words",
    [
        (6670, 6.25, None), (6670, 6670 / 1067, None), (5335, 6.25, "larger domain"),
        (12005, 6.25, "do not add"), (1334, 6.25, "one epoch"), (7, 6.25, "steps is off"),
        (6670, 5, "fewer horses"), (6670, 4, "Turn the fraction"), (6670, 1, "of 1067"),
        (..., ..., "by a number"),
    ],
)  # fmt: skip
def test_epochs(steps, times, words, expect):
    expect("5.1", {"steps": steps, "times": times}, words)


def test_epochs_of_another_kind(expect):
    expect("5.1", 6670, "dictionary")


def stair(step, steps, decay, epoch, up=0):
    return min(1, (steps - (step // epoch + up) * epoch) / decay)


@pytest.mark.parametrize(
    "answer, words",
    [
        (stair, None),
        (lambda s, n, d, e: learning_rate_factor(s // e * e, n, d), None),
        (lambda s, n, d, e: learning_rate_factor(s, n, d), "straight line"),
        (lambda s, n, d, e: (n - s // e * e) / d, "rises to"),
        (lambda s, n, d, e: stair(s, n, d, e, up=1), "one too low"),
        (lambda s, n, d, e: stair(s, n, d, e) * (1 - 0.01 * (s % e)), "inside an epoch"),
        (lambda s, n, d, e: stair(s, n, d, e) ** 2, "expected"),
        (lambda s, n, d, e: None, "return"),
    ],
)
def test_staircase(answer, words, expect):
    expect("5.2", answer, words)


def judge(D, optimiser, history, real, fake, *, thaw=True, swap="once", half=0.5, clear=True,
          turned=False):  # fmt: skip
    D.requires_grad_(thaw)
    shown = fake if swap == "never" else history.swap(fake)
    if swap == "twice":
        history.swap(fake)
    if swap == "ignored":
        shown = fake.detach()
    scores = (D(shown), D(real)) if turned else (D(real), D(shown))
    loss = 2 * half * discriminator_loss(*scores)
    if clear:
        optimiser.zero_grad()
    if thaw:
        loss.backward()
        optimiser.step()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        (dict(thaw=False), "did not move"),
        (dict(swap="never"), "generator received"),
        (dict(swap="ignored"), "new fake"),
        (dict(swap="twice"), "exactly once|expected|old one"),
        (dict(half=1), "twice as far"),
        (dict(half=2), "expected"),
        (dict(clear=False), "old gradients"),
        (dict(turned=True), "wrong way"),
    ],
)
def test_judges_step(changes, words):
    right, text = grade("5.3", lambda *a: judge(*a, **changes))
    assert right == (words is None), text
    assert words is None or any(part in text for part in words.split("|")), text


def step(G, D, opt_g, opt_d, x, y, *, freeze=True, thaw=True, late=False, clear=True, again=False,
         loss=adversarial_loss, factor=1):  # fmt: skip
    opt_d.zero_grad()
    if clear:
        opt_g.zero_grad()
    D.requires_grad_(not freeze)
    fake = G(x)
    loss(D(fake)).backward()
    opt_g.step()
    if late:
        opt_d.zero_grad()
    if thaw:
        D.requires_grad_(True)
        (factor * discriminator_loss(D(y), D((G(x) if again else fake).detach()))).backward()
        opt_d.step()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, None),
        (dict(freeze=False, late=True), None),
        (dict(freeze=False), "paid for being fooled"),
        (dict(thaw=False), "frozen when its own turn"),
        (dict(clear=False), "from its own loss alone"),
        (dict(again=True), "second fake"),
        (dict(factor=3), "judge's slope"),
        (dict(loss=lambda s: s.square().mean()), "generator's slope"),
        (dict(loss=lambda s: (s.detach() - 1).square().mean()), "RuntimeError"),
    ],
)
def test_iteration(changes, words, expect):
    expect("5.4", lambda *a: step(*a, **changes), words)


def test_both_sides_optimised_at_once(expect):
    expect("5.4", lambda G, D, og, od, x, y: None, "nothing reached it")


@pytest.mark.parametrize("answer, words", [
    ({"A": "cycle", "B": "D_B", "C": "identity"}, None),
    ({"A": "identity", "B": "D_B", "C": "cycle"}, "find the way back"),
    ({"A": "D_B", "B": "cycle", "C": "identity"}, "far above 0.25"),
    ({"A": "cycle", "B": "cycle", "C": "cycle"}, "illness of one run"),
    ({"A": ..., "B": ..., "C": ...}, "Replace each"),
    (None, "is None"),
    ({"A": "cycle"}, "a dictionary"),
])  # fmt: skip
def test_diagnosis(expect, answer, words):
    expect("5.5", answer, words)
