"""Fixed pictures translated and back, to see a run learn."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.utils import make_grid

from helpers.checkpoints import write_safely
from helpers.images import Domains, centre_crop, encode, to_image, to_uint8
from helpers.objectives import Networks


@torch.no_grad()
def round_trip(nets: Networks, x: Tensor, y: Tensor) -> list[Tensor]:
    """x, its translation, its return; then the same for y. Each (n, 3, height, width)."""
    fake_b, fake_a = nets.G_AB(x), nets.G_BA(y)
    return [x, fake_b, nets.G_BA(fake_b), y, fake_a, nets.G_AB(fake_a)]


def preview(nets: Networks, domains: Domains, size: int, count: int = 6) -> Tensor:
    """Fixed training pictures, translated and back, one a column: uint8 (3, height, width)."""
    rows = round_trip(nets, *(centre_crop(pictures, size) for pictures in domains.some(count)))
    return make_grid(to_uint8(torch.cat(rows)), nrow=len(rows[0]), pad_value=255).cpu()


def write_preview(run, domains: Domains, folder: Path) -> None:
    """The `preview` of a training.Run at its step, as folder/previews/STEP.png."""
    picture = to_image(preview(run.nets, domains, run.preset.whole_size))
    write_safely(folder / "previews" / f"{run.step:06}.png", encode(picture))
