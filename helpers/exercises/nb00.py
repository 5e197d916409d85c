"""Checks of notebook 00."""

import math

import torch

from helpers.exercises import Wrong, exercise

# Stand-ins for the two generators whose outputs cannot be mixed up: G_AB leaves a mark on its
# input, G_BA another one.


def _g_ab(picture):
    return picture * 0.5 + 0.25


def _g_ba(picture):
    return picture * 0.8 - 0.1


def _close(found, expected) -> bool:
    return (
        isinstance(found, torch.Tensor)
        and found.shape == expected.shape
        and torch.allclose(found, expected, atol=1e-6)
    )


def _pictures(seed: int, count: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 8, 6, generator=generator) * 2 - 1


def _two(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Wrong(
            "It should return two things, the fake and what comes back: `return fake, back`."
        )
    return answer


@exercise("0.1")
def round_trip(function) -> str:
    x = _pictures(1)
    fake, back = _two(function(x, _g_ab, _g_ba))
    if _close(fake, _g_ba(x)):
        raise Wrong("Your fake comes from G_BA, which reads zebras; x holds horses.")
    if not _close(fake, _g_ab(x)):
        raise Wrong("The first thing returned should be G_AB(x), the fake zebra.")
    if _close(back, _g_ba(x)):
        raise Wrong("G_BA got x itself. It should get the fake: the way back starts at the zebra.")
    if _close(back, _g_ab(fake)):
        raise Wrong("You sent the fake through G_AB again. G_AB reads horses; who reads zebras?")
    if _close(back, x):
        raise Wrong("The second thing is x itself. It should be what the networks make of it.")
    if not _close(back, _g_ba(_g_ab(x))):
        raise Wrong("The second thing returned should be G_BA(G_AB(x)), the horse that comes back.")
    return "One network's output is the next one's input: that is all a cycle is."


@exercise("0.2")
def background_change(function) -> str:
    for seed in (2, 3):
        x, fake = _pictures(seed), _pictures(seed + 10)
        mask = torch.zeros(2, 8, 6)
        mask[:, 2:6, 1:4] = 1
        mask[:, 2, 1:4] = 0.5
        found = function(x, fake, mask)
        if isinstance(found, torch.Tensor) and found.numel() > 1:
            raise Wrong(f"The answer has shape {tuple(found.shape)}. It should be one number.")
        if not isinstance(found, torch.Tensor | float | int):
            raise Wrong("It should return a number, as a float or as a tensor with one element.")
        signed = x - fake
        change, weight = signed.abs().mean(1), 1 - mask
        right = (weight * change).sum() / weight.sum()
        guesses = (
            (
                (mask * change).sum() / mask.sum(),
                "This is the change on the animal: swap the mask.",
            ),
            ((weight * change).mean(), "You divided by all pixels. Divide by the sum of weights."),
            (change.mean(), "This is the mean over the whole picture: the mask is not used yet."),
            (3 * right, "You added up the three colours. Take their mean."),
            (right * weight.sum(), "This is a sum. Divide by the sum of the weights."),
            (3 * right * weight.sum(), "This is a sum. Divide by 3 times the sum of the weights."),
            (
                (weight * signed.mean(1)).sum() / weight.sum(),
                "Plus and minus cancel out: take the absolute value first.",
            ),
            (
                (weight * signed.mean(1).abs()).sum() / weight.sum(),
                "The colours cancel each other: take the absolute value before the mean.",
            ),
            (
                (weight * signed.square().mean(1)).sum() / weight.sum(),
                "These are squares. The absolute difference is asked for.",
            ),
            (
                change[mask == 0].mean(),
                "Nearly. Pixels at the edge count in part: weigh by 1 - mask.",
            ),
        )
        found = float(found)
        if math.isclose(found, float(right), rel_tol=1e-4):
            continue
        for value, sentence in guesses:
            if math.isclose(found, float(value), rel_tol=1e-4):
                raise Wrong(sentence)
        raise Wrong(f"For one test it gives {found:.4f}; expected {float(right):.4f}.")
    return "A weighted mean does not care how large the animal is, so pictures can be compared."


@exercise("0.3")
def zebra_cycle(function) -> str:
    y = _pictures(4)
    fake, back = _two(function(y, _g_ab, _g_ba))
    if _close(fake, _g_ab(y)):
        raise Wrong(
            "The first network that saw the zebras was one that has learned from horses: "
            "the fake should be a horse."
        )
    if not _close(fake, _g_ba(y)):
        raise Wrong("The first thing returned should be a horse, made from y by one network.")
    if not _close(back, _g_ab(_g_ba(y))):
        raise Wrong("The fake is right. What comes back should be a zebra made from that fake.")
    return "No shape gives this bug away: only the names do, so read them as 'from, to'."
