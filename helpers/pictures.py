"""Picture files: which of a folder's there are, and any of them as upright 8-bit sRGB."""

import contextlib
import io
import logging
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from helpers.settings import UserError

with contextlib.suppress(ImportError):  # optional: registers .heic and .heif with Pillow
    import pillow_heif

    pillow_heif.register_heif_opener()

ENDINGS = """.apng .avif .bmp .dib .gif .heic .heif .hif .jfif .jp2 .jpe .jpeg .jpg .pbm .pgm .png
    .pnm .ppm .tga .tif .tiff .webp"""
SUFFIXES = set(ENDINGS.split()) & Image.registered_extensions().keys()  # what Pillow reads here
ADVICE = dict.fromkeys((".heic", ".heif", ".hif"), "pip install pillow-heif") | {
    ".avif": "pip install --upgrade pillow"
}


def open_picture(path: Path) -> Image.Image:
    """Any picture a reader may have, as upright 8-bit RGB in the sRGB colour space.

    Of a picture with several frames or pages, the first; the camera's orientation (EXIF) is
    applied where it can be read. Raises UserError for a file that is not a picture.
    """
    try:
        with Image.open(path) as image:
            image.load()
            with contextlib.suppress(Exception):  # a broken EXIF block: the picture is there
                image = ImageOps.exif_transpose(image)
    except FileNotFoundError:
        raise UserError(f"There is no picture at {path}: check the path.") from None
    except Exception as error:  # decoders of damaged files raise nearly every kind
        reason = " ".join(str(error).split()) or type(error).__name__
        advice = "remove it or save it again as PNG"
        if path.is_file() and path.stat().st_size == 0:
            reason = "it is empty (0 bytes)"
        elif (suffix := path.suffix.lower()) in ADVICE.keys() - SUFFIXES:
            advice = f"run `{ADVICE[suffix]}` or save it as PNG"
        raise UserError(f"{path} cannot be read as a picture ({reason}): {advice}.") from error
    return to_rgb(image)


def to_rgb(image: Image.Image) -> Image.Image:
    """A picture of any mode as 8-bit RGB in sRGB, transparent ones laid on white.

    Integers of 16 bits are divided by 257; for "I" and "F", see `to_bytes`. A colour profile
    that cannot be used is ignored.
    """
    profile, grey = image.info.get("icc_profile"), image.mode[0] in "1LIF" and image.mode != "LAB"
    if image.mode[0] in "IF":
        image = to_bytes(image)
    elif image.mode == "La":  # Pillow knows one way out of premultiplied grey
        image = image.convert("LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if profile:
        as_profiled = "L" if grey else "CMYK" if image.mode == "CMYK" else "RGB"
        image = to_srgb(image.convert(as_profiled), profile)
    return image.convert("RGB")


def to_bytes(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits or of floats, as 8-bit grey.

    "I" and "F" name no range. Their values are taken to lie in 0..1 if all do, in 0..255 or
    0..65535 if they fill more than a quarter of it, else between their own least and greatest.
    Values that are not finite become 0.
    """
    values = np.nan_to_num(np.asarray(image, np.float64), posinf=0, neginf=0)
    low, high = 0, 65535
    if not image.mode.startswith("I;16"):
        low, high = values.min(), values.max()
        for least, top in ((0, 1), (255 / 4, 255), (65535 / 4, 65535)):
            if low >= 0 and least <= high <= top:
                low, high = 0, top
    return Image.fromarray((255 * (values - low) / max(high - low, 1e-300)).round().astype("u1"))


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """A picture in mode L, RGB or CMYK from its ICC profile to RGB in sRGB, if the profile fits."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if re.fullmatch(r"sRGB( IEC.*| built-in)?\s*", ImageCms.getProfileDescription(source)):
            return image
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, ImportError):
        return image


def picture_paths(folder: str | Path) -> list[Path]:
    """The picture files of a folder, by name. A warning counts what else is there, and says why.

    Hidden files are passed over. Raises UserError where there is no picture.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: check the path.")
    paths = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    chosen = [p for p in paths if p.suffix.lower() in SUFFIXES and not p.is_dir()]
    kinds = Counter(why_left_out(p) for p in paths if p not in set(chosen))
    others = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    if not chosen:
        found = f" but {others}" if others else ""
        endings = " ".join(sorted(SUFFIXES))
        raise UserError(f"{folder} holds no pictures{found}: put files ending in {endings} there.")
    if others:
        message = "%s: %d pictures are used; left out: %s."
        logging.getLogger(__name__).warning(message, folder, len(chosen), others)
    return chosen


def why_left_out(path: Path) -> str:
    """ ".heic (needs `pip install pillow-heif`)", "folder (not searched)" and their like."""
    suffix = path.suffix.lower()
    if path.is_dir():
        return "folder (not searched)"
    if suffix in ADVICE:
        return f"{suffix} (needs `{ADVICE[suffix]}`)"
    return f"{suffix or 'without an ending'} (not known as pictures)"


def to_tensor(image: Image.Image) -> Tensor:
    """RGB picture to uint8 (3, height, width)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """uint8 (3, height, width) to an RGB picture."""
    return Image.fromarray(picture.permute(1, 2, 0).cpu().numpy())


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The bytes of a picture file: kind is Pillow's name, "PNG", "JPEG", "WEBP" or "BMP".

    options are Pillow's, such as compress_level=1 for a PNG that is made anew at every touch; a
    JPEG's quality is 95 without them.
    """
    buffer = io.BytesIO()
    image.save(buffer, kind, **{"quality": 95} | options)
    return buffer.getvalue()


def cut_sheet(sheet: Tensor, side: int) -> Tensor:
    """The pictures of a sheet such as `training.preview` makes, with borders of 2 pixels.

    (3, height, width) to (rows, n, 3, side, side).
    """
    pitch = side + 2
    pictures = sheet[:, 2:, 2:].unfold(1, side, pitch).unfold(2, side, pitch)
    return pictures.permute(1, 2, 0, 3, 4)
