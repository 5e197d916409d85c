"""Makes the stored pictures of notebook 03: `python notebooks/images/03_game.py`.

03_game.png   six moments of the shipped drawings' training: what the generator painted, and what
              the discriminator of that step said
03_field.png  the drawing of r <- (r - 1) s + k
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

GAME = ROOT / "data/pretrained/toy/steps"  # rows x, G_AB(x), y, G_BA(y) of six tiles of 64 pixels


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


def first_screen(column=1):
    scores = list(json.loads((GAME / "scores.json").read_text()).items())[-6:]
    figure, axes = plt.subplots(1, 6, figsize=(12, 2.75), layout="constrained")
    for ax, (step, score) in zip(axes, scores):
        sheet = np.asarray(Image.open(GAME / f"{int(step):06}.png").convert("RGB"))
        ax.imshow(sheet[64:128, 64 * column : 64 * column + 64], interpolation="nearest")
        ax.set(xticks=[], yticks=[], frame_on=False)
        ax.set_title(f"step {step}", fontsize=15)
        ax.set_xlabel(f"{score['D_B fake']:.1f}   (real {score['D_B real']:.1f})", fontsize=15)
    figure.savefig(HERE / "03_game.png", dpi=100)


first_screen()
field_drawing()
for name in ("03_game.png", "03_field.png"):
    image = Image.open(HERE / name).convert("RGB").quantize(256, dither=0)
    image.save(HERE / name, optimize=True)
