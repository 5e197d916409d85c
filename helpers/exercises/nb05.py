"""Checks of notebook 05."""

import copy

import torch

from helpers.exercises import Wrong, exercise, numbers
from helpers.exercises.nb04 import Times, near, pictures
from helpers.objectives import History, adversarial_loss, discriminator_loss
from helpers.training import learning_rate_factor


@exercise("5.1")
def epochs(answer) -> str:
    steps, times = numbers(answer, "steps", "times")
    if near(steps, 5 * 1067):
        raise Wrong("5335 is five times the horses; an epoch is as long as the larger domain.")
    if near(steps, 5 * (1067 + 1334)):
        raise Wrong("A step takes a horse and a zebra at once; do not add the two folders.")
    if near(steps, 1334):
        raise Wrong("1334 steps are one epoch; five were asked for.")
    if not near(steps, 6670):
        raise Wrong("steps is off: how many steps until each zebra was seen once?")
    if near(times, 5):
        raise Wrong("steps is right. Zebras are seen 5 times each; there are fewer horses.")
    if near(times, 4):
        raise Wrong("steps is right. Turn the fraction over: fewer pictures come round more often.")
    if abs(times - 6670 / 1067) > 0.01:
        raise Wrong("steps is right, times is not: 6670 horses were shown, of 1067.")
    return (
        "6670 steps, and each horse is seen 6.25 times: the smaller domain starts again before "
        "the larger has ended, which is also why no pair is fixed."
    )


@exercise("5.2")
def staircase(answer) -> str:
    for steps, decay, epoch in ((100, 40, 10), (90, 90, 7), (60, 20, 1)):
        found = [float(answer(step, steps, decay, epoch)) for step in range(steps)]
        line = [learning_rate_factor(step, steps, decay) for step in range(steps)]
        right = [line[step // epoch * epoch] for step in range(steps)]
        if all(map(near, found, right)):
            continue
        if max(found) > 1 + 1e-6:
            raise Wrong(f"It rises to {max(found):.2f}: before the decay, the factor is 1.")
        if all(map(near, found, line)):
            raise Wrong("That is the straight line; inside an epoch the factor must not change.")
        ends = [line[min(step // epoch * epoch + epoch, steps - 1)] for step in range(steps)]
        if all(near(a, b) or step >= steps - epoch
               for step, (a, b) in enumerate(zip(found, ends))):  # fmt: skip
            raise Wrong("Each stair is one too low: an epoch takes the line's value at its start.")
        if any(not near(a, found[step // epoch * epoch]) for step, a in enumerate(found)):
            raise Wrong("It changes inside an epoch: round the step down to the epoch's first.")
        step = next(i for i, pair in enumerate(zip(found, right)) if not near(*pair))
        raise Wrong(
            f"With steps={steps}, decay_steps={decay}, epoch={epoch}, step {step} gives "
            f"{found[step]:.3f}, expected {right[step]:.3f}."
        )
    return "At each epoch's first step it meets the straight line, and then waits for the next."


@exercise("5.3", returns=False)
def judges_step(answer) -> str:
    G, D = Times(0.5), Times(3.0)
    optimiser = torch.optim.SGD(D.parameters(), lr=0.1)
    history, noise, real = History(1), pictures(2), pictures(3)
    history.fakes = [pictures(1)[0]]  # full: from now on a coin decides what comes back
    twin, sum_of_slopes = copy.deepcopy(history), 0.0
    for turn in range(6):
        D.requires_grad_(False)  # as the generators' step left it
        fake, before = G((turn + 1) / 6 * noise), D.factor.item()
        shown = twin.swap(fake)
        right, newest = (slope(D, discriminator_loss, real, f) for f in (shown, fake))
        sum_of_slopes += right
        answer(D, optimiser, history, real, fake)
        moved = (D.factor.item() - before) / -0.1
        if G.factor.grad is not None:
            raise Wrong("The generator received a gradient; this step belongs to the judge alone.")
        if near(moved, 0):
            raise Wrong(
                "The judge's weight did not move. It comes frozen from the generators' step: "
                "thaw it, then zero_grad, backward, step."
            )
        if near(moved, right):
            continue
        if near(moved, 2 * right):
            raise Wrong("The judge moves twice as far as it should: its loss is halved.")
        if near(moved, sum_of_slopes):
            raise Wrong("From the second step on it moves too far: old gradients are still there.")
        if near(moved, newest):
            raise Wrong("The judge learned from the new fake where the history holds an old one.")
        swapped = slope(D, lambda r, f: discriminator_loss(f, r), real, shown, before)
        if near(moved, swapped) or near(moved, -right):
            raise Wrong("The judge moves the wrong way: reals belong at 1, fakes at 0.")
        raise Wrong(f"Step {turn + 1}: the judge's slope was {moved:.2f}, expected {right:.2f}.")
    if not torch.equal(history.fakes[0], twin.fakes[0]):
        raise Wrong("The judge moves right, but the history did not get each fake exactly once.")
    return "The judge learned from old and new fakes, and the generator never noticed."


def slope(D: Times, loss, real, fake, factor: float | None = None) -> float:
    """d loss(scores of real, scores of fake) / d factor, at D's own factor or another."""
    D = Times(D.factor.item() if factor is None else factor)
    loss(D(real), D(fake.detach())).backward()
    return D.factor.grad.item()


@exercise("5.4", returns=False)
def iteration(answer) -> str:
    G, D = Times(0.5), Times(0.8)
    opt_g = torch.optim.SGD(G.parameters(), lr=0.1)
    opt_d = torch.optim.SGD(D.parameters(), lr=0.1)
    for turn in range(3):
        D.requires_grad_(True)
        x, y = pictures(2 * turn), 0.5 * pictures(2 * turn + 1)
        g, d, fake = G.factor.item(), D.factor.item(), G(x)
        push_g, push_d = (
            push.item()
            for push in torch.autograd.grad(adversarial_loss(D(fake)), [G.factor, D.factor])
        )
        right = slope(D, discriminator_loss, y, fake)
        answer(G, D, opt_g, opt_d, x, y)
        moved_g, moved_d = (G.factor.item() - g) / -0.1, (D.factor.item() - d) / -0.1
        if near(moved_g, 0):
            raise Wrong("The generator's weight did not move: nothing reached it.")
        if not near(moved_g, push_g):
            raise Wrong(
                f"In step {turn + 1} the generator's slope was {moved_g:.3f}, expected "
                f"{push_g:.3f} from its own loss alone."
            )
        if near(moved_d, 0):
            raise Wrong("The judge's weight did not move: is it frozen when its own turn comes?")
        if near(moved_d, right + push_d):
            raise Wrong(
                "The generator moves as it should. But the judge moved as if it were paid for "
                "being fooled as well: the generator's loss is in its step."
            )
        if near(moved_d, slope(D, discriminator_loss, y, G(x), d)):
            raise Wrong("The judge was shown a second fake, made after the generator's step; "
                        "the first is there and costs nothing.")  # fmt: skip
        if not near(moved_d, right):
            raise Wrong(
                f"In step {turn + 1} the judge's slope was {moved_d:.3f}, expected {right:.3f} "
                "from its own loss alone."
            )
    return "Each optimiser steps on the gradients of its own side's loss, and on no others."


@exercise("5.5")
def diagnosis(answer) -> str:
    right = {"A": "cycle", "B": "D_B", "C": "identity"}
    if not isinstance(answer, dict) or set(answer) != set(right):
        raise Wrong('The answer is a dictionary with the keys "A", "B" and "C".')
    if any(value is ... for value in answer.values()):
        raise Wrong('Replace each ... by "cycle", "identity" or "D_B".')
    if sorted(map(str, answer.values())) != sorted(right.values()):
        raise Wrong('Each of "cycle", "identity" and "D_B" is the illness of one run.')
    if answer["B"] != "D_B":
        raise Wrong("Which run's d_b lies far above 0.25, the loss of answering 0.5 to everything?")
    if answer != right:
        raise Wrong("B is right. Of the other two, whose pictures do not find the way back?")
    return "Each of these illnesses is seen best in a loss of its own."
