"""Checks of notebook 03."""

import copy
import functools
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from helpers import toy
from helpers.checkpoints import load_generator
from helpers.exercises import Wrong, exercise, one_number
from helpers.images import centre_crop, toy_domains
from helpers.measures import drawn
from helpers.networks import Discriminator, parameter_count

WEIGHTS = Path(__file__).parents[2] / "data/pretrained/toy"
SIDES = (8, 16, 32, 64)
ENOUGH = 0.95  # of all pairs in the right order, exercise 3.2


@functools.cache
def _trained() -> tuple[nn.Module, nn.Module]:
    """The shipped D_B and G_AB for drawings, which want no gradients."""
    weights = load_file(WEIGHTS / "D_B.safetensors")
    judge = Discriminator(width=len(weights["layers.0.weight"]))
    judge.load_state_dict(weights)
    generator, _ = load_generator(WEIGHTS / "horse2zebra.safetensors")
    return judge.requires_grad_(False), generator.requires_grad_(False)


def _pooled(pictures):
    """A stand-in for a judge: the mean of each 2 x 2 square, one channel."""
    return nn.functional.avg_pool2d(pictures.mean(1, keepdim=True), 2)


@exercise("3.1")
def fall(answer):
    real, fake = torch.ones(2, 3, 8, 12), torch.zeros(2, 3, 8, 12)
    fake[1] = 0.5
    fake[..., :2, :] = -9  # a border that no middle square holds
    given = real.clone()
    for side, right in ((2, 0.75 * 4 / 96), (4, 0.75 * 16 / 96)):
        found = one_number(answer(_pooled, real, fake, side))
        if not torch.equal(real, given):
            raise Wrong("Your function changes the real pictures: work on real.clone().")
        if abs(found - right) < 1e-5:
            continue
        seen = f"For pictures of 8 x 12 pixels and side = {side} you return {found:.4f}"
        if abs(found + right) < 1e-5:
            raise Wrong(f"{seen}: the size is right, but a fall is real minus pasted.")
        raise Wrong(
            f"{seen}, expected {right:.4f}. The square begins at row (8 - {side}) // 2 and column "
            f"(12 - {side}) // 2, in all pictures, and the mean is over all maps."
        )
    judge, generator = _trained()
    scenes = toy.drawings("zebra", 8, 8, 101, toy.World(length=(0.34, 0.41)))[1]
    real, fake = drawn(scenes, "zebra", 128), generator(drawn(scenes, "horse", 128))
    falls = [one_number(answer(judge, real, fake, side)) for side in (*SIDES, 128)]
    told = ", ".join(
        f"{side} ({side**2 / 128**2:.1%} of the area): {f / falls[-1]:.0%}"
        for side, f in zip(SIDES, falls)
    )
    return f"Share of the whole picture's fall for a side of {told}."


@functools.cache
def _to_train_on(seed: int, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Zebras, translated horses and those horses, (count, 3, 64, 64) each."""
    horses, zebras = (
        drawn(toy.drawings(animal, count, 8, seed + k)[1], animal, 64)
        for k, animal in enumerate(("horse", "zebra"))
    )
    return zebras, _trained()[1](horses), horses


def _above(judge, reals, fakes) -> float:
    """In which share of all pairs the real picture has the higher mean score."""
    with torch.no_grad():
        a, b = (judge(pictures).mean((1, 2, 3)) for pictures in (reals, fakes))
    return (a[:, None] > b).float().mean().item()


@exercise("3.2")
def train(answer):
    zebras, translated, horses = _to_train_on(8, 64)
    new, *others = _to_train_on(105, 24)
    found = []
    for third in (horses, translated):  # the second time no horse is shown
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            judge = answer(zebras.clone(), translated.clone(), third.clone())
        if not isinstance(judge, nn.Module):
            raise Wrong(f"Return the trained discriminator, yours gave {type(judge).__name__}.")
        found.append([_above(judge, new, other) for other in others])
        if third is horses and min(found[0]) < ENOUGH:
            raise Wrong(_why(*found[0]))
    told = [f"{a:.2f} and {b:.2f}" for a, b in found]
    return (
        f"New zebras score higher than translated horses and than horses in {told[0]} of all pairs;"
        f" when horses are not shown, in {told[1]}."
    )


def _why(translated: float, horses: float) -> str:
    seen = (
        f"New zebras score higher than translated horses in {translated:.2f} of all pairs, than "
        f"horses in {horses:.2f}; {ENOUGH} of both is asked for."
    )
    if translated < 0.2 or horses < 0.2:
        return f"{seen} It answers the wrong way round: 1 is for real zebras, 0 for the others."
    if translated >= ENOUGH:
        return f"{seen} Did anything tell it that a horse is no zebra? Horses are fakes, too."
    if horses >= ENOUGH:
        return f"{seen} It knows horses, but the translated ones need more steps."
    return f"{seen} Guessing gives 0.50: train longer, or at a higher rate."


def _judges(row, column, size, first=-23, clipped=True):
    scores = range(size // 8 - 2) if clipped else range(-100, 1000)

    def along(p):
        return sum(8 * i + first <= p <= 8 * i + first + 69 for i in scores)

    return along(row) * along(column), along(row) + along(column), along(row)


@exercise("3.3")
def judges_of(answer):
    places = ((0, 0, 256), (0, 128, 256), (255, 40, 256), (128, 128, 256), (131, 128, 256))
    for row, column, size in (*places, (60, 5, 128), (10, 30, 64)):
        got = answer(row, column, size)
        right, added, along = _judges(row, column, size)
        if got == right:
            continue
        seen = f"Pixel ({row}, {column}) of {size} is seen by {right} scores, yours says {got!r}:"
        if got == added:
            raise Wrong(f"{seen} each row can meet each column, so multiply instead of adding.")
        if got == along:
            raise Wrong(f"{seen} that is one axis only; rows and columns both count.")
        if got == _judges(row, column, size, first=0)[0]:
            raise Wrong(f"{seen} score 0 starts 23 pixels before the picture, not at pixel 0.")
        if got == _judges(row, column, size, clipped=False)[0]:
            raise Wrong(f"{seen} near the border some of these scores do not exist.")
        if size != 256 and got == _judges(row, column, 256)[0]:
            raise Wrong(f"{seen} the number of scores depends on `size`; 30 is for 256 pixels.")
        raise Wrong(f"{seen} score i of an axis sees pixels 8 i - 23 to 8 i + 46, both included.")
    return "A corner is judged by 9 scores, the middle by 64 to 81: less is asked of the border."


@exercise("3.4")
def separation(answer):
    def judge(pictures):  # several scores a picture, whose mean is the picture's own number
        ramp = torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 3)
        return pictures.mean((1, 2, 3), keepdim=True) + ramp

    def flat(*values):
        return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)

    cases = ((1.0, 2.0, 0.0), (0.5, -1.0)), ((1.0, 0.5), (1.0, 0.5, 0.5)), ((0.3,), (0.9, 0.9))
    for a, b in cases:
        right = sum((p > q) + 0.5 * (p == q) for p in a for q in b) / (len(a) * len(b))
        found = one_number(answer(judge, flat(*a), flat(*b)))
        if abs(found - right) < 1e-5:
            continue
        seen = f"For mean scores {list(a)} of reals and {list(b)} of fakes you return {found:.2f}"
        if abs(found - (1 - right)) < 1e-5:
            raise Wrong(f"{seen}: you count the pairs in which the fake is higher.")
        if abs(found - sum(p > q for p in a for q in b) / (len(a) * len(b))) < 1e-5:
            raise Wrong(f"{seen}: a tie counts half.")
        if abs(found - (sum(a) / len(a) - sum(b) / len(b))) < 1e-5:
            raise Wrong(f"{seen}: that is a difference of means, a share of pairs was asked for.")
        raise Wrong(
            f"{seen}, expected {right:.2f}. One mean score for each picture first; then every real "
            "one against every fake one."
        )
    judge, generator = _trained()
    # In training the pictures were drawn at 72 pixels and cut to 64: so must be the new ones.
    old, new = (toy_domains(24, 72, seed) for seed in (0, 1))
    old_a, old_b, new_a, new_b = (centre_crop(p, 64) for p in (old.a, old.b, new.a, new.b))
    pairs = {
        "zebras against translations, trained on": (old_b, generator(old_a)),
        "the same, new": (new_b, generator(new_a)),
        "horses against translations": (new_a, generator(new_a)),
    }
    shares = {what: one_number(answer(judge, *pair)) for what, pair in pairs.items()}
    return "; ".join(f"{what}: {share:.2f}" for what, share in shares.items()) + "."


def _field_by_gradient(net):
    """Rows that the middle score of a 256-pixel picture sees, norms taken out."""
    net = copy.deepcopy(net).double()
    for module in list(net.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d | nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    x = torch.randn(1, 3, 256, 256, dtype=torch.double, requires_grad=True)
    scores = net(x)
    scores[0, 0, scores.shape[2] // 2, scores.shape[3] // 2].backward()
    return int((x.grad != 0).any(3).any(1).sum())


@exercise("3.5")
def my_discriminator(answer):
    net = answer(4)
    if not isinstance(net, nn.Module):
        raise Wrong(f"Expected a network (nn.Module), your function gave {type(net).__name__}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x, right = torch.rand(1, 3, 256, 256) * 2 - 1, Discriminator(4)
        shape, field = tuple(net(x).shape), _field_by_gradient(net)
    if shape != (1, 1, 30, 30) or field != 70:
        raise Wrong(
            f"256 pixels give scores of shape {shape} instead of (1, 1, 30, 30),\n"
            f"and one of them sees {field} pixels instead of 70."
        )
    if parameter_count(net) != parameter_count(right):
        raise Wrong(
            f"Map and patch are right now, but it has {parameter_count(net):,} parameters at width "
            f"4 instead of {parameter_count(right):,}: keep the channels as they were."
        )
    if any(a.shape != b.shape for a, b in zip(net.parameters(), right.parameters())):
        raise Wrong("Map and patch are right now, but the layers' channels are not the paper's.")
    for ours, theirs in zip(net.parameters(), right.parameters()):
        ours.data.copy_(theirs.data)
    with torch.no_grad():
        close = torch.allclose(net(x), right(x), atol=1e-5)
    if not close:
        raise Wrong(
            "Map, patch and parameters are right, but with the course's weights the scores differ: "
            "compare norms, activations and the last layer with section 2.4."
        )
    return "A stride has no weights: only shapes, or a gradient, can show that it is wrong."
