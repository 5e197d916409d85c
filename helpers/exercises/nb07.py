"""Checks of notebook 07."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from helpers.exercises import Wrong, exercise, numbers
from helpers.networks import pad_to_multiple


class Watched(nn.Module):
    """Stands for a network that needs multiples of 4: keeps what it is shown, gives twice that."""

    def forward(self, x):
        self.seen = x.clone()
        return 2 * x


@exercise("7.2")
def any_size(answer) -> str:
    for height, width in ((8, 8), (9, 14), (14, 9), (11, 12), (12, 11), (10, 10)):
        net = Watched()
        x = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height))
        case = f"A picture of {height} x {width} (height x width)"
        out = answer(net, x)
        if not hasattr(net, "seen"):
            raise Wrong("The network is never called.")
        saw = tuple(net.seen.shape[-2:])
        expected = tuple(-(-side // 4) * 4 for side in (height, width))
        told = f"{case} is shown to the network as {saw[0]} x {saw[1]}"
        if height % 4 == width % 4 == 0 and saw != (height, width):
            raise Wrong(f"{told}, although it fits as it is.")
        if saw[0] % 4 or saw[1] % 4:
            raise Wrong(f"{told}; 4 does not divide that.")
        if saw != expected:
            raise Wrong(f"{told}; {expected[0]} x {expected[1]} would do.")
        if tuple(out.shape) != tuple(x.shape):
            raise Wrong(f"{case} comes back as {tuple(out.shape[-2:])}: crop the answer.")
        if not torch.equal(net.seen[..., :height, :width], x):
            raise Wrong("The picture is moved: put the padding at the bottom and at the right.")
        if not torch.equal(net.seen, pad_to_multiple(x)):
            filled = net.seen[..., height:, :]
            filled = filled if filled.numel() else net.seen[..., width:]
            if filled.abs().max() == 0:
                raise Wrong("The sizes are right. But the padding is grey (0): reflect instead.")
            raise Wrong('The sizes are right, the padding is not the reflection: mode="reflect".')
        if not torch.equal(out, 2 * x):
            raise Wrong(f"{case} comes back altered: crop the top left part.")
    return "Nothing to add where it fits, at most three rows and columns where it does not."


def one_step(answer, slope: float, scale: float = 1024.0):
    """Weights before, after, and the scaler, for a step on loss = slope x sum of weights."""
    net = nn.Linear(2, 1, bias=False)
    before = copy.deepcopy(net.weight.detach())
    optimiser = torch.optim.SGD(net.parameters(), lr=0.5)
    scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    net.weight.grad = torch.full_like(net.weight, 7.0)  # left over from an earlier step
    try:
        answer(slope * net.weight.sum(), optimiser, scaler)
    except AssertionError as error:
        raise Wrong(
            "The scaler complains: it was told to update, but never made a step itself."
        ) from error
    return before, net.weight.detach(), scaler


@exercise("7.4", returns=False)
def half_step(answer) -> str:
    before, after, scaler = one_step(answer, slope=0.25)
    moved = (before - after).mean().item()
    if moved == 0:
        raise Wrong("After the call the weights are what they were: nobody makes a step.")
    if math.isclose(moved, 0.5 * 0.25 * 1024, rel_tol=1e-3):
        raise Wrong(
            "With plain gradient descent a step comes out 1024 times too long, and 1024 is the "
            "scale. (Adam divides by the size of the gradients, so it would hide this.)"
        )
    if math.isclose(moved, 0.5 * 0.25 / 1024, rel_tol=1e-3):
        raise Wrong("The step is 1024 times too short: the loss is not scaled, the step unscaled.")
    if math.isclose(moved, 0.5 * (0.25 + 7 / 1024), rel_tol=1e-3) or moved > 3:
        raise Wrong("An earlier step's gradients are still in it: call zero_grad() first.")
    if not math.isclose(moved, 0.5 * 0.25, rel_tol=1e-3):
        raise Wrong(f"The step is {moved:.4f} long, expected {0.5 * 0.25:.4f}.")
    before, after, scaler = one_step(answer, slope=math.inf)
    if not after.isfinite().all():
        raise Wrong(
            "With a gradient that has overflowed, the weights become infinite: such a step "
            "should be left out."
        )
    if scaler.get_scale() == 1024:
        raise Wrong(
            "A step that overflowed is left out, good. But the scale is never lowered, so every "
            "later step may overflow too."
        )
    return "Scaled before backward, unscaled before the step, left out if infinite, then adapted."


@exercise("7.5")
def joint_batch(answer) -> str:
    pairs, steps, histories = numbers(answer, "pairs a step", "steps", "histories")
    if pairs in (1, 2):
        raise Wrong("Each of the four processes takes --batch pairs of its own.")
    if pairs != 8:
        raise Wrong("How many processes, and how many pairs does each take?")
    if steps in (80_000, 320_000, 640_000):
        raise Wrong("8 pairs a step is right. More pairs a step need fewer steps, not more.")
    if steps == 20_000:
        raise Wrong("8 pairs a step is right. You divided by 4; each of the 4 takes 2 pairs.")
    if steps != 10_000:
        raise Wrong("8 pairs a step is right. 80,000 steps of one pair are 80,000 pairs.")
    if histories in (1, 2, 4):
        raise Wrong("The rest is right. Each process has one history per discriminator.")
    if histories != 8:
        raise Wrong("The rest is right. How many discriminators has a process?")
    return (
        "As many pairs, but an eighth of the updates: whether that is as good is a question for "
        "the pictures, not for arithmetic."
    )


@exercise("7.6")
def patch_nce(answer) -> str:
    for seed, (places, channels) in enumerate(((5, 3), (16, 8))):
        chance = torch.Generator().manual_seed(seed)
        keys = torch.randn(places, channels, generator=chance, requires_grad=True)
        noise = torch.randn(places, channels, generator=chance)
        queries = (3 * keys.detach() + noise).requires_grad_()
        long_q, long_k = queries.detach(), keys.detach()
        q, k = F.normalize(long_q, dim=1), F.normalize(long_k, dim=1)
        own = torch.arange(places)
        for temperature in (0.07, 0.5):
            loss = answer(queries, keys, temperature)
            if tuple(loss.shape):
                raise Wrong(f"A loss is one number; yours has the shape {tuple(loss.shape)}.")
            similar, ce = q @ k.T, F.cross_entropy
            right = ce(similar / temperature, own).item()
            wrong = {
                "You add the places up; take their mean.": places * right,
                "The features are not of norm 1, so long ones win: F.normalize them.":
                    ce(long_q @ long_k.T / temperature, own),
                "You multiply by the temperature; divide by it.": ce(similar * temperature, own),
                "The temperature has no effect: divide the similarities by it.": ce(similar, own),
                "You compare each place of the input with all of the output. Turn it round: "
                "a row of the logits for each query.": ce(similar.T / temperature, own),
                "cross_entropy has its own softmax; you take it twice.":
                    ce((similar / temperature).softmax(1), own),
                "The sign is turned: this loss would push the right places apart.": -right,
                "That is the distance of the pairs alone. Without the other places as wrong "
                "answers, features that are all equal would be perfect.": (q - k).square().mean(),
            }  # fmt: skip
            value = loss.item()
            if not math.isclose(value, right, rel_tol=1e-3, abs_tol=1e-5):
                for words, other in wrong.items():
                    if math.isclose(value, float(other), rel_tol=1e-3, abs_tol=1e-5):
                        raise Wrong(words)
                raise Wrong(
                    f"For {places} places at temperature {temperature} it gives {value:.3f}, "
                    f"expected {right:.3f}."
                )
            found = None
            if loss.requires_grad:
                found = torch.autograd.grad(
                    loss, [queries, keys], allow_unused=True, materialize_grads=True
                )
            if found is None or not found[0].any():
                raise Wrong("The number is right, but no gradient reaches the queries.")
            if found[1].any():
                raise Wrong(
                    "The number is right. But a gradient also reaches the keys: the input's "
                    "features are the answer to match, so detach them."
                )
    return "It is a classification: which place of the input does this place of the output show?"
