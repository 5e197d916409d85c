"""Writes data/photographs/fingerprints.csv: what can be known of a photograph without showing it.

python -m tools.fingerprints PATH/TO/horse2zebra

The photographs are not part of this repository; notebook 01 looks for copies in this list.
"""

import csv
import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.pictures import open_picture, picture_paths
from tools import Parser, start

OUT = Path(__file__).parent.parent / "data/photographs/fingerprints.csv"
SPLITS = ("trainA", "trainB", "testA", "testB")


def difference_hash(image: Image.Image) -> int:
    """64 bits: whether brightness rises to the right, in 8 rows of 8 steps (Krawetz 2013, dHash).

    Pictures that look alike differ in few bits, whatever their size, format or brightness.
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)).astype(int)
    rises = grey[:, 1:] > grey[:, :-1]
    return int("".join(map(str, rises.astype(int).ravel())), 2)


def row(path: Path) -> dict[str, str]:
    """The line of one picture: where it lies, how it is stored, its mean, and both hashes."""
    image = open_picture(path)
    return {
        "name": f"{path.parent.name}/{path.name}",
        "mode": Image.open(path).mode,
        "brightness": f"{np.asarray(image).mean():.1f}",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        "dhash": f"{difference_hash(image):016x}",
    }


def write(data: Path, out: Path = OUT) -> None:
    rows = [row(path) for split in SPLITS for path in picture_paths(data / split)]
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("data", type=Path, help="folder with trainA, trainB, testA and testB")
    write(parser.parse_args(arguments).data)


if __name__ == "__main__":
    start(main)
