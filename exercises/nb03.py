"""Checks of notebook 03, the discriminator."""

import math

import torch
from torch import Tensor, nn

from exercises import Wrong, close, turn, value
from helpers.losses import discriminator_loss
from helpers.networks import Discriminator


def field_of(layers) -> int:
    r = 1
    for k, s in reversed(layers):
        r = (r - 1) * s + k
    return r


def influence_of(net: nn.Module, image: Tensor, row: int, column: int) -> Tensor:
    image = image.clone().requires_grad_()
    net(image)[0, 0, row, column].backward()
    return image.grad.abs().sum((0, 1))


def train(reals: Tensor, fakes: Tensor, steps: int, width: int = 8) -> nn.Module:
    torch.manual_seed(0)
    D = Discriminator(width)
    adam = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for step in range(steps):
        k = torch.arange(4 * step, 4 * step + 4) % len(reals)
        adam.zero_grad()
        discriminator_loss(D(reals[k]), D(fakes[k])).backward()
        adam.step()
    return D.requires_grad_(False)


def two_of(zebras: Tensor, translated: Tensor, horses: Tensor, steps: int):
    mixed = translated.clone()
    mixed[::2] = horses[::2]
    return train(zebras, translated, steps), train(zebras, mixed, steps)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def network(answer) -> nn.Module:
    if not isinstance(value(answer), nn.Module):
        raise Wrong(f"expected a network, not {type(answer).__name__}.")
    return answer


@turn("3.1", solution=Discriminator)
@torch.no_grad()
def patchgan(answer):
    mine, ours, x = network(answer(4)), Discriminator(4), noise(1, 3, 64, 64)
    shapes = {name: tuple(t.shape) for name, t in ours.state_dict().items()}
    if {name: tuple(t.shape) for name, t in mine.state_dict().items()} != shapes:
        raise Wrong("the weights have other shapes than the table says, for width=4 here.")
    mine.load_state_dict(ours.state_dict())
    found = mine(x)
    if found.shape[-1] == 3:
        raise Wrong("64 pixels give 3 x 3 scores instead of 6 x 6: which layers have stride 1?")
    if found.min() >= 0 and found.max() <= 1:
        raise Wrong("all scores lie in 0 to 1: end with the convolution, without a sigmoid.")
    hint = "The scores differ: compare strides, norms and the slope 0.2, line by line."
    close(found, ours(x), hint, 1e-4)
    return "With the course's weights it gives the course's scores."


@turn("3.2", solution=field_of)
def field(answer):
    for layers in ([(4, 2)], [(4, 2), (3, 1)], [(4, 2)] * 3 + [(4, 1)] * 2):
        found, right = value(answer(layers)), field_of(layers)
        if found == right:
            continue
        seen = f"for {layers} you get {found}, expected {right}."
        if found == field_of(layers[::-1]):
            raise Wrong(f"{seen} Walk from the score back to the picture: reversed(layers).")
        raise Wrong(f"{seen} From first to last window it is (r - 1) s, and the last is k wide.")
    return "A score of the PatchGAN sees 70 x 70 pixels."


@turn("3.3", solution=influence_of)
def influence(answer):
    torch.manual_seed(0)
    net, image = nn.Conv2d(3, 1, 3, padding=1), noise(1, 3, 8, 8)
    found, right = value(answer(net, image, 2, 5)), influence_of(net, image, 2, 5)
    if (found < 0).any():
        raise Wrong("a gradient has a sign, an influence has none: abs() before you sum.")
    if found.equal(influence_of(net, image, 5, 2)):
        raise Wrong("rows and columns are exchanged: a map is [0, 0, row, column].")
    if (found > 0).sum() > 27:
        raise Wrong("too many pixels count: call backward() on one score, not on the whole map.")
    close(
        found,
        right,
        "abs() first, then the sum over the picture and the colours: height and width stay.",
    )
    return "The gradient finds the field without a formula."


@turn("3.4", solution=train)
def training(answer):
    reals, fakes = noise(8, 3, 32, 32) / 4 + 0.5, noise(8, 3, 32, 32) / 4 - 0.5
    mine, fresh = network(answer(reals, fakes, 12)), train(reals, fakes, 0)
    if all(torch.equal(a, b) for a, b in zip(mine.parameters(), fresh.parameters())):
        raise Wrong("not one weight has moved: loss.backward(), then adam.step().")
    ours = train(reals, fakes, 12)
    with torch.no_grad():
        real, fake = mine(reals).mean().item(), mine(fakes).mean().item()
        gap = (ours(reals).mean() - ours(fakes).mean()).item()
    if not real - fake > gap / 2 or fake > 0.5:
        raise Wrong(f"reals end at {real:.1f}, fakes at {fake:.1f}: reals belong at 1, fakes at 0.")
    return "It judges; nobody has told it what a zebra is."


@turn("3.5")
def judges_of(answer):
    def along(p, size, first=-23):
        return sum(8 * i + first <= p <= 8 * i + first + 69 for i in range(size // 8 - 2))

    for row, column, size in ((0, 0, 256), (128, 131, 256), (14, 9, 256), (60, 5, 128)):
        found, a, b = answer(row, column, size), along(row, size), along(column, size)
        if value(found) == a * b:
            continue
        seen = f"pixel ({row}, {column}) of {size} is seen by {a * b} scores, yours says {found}."
        if found == a + b:
            raise Wrong(f"{seen} Every row meets every column: multiply.")
        if found == along(row, size, 0) * along(column, size, 0):
            raise Wrong(f"{seen} Score 0 begins 23 pixels before the picture.")
        raise Wrong(f"{seen} Score i of an axis sees pixels 8 i - 23 to 8 i + 46, both included.")
    return "9 scores judge the corner, 64 to 81 the middle: a forger can be careless at the border."


@turn("3.6", solution=two_of)
def two(answer):
    # Whoever is shown horses that are "not a number" has weights that are not a number.
    zebras, translated = noise(8, 3, 32, 32) / 4 + 0.5, noise(8, 3, 32, 32) / 4 - 0.5
    judges = value(answer(zebras, translated, torch.full_like(zebras, math.nan), 4))
    saw = [any(p.isnan().any() for p in network(D).parameters()) for D in judges]
    if len(saw) != 2 or saw == [True, False]:
        raise Wrong("return two judges: first the one that never saw a horse.")
    if saw[0]:
        raise Wrong("the first judge has seen horses; its fakes are translations alone.")
    if not saw[1]:
        raise Wrong("the second judge has met no horse; it is shown the first len(zebras) fakes.")
    horses, turned = torch.zeros_like(zebras), noise(8, 3, 32, 32).flip(0) / 4 - 0.5
    horses[:, 1] = 1.0
    if answer(zebras, turned, horses, 24)[1](horses).mean() > 0.5:
        raise Wrong("the second judge takes horses for real: for D_B a horse is a fake.")
    return "One of the two has learned that a horse is no zebra."
