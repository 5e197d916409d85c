"""Generator and discriminator of Zhu et al. 2017 (arXiv 1703.10593, appendix 7.2)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 4  # the encoder halves height and width twice


class Conv2d(nn.Conv2d):
    """nn.Conv2d that pads in the precision of its input.

    On a CPU, autocast would widen the picture to float32 for a reflection, and narrow it again.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.padding_mode == "zeros" or not torch.is_autocast_enabled("cpu"):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            x = F.pad(x, self._reversed_padding_repeated_twice, self.padding_mode)
        return F.conv2d(x, self.weight, self.bias, self.stride)


class InstanceNorm2d(nn.InstanceNorm2d):
    """nn.InstanceNorm2d that reads channels-last pictures as they lie, instead of copying them.

    The instance norm of a picture is the batch norm of a batch that holds nothing else.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_contiguous(memory_format=torch.channels_last):
            return super().forward(x)
        pictures = [F.batch_norm(p, None, None, training=True, eps=self.eps) for p in x.split(1)]
        return torch.cat(pictures) if len(pictures) > 1 else pictures[0]


def convolution(c_in: int, c_out: int, kernel: int, **kwargs) -> nn.Sequential:
    """Convolution, instance norm, ReLU: the generator's unit. Built in notebook 02, section 2.3."""
    return nn.Sequential(Conv2d(c_in, c_out, kernel, **kwargs), InstanceNorm2d(c_out), nn.ReLU())


def upsampling(c_in: int, c_out: int, kind: str) -> nn.Sequential:
    """Doubles height and width: "transposed" is the paper's, "resize" avoids its checkerboard.

    Both have the same number of parameters. Source for "resize": Odena et al. 2016. Built in
    notebook 02, section 5.2.
    """
    if kind == "resize":
        unit = convolution(c_in, c_out, 3, padding=1, padding_mode="reflect")
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *unit)
    up = nn.ConvTranspose2d(c_in, c_out, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(up, InstanceNorm2d(c_out), nn.ReLU())


class ResidualBlock(nn.Module):
    """x + f(x), with two 3x3 convolutions in f and no ReLU after the sum (appendix 7.2).

    Built in notebook 02, section 4.1.
    """

    def __init__(self, channels: int):
        super().__init__()
        same = dict(padding=1, padding_mode="reflect")
        self.f = nn.Sequential(
            *convolution(channels, channels, 3, **same),
            Conv2d(channels, channels, 3, **same),
            InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.f(x)


class Generator(nn.Module):
    """Translates pictures from one domain into the other.

    Input and output: (batch, 3, height, width), values in [-1, 1], any height and width. Sizes that
    4 does not divide are padded by reflection and cropped back. `width` is the number of channels
    after the first convolution, `blocks` the number of residual blocks: 9 at 256 px, 6 at 128 px
    and below. 11,378,179 parameters at (64, 9), 7,837,699 at (64, 6).
    Raises ValueError for an `upsample` other than "transposed" or "resize". Built in notebook 02,
    section 6.2.
    """

    def __init__(self, width: int = 64, blocks: int = 9, upsample: str = "transposed"):
        super().__init__()
        if upsample not in ("transposed", "resize"):
            raise ValueError(f'upsample is {upsample!r}, expected "transposed" or "resize"')
        self.config = {"width": width, "blocks": blocks, "upsample": upsample}
        edge = dict(padding=3, padding_mode="reflect")
        self.encoder = nn.Sequential(
            convolution(3, width, 7, **edge),
            convolution(width, 2 * width, 3, stride=2, padding=1),
            convolution(2 * width, 4 * width, 3, stride=2, padding=1),
        )
        self.transformation = nn.Sequential(*(ResidualBlock(4 * width) for _ in range(blocks)))
        self.decoder = nn.Sequential(
            upsampling(4 * width, 2 * width, upsample),
            upsampling(2 * width, width, upsample),
            Conv2d(width, 3, 7, **edge),
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = self.decoder(self.transformation(self.encoder(pad_to_multiple(x))))
        return x[..., :height, :width]


class Discriminator(nn.Module):
    """70x70 PatchGAN: one score for each patch of 70x70 pixels, no sigmoid (appendix 7.2).

    Input (batch, 3, height, width) in [-1, 1], 32 px or more each way; output (batch, 1, h, w), for
    least squares: 1 means real, 0 means fake. 256 px give 30x30 scores. 2,764,737 parameters at
    width 64. Built in notebook 03, section 2.4.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.config = {"width": width}

        def unit(c_in, c_out, stride):
            norm = InstanceNorm2d(c_out)
            return [Conv2d(c_in, c_out, 4, stride, 1), norm, nn.LeakyReLU(0.2)]

        self.layers = nn.Sequential(
            Conv2d(3, width, 4, stride=2, padding=1),  # the first layer has no norm
            nn.LeakyReLU(0.2),
            *unit(width, 2 * width, stride=2),
            *unit(2 * width, 4 * width, stride=2),
            *unit(4 * width, 8 * width, stride=1),
            Conv2d(8 * width, 1, 4, stride=1, padding=1),
        )
        self.apply(initialise)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def initialise(module: nn.Module) -> None:
    """Weights from N(0, 0.02), biases 0 (appendix 7.1). Use with `net.apply(initialise)`.

    Built in notebook 02, section 2.3.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        nn.init.zeros_(module.bias)


def pad_to_multiple(x: Tensor, multiple: int = STRIDE, least: int = 8) -> Tensor:
    """Pads (..., height, width) by reflection at the bottom and right to multiples of `multiple`.

    Also pads to `least` pixels, the smallest size at which the generator's own reflections work.
    Built in notebook 02, section 6.1.
    """

    def reflected(n: int) -> Tensor:
        target = max(least, -(-n // multiple) * multiple)
        i = torch.arange(target, device=x.device) % max(1, 2 * n - 2)  # 0 .. n-1 .. 1, repeated
        return torch.minimum(i, (2 * n - 2) - i).clamp(min=0)

    height, width = x.shape[-2:]
    if torch.compiler.is_exporting():  # a graph for any size has no indices to compute
        return F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="reflect")
    if height % multiple == 0 and width % multiple == 0 and min(height, width) >= least:
        return x
    return x[..., reflected(height)[:, None], reflected(width)]


def parameter_count(net: nn.Module) -> int:
    """How many numbers training can change. Built in notebook 02, section 4.2."""
    return sum(p.numel() for p in net.parameters())


def receptive_field(net: nn.Module) -> int:
    """Side in pixels of the patch that one output of a chain of convolutions sees.

    From the last layer back: r <- (r - 1) * stride + kernel, starting at 1. Built in notebook 03,
    section 3.
    """
    r = 1
    for layer in reversed([m for m in net.modules() if isinstance(m, nn.Conv2d)]):
        r = (r - 1) * layer.stride[0] + layer.kernel_size[0]
    return r
