"""Draws notebooks/images/04_eight_losses.png: `python notebooks/images/04_eight_losses.py`.

The eight losses, a row each: what goes in, through which networks, what is wanted, who learns. The
animals in between are drawings: how it should be, not what a network made.
"""

from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from helpers.data import drawings
from helpers.show import BLACK

GREY, LEARNS, HELPS = "#666666", "#F7CE6B", "#FFFFFF"
# Okabe and Ito's hues, darker, to be read as words on a pale ground.
BLUE, VERMILION, GREEN, PURPLE = "#00609A", "#B34700", "#00704F", "#94407A"
KINDS = (  # title, question, colour, band, rows: name, lines (what goes in, networks, wanted), who
    ("discriminators", "Is this real, or did a generator make it?", BLUE, "#E8F1F8", (
        ("d_a", (("x", "D_A", "1"), ("y", "G_BA D_A", "0")), "D_A"),
        ("d_b", (("y", "D_B", "1"), ("x", "G_AB D_B", "0")), "D_B"))),
    ("adversarial", "Does the discriminator take my fake for real?", VERMILION, "#FBEDE4", (
        ("adv_ab", (("x", "G_AB D_B", "1"),), "G_AB"),
        ("adv_ba", (("y", "G_BA D_A", "1"),), "G_BA"))),
    ("cycle", "There and back: is it the same picture again?", GREEN, "#E5F4EF", (
        ("cycle_a", (("x", "G_AB G_BA", "x"),), "G_AB G_BA"),
        ("cycle_b", (("y", "G_BA G_AB", "y"),), "G_AB G_BA"))),
    ("identity", "I am given what I make. Do I leave it alone?", PURPLE, "#F7EDF3", (
        ("identity_a", (("x", "G_BA", "x"),), "G_BA"),
        ("identity_b", (("y", "G_AB", "y"),), "G_AB"))),
)  # fmt: skip


def scene(seed: int, landscape: str) -> drawings.Scene:
    """A large animal that looks to the right, nothing else in the picture."""
    world = drawings.World(length=(0.8, 0.8))
    drawn = drawings.sample_scene(np.random.default_rng(seed), world)
    return replace(drawn, landscape=landscape, clutter=(), facing=1)


def main() -> None:
    scenes = {"x": scene(3, "meadow"), "y": scene(8, "savanna")}
    animals = {"x": ("horse", "zebra"), "y": ("zebra", "horse")}  # as it is, and translated
    figure = plt.figure(figsize=(13, 12))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 13), ylim=(-0.5, 11.5))
    ax.axis("off")

    def words(x, y, text, **kwargs):
        ax.text(x, y, text, va="center", **{"ha": "center", "fontsize": 16, **kwargs})

    def picture(x, y, source, translated, label="", style="-"):
        pixels = drawings.draw(scenes[source], animals[source][translated], 128)
        sides = (x - 0.42, x + 0.42, y - 0.42, y + 0.42)
        ax.imshow(pixels, extent=sides, zorder=2)
        ax.add_patch(Rectangle(sides[::2], 0.84, 0.84, fill=False, ec=BLACK, ls=style, zorder=3))
        box = dict(fc="white", ec="none", alpha=0.8, pad=1)
        if label:
            words(x - 0.3, y + 0.27, label, fontsize=13, style="italic", zorder=4, bbox=box)

    def arrow(start, end, y, **style):
        kwargs = dict(arrowstyle="-|>", mutation_scale=16, lw=1.6, shrinkA=0, shrinkB=0, **style)
        ax.add_patch(FancyArrowPatch((start, y), (end, y), **kwargs))

    def network(x, y, name, learns):
        shape = "round,pad=0,rounding_size=0.12"
        colour = dict(fc=LEARNS if learns else HELPS, ec=BLACK if learns else GREY)
        ax.add_patch(FancyBboxPatch((x - 0.5, y - 0.28), 1, 0.56, shape, lw=1.4, **colour))
        words(x, y, name, family="monospace", fontsize=15)

    def line(y, source, chain, wanted, learners):
        picture(2.75, y, source, 0, source)
        x, now = 3.2, 0
        for k, name in enumerate(chain):
            # A discriminator's loss sends no slopes back into the generator.
            cut = name[0] == "D" and name in learners and k > 0
            style = dict(ls=(0, (3, 2)), color=GREY) if cut else dict(color=BLACK)
            arrow(x, x + 0.55, y, **style)
            if cut:
                words(x + 0.27, y + 0.2, "detach", fontsize=13)
            network(x + 1.08, y, name, name in learners)
            x += 1.6
            if name[0] == "G":
                now = 1 if len(chain) > 1 and k == 0 else 0
                arrow(x, x + 0.4, y, color=BLACK)
                picture(x + 0.87, y, source, now)
                x += 1.32
        arrow(x, 9.6, y, color=BLACK)
        if wanted in scenes:
            picture(10.12, y, wanted, 0, wanted, "--")
        else:
            words(9.95, y, wanted, fontsize=24, weight="bold")
            words(10.2, y - 0.02, "real" if wanted == "1" else "fake", ha="left", fontsize=14)

    for x, text in ((0.3, "loss"), (2.75, "goes in"), (6.2, "passes through"), (10.12, "wanted")):
        words(x, 11.22, text, ha="left" if x < 1 else "center", weight="bold")
    words(11.85, 11.22, "learns", weight="bold")
    top = 10.95
    for title, question, colour, band, rows in KINDS:
        count = sum(len(lines) for _, lines, _ in rows)
        high = 0.42 + 0.91 * count
        ax.add_patch(Rectangle((0.1, top - high), 12.8, high - 0.07, fc=band, ec="none", zorder=0))
        words(0.3, top - 0.22, f"{title}:", ha="left", color=colour, weight="bold")
        words(2.33, top - 0.22, f"“{question}”", ha="left")
        y = top - 0.42 - 0.44
        for name, lines, who in rows:
            middle = y - 0.91 * (len(lines) - 1) / 2
            words(0.3, middle, name, ha="left", family="monospace", color=colour, weight="bold")
            for source, chain, wanted in lines:
                line(y, source, chain.split(), wanted, who.split())
                y -= 0.91
            for k, learner in enumerate(who.split()):
                x = 11.85 + 1.06 * (k - (len(who.split()) - 1) / 2)
                network(x, middle, learner, True)
        top -= high
    for x, name, text, learns in (
        (2.1, "yellow", "learns from this loss", True),
        (7.1, "white", "takes part, and does not learn", False),
    ):
        network(x, -0.17, name, learns)
        words(x + 0.65, -0.17, text, ha="left", fontsize=14)
    path = Path(__file__).with_suffix(".png")
    figure.savefig(path, dpi=100)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
