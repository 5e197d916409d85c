"""A drawn horse that the reader moves, what a network makes of it, and the true zebra.

from helpers.data.drawings import HORSE_COATS, LANDSCAPES

interact(partial(plot, G_AB), length=(0.2, 0.82, 0.01), place=(0.0, 1.0, 0.01),
         neck=(-0.4, 0.2, 0.01), coat=list(HORSE_COATS), landscape=list(LANDSCAPES))
"""

from dataclasses import replace

import torch

from helpers.data.domains import toy_images
from helpers.data.drawings import Scene
from helpers.show import draw_rows, show_figure

START = Scene(
    length=0.72, left=0.16, ground=0.9, horizon=0.47, facing=-1, gait=0.1, stride=0.06, neck=-0.05,
    head=0.0, light=1.0, hills=0.3, landscape="meadow", horse_coat="bay", zebra_coat="plains",
    clutter=(),
)  # fmt: skip


def scene(length: float, place: float, neck: float, coat: str, landscape: str) -> Scene:
    """START with these changes. place: 0 left to 1 right, as far as the animal fits."""
    left = 0.02 + 0.1 * length + place * (0.96 - 1.13 * length)
    return replace(START, length=length, left=left, neck=neck, horse_coat=coat, landscape=landscape)


@torch.no_grad()
def plot(net, length=0.72, place=0.5, neck=-0.05, coat="bay", landscape="meadow", size=64) -> None:
    """The horse, G_AB of it, the true zebra. net: (1, 3, size, size) in [-1, 1] to the same."""
    moved = [scene(length, place, neck, coat, landscape)]
    horse, zebra = (toy_images(moved, animal, size) for animal in ("horse", "zebra"))
    images = torch.cat([horse, net(horse).cpu(), zebra])
    titles = ["your horse, x", "G_AB(x)", "the true zebra"]
    show_figure(draw_rows({"": images}, titles, scale=2.6),
                f"A {coat} horse, its translation, and the true zebra")  # fmt: skip
