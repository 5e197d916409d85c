"""Checks of notebook 00."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from exercises import Wrong, close, turn, value
from helpers.data import drawings
from helpers.data.domains import toy_images
from helpers.weights import load_generator

WEIGHTS = Path(__file__).parents[1] / "data/pretrained/toy"
WORSE = 1.25  # how much farther from the truth a change must lead


@cache
def trained():
    """G_AB and G_BA for drawings."""
    paths = (WEIGHTS / f"{name}.safetensors" for name in ("horse2zebra", "zebra2horse"))
    return tuple(load_generator(path)[0].requires_grad_(False) for path in paths)


HORSES = toy_images(drawings.drawings("horse", 32, 64, seed=77)[1], "horse")
FAKES = trained()[0](HORSES)
BACK = trained()[1](FAKES)


@turn("0.1", solution=FAKES)
def fake(answer):
    if isinstance(answer, torch.Tensor) and answer.shape == HORSES.shape:
        if torch.allclose(answer, HORSES):
            raise Wrong("these are the horses themselves: call the generator, G_AB(...).")
        if torch.allclose(answer, trained()[1](HORSES), atol=1e-3):
            raise Wrong("G_BA reads zebras: horses go into G_AB.")
    close(answer, FAKES, "expected G_AB of all the horses in x.", tolerance=1e-3)
    return "Thirty-two zebras that nobody drew."


@turn("0.2", solution=BACK)
def back(answer):
    if isinstance(answer, torch.Tensor) and answer.shape == HORSES.shape:
        if torch.allclose(answer, trained()[1](HORSES), atol=1e-3):
            raise Wrong("the way back starts at the fakes, not at x.")
        if torch.allclose(answer, trained()[0](FAKES), atol=1e-3):
            raise Wrong("G_AB makes zebras; the way back is G_BA's.")
    close(answer, BACK, "expected G_BA of all the fakes.", tolerance=1e-3)
    return "There and back."


@turn("0.3", solution=lambda first, second: (first - second).abs().mean(dim=1))
def difference(answer):
    first = torch.linspace(-1, 1, 96).view(2, 3, 4, 4)
    second = first.flip(1)
    found, expected = value(answer(first, second)), (first - second).abs().mean(1)
    if isinstance(found, torch.Tensor) and found.shape == (2, 3, 4, 4):
        raise Wrong("the colours are still apart: take the mean over dimension 1.")
    if isinstance(found, torch.Tensor) and found.shape == expected.shape:
        if torch.allclose(found, (first - second).mean(1).abs(), atol=1e-5):
            raise Wrong("the colours cancel each other: take the absolute value before the mean.")
    close(found, expected, "expected the mean of |first - second| over the three colours.")
    return "0 is the same picture, 2 is black against white."


def distance(scenes):
    """Mean distance on the animals between translations and true zebras."""
    fakes, truth = trained()[0](toy_images(scenes, "horse")), toy_images(scenes, "zebra")
    masks = torch.from_numpy(np.stack([drawings.animal_mask(s, 64) for s in scenes]))
    return ((masks * (fakes - truth).abs().mean(1)).sum() / masks.sum()).item()


@turn("0.4")
def harder(answer):
    scenes = drawings.drawings("horse", 8, 64, seed=5)[1]
    changed = [value(answer(scene)) for scene in scenes]
    if not all(isinstance(scene, drawings.Scene) for scene in changed):
        raise Wrong("return a scene: `return replace(scene, name=value)`.")
    names = {
        name for old, new in zip(scenes, changed) for name in vars(old)
        if getattr(old, name) != getattr(new, name)
    }  # fmt: skip
    if len(names) != 1:
        raise Wrong(f"you changed {len(names)} things, {sorted(names)}: change exactly one.")
    try:
        same = torch.equal(toy_images(scenes, "horse"), toy_images(changed, "horse"))
    except KeyError as error:
        known = *drawings.HORSE_COATS, *drawings.ZEBRA_COATS, *drawings.LANDSCAPES
        raise Wrong(f"there is no {error}, choose from {', '.join(known)}.") from None
    if same:
        raise Wrong("the horses look as before: only the true zebra changed.")
    before, after = distance(scenes), distance(changed)
    said = f"From {before:.2f} the distance to the true zebra goes to {after:.2f}"
    if after < WORSE * before:
        raise Wrong(f"{said}, a quarter more is asked for. What never occurred in training?")
    return f"{said}: the network was not made for your `{names.pop()}`."


@turn("0.5")
def zebra_cycle(answer):
    y = torch.linspace(-1, 1, 24).view(1, 3, 2, 4)

    def G_AB(image):  # stand-ins whose outputs cannot be mixed up
        return image * 0.5 + 0.25

    def G_BA(image):
        return image * 0.8 - 0.1

    found = value(answer(y, G_AB, G_BA))
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong("return two things: `return fake, back`.")
    if torch.allclose(found[0], G_AB(y)):
        raise Wrong("the fake is G_AB of a zebra. Who reads zebras?")
    close(found[0], G_BA(y), "a fake horse is G_BA(y).")
    close(found[1], G_AB(G_BA(y)), "the way back of a fake horse is G_AB's.")
    return "Say aloud what each generator reads, and the bug is gone."
