"""Checks of notebook 04."""

import math

import torch
from torch import nn

from helpers.exercises import Wrong, exercise, numbers
from helpers.objectives import Networks, discriminator_loss, generator_losses, weighted_sum


class Times(nn.Module):
    """A network of one weight: multiplies its picture by it."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(float(factor)))

    def forward(self, picture):
        return self.factor * picture


def pictures(seed: int, count: int = 1) -> torch.Tensor:
    """Small pictures of random numbers in [-1, 1]: (count, 3, 4, 4)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-4)


def number(value, who: str) -> float:
    """A loss as a float; says what is wrong where it is not one number."""
    shape = tuple(getattr(value, "shape", ()))
    if shape:
        raise Wrong(f"{who} gave a tensor of shape {shape}; a loss is one number: take the mean.")
    return value.item() if isinstance(value, torch.Tensor) else float(value)


@exercise("4.1")
def other_direction(answer) -> str:
    d, slope = numbers(answer, "d_b", "slope")
    if near(d, 1.55):
        raise Wrong("Your d_b is the sum of both means; d_b is half of it.")
    if near(d, 0.385):
        raise Wrong("That is d_a; d_b has the zebras y as reals and G_AB(x) as fakes.")
    if near(d, 0.625) or near(d, 0.15):
        raise Wrong("Your d_b counts only the reals or only the fakes; it needs both.")
    if not near(d, 0.775):
        raise Wrong(
            "d_b is off: the means of the squares are those of 0, -2, -1, 0 and D_B's fakes."
        )
    if near(slope, 0.8):
        raise Wrong("d_b is right. Your slope lacks the half, which the 2 of the square cancels.")
    if near(slope, 0.17):
        raise Wrong("d_b is right. That is the slope of d_a for D_A's weight.")
    if near(slope, 0.25) or near(slope, 0.15):
        raise Wrong("d_b is right. Your slope counts only the reals or only the fakes.")
    if near(slope, -0.4):
        raise Wrong("d_b is right. The sign of your slope is turned: which way does d_b grow?")
    if not near(slope, 0.4):
        raise Wrong(
            "d_b is right, its slope is not: mean of (wy - 1) y, plus mean of w f^2, w = 2."
        )
    return "The weight is too large: it should shrink, because the fakes' scores are too high."


@exercise("4.2")
def best_discriminator(answer) -> str:
    equal = torch.tensor([0.5, 0.3, 0.2])
    value = number(answer(equal, equal), "Your best_loss")
    if near(value, 0.5):
        raise Wrong("For two equal histograms it gives 0.5: the discriminator's loss is halved.")
    if not near(value, 0.25):
        raise Wrong(f"For two equal histograms it gives {value:.3f}, expected 0.25.")
    p_r, p_g = torch.tensor([0.7, 0.1, 0.2]), torch.tensor([0.1, 0.6, 0.3])
    right = 0.5 * (p_r * p_g / (p_r + p_g)).sum().item()
    value = number(answer(p_r, p_g), "Your best_loss")
    if near(value, 2 * right / 3) or near(value, right / 3):
        raise Wrong("You take a mean over the places; shares add up to 1, so take the sum.")
    if not near(value, right):
        raise Wrong(f"For two different histograms it gives {value:.3f}, expected {right:.3f}.")
    apart = torch.tensor([0.5, 0.5, 0.0, 0.0]), torch.tensor([0.0, 0.0, 0.0, 1.0])
    value = number(answer(*apart), "Your best_loss")
    if not math.isfinite(value):
        raise Wrong("Where both histograms are empty it divides 0 by 0: leave these places out.")
    if not near(value, 0):
        raise Wrong(f"Without a common place it gives {value:.3f}, expected 0.")
    return "You measure how far apart two sets are, without training anything."


@exercise("4.3")
def judge(answer) -> str:
    for seed in (0, 1):
        x, noise = pictures(seed), pictures(seed + 10)
        G, D = Times(0.5), Times(2.0)
        fake = G(noise)
        loss = answer(D, x, fake)
        value = number(loss, "Your judge_loss")
        real_part = (D(x) - 1).square().mean().item()
        fake_part = D(fake).square().mean().item()
        right = discriminator_loss(D(x), D(fake)).item()
        if not getattr(loss, "requires_grad", False):
            raise Wrong("No gradient reaches the discriminator: detach the fake, not the scores.")
        loss.backward()
        if G.factor.grad is not None:
            raise Wrong(
                "After backward() the generator holds a gradient that would make its fakes easier "
                "to catch: the discriminator's loss must not reach it."
            )
        if D.factor.grad is None:
            raise Wrong("No gradient reaches the discriminator: detach the fake, not the scores.")
        if near(value, 2 * right):
            raise Wrong(
                "The gradient goes where it should. But a discriminator that answers 0.5 to all "
                "is at 0.5 here, and at 0.25 in the paper."
            )
        if near(value, right / 2):
            raise Wrong("It is halved twice: a guessing discriminator is at 0.125, not 0.25.")
        if near(value, 0.5 * real_part) or near(value, 0.5 * fake_part):
            raise Wrong("One of the two halves is missing: both reals and fakes count.")
        swapped = 0.5 * (D(x).square().mean() + (D(fake) - 1).square().mean()).item()
        if near(value, swapped):
            raise Wrong("The targets are swapped: reals should be at 1 and fakes at 0.")
        if near(value, right * x.numel()):
            raise Wrong("You add the patches up; take their mean.")
        if not near(value, right):
            raise Wrong(f"On a test pair it gives {value:.3f}, expected {right:.3f}.")
        slope = torch.autograd.grad(discriminator_loss(D(x), D(fake.detach())), D.factor)[0]
        if not near(D.factor.grad.item(), slope.item()):
            raise Wrong("The value is right, but the discriminator learns from a part of it only.")
    return "Detached, a guessing discriminator is at 0.25, and the generator never hears of it."


@exercise("4.6")
def two_slopes(answer) -> str:
    answers = torch.tensor([0.0, 0.1, 0.2, 0.9, 1.0])
    for a, l1, l2 in ((0.5, 0.2, 0.12), (0.15, -0.2, -0.58), (1.5, 1.0, 2.12)):
        found = answer(a, answers)
        if not isinstance(found, tuple) or len(found) != 2:
            raise Wrong("Your function returns two numbers: the slope of L1, then that of L2.")
        first, second = (number(value, "Your slopes_at") for value in found)
        if near(first, l2) and near(second, l1):
            raise Wrong("They are exchanged: L1 comes first.")
        if near(first, -l1):
            raise Wrong("The sign of L1's slope is turned: answers below a make a larger a dearer.")
        if near(first, 5 * l1):
            raise Wrong("You add up L1's slopes; the loss is a mean.")
        if not near(first, l1):
            raise Wrong(
                f"At a = {a} the slope of L1 is {l1}, not {first:.3f}: share below - above."
            )
        if near(second, l2 / 2):
            raise Wrong("L1 is right. L2's slope lacks the 2 of the square.")
        if near(second, -l2):
            raise Wrong("L1 is right. The sign of L2's slope is turned.")
        if not near(second, l2):
            raise Wrong(f"L1 is right. At a = {a} the slope of L2 is {l2}, not {second:.3f}.")
    return "L1 is level at the median, 0.2 here, and L2 at the mean, 0.44: an answer nobody gave."


@exercise("4.7")
def objective(answer) -> str:
    nets = Networks(Times(0.5), Times(1.2), Times(2.0), Times(5.0))
    x, y = pictures(3), 0.5 * pictures(4)  # of other contrast: no sum fits by chance
    losses, fake_a, fake_b = generator_losses(nets, x, y)
    part = {name: loss.item() for name, loss in losses.items()}
    value = {
        lambdas: number(answer(nets, x, y, *lambdas), "Your generator_sum")
        for lambdas in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (10.0, 5.0))
    }
    adversarial = value[0.0, 0.0]
    cycle, identity = value[1.0, 0.0] - adversarial, value[0.0, 1.0] - adversarial
    if near(adversarial, part["adv_ab"]) or near(adversarial, part["adv_ba"]):
        raise Wrong("With both lambdas at 0, only one generator has to fool anyone.")
    if not near(adversarial, part["adv_ab"] + part["adv_ba"]):
        raise Wrong("With both lambdas at 0, it is not the sum of adv_ab and adv_ba.")
    wrong_domain = ((fake_b - x).abs().mean() + (fake_a - y).abs().mean()).item()
    if near(identity, wrong_domain):
        raise Wrong(
            "A generator that changes nothing pays no identity loss here, and one that translates "
            "pays: which domain should each generator leave as it is?"
        )
    if near(identity, part["identity_a"]) or near(identity, part["identity_b"]):
        raise Wrong("Only one generator pays an identity loss.")
    if not near(identity, part["identity_a"] + part["identity_b"]):
        raise Wrong("The part that lambda_identity weighs is not identity_a + identity_b.")
    for name, domain in (("cycle_a", "zebras"), ("cycle_b", "horses")):
        if near(cycle, part[name]):
            raise Wrong(
                f"The identity part is right. But the generators may lose {domain} on the round "
                "trip, and this sum does not notice."
            )
    if not near(cycle, part["cycle_a"] + part["cycle_b"]):
        raise Wrong("The part that lambda_cycle weighs is not cycle_a + cycle_b.")
    if not near(value[10.0, 5.0], weighted_sum(losses, 10.0, 5.0).item()):
        raise Wrong("Each part alone is right, but the sum with the lambdas 10 and 5 is not.")
    factors = [nets.G_AB.factor, nets.G_BA.factor]
    expected = torch.autograd.grad(weighted_sum(losses, 10.0, 5.0), factors)
    found = torch.autograd.grad(
        answer(nets, x, y, 10.0, 5.0), factors, allow_unused=True, materialize_grads=True
    )
    if not all(near(a.item(), b.item()) for a, b in zip(expected, found)):
        raise Wrong(
            "The value is right, but not every generator learns from it: is a fake detached?"
        )
    return "All six terms: each generator fools, returns, and leaves its own target domain alone."


@exercise("4.4", returns=False)
def step(answer) -> str:
    G, D, x = Times(0.5), Times(5.0), pictures(5)
    right = torch.autograd.grad((D(G(x)) - 1).square().mean(), G.factor)[0].item()
    answer(G, D, x)
    found = None if G.factor.grad is None else G.factor.grad.item()
    if D.factor.grad is not None:
        raise Wrong(
            "D_B's weight has a gradient: a step down that slope would teach it to accept fakes."
        )
    if found is None:
        raise Wrong(
            "No gradient arrived in G_AB. The path leads through D_B: freeze its weights, but let "
            "the gradient pass (no detach, no torch.no_grad)."
        )
    if not D.factor.requires_grad:
        raise Wrong("D_B is still frozen afterwards, so it could never learn from d_b.")
    fake_part = torch.autograd.grad(D(G(x)).square().mean(), G.factor)[0].item()
    if near(found, fake_part):
        raise Wrong("G_AB is trained to be judged fake: its target is 1.")
    if near(found, right / 2) or near(found, -right):
        raise Wrong("G_AB's gradient has the wrong factor or sign: adv_ab is neither halved nor "
                    "turned round.")  # fmt: skip
    if not near(found, right):
        raise Wrong(f"G_AB's gradient is {found:.3f}, expected {right:.3f} from adv_ab.")
    return "The gradient passes through the discriminator without changing it."
