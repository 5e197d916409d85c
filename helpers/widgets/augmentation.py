"""The augmentation player: which part of a loaded picture a training step sees."""

import functools

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from helpers.images import encode, to_image
from helpers.plots import VERMILION
from helpers.widgets.figure import interactive

ZOOM, GAP = 4, 16  # screen pixels per pixel, and between the two pictures


def draw_crop(load_size: int, crop: int, number: int) -> tuple[int, int, bool]:
    """Top, left and flip of random draw `number`, by the same rules as `helpers.images.augment`."""
    rng = np.random.default_rng((0, number))
    top, left = (int(rng.integers(0, load_size - crop + 1)) for _ in range(2))
    return top, left, bool(rng.random() < 0.5)


def render(picture: Tensor, crop: int, top: int, left: int, flip: bool) -> bytes:
    """PNG: the loaded picture with the crop's frame, and beside it the crop, flipped or not.

    picture: uint8 (3, load_size, load_size). Both are enlarged ZOOM times without smoothing.
    """
    seen = picture[:, top : top + crop, left : left + crop]
    seen = to_image(seen.flip(-1) if flip else seen)
    whole = to_image(picture)
    whole, seen = (
        image.resize([ZOOM * side for side in image.size], Image.Resampling.NEAREST)
        for image in (whole, seen)
    )
    corners = [ZOOM * left, ZOOM * top, ZOOM * (left + crop) - 1, ZOOM * (top + crop) - 1]
    ImageDraw.Draw(whole).rectangle(corners, outline=VERMILION, width=3)
    both = Image.new("RGB", (whole.width + GAP + seen.width, whole.height), "white")
    both.paste(whole, (0, 0))
    both.paste(seen, (whole.width + GAP, (whole.height - seen.height) // 2))
    return encode(both)


def augmentation_player(picture: Tensor, crop: int) -> widgets.VBox:
    """Play through random draws, or move the crop by hand.

    picture: uint8 (3, load_size, load_size); crop: side of what the network sees, in pixels.
    """
    load_size = picture.shape[-1]
    spare = load_size - crop
    play = widgets.Play(min=0, max=99, interval=800)
    first = draw_crop(load_size, crop, 0)
    number = widgets.IntSlider(min=0, max=99, description="draw")
    widgets.link((play, "value"), (number, "value"))
    top = widgets.IntSlider(first[0], 0, spare, description="top, px")
    left = widgets.IntSlider(first[1], 0, spare, description="left, px")
    flip = widgets.Checkbox(first[2], description="flipped")

    def describe(*crop_and_flip):
        drawn = crop_and_flip == draw_crop(load_size, crop, number.value)
        which = f"Draw {number.value}" if drawn else "Moved by hand"
        return f"{which}. Left: as loaded, with the crop's frame. Right: what the network sees."

    return interactive(
        "A picture with the frame of a crop, and the crop",
        functools.partial(render, picture, crop), top, left, flip,
        describe=describe,
        drivers={number: functools.partial(draw_crop, load_size, crop)}, extras=(play,),
        states=[draw_crop(load_size, crop, number) for number in (0, 1, 2)],
    )  # fmt: skip
