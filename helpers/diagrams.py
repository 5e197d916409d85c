"""Diagrams of the networks and of their losses, one figure a function, in the course's colours."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from helpers import toy
from helpers.plots import BLACK, BLUE, GREEN, SKY, VERMILION
from helpers.settings import LOSSES

COLOURS = {  # of the kinds of losses, the same in every diagram
    "discriminator": BLUE, "adversarial": VERMILION, "cycle": GREEN, "identity": "#B07700",
}  # fmt: skip
PALE = {"generator": "#FCE9C3", "discriminator": "#D3E6F3", "plain": "#F2F2F2"}
BIG, SMALL = 14, 12


def canvas(width: float, height: float, units: float = 2.0) -> tuple[Figure, Axes]:
    """Axes without a frame, `units` to the inch, the origin below on the left."""
    figure = plt.figure(figsize=(width, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, units * width), ylim=(0, units * height))
    ax.axis("off")
    return figure, ax


def box(ax: Axes, x: float, y: float, text: str, kind: str = "plain", w=2.0, h=1.2) -> None:
    """A rounded box around (x, y)."""
    style = "round,pad=0,rounding_size=0.2"
    patch = FancyBboxPatch((x - w / 2, y - h / 2), w, h, style, fc=PALE[kind], ec=BLACK, lw=1.2)
    ax.add_patch(patch)
    ax.text(x, y, text, ha="center", va="center", fontsize=BIG)


def arrow(ax: Axes, start, end, colour=BLACK, bend: float = 0.0) -> None:
    """From start to end, both (x, y); bend: how far it leaves the straight line, to its left."""
    ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=14, lw=1.8, color=colour, shrinkA=0,
        shrinkB=0, connectionstyle=f"arc3,rad={bend}",
    ))  # fmt: skip


def note(ax: Axes, x: float, y: float, text: str, colour=BLACK, ha="center", size=SMALL) -> None:
    """Words at (x, y)."""
    ax.text(x, y, text, color=colour, fontsize=size, ha=ha, va="center", linespacing=1.3)


def picture(ax: Axes, x: float, y: float, pixels: np.ndarray, label: str, w: float = 2.0) -> None:
    """A picture around (x, y) with its name inside, above on the left."""
    sides = (x - w / 2, x + w / 2, y - w / 2, y + w / 2)
    ax.imshow(pixels, extent=sides, interpolation="bilinear", zorder=2)
    ax.add_patch(Rectangle((sides[0], sides[2]), w, w, fill=False, ec=BLACK, lw=1, zorder=3))
    ax.text(sides[0] + 0.08, sides[3] - 0.1, label, fontsize=SMALL, va="top", zorder=4,
            bbox=dict(fc="white", ec="none", alpha=0.8, pad=1))  # fmt: skip


def scene(seed: int, landscape: str) -> toy.Scene:
    """A large animal that looks to the right, nothing else in the picture."""
    drawn = toy.sample_scene(np.random.default_rng(seed), toy.World(length=(0.8, 0.8)))
    return dataclasses.replace(drawn, landscape=landscape, clutter=(), facing=1)


def cyclegan() -> Figure:
    """Four networks, both cycles, and the eight losses where they act.

    The fakes and what returns are drawings: how it should be, not what a network made.
    """
    figure, ax = canvas(9, 7)
    meadow, savanna = scene(3, "meadow"), scene(8, "savanna")
    for y, way, there, back, own, other, animals, drawn, unlike in (
        (9.5, 1, "G_AB", "G_BA", "a", "b", ("horse", "zebra"), meadow, savanna),
        (4.5, -1, "G_BA", "G_AB", "b", "a", ("zebra", "horse"), savanna, meadow),
    ):
        real = {"a": "x", "b": "y"}
        first, second = (toy.draw(drawn, animal, 128) for animal in animals)
        picture(ax, 1.3, y, first, real[own])
        picture(ax, 9, y, second, f"fake_{other}")
        picture(ax, 16.7, y, first, f"back_{own}")
        box(ax, 5.15, y, there, "generator")
        box(ax, 12.85, y, back, "generator")
        for left, right in ((2.3, 4.15), (6.15, 8), (10, 11.85), (13.85, 15.7)):
            arrow(ax, (left, y), (right, y))
        top = y + 3.1 * way  # the discriminator's row, away from the middle
        box(ax, 9, top, f"D_{other.upper()}", "discriminator")
        picture(ax, 15, top, toy.draw(unlike, animals[1], 128), real[other], 1.8)
        arrow(ax, (14.1, top), (10, top))
        arrow(ax, (9, y + way), (9, top - 0.6 * way))
        note(ax, 12.1, top + 0.45, f"d_{other}: real 1, fake 0", BLUE)
        arrow(ax, (8, top), (5.15, y + 0.6 * way), VERMILION, 0.3 * way)
        note(ax, 4.3, top - 0.3 * way, f"adv_{own}{other}:\nfake judged real", VERMILION)
        arrow(ax, (16.7, y - way), (1.3, y - way), GREEN, -0.11 * way)
        note(ax, 9, y - 1.4 * way, f"cycle_{own}: back_{own} is {real[own]} again", GREEN)
        note(ax, 5.15, y - 0.95 * way, f"identity_{other}: {there}({real[other]}) is {real[other]}",
             COLOURS["identity"])  # fmt: skip
    return figure


def bars(ax: Axes, y: float, stages, x: float, gap: float, scale: float = 3.6 / 256) -> list:
    """A bar for each (name, channels, side): as high as the side, the wider the more channels.

    Returns the bars' (left, right). Channels stand above, the side in pixels below.
    """
    edges = []
    for name, channels, side, colour in stages:
        w, h = 0.12 + 0.05 * channels**0.5, side * scale
        ax.add_patch(Rectangle((x, y - h / 2), w, h, fc=colour, ec=BLACK, lw=1))
        note(ax, x + w / 2, y + h / 2 + 0.35, str(channels))
        note(ax, x + w / 2, y - h / 2 - 0.35, f"{side} px")
        note(ax, x + w / 2, y - 3.0, name)
        if edges:
            arrow(ax, (edges[-1][1] + 0.08, y), (x - 0.08, y))
        edges.append((x, x + w))
        x += w + gap
    return edges


def generator() -> Figure:
    """Encoder, nine residual blocks and decoder at 256 pixels: channels above, sides below."""
    figure, ax = canvas(9, 3.9)
    encoder, decoder = PALE["generator"], PALE["discriminator"]
    stages = (
        ("picture", 3, 256, "white"), ("c7s1-64", 64, 256, encoder), ("d128", 128, 128, encoder),
        ("d256", 256, 64, encoder), ("9 x R256", 256, 64, SKY), ("u128", 128, 128, decoder),
        ("u64", 64, 256, decoder), ("c7s1-3", 3, 256, "white"),
    )  # fmt: skip
    edges = bars(ax, 3.75, stages, 0.75, 1.66)
    for first, last, text in ((1, 3, "encoder"), (4, 4, "residual blocks"), (5, 7, "decoder")):
        left, right = edges[first][0] - 0.2, edges[last][1] + 0.2
        ax.plot((left, right), (6.75, 6.75), color=BLACK, lw=2)
        note(ax, (left + right) / 2, 7.2, text, size=BIG)
    return figure


def residual_block() -> Figure:
    """One residual block: two convolutions beside a way on which nothing happens."""
    figure, ax = canvas(9, 2.6)
    texts = ("pad 1\nconv 3x3", "norm", "ReLU", "pad 1\nconv 3x3", "norm")
    x, at = 0.7, []
    note(ax, x, 1.6, "x", size=BIG + 2)
    for text, w in zip(texts, (2.6, 1.6, 1.6, 2.6, 1.6)):
        x += 0.75 + w / 2
        box(ax, x, 1.6, text, "generator" if "conv" in text else "plain", w, 1.5)
        at.append((x - w / 2, x + w / 2))
        x += w / 2
    for (_, right), (left, _) in zip([(0, 0.95), *at], at):
        arrow(ax, (right, 1.6), (left, 1.6))
    plus = x + 1.1
    arrow(ax, (x, 1.6), (plus - 0.35, 1.6))
    ax.add_patch(plt.Circle((plus, 1.6), 0.35, fc="white", ec=BLACK, lw=1.5))
    note(ax, plus, 1.58, "+", size=BIG + 2)
    arrow(ax, (plus + 0.35, 1.6), (17.0, 1.6))
    note(ax, 17.4, 1.6, "out", size=BIG)
    ax.plot((0.7, 0.7, plus, plus), (2.1, 4.0, 4.0, 2.4), color=GREEN, lw=2)
    arrow(ax, (plus, 2.5), (plus, 1.97), GREEN)
    note(ax, (0.7 + plus) / 2, 4.5, "skip connection: x itself", GREEN, size=BIG)
    return figure


def discriminator() -> Figure:
    """The PatchGAN's layers, its sheet of scores, and the 70 x 70 pixels that one score sees."""
    figure, ax = canvas(9, 3.2)
    y, side = 3.7, 3.6
    pixels = toy.draw(scene(8, "savanna"), "zebra", 256)
    picture(ax, 2.05, y, pixels, "256 px", side)
    row, column = 13, 17  # a score, and the first pixel that it sees: 8 * place - 23
    patch = [2.05 - side / 2 + (8 * column - 23) * side / 256,
             y + side / 2 - (8 * row - 23 + 70) * side / 256, 70 * side / 256]  # fmt: skip
    ax.add_patch(Rectangle(patch[:2], patch[2], patch[2], fill=False, ec=VERMILION, lw=3, zorder=5))
    names = ("C64", "C128", "C256", "C512", "1 channel")
    shapes = ((64, 128), (128, 64), (256, 32), (512, 31), (1, 30))
    blue = PALE["discriminator"]
    stages = [(name, *shape, blue) for name, shape in zip(names, shapes)]
    edges = bars(ax, y, stages, 4.9, 1.1)
    arrow(ax, (3.95, y), (4.82, y))
    left, low = 13.9, y - side / 2
    arrow(ax, (edges[-1][1] + 0.08, y), (left - 0.1, y))
    cell = side / 30
    for i in range(31):
        ax.plot((left, left + side), (low + i * cell,) * 2, color="#BBBBBB", lw=0.6)
        ax.plot((left + i * cell,) * 2, (low, low + side), color="#BBBBBB", lw=0.6)
    score = left + column * cell, low + side - (row + 1) * cell
    ax.add_patch(Rectangle(score, cell, cell, fc=VERMILION, ec=VERMILION, lw=1.5))
    note(ax, left + side / 2, low + side + 0.4, "30 x 30 scores")
    note(ax, 2.05, y - side / 2 - 0.45, "one score sees\n70 x 70 pixels", VERMILION)
    note(ax, left + side / 2, y - side / 2 - 0.45, "one score", VERMILION)
    return figure


def losses() -> Figure:
    """The eight losses, a row each: what goes in, through which networks, wanted, who learns."""
    figure, ax = canvas(9, 7.4)
    horse, zebra = (toy.draw(scene(seed, place), animal, 64) for seed, place, animal in
                    ((3, "meadow", "horse"), (8, "savanna", "zebra")))  # fmt: skip
    shown = {"x": horse, "y": zebra}
    heads = (1.6, "loss"), (4.6, "goes in"), (9.4, "through"), (13.2, "wanted"), (16.2, "learns")
    for x, text in heads:
        note(ax, x, 14.3, text, size=BIG)
    ax.plot((0.3, 17.7), (13.85, 13.85), color=BLACK, lw=1.5)
    rows = (
        ("d_a", "x y", ("D_A", "G_BA D_A"), ("1", "0"), "D_A"),
        ("d_b", "y x", ("D_B", "G_AB D_B"), ("1", "0"), "D_B"),
        ("adv_ab", "x", ("G_AB D_B",), ("1",), "G_AB"),
        ("adv_ba", "y", ("G_BA D_A",), ("1",), "G_BA"),
        ("cycle_a", "x", ("G_AB G_BA",), ("x",), "both G"),
        ("cycle_b", "y", ("G_BA G_AB",), ("y",), "both G"),
        ("identity_a", "x", ("G_BA",), ("x",), "G_BA"),
        ("identity_b", "y", ("G_AB",), ("y",), "G_AB"),
    )
    y = 13.0
    for name, start, ways, wanted, learns in rows:
        note(ax, 0.4, y - 0.65 * (len(ways) - 1), name, COLOURS[LOSSES[name]], "left", BIG)
        note(ax, 16.2, y - 0.65 * (len(ways) - 1), learns, size=BIG)
        for source, way, goal in zip(start.split(), ways, wanted):
            picture(ax, 4.6, y, shown[source], source, 1.2)
            x = 5.2
            for network in way.split():
                arrow(ax, (x, y), (x + 0.9, y))
                kind = "discriminator" if "D" in network else "generator"
                box(ax, x + 1.7, y, network, kind, 1.6, 0.9)
                x += 2.5
            arrow(ax, (x, y), (12.4, y))
            if goal in shown:
                picture(ax, 13.2, y, shown[goal], goal, 1.2)
            else:
                note(ax, 13.2, y, goal, size=BIG + 2)
            y -= 1.33
    return figure
