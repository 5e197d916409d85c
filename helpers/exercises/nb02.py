"""Checks of notebook 02."""

import torch
import torch.nn.functional as F
from torch import nn

from helpers.exercises import Wrong, exercise


@exercise("2.1")
def output_size(answer):
    cases = [(256, 7, 1, 3), (256, 3, 2, 1), (255, 3, 2, 1), (64, 4, 2, 1), (31, 4, 1, 1)]
    cases += [(32, 5, 1, 0), (33, 5, 2, 0)]
    for n, kernel, stride, padding in cases:
        found = answer(n, kernel, stride, padding)
        layer = nn.Conv2d(1, 1, kernel, stride, padding, device="meta")
        right = layer(torch.empty(1, 1, n, n, device="meta")).shape[-1]
        case = f"For n={n}, kernel={kernel}, stride={stride}, padding={padding}"
        instead = f"{case} you return {found}, PyTorch {right}"
        if isinstance(found, torch.Tensor) or found != int(found):
            raise Wrong(f"{case} you return {found}: a size is a whole number, round down with //.")
        if found == right:
            continue
        if found == (n + padding - kernel) // stride + 1:
            raise Wrong(f"{instead}: padding is added at both ends.")
        if found == (n + 2 * padding - kernel) // stride:
            raise Wrong(
                f"{instead}: count the places where the kernel can stand; before its first step "
                "it already stands at one."
            )
        if found == -(-(n + 2 * padding - kernel) // stride) + 1:
            raise Wrong(f"{instead}: a part of a step is no step.")
        raise Wrong(f"{instead}.")
    return "255 and 256 both give 128: that is why a decoder cannot know the size, and we crop."


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


@exercise("2.3")
def blocks_to_see_256(answer):
    answer = answer()
    if not isinstance(answer, int):
        raise Wrong(f"Give a whole number of blocks; this is {answer!r}.")
    sees = 13 + 16 * answer
    if sees < 256:
        raise Wrong(f"{answer} block(s) let a number see {sees} pixels: too few for 256.")
    if answer > 16:
        raise Wrong(f"{answer} blocks see {sees} pixels: enough, but fewer would do as well.")
    return "269 pixels with 16 blocks. The paper stops at 9: a stripe needs no view of the whole."


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
