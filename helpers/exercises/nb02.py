"""Checks of notebook 02."""

import functools
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from helpers.checkpoints import load_generator
from helpers.exercises import Wrong, exercise, one_number
from helpers.images import to_float, toy_domains
from helpers.networks import Generator
from helpers.toy import World

WEIGHTS = Path(__file__).parents[2] / "data/pretrained/toy/horse2zebra.safetensors"


@functools.cache
def _trained() -> Generator:
    return load_generator(WEIGHTS)[0]


def _wide_pictures():
    """Horses of about as many pixels as in training, (4, 3, 128, 128)."""
    return to_float(toy_domains(4, 128, seed=11, world=World(length=(0.34, 0.41))).a)


@exercise("2.1")
def without_block(answer):
    torch.manual_seed(0)
    net, x = Generator(width=4, blocks=3), torch.rand(1, 3, 16, 16) * 2 - 1
    blocks = list(net.transformation)
    for k in range(3):
        shorter = answer(net, k)
        if len(net.transformation) != 3:
            raise Wrong("The network that was handed in lost its block: work on a copy of it.")
        if not isinstance(shorter, nn.Module) or not hasattr(shorter, "transformation"):
            raise Wrong("Return the whole generator, shorter by one block.")
        if len(shorter.transformation) != 2:
            raise Wrong(
                f"Yours has {len(shorter.transformation)} blocks where there were 3: one should go."
            )
        rest = nn.Sequential(*blocks[:k], *blocks[k + 1 :])
        with torch.no_grad():
            same = torch.allclose(shorter(x), net.decoder(rest(net.encoder(x))), atol=1e-5)
        if not same:
            raise Wrong(
                f"For k = {k} another block is missing: k counts from 0, and the rest keeps its "
                "order and weights."
            )
    net, x = _trained(), to_float(toy_domains(8, 64, seed=11).a)
    with torch.no_grad():
        pictures = net(x)
        changes = [(answer(net, k)(x) - pictures).abs().mean().item() for k in range(4)]
    told = ", ".join(f"{k}: {change:.2f}" for k, change in enumerate(changes))
    return f"Mean change of the pictures without block {told}."


@exercise("2.2")
def residual_block(answer):
    torch.manual_seed(0)
    block = answer(8)
    if not isinstance(block, nn.Module):
        raise Wrong("Hand in the class, as the cell does; Block(8) has to be an nn.Module.")
    x = torch.randn(2, 8, 12, 12)
    given = x.clone()
    with torch.no_grad():
        y = block(x)
        if not torch.equal(x, given):
            raise Wrong("The block changes its input in place: whoever else holds x gets it too.")
        if y.shape != x.shape:
            raise Wrong(
                f"{tuple(x.shape)} went in, {tuple(y.shape)} came out: a block keeps the shape."
            )
        if y.min() >= 0:
            raise Wrong(
                "A thousand inputs were negative, not one output is: after the sum nothing may be "
                "cut off."
            )
        if (y - x).min() >= -1e-5:
            raise Wrong(
                "Of 2,304 numbers not one became smaller: this block can add to a feature map, but "
                "never take away, and block after block the maps drift upward."
            )
        flat = torch.linspace(-1, 1, 8)[None, :, None, None].expand(1, 8, 12, 12)
        change = block(flat.clone()) - flat
        if (change.amax((2, 3)) - change.amin((2, 3))).max() > 0.1:
            raise Wrong(
                "On a map without any edge the block answers at the border otherwise than in the "
                "middle: the border should be reflected."
            )
        branch = y - x
        mirrored = block(-x) + x
        for parameter in block.parameters():
            parameter.mul_(5)
        louder = block(x) - x
        for parameter in block.parameters():
            parameter.zero_()
        if not torch.allclose(block(x), x):
            raise Wrong(
                "With all weights at zero a block has to hand x on unchanged; yours does not."
            )
        if not torch.allclose(louder, branch, atol=0.05):
            raise Wrong("Weights five times as large change the branch: it should end with a norm.")
        if torch.allclose(mirrored, -branch, atol=1e-3):
            raise Wrong(
                "f(-x) is -f(x): without a ReLU between them, two convolutions are only one."
            )
    return (
        "The branch can add and take away, and a branch of zeros is a block that changes nothing."
    )


class _Ring(nn.Module):
    """A stand-in whose answer is known: a pixel weighs 1 at its place and 0.25 around it."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Conv2d(3, 2, 3, padding=1, bias=False)
        self.transformation = nn.Identity()
        weight = torch.full((2, 3, 3, 3), 0.25)
        weight[:, :, 1, 1] = 1
        weight[1] *= 0.5
        self.encoder.weight.data = weight

    def forward(self, x):
        raise Wrong("Ask the middle, net.transformation(net.encoder(x)), not the whole network.")


@exercise("2.3")
def reached(answer):
    x = torch.zeros(2, 3, 10, 8)
    x[1, :, 5, 4] = 0.5  # a smaller change in the second picture
    given, net = x.clone(), _Ring()
    for part, right in ((0, 9 / 80), (0.5, 1 / 80)):
        found = answer(net, x, part)
        if not torch.equal(x, given):
            raise Wrong("Your function changes x itself: work on x.clone().")
        found = one_number(found)
        if abs(found - right) < 1e-6:
            continue
        seen = f"For part = {part} and a network with a 3 x 3 kernel you return {found:.3f}"
        if abs(found - 80 * right) < 1e-4:
            raise Wrong(f"{seen}: that is a number of positions, a share was asked for.")
        raise Wrong(
            f"{seen}, expected {right:.3f}, {round(80 * right)} of 80 positions. Which pixel do "
            "you change, is the largest change taken for each picture, and do you take the largest "
            "over the channels?"
        )
    shares = [answer(_trained(), _wide_pictures(), part) for part in (0, 0.01, 0.1)]
    told = ", ".join(f"{part}: {s:.0%}" for part, s in zip((0, 0.01, 0.1), shares))
    return f"With the trained generator, share of positions reached above part {told}."


@exercise("2.4")
def even_overlap(answer):
    answer = answer()
    try:
        kernel, padding, output_padding = (int(number) for number in answer)
    except (TypeError, ValueError):
        raise Wrong(
            f"Give three whole numbers, (kernel, padding, output_padding), not {answer!r}."
        ) from None
    ones = torch.ones(1, 1, 12, 12)
    settings = dict(stride=2, padding=padding, output_padding=output_padding)
    try:
        counts = F.conv_transpose2d(ones, torch.ones(1, 1, kernel, kernel), **settings)[0, 0]
    except RuntimeError as error:
        raise Wrong(f"PyTorch refuses these: {str(error).splitlines()[0]}") from None
    if counts.shape != (24, 24):
        raise Wrong(f"12 x 12 become {' x '.join(map(str, counts.shape))}; it should be 24 x 24.")
    middle = counts[8:-8, 8:-8]
    if middle.min() != middle.max():
        raise Wrong(
            f"Side by side, outputs still get {int(middle.min())} to {int(middle.max())} "
            "contributions: the board is still there."
        )
    if middle.max() < 2:
        raise Wrong("Even, but every output hears one input only: the pieces no longer overlap.")
    return (
        f"Each output gets {int(middle.max())} contributions. The counts are even; trained weights "
        "need not be, so the board becomes weaker, not impossible."
    )


@exercise("2.5")
def pixel_shuffle(answer):
    for n, c, r, h, w in ((1, 1, 2, 2, 2), (2, 3, 2, 4, 5), (1, 2, 3, 3, 2)):
        x = torch.arange(n * c * r * r * h * w, dtype=torch.float32).reshape(n, c * r * r, h, w)
        found, right = answer(x.clone(), r), F.pixel_shuffle(x, r)
        case = f"For {tuple(x.shape)} and r={r}"
        if not isinstance(found, torch.Tensor) or found.shape != right.shape:
            shape = tuple(getattr(found, "shape", ())) or type(found).__name__
            raise Wrong(f"{case} you return {shape}, expected {tuple(right.shape)}.")
        if torch.equal(found, right):
            continue
        parts = x.reshape(n, c, r, r, h, w)
        grouped = x.reshape(n, r, r, c, h, w)
        if torch.equal(found, x.reshape(right.shape)):
            raise Wrong(f"{case} the shape is right, but a reshape alone moves no pixel: permute.")
        if torch.equal(found, parts.permute(0, 1, 4, 3, 5, 2).reshape(right.shape)):
            raise Wrong(f"{case} the first r counts rows, the second columns: yours are swapped.")
        if torch.equal(found, grouped.permute(0, 3, 4, 1, 5, 2).reshape(right.shape)):
            raise Wrong(
                f"{case} the r * r planes of one output channel lie next to each other: split the "
                "channels into (c, r, r), not (r, r, c)."
            )
        if torch.equal(found, parts.permute(0, 1, 2, 4, 3, 5).reshape(right.shape)):
            raise Wrong(
                f"{case} you lay whole maps side by side; each pixel becomes an r x r square, so "
                "the small index belongs behind the large one: (h, r), (w, r)."
            )
        raise Wrong(f"{case} the numbers are not where F.pixel_shuffle puts them.")
    return "No number was computed, only moved: the learning happens in the convolution before it."
