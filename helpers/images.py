"""Two folders of pictures, or toy drawings, as two tensors in memory; random pairs from them.

Every random choice is a function of (seed, step): a resumed run needs to know its step, no more.
"""

import io
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from helpers import toy
from helpers.settings import UserError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}


@dataclass
class Domains:
    """Domain A and domain B, decoded once: uint8 (count, 3, load_size, load_size) each.

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
        """The pairs of one step: x, y, float (size, 3, crop, crop) in [-1, 1], augmented.

        A and B are shuffled apart from each other, so that a pair is never fixed.
        """
        rng = np.random.default_rng((seed, 2, step))
        chosen_a = self.a[torch.from_numpy(positions(len(self.a), step, size, (seed, 0)))]
        chosen_b = self.b[torch.from_numpy(positions(len(self.b), step, size, (seed, 1)))]
        return augment(chosen_a, crop, rng), augment(chosen_b, crop, rng)


def checksum(pictures: Tensor) -> int:
    """CRC-32 of decoded pictures, uint8 (count, 3, height, width)."""
    return zlib.crc32(pictures.cpu().numpy())


def positions(count: int, step: int, size: int, seed: tuple[int, ...]) -> np.ndarray:
    """Which of `count` pictures step number `step` takes: every epoch has its own random order.

    Built in notebook 01, section 6.
    """
    ticket = np.arange(step * size, (step + 1) * size)
    orders = {e: np.random.default_rng((*seed, e)).permutation(count) for e in set(ticket // count)}
    return np.array([orders[t // count][t % count] for t in ticket])


def augment(pictures: Tensor, crop: int, rng: np.random.Generator) -> Tensor:
    """Random crop and horizontal flip, each picture its own (paper, appendix 7.1).

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


def open_picture(path: Path) -> Image.Image:
    """Any picture a reader may have, as upright 8-bit RGB.

    Greyscale, palette, CMYK and 16-bit pictures are converted, transparent ones laid on white, and
    the camera's orientation (EXIF) is applied. Raises UserError for a file that is not a picture.
    """
    try:
        with Image.open(path) as image:
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I"):  # 16 bits: Pillow would clip instead of scaling
                image = Image.fromarray((np.asarray(image) / 257).clip(0, 255).astype(np.uint8))
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            return image.convert("RGB")
    except FileNotFoundError:
        raise UserError(f"There is no picture at {path}: check the path.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "it is empty (0 bytes)" if path.stat().st_size == 0 else str(error)
        raise UserError(
            f"{path} cannot be read as a picture ({reason}): remove it or save it again as PNG."
        ) from error


def to_tensor(image: Image.Image) -> Tensor:
    """RGB picture to uint8 (3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """uint8 (3, height, width) to an RGB picture."""
    return Image.fromarray(picture.permute(1, 2, 0).cpu().numpy())


def cut_sheet(sheet: Tensor, side: int) -> Tensor:
    """The pictures of a sheet such as `previews.preview` makes, with borders of 2 pixels.

    (3, height, width) to (rows, n, 3, side, side).
    """
    pitch = side + 2
    pictures = sheet[:, 2:, 2:].unfold(1, side, pitch).unfold(2, side, pitch)
    return pictures.permute(1, 2, 0, 3, 4)


def picture_paths(folder: str | Path) -> list[Path]:
    """The picture files of a folder, by name. Raises UserError where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: check the path.")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    paths = [p for p in paths if not p.name.startswith(".")]
    if not paths:
        raise UserError(
            f"{folder} holds no pictures: put files ending in {' '.join(sorted(SUFFIXES))} there."
        )
    return paths


def load_folder(folder: str | Path, size: int, workers: int = 4) -> Tensor:
    """All pictures of a folder: uint8 (count, 3, size, size), short side scaled, centre cut out.

    Decoded once, by `workers` threads. Raises UserError for a missing folder, fewer than two
    pictures, or a file that cannot be decoded.
    """
    paths = picture_paths(folder)
    if len(paths) < 2:
        raise UserError(f"{folder} holds one picture, {paths[0].name}: at least 2 are needed.")

    def load(path: Path) -> Tensor:
        return to_tensor(ImageOps.fit(open_picture(path), (size, size), Image.Resampling.BICUBIC))

    with ThreadPoolExecutor(workers) as pool:
        return torch.stack(list(pool.map(load, paths)))


def domain_folders(data: list[str] | str | Path, split: str = "train") -> tuple[Path, Path]:
    """Where domains A and B lie: two folders as given, or `split`A and `split`B in one folder."""
    data = [data] if isinstance(data, str | Path) else data
    if len(data) == 2:
        return Path(data[0]), Path(data[1])
    root = Path(data[0])
    if not root.is_dir():
        raise UserError(f"There is no folder {root}: check the path, or fetch the data first.")
    folders = root / f"{split}A", root / f"{split}B"
    if not all(f.is_dir() for f in folders):
        raise UserError(
            f"{root} has no {split}A and {split}B: expected these two, or name two folders."
        )
    return folders


def domain_names(data: list[str] | str | Path) -> tuple[str, str]:
    """What the domains are called: horse, zebra for .../horse2zebra, else their folders' names."""
    data = [data] if isinstance(data, str | Path) else data
    if len(data) == 2:
        a, b = (Path(folder).resolve().name for folder in data)
        return (a, b) if a != b else ("a", "b")
    match = re.fullmatch(r"([^\W\d_]+)2([^\W\d_]+)", Path(data[0]).resolve().name)
    return match.groups() if match else ("a", "b")


def folder_domains(data: list[str] | str | Path, size: int, split: str = "train") -> Domains:
    """Domains from folders, see `domain_folders`; pictures of size x size."""
    a, b = domain_folders(data, split)
    return Domains(load_folder(a, size), load_folder(b, size), domain_names(data))


def toy_domains(count: int, size: int, seed: int = 0, world: toy.World = toy.World()) -> Domains:
    """Domains of `count` drawings each, of size x size; no horse and zebra share a scene."""
    horses, _ = toy.drawings("horse", count, size, 2 * seed, world)
    zebras, _ = toy.drawings("zebra", count, size, 2 * seed + 1, world)
    return Domains(torch.from_numpy(horses), torch.from_numpy(zebras), ("horse", "zebra"))


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The bytes of a picture file: kind is Pillow's name, "PNG", "JPEG", "WEBP" or "BMP".

    options are Pillow's, such as compress_level=1 for a PNG that is made anew at every touch.
    """
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=95, **options)
    return buffer.getvalue()


@torch.no_grad()
def translate(net: torch.nn.Module, image: Image.Image, size: int) -> Image.Image:
    """A picture of any size, translated with its short side at `size`, then scaled back.

    A generator knows animals at the size that it was trained at, so that is what it is shown.
    """
    scale = size / min(image.size)
    small = image.resize([max(1, round(s * scale)) for s in image.size], Image.Resampling.BICUBIC)
    x = to_float(to_tensor(small))[None].to(next(net.parameters()).device)
    return to_image(to_uint8(net(x))[0]).resize(image.size, Image.Resampling.BICUBIC)
