"""Domains A and B as uint8 pictures, in memory or decoded on the fly; the random pairs of a step.

Every random choice is a function of (seed, step): a resumed run needs to know its step, no more.
"""

import functools
import itertools
import logging
import weakref
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import ConcatDataset

from helpers import folders, toy

# F401: the course knows files as images.open_picture, images.load_folder and so on.
from helpers.folders import Folder, domain_folders, domain_names, load_folder  # noqa: F401
from helpers.pictures import cut_sheet, encode, open_picture, picture_paths, to_image, to_tensor  # noqa: F401


@dataclass
class Domains:
    """Domain A and domain B in memory: uint8 (count, 3, load_size, load_size) each.

    An epoch is as long as the larger domain, as in the reference implementation.
    """

    a: Tensor
    b: Tensor
    names: tuple[str, str] = ("a", "b")

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    def to(self, device: torch.device) -> "Domains":
        return Domains(self.a.to(device), self.b.to(device), self.names)

    def batch(self, step: int, size: int, crop: int, seed: int) -> tuple[Tensor, Tensor]:
        """The pairs of one step: x, y, float (size, 3, crop, crop) in [-1, 1], augmented."""
        rng = np.random.default_rng((seed, 2, step))
        return tuple(augment(whole, crop, rng) for whole in self.whole(step, size, seed))

    def whole(self, step: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
        """The pictures of one step before they are augmented: uint8, on their device."""
        a, b = pair_indices((len(self.a), len(self.b)), step, size, seed)
        return take(self.a, a), take(self.b, b)

    def some(self, count: int) -> tuple[Tensor, Tensor]:
        """At most `count` pictures of each domain, the same at every call: uint8."""
        a, b = (range(0, len(p), max(1, len(p) // count))[:count] for p in (self.a, self.b))
        return take(self.a, a), take(self.b, b)

    def checksums(self) -> list[int]:
        """CRC-32 of all pixels of A and of B, which tell whether a run has the same pictures."""
        return [checksum(self.a), checksum(self.b)]


class Streamed(Domains):
    """Domains too large for memory: a and b are `Folder`s, read by workers ahead of the steps.

    Gives what the same pictures give in memory, to the bit. Any step may be asked for; one that
    does not follow the last starts the workers anew.
    """

    def __init__(self, a: Folder, b: Folder, names: tuple[str, str], device: str = "cpu"):
        super().__init__(a, b, names)
        self.device = torch.device(device)
        self.ahead = {}  # at the (step, size, seed) that comes next: its pictures and all later
        # The garbage collector could end the workers' queues first, and wait for them for seconds.
        weakref.finalize(self, self.ahead.clear)

    def to(self, device: torch.device) -> "Streamed":
        return Streamed(self.a, self.b, self.names, device)

    def whole(self, step: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
        arriving = self.ahead.pop((step, size, seed), None)
        if arriving is None:
            self.ahead.clear()
            counts = len(self.a), len(self.b)
            pairs = (pair_indices(counts, n, size, seed) for n in itertools.count(step))
            numbers = (a + [counts[0] + i for i in b] for a, b in pairs)
            both = ConcatDataset([self.a, self.b])
            arriving = folders.in_workers(both, numbers, pinned=self.device.type == "cuda")
        pictures = next(arriving)
        self.ahead[step + 1, size, seed] = arriving
        return pictures.to(self.device, non_blocking=True).split(size)

    def some(self, count: int) -> tuple[Tensor, Tensor]:
        return tuple(pictures.to(self.device) for pictures in super().some(count))

    def checksums(self) -> list[int]:
        """As of the same pictures in memory. Raises UserError for a file that is no picture."""
        ones = [folders.in_workers(p, ([i] for i in range(len(p)))) for p in (self.a, self.b)]
        return [checksum(pictures) for pictures in ones]


def take(pictures: Tensor | Folder, indices: Iterable[int]) -> Tensor:
    """The pictures with these numbers as one tensor, on their device.

    They are fetched one by one: a tensor of numbers would be copied to a GPU and waited for.
    """
    return torch.stack([pictures[i] for i in indices])


def checksum(pictures: Iterable[Tensor]) -> int:
    """CRC-32 of the bytes of pictures, one after the other."""
    return functools.reduce(lambda crc, p: zlib.crc32(p.cpu().numpy(), crc), pictures, 0)


def pair_indices(counts: tuple[int, int], step: int, size: int, seed: int) -> list[list[int]]:
    """Which pictures of A and which of B a step takes.

    They are shuffled apart from each other, so that a pair is never fixed.
    """
    return [shuffled_indices(n, step, size, (seed, k)).tolist() for k, n in enumerate(counts)]


def shuffled_indices(count: int, step: int, size: int, seed: tuple[int, ...]) -> np.ndarray:
    """Which of `count` pictures step number `step` takes: every epoch has its own random order.

    Built in notebook 01, section 6.
    """
    sample = np.arange(step * size, (step + 1) * size)  # numbers of the samples since step 0
    orders = {e: np.random.default_rng((*seed, e)).permutation(count) for e in set(sample // count)}
    return np.array([orders[s // count][s % count] for s in sample])


def augment(pictures: Tensor, crop: int, rng: np.random.Generator) -> Tensor:
    """Random crop and horizontal flip, each picture its own: defaults of the reference code.

    uint8 (n, 3, load_size, load_size) to float (n, 3, crop, crop) in [-1, 1], on their device.
    Built in notebook 01, section 5.
    """
    n, _, height, width = pictures.shape
    tops = rng.integers(0, height - crop + 1, n)
    lefts = rng.integers(0, width - crop + 1, n)
    flips = rng.random(n) < 0.5
    crops = [p[:, t : t + crop, k : k + crop] for p, t, k in zip(pictures, tops, lefts)]
    return to_float(torch.stack([c.flip(-1) if f else c for c, f in zip(crops, flips)]))


def centre_crop(pictures: Tensor, crop: int) -> Tensor:
    """The middle of uint8 (n, 3, height, width) as float (n, 3, crop, crop) in [-1, 1]."""
    top, left = ((side - crop) // 2 for side in pictures.shape[-2:])
    return to_float(pictures[..., top : top + crop, left : left + crop])


def to_float(pictures: Tensor) -> Tensor:
    """uint8 0..255 to float32 -1..1, the range of tanh. Built in notebook 01, section 4."""
    return pictures.float() / 127.5 - 1


def to_uint8(pictures: Tensor) -> Tensor:
    """Float -1..1 to uint8 0..255, rounded and clipped. Built in notebook 01, section 4."""
    return ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def folder_domains(
    data: list[str] | str | Path, size: int, split: str = "train", least: int = 2
) -> Domains:
    """Domains from folders (see `domain_folders`) of `least` pictures or more; size x size each.

    Held in memory if they take 4 GB at most and half of what is free, else decoded on the fly;
    beforehand, the log says which (INFO).
    """
    a, b = (Folder(folder, size, least) for folder in domain_folders(data, split))
    needed, free = a.bytes + b.bytes, folders.available_memory()
    held = needed <= min(folders.MOST_IN_MEMORY, free / 2)
    logging.getLogger(__name__).info(
        "%d pictures of %d px take %.2f GB of memory, where %.1f GB are free: they are %s.",
        len(a) + len(b), size, needed / 1e9, free / 1e9,
        "decoded once and kept there" if held else "decoded on the fly, by workers",
    )  # fmt: skip
    if held:
        return Domains(a.load(), b.load(), domain_names(data))
    return Streamed(a, b, domain_names(data))


def toy_domains(count: int, size: int, seed: int = 0, world: toy.World = toy.World()) -> Domains:
    """Domains of `count` drawings each, of size x size; no horse and zebra share a scene."""
    horses, _ = toy.drawings("horse", count, size, 2 * seed, world)
    zebras, _ = toy.drawings("zebra", count, size, 2 * seed + 1, world)
    return Domains(torch.from_numpy(horses), torch.from_numpy(zebras), ("horse", "zebra"))


@torch.no_grad()
def translate(net: torch.nn.Module, image: Image.Image, size: int) -> Image.Image:
    """A picture of any size, translated with its short side at `size`, then scaled back.

    A generator knows animals at the size that it was trained at, so that is what it is shown. Of a
    strip longer than 8 to 1, the long side is 8 x `size`, as memory grows with it.
    """
    scale = min(size / min(image.size), 8 * size / max(image.size))
    sides = [max(8, round(s * scale)) for s in image.size]  # 8: two halvings, then a border of 1
    small = image.resize(sides, Image.Resampling.BICUBIC)
    x = to_float(to_tensor(small))[None].to(next(net.parameters()).device)
    return to_image(to_uint8(net(x))[0]).resize(image.size, Image.Resampling.BICUBIC)
