"""Images: opening a file, a folder as one array, tensors and back, translating one image."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

try:  # photographs of a phone; everything else works without
    import pillow_heif

    pillow_heif.register_heif_opener()
except ImportError:
    pass

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif"}
LARGE = 4e9  # bytes of a domain, from which on it lies in a memory-mapped file


def to_float(images: Tensor) -> Tensor:
    """uint8 0..255 to float32 -1..1, the range of tanh. Built in notebook 01."""
    return images.float() / 127.5 - 1


def to_uint8(images: Tensor) -> Tensor:
    """Float -1..1 to uint8 0..255, rounded and clipped. Built in notebook 01."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def open_image(path: str | Path) -> Image.Image:
    """An image file as upright RGB: greyscale, CMYK, 16 bit or turned by EXIF, without alpha.

    Raises ValueError for a file that is not an image, or is damaged, or is far too large.
    """
    try:
        image = ImageOps.exif_transpose(Image.open(path))
        if image.mode.startswith("I;16"):  # 16 bits a pixel, which convert() would clip to white
            image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        return image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise ValueError(f"{path} has too many pixels: make it smaller first.") from error
    except (UnidentifiedImageError, SyntaxError) as error:
        raise ValueError(f"{path} is not an image that Pillow can read: remove it.") from error
    except OSError as error:
        if error.errno:  # the disk's or the system's fault, not the image's
            raise
        raise ValueError(f"{path} is damaged ({error}): fetch or save it again.") from error


def to_tensor(image: Image.Image) -> Tensor:
    """RGB image to uint8 (3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def image_paths(folder: str | Path) -> list[Path]:
    """The image files in a folder and below, sorted; hidden files and folders are left out.

    Says how many other files there are. Raises ValueError where there is no folder or no image.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"There is no folder {folder}: check the path, or fetch the data first.")
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    paths = [
        p
        for p in files
        if p.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    ]
    if not paths:
        raise ValueError(f"{folder} holds no images: expected files such as .jpg or .png.")
    if len(files) > len(paths):
        print(f"{folder}: {len(paths)} images; {len(files) - len(paths)} other files left out.")
    return paths


def load_folder(folder: str | Path, size: int, unlike: str | Path | None = None) -> Tensor:
    """All images of a folder: uint8 (count, 3, size, size), short side scaled, middle cut out.

    Images that the folder `unlike` holds too, byte for byte, are left out and named: a test on
    what was trained on tells nothing about new images (horse2zebra has one such horse).
    """
    paths = image_paths(folder)
    if unlike and Path(unlike).is_dir():
        seen = {hashlib.sha256(p.read_bytes()).digest() for p in image_paths(unlike)}
        copies = [p for p in paths if hashlib.sha256(p.read_bytes()).digest() in seen]
        for path in copies:
            print(f"{path.name} is left out of the test: {unlike} holds it, too.")
        paths = [p for p in paths if p not in copies]
    shape = (len(paths), 3, size, size)
    if np.prod(shape) < LARGE:
        images = np.empty(shape, np.uint8)
    else:  # a file that looks like an array; the system keeps in memory what is in use
        images = np.memmap(tempfile.TemporaryFile(), np.uint8, "w+", shape=shape)
    for i, path in enumerate(paths):
        fitted = ImageOps.fit(open_image(path), (size, size), Image.Resampling.BICUBIC)
        images[i] = np.array(fitted).transpose(2, 0, 1)
    return torch.from_numpy(images)


@torch.no_grad()
def translate(net: torch.nn.Module, image: Image.Image, size: int) -> Image.Image:
    """An image of any size, translated with its short side at `size`, then scaled back.

    Raises ValueError for an image that is more than 16 times as long as wide.
    """
    if max(image.size) > 16 * min(image.size):
        raise ValueError(f"The image is {image.size[0]} x {image.size[1]} pixels: too thin.")
    image = image.convert("RGB")
    sides = [max(8, round(side * size / min(image.size))) for side in image.size]
    x = to_float(to_tensor(image.resize(sides, Image.Resampling.BICUBIC)))[None]
    y = to_uint8(net(x.to(next(net.parameters()).device)))[0]
    return Image.fromarray(y.permute(1, 2, 0).cpu().numpy()).resize(image.size)
