"""Through the stored images of a run, from its first steps to its last.

interact(partial(plot, frames(root / "data/lecture")), number=(0, 7))
"""

from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

from helpers.data.images import open_image
from helpers.show import show_figure


def frames(folder: str | Path) -> dict[int, Image.Image]:
    """step -> the sheet of images STEP.png in a folder. Raises ValueError where there is none."""
    paths = [path for path in sorted(Path(folder).glob("*.png")) if path.stem.isdecimal()]
    if not paths:
        raise ValueError(f"{folder} holds no images STEP.png: give data/lecture")
    return {int(path.stem): open_image(path) for path in paths}


def plot(frames: dict[int, Image.Image], number: int = -1) -> None:
    """Frame `number`, by default the last; rows: x, G_AB(x), and back; y, G_BA(y), and back."""
    step, sheet = list(frames.items())[number]
    figure, ax = plt.subplots(figsize=(7.5, 7), layout="constrained")
    ax.imshow(sheet, interpolation="nearest")
    rows = ("x", "G_AB(x)", "and back", "y", "G_BA(y)", "and back")
    ax.set_yticks([sheet.height * (k + 0.5) / 6 for k in range(6)], rows, fontsize=13)
    ax.set(xticks=[], frame_on=False)
    ax.set_title(f"after {step} steps", fontsize=15)
    show_figure(figure, f"Images and their translations after {step} steps")
