"""Checks of notebook 00."""

import functools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from helpers import toy
from helpers.checkpoints import load_generator
from helpers.exercises import Wrong, exercise
from helpers.images import to_float

WEIGHTS = Path(__file__).parents[2] / "data/pretrained/toy/horse2zebra.safetensors"
LENGTHS = (0.3, 0.45, 0.6, 0.75)  # those in training: 0.68 to 0.82
WORSE = 1.25  # how much farther from the truth a change must lead

# Stand-ins for the two generators whose outputs cannot be mixed up: G_AB leaves a mark on its
# input, G_BA another one.


def _g_ab(picture):
    return picture * 0.5 + 0.25


def _g_ba(picture):
    return picture * 0.8 - 0.1


def _close(found, expected) -> bool:
    return (
        isinstance(found, Tensor)
        and found.shape == expected.shape
        and torch.allclose(found, expected, atol=1e-6)
    )


def _pictures(seed: int, count: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, 8, 6, generator=generator) * 2 - 1


def _two(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Wrong(
            "It should return two things, the fake and what comes back: `return fake, back`."
        )
    return answer


@functools.cache
def _trained() -> Callable[[Tensor], Tensor]:
    return torch.no_grad()(load_generator(WEIGHTS)[0])


def _compared(scenes: list[toy.Scene], translate) -> tuple[Tensor, Tensor, Tensor]:
    """Translations, true zebras and masks of scenes."""

    def drawn(animal):
        pictures = np.stack([toy.draw(scene, animal, 64) for scene in scenes])
        return to_float(torch.from_numpy(pictures).permute(0, 3, 1, 2))

    mask = torch.from_numpy(np.stack([toy.animal_mask(scene, 64) for scene in scenes]))
    return translate(drawn("horse")), drawn("zebra"), mask


def _distance(scenes: list[toy.Scene], translate) -> float:
    """Mean distance on the animals between translations and true zebras."""
    fake, truth, mask = _compared(scenes, translate)
    return ((mask * (fake - truth).abs().mean(1)).sum() / mask.sum()).item()


@exercise("0.1")
def harder(function) -> str:
    scenes = [toy.sample_scene(np.random.default_rng([2024, i])) for i in range(8)]
    changed = [function(scene) for scene in scenes]
    if not all(isinstance(scene, toy.Scene) for scene in changed):
        raise Wrong("It should return a scene: `return replace(scene, ...)`.")
    names = {
        name for old, new in zip(scenes, changed) for name in vars(old)
        if getattr(old, name) != getattr(new, name)
    }  # fmt: skip
    if not names:
        raise Wrong("All eight scenes came back as they were: change one thing.")
    if len(names) > 1:
        raise Wrong(f"It changed {', '.join(sorted(names))}; change one thing alone.")
    before, after = (_distance(some, _trained()) for some in (scenes, changed))
    told = f"From {before:.2f} the distance to the true zebra goes to {after:.2f}."
    if after < WORSE * before:
        raise Wrong(f"{told} It should get worse by a quarter; what never occurred in training?")
    return f"{told} Your `{names.pop()}` is what the network was not made for."


@exercise("0.2")
def distance_at(function) -> str:
    for length, translate in ((0.3, _g_ab), (0.75, _g_ba)):
        scenes = toy.drawings("horse", 16, 64, 5, toy.World(length=(length, length)))[1]
        found = function(length, translate)
        if isinstance(found, Tensor) and found.numel() > 1:
            raise Wrong(f"The answer has shape {tuple(found.shape)}. It should be one number.")
        if not isinstance(found, Tensor | float | int):
            raise Wrong("It should return a number, as a float or as a tensor with one element.")
        fake, truth, mask = _compared(scenes, translate)
        far = (fake - truth).abs().mean(1)
        right = _distance(scenes, translate)
        guesses = (
            (far.mean(), "This is the mean over the whole picture: weigh by the mask."),
            ((mask * far).mean(), "You divided by all pixels. Divide by the sum of the mask."),
            ((mask * far).sum(), "This is a sum. Divide by the sum of the mask."),
            (3 * right, "You added up the three colours. Take their mean."),
            (_distance(scenes, lambda x: x), "G_AB is not used: this is the horse as it is."),
            (
                (mask * (fake - truth).mean(1).abs()).sum() / mask.sum(),
                "The colours cancel each other: take the absolute value before the mean.",
            ),
        )
        if math.isclose(float(found), right, rel_tol=1e-3):
            continue
        for value, sentence in guesses:
            if math.isclose(float(found), float(value), rel_tol=1e-3):
                raise Wrong(sentence)
        raise Wrong(f"For length {length} it gives {float(found):.3f}; expected {right:.3f}.")
    measured = ", ".join(f"{float(function(n, _trained())):.2f} at {n}" for n in LENGTHS)
    return f"With the trained network: {measured}. The smaller, the farther from the truth."


@exercise("0.3")
def zebra_cycle(function) -> str:
    y = _pictures(4)
    fake, back = _two(function(y, _g_ab, _g_ba))
    right = _g_ba(y)
    if _close(fake, right) and _close(back, _g_ab(right)):
        return "No shape gives this bug away: only the names do, so read them as 'from, to'."
    if _close(fake, right):
        raise Wrong("The fake is right. What comes back should be a zebra made from that fake.")
    found = [p for p in (fake, back) if isinstance(p, Tensor) and p.shape == y.shape]
    if len(found) < 2:
        raise Wrong("Both pictures should have the shape of y.")
    off = (fake - right).abs().mean(), (back - _g_ab(right)).abs().mean()
    raise Wrong(f"On one batch the fake is off by {off[0]:.2f}, what comes back by {off[1]:.2f}.")
