"""Makes the stored pictures of notebook 03: `python notebooks/images/03_game.py`.

03_forgeries.png  what the forger of the shipped drawings' run made of the same horses at six steps
03_game.json      the steps, and what the judge of each of them said to fakes and to real zebras
03_game.png       both, for the first screen
03_field.png      the drawing of r <- (r - 1) s + k
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))
from helpers.show import BLACK, BLUE, GREEN, VERMILION  # noqa: E402

STEPS = 100, 400, 700, 1000, 2000, 3000


def lecture():
    """Sheets of six rows of six tiles of 64 pixels, and scores at multiples of 75 steps."""
    scores = np.array(json.loads((ROOT / "data/lecture/run.json").read_text())["scores"])
    rows, fake, real = [], [], []
    for step in STEPS:
        sheet = np.asarray(Image.open(ROOT / f"data/lecture/{step:06}.png").convert("RGB"))
        row = [sheet[68:132, 66 * k + 2 : 66 * k + 66] for k in range(6)]  # row 1: G_AB(x)
        rows.append(np.concatenate(row, 1))
        nearest = scores[abs(scores[:, 0] - step).argmin()]
        fake.append(float(nearest[4]))
        real.append(float(nearest[3]))
    return np.stack(rows), {"steps": STEPS, "fake": fake, "real": real}


def field_drawing():
    figure, ax = plt.subplots(figsize=(9, 3.3), layout="constrained")
    for cell in range(-1, 11):
        inside = cell >= 0
        look = dict(fc="white" if inside else "#cccccc", ec=BLACK, lw=1.2)
        ax.add_patch(plt.Rectangle((cell, 0), 1, 0.8, **look))
        ax.text(cell + 0.5, 0.4, cell if inside else "0", ha="center", va="center", fontsize=13)
    for i, colour in enumerate((BLUE, VERMILION, GREEN), 1):
        start, y = 2 * i - 1, 1.05 + 0.42 * (3 - i)
        ax.add_patch(plt.Rectangle((start, y), 4, 0.3, fc=colour))
        ax.add_patch(plt.Rectangle((2.2 * i - 0.1, 3.0), 1, 0.8, fc=colour, ec=BLACK, lw=1.2))
        ax.text(2.2 * i + 0.4, 3.4, i, ha="center", va="center", fontsize=13, color="white")
    text = dict(fontsize=14, va="center")
    ax.text(8.4, 3.4, "r = 3 outputs", **text)
    ax.text(9.3, 1.2, "the last window: k = 4", ha="left", **text)
    ax.text(5.3, 1.95, "each begins s = 2 further on", ha="left", **text)
    ax.annotate("", (1, -0.35), (9, -0.35), arrowprops=dict(arrowstyle="<->", lw=2))
    ax.text(5, -0.75, "(3 - 1) · 2 + 4 = 8 inputs", ha="center", **text)
    ax.text(-1.1, -0.35, "padding", color="#555555", ha="left", fontsize=12, va="center")
    ax.set(xlim=(-1.2, 14), ylim=(-1.05, 3.95))
    ax.axis("off")
    figure.savefig(HERE / "03_field.png", dpi=80)


def first_screen(frames, game):
    figure, axes = plt.subplots(1, 6, figsize=(12, 2.75), layout="constrained")
    for ax, row, step, fake, real in zip(axes, frames, *game.values()):
        ax.imshow(row[:, :64], interpolation="nearest")
        ax.set(xticks=[], yticks=[], frame_on=False)
        ax.set_title(f"step {step}", fontsize=15)
        ax.set_xlabel(f"{fake:.1f}   (real {real:.1f})", fontsize=15)
    figure.savefig(HERE / "03_game.png", dpi=100)


frames, game = lecture()
Image.fromarray(frames.reshape(-1, *frames.shape[2:])).save(HERE / "03_forgeries.png")
(HERE / "03_game.json").write_text(json.dumps(game) + "\n")
first_screen(frames, game)
field_drawing()
for name in ("03_game.png", "03_field.png", "03_forgeries.png"):
    image = Image.open(HERE / name).convert("RGB").quantize(256, dither=0)
    image.save(HERE / name, optimize=True)
