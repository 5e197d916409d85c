"""A browser of what a generator makes of a picture, stage by stage, channel by channel."""

import functools

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from helpers.images import encode, to_uint8
from helpers.networks import Generator
from helpers.widgets.figure import interactive

SIDE = 288  # pixels, of each of the three panels
NEGATIVE, ZERO, POSITIVE = np.array([(0, 114, 178), (255, 255, 255), (213, 94, 0)], float)


def stages(net: Generator) -> dict[str, nn.Module]:
    """The parts whose output is worth a look, in order, under the names that readers see."""
    steps = [("encoder", net.encoder), ("transformation", net.transformation)]
    steps.append(("decoder", net.decoder[:2]))  # what follows is the picture
    return {
        f"{name} {i} of {len(parts)}": part
        for name, parts in steps
        for i, part in enumerate(parts, 1)
    }


@torch.no_grad()
def feature_maps(net: Generator, x: Tensor) -> dict[str, Tensor]:
    """Stage -> its output for the picture x, (3, height, width) in [-1, 1]: (channels, h, w)."""
    maps = {}

    def remember(name):
        return lambda module, inputs, output: maps.update({name: output[0]})

    hooks = [part.register_forward_hook(remember(name)) for name, part in stages(net).items()]
    try:
        net(x[None])
    finally:
        for hook in hooks:
            hook.remove()
    return maps


def colours(feature_map: Tensor) -> np.ndarray:
    """(h, w) to uint8 (h, w, 3): blue below zero, white at zero, orange above, on its own scale."""
    share = (feature_map / feature_map.abs().max().clamp(min=1e-9)).cpu().numpy()[..., None]
    colour = ZERO + np.where(share > 0, share * (POSITIVE - ZERO), -share * (NEGATIVE - ZERO))
    return colour.round().astype(np.uint8)


def enlarge(array: np.ndarray, side: int) -> Image.Image:
    """uint8 (h, w, 3) as a picture of which the longer side has `side` pixels, unsmoothed."""
    height, width = (max(1, round(n * side / max(array.shape[:2]))) for n in array.shape[:2])
    return Image.fromarray(array).resize((width, height), Image.Resampling.NEAREST)


def render(picture: Tensor, maps: Tensor, channel: int) -> bytes:
    """A PNG of three panels: the picture, all maps with the chosen one framed, the chosen map.

    picture: (3, height, width) in [-1, 1]; maps: (channels, h, w) of one stage.
    """
    sheet = Image.new("RGB", (3 * SIDE + 24, SIDE), (225, 225, 225))
    sheet.paste(enlarge(to_uint8(picture).permute(1, 2, 0).cpu().numpy(), SIDE), (0, 0))
    columns = int(np.ceil(np.sqrt(len(maps))))
    tile = SIDE // columns
    for i, feature_map in enumerate(maps):
        left, top = SIDE + 12 + i % columns * tile, i // columns * tile
        sheet.paste(enlarge(colours(feature_map), tile - 4), (left + 2, top + 2))
        if i == channel:
            corner = left + tile - 1, top + tile - 1
            ImageDraw.Draw(sheet).rectangle((left, top, *corner), outline="black", width=2)
    sheet.paste(enlarge(colours(maps[channel]), SIDE), (2 * SIDE + 24, 0))
    return encode(sheet, compress_level=1)


def describe(picture: Tensor, maps: Tensor, channel: int) -> str:
    """What the chosen map is, in a sentence."""
    count, height, width = maps.shape
    chosen = maps[channel]
    return (
        f"{count} channels of {height} x {width}; one step on a map is "
        f"{picture.shape[-1] / width:g} pixel(s) of the picture. This map runs from "
        f"{chosen.min():.2f} to {chosen.max():.2f}; {(chosen == 0).float().mean():.0%} is zero."
    )


def browse(net: Generator, pictures: Tensor) -> widgets.VBox:
    """Choose a picture, a stage and a channel. pictures: (n, 3, height, width) in [-1, 1]."""
    wide = widgets.Layout(width="440px")  # room for the stage's name
    stage = widgets.SelectionSlider(options=list(stages(net)), description="stage", layout=wide)
    channel = widgets.IntSlider(value=0, min=0, max=0, description="channel")
    number = widgets.IntSlider(value=0, min=0, max=len(pictures) - 1, description="picture")
    maps_of = functools.cache(lambda number: feature_maps(net, pictures[number]))

    def limit(_=None):  # before the figure follows, so that no channel is beyond its stage
        channel.max = len(maps_of(number.value)[stage.value]) - 1

    def chosen(number, stage, channel):
        return pictures[number], maps_of(number)[stage], channel

    stage.observe(limit, "value")
    limit()
    return interactive(
        "A picture, the feature maps of a stage, and one of them",
        lambda *values: render(*chosen(*values)), number, stage, channel,
        describe=lambda *values: describe(*chosen(*values)),
        states=[(0, list(stages(net))[k], 0) for k in (0, -1)],
    )  # fmt: skip
