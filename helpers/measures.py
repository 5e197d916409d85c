"""What is measured on drawn animals, where the true counterpart of every scene is known.

Pictures are float (n, 3, size, size) in [-1, 1], masks (n, 1, size, size) in [0, 1]; a measure
gives one number a picture, (n,). What it gives for pictures that no network made, the truth and a
muddle among them, is reported beside it (`anchors`).
"""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import toy
from helpers.images import to_float

TEST_SEED = 1_000_003  # no training run draws its scenes from here
DIRECTIONS = ("horse2zebra", "zebra2horse")


def held_out_scenes(world: toy.World, count: int = 64, animal: str = "horse") -> list[toy.Scene]:
    """Scenes of "horse" or "zebra" that nothing trains on; worlds change only what they name."""
    rngs = [np.random.default_rng((TEST_SEED, i)) for i in range(count)]
    return [toy.sample_scene(rng, world, animal) for rng in rngs]


def as_tensor(drawings: list[np.ndarray]) -> Tensor:
    """Drawings (height, width, 3) to one uint8 tensor (n, 3, height, width)."""
    return torch.from_numpy(np.stack(drawings)).permute(0, 3, 1, 2)


def drawn(scenes: list[toy.Scene], animal: str, size: int) -> Tensor:
    """The scenes with a "horse" or a "zebra" in them, as pictures."""
    return to_float(as_tensor([toy.draw(scene, animal, size) for scene in scenes]))


def truths(scenes: list[toy.Scene], animal: str, size: int, world: toy.World) -> Tensor:
    """Pictures of `animal` in each coat that the world has: (coats, n, 3, size, size).

    A zebra does not tell what coat its horse wears, so each of them is a right answer.
    """
    field = f"{animal}_coat"
    coats = [coat for coat, _ in getattr(world, f"{field}s")]
    wearing = [[dataclasses.replace(scene, **{field: coat}) for scene in scenes] for coat in coats]
    return torch.stack([drawn(some, animal, size) for some in wearing])


def masks(scenes: list[toy.Scene], size: int) -> Tensor:
    """How far the animal covers each pixel."""
    return torch.from_numpy(np.stack([toy.animal_mask(scene, size) for scene in scenes]))[:, None]


def mean_in(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over channels and pixels, weighted by the mask."""
    return (values * mask).sum((1, 2, 3)) / (values.shape[1] * mask.sum((1, 2, 3)))


def axes(pictures: Tensor) -> Tensor:
    """Along which axis brightness changes, and how strongly: (n, 2, height, width).

    The squared gradient as a vector at twice its angle, (gx^2 - gy^2, 2 gx gy): both flanks of a
    stripe then point the same way, and where all axes are as frequent, as in noise, the mean is 0.
    """
    gy, gx = torch.gradient(pictures.mean(1, keepdim=True), dim=(2, 3))
    return torch.cat([gx.square() - gy.square(), 2 * gx * gy], 1)


def striped(output: Tensor, zebra: Tensor, mask: Tensor) -> Tensor:
    """How striped the animal is, compared with the true zebra.

    1: as the truth; 0: plain, or a pattern without an axis; stripes of half the contrast give 1/4.
    It is the energy of brightness across the true stripes less the energy along them, so their
    phase and exact number do not count. The true axis is a mean over about one stripe; pixels at
    the animal's outline, which a horse has as well, do not count.
    """
    inner = (-F.max_pool2d(-mask, 3, 1, 1) > 0.99).float()  # and with all neighbours inside
    truth = axes(zebra) * inner
    half = round(mask.mean().sqrt().item() * mask.shape[-1] / 9)
    axis = F.normalize(F.avg_pool2d(truth, 2 * half + 1, 1, half), dim=1)
    return (axes(output) * inner * axis).sum((1, 2, 3)) / (truth * axis).sum((1, 2, 3))


def outline(output: Tensor, landscape: Tensor, mask: Tensor) -> Tensor:
    """How well the animal keeps its outline, in [0, 1]: intersection over union of two areas.

    One is the true animal, the other is where a channel differs by more than 0.3 from the
    landscape without the animal. True drawings give about 0.93, another scene's animal 0.3.
    """
    found = (output - landscape).abs().amax(1, keepdim=True) > 0.3
    true = mask > 0.5
    return (found & true).sum((1, 2, 3)) / (found | true).sum((1, 2, 3))


class Measured:
    """Held-out scenes of one direction, and what is measured on translations of their pictures."""

    def __init__(self, direction: str, size: int, world: toy.World, count: int = 64):
        animal, other = direction.split("2")
        scenes = held_out_scenes(world, count, animal)
        self.source, self.target = drawn(scenes, animal, size), drawn(scenes, other, size)
        self.zebra = self.target if other == "zebra" else self.source
        self.coats = [coat for coat, _ in getattr(world, f"{other}_coats")]
        self.truths = truths(scenes, other, size, world)
        self.mask = masks(scenes, size)
        self.landscape = to_float(as_tensor([toy.draw_landscape(s, size) for s in scenes]))

    def errors(self, output: Tensor) -> Tensor:
        """Mean absolute difference to each truth, on the animal: (coats, n)."""
        return torch.stack([mean_in((output - truth).abs(), self.mask) for truth in self.truths])

    def __call__(self, output: Tensor) -> dict[str, Tensor]:
        """Of translations of `source`, one number a picture each, on [-1, 1] where it is an error.

        striped: see there; wanted is 1 for zebras, 0 for horses. error_inside: mean absolute
        difference to the nearest truth, on the animal. background_change: mean absolute change off
        the animal. outline: see there.
        """
        return {
            "striped": striped(output, self.zebra, self.mask),
            "error_inside": self.errors(output).amin(0),
            "background_change": mean_in((output - self.source).abs(), 1 - self.mask),
            "outline": outline(output, self.landscape, self.mask),
        }

    def anchors(self) -> dict[str, dict[str, float]]:
        """The measures of four answers that no network gave.

        "halfway" lies between source and truth; "grey" is the truth with the animal in its own
        mean colour, a muddle that least squares would like.
        """
        colour = mean_in(self.target, self.mask)
        answers = {
            "nothing": self.source,
            "truth": self.target,
            "halfway": (self.source + self.target) / 2,
            "grey": torch.lerp(self.target, colour[:, None, None, None], self.mask),
        }
        return {name: means(self(answer)) for name, answer in answers.items()}


def means(values: dict[str, Tensor]) -> dict[str, float]:
    """The mean of each measure over the pictures."""
    return {name: value.mean().item() for name, value in values.items()}


@torch.no_grad()
def in_batches(net: nn.Module, pictures: Tensor, size: int = 16) -> Tensor:
    """`net(pictures)`, a few at a time, so that memory does not grow with their number."""
    device = next(net.parameters(), torch.empty(0)).device
    return torch.cat([net(part.to(device)).float().cpu() for part in pictures.split(size)])


@torch.no_grad()
def evaluate_toy(
    G_AB: nn.Module, G_BA: nn.Module, size: int, count: int = 64, world: toy.World = toy.World()
) -> dict:
    """Both directions on `count` held-out drawings of size x size, as a dictionary for JSON.

    The measures of `Measured`, round_trip (mean absolute difference to the source after both
    generators) and the anchors.
    """
    report = {"data": "toy", "held_out_drawings": count, "size": size}
    for direction, there, back in zip(DIRECTIONS, (G_AB, G_BA), (G_BA, G_AB)):
        measured = Measured(direction, size, world, count)
        output = in_batches(there, measured.source)
        round_trip = (in_batches(back, output) - measured.source).abs().mean().item()
        report[direction] = means(measured(output)) | {
            "round_trip": round_trip,
            "anchors": measured.anchors(),
        }
    return report
