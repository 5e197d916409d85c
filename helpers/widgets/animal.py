"""A drawn horse that the reader moves, and what a network makes of it."""

import dataclasses
from collections.abc import Callable

import ipywidgets as widgets
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from helpers import toy
from helpers.images import encode, to_image, to_uint8
from helpers.measures import drawn
from helpers.widgets.figure import Figure, interactive

SIDE, GAP, HEAD = 260, 16, 30  # screen pixels of a picture, between two, and for its title
TITLES = ("your horse, x", "the network's zebra, G_AB(x)", "the true zebra")
START = toy.Scene(
    length=0.72, left=0.16, ground=0.9, horizon=0.47, facing=-1, gait=0.1, stride=0.06, neck=-0.05,
    head=0.0, light=1.0, hills=0.3, landscape="meadow", horse_coat="bay", zebra_coat="plains",
    clutter=(),
)  # fmt: skip
STILLS = (
    ("bay", "savanna", 0.72, 0.5, -0.3, 0.4),
    ("white", "meadow", 0.6, 0.5, -0.05, 0.1),
)


def scene(coat: str, landscape: str, length: float, place: float, neck: float, gait: float):
    """START with these changes. place: 0 left to 1 right, as far as the animal fits."""
    left = 0.02 + 0.1 * length + place * (0.96 - 1.13 * length)
    return dataclasses.replace(
        START, horse_coat=coat, landscape=landscape, length=length, left=left, neck=neck, gait=gait
    )


@torch.no_grad()
def render(translate: Callable[[Tensor], Tensor], size: int, *values) -> bytes:
    """A PNG of three pictures with their titles: the horse, its translation, the true zebra."""
    moved = scene(*values)
    horse, zebra = (drawn([moved], animal, size) for animal in ("horse", "zebra"))
    sheet = Image.new("RGB", (3 * SIDE + 2 * GAP, SIDE + HEAD), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    for k, (title, picture) in enumerate(zip(TITLES, (horse, translate(horse), zebra))):
        left = k * (SIDE + GAP)
        pen.text((left, 4), title, "black", font)
        large = to_image(to_uint8(picture)[0].cpu()).resize((SIDE, SIDE), Image.Resampling.NEAREST)
        sheet.paste(large, (left, HEAD))
    return encode(sheet)


def explore(translate: Callable[[Tensor], Tensor], size: int = 64) -> Figure:
    """Sliders and menus for the horse, above the three pictures of `render`.

    translate: pictures (1, 3, size, size) in [-1, 1] to the same, such as a generator.
    """
    coat = widgets.Dropdown(options=list(toy.HORSE_COATS), description="coat")
    place = widgets.Dropdown(options=list(toy.LANDSCAPES), description="landscape")
    sliders = [
        widgets.FloatSlider(value, min=low, max=high, step=0.01, description=name)
        for name, value, low, high in (
            ("size", 0.72, 0.2, 0.82), ("place", 0.5, 0, 1), ("neck", -0.05, -0.4, 0.2),
            ("gait", 0.1, 0, 1),
        )
    ]  # fmt: skip
    return interactive(
        "A drawn horse, its translation, and the true zebra",
        lambda *values: render(translate, size, *values), coat, place, *sliders,
        states=STILLS,
    )  # fmt: skip
