"""Which part of a loaded image a training step sees: a random crop, flipped or not.

interact(partial(plot, domains.a[0], 64), draw=(0, 99))
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers.show import VERMILION, show_figure


def random_crop(load_size: int, crop: int, draw: int) -> tuple[int, int, bool]:
    """Top, left and flip of a random draw, by the rules of `domains.augment`."""
    rng = np.random.default_rng(draw)
    top, left = rng.integers(0, load_size - crop + 1, 2).tolist()
    return top, left, bool(rng.random() < 0.5)


def plot(image: Tensor, crop: int, draw: int = 0) -> None:
    """The image as loaded with the crop's frame, and the crop. image: uint8 (3, side, side)."""
    side = image.shape[-1]
    if crop > side:
        raise ValueError(f"a crop of {crop} px does not fit into {side} px: choose a smaller one")
    top, left, flip = random_crop(side, crop, draw)
    seen = image[:, top : top + crop, left : left + crop]
    seen = seen.flip(-1) if flip else seen
    figure, (whole, part) = plt.subplots(1, 2, figsize=(8, 4.2), layout="constrained")
    whole.imshow(image.permute(1, 2, 0).numpy())
    whole.add_patch(Rectangle((left - 0.5, top - 0.5), crop, crop, fill=False, ec=VERMILION, lw=3))
    whole.set_title(f"as loaded, {side} x {side}")
    part.imshow(seen.permute(1, 2, 0).numpy())
    part.set_title(f"what the network sees{', flipped' if flip else ''}")
    for ax in (whole, part):
        ax.axis("off")
        ax.set(xlim=(-1, side), ylim=(side, -1))  # the same scale, so that sizes can be compared
    show_figure(figure, f"An image with the frame of a crop of {crop} pixels, and the crop")
