"""The history of fakes, step by step: which fake the discriminator is shown, and how old it is."""

import functools

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.figure import Figure

from helpers.objectives import History
from helpers.plots import BLUE, ORANGE, png
from helpers.widgets.figure import interactive

STEPS = 200


@functools.cache
def simulate(capacity: int, steps: int = STEPS, seed: int = 0) -> tuple[np.ndarray, list[tuple]]:
    """Runs `helpers.objectives.History` on fakes that carry the number of their step.

    Returns the number of the fake shown at each step (steps,), and after each step the numbers of
    the fakes that are remembered.
    """
    history = History(capacity, seed)
    shown, remembered = np.zeros(steps, int), []
    for step in range(steps):
        fake = torch.full((1, 1, 1, 1), float(step))
        shown[step] = int(history.swap(fake).item())
        remembered.append(tuple(int(fake.item()) for fake in history.fakes))
    return shown, remembered


def render(capacity: int, step: int) -> bytes:
    """A PNG, after `step` + 1 steps: each fake shown against the step, and what is remembered."""
    shown, remembered = simulate(capacity)
    past = np.arange(step + 1)
    figure = Figure(figsize=(9, 3), dpi=90)
    axes = figure.add_axes((0.07, 0.17, 0.42, 0.71))
    old = shown[: step + 1] < past
    for these, colour, label in ((~old, BLUE, "this step's"), (old, ORANGE, "an older one")):
        axes.plot(past[these], shown[: step + 1][these], ".", color=colour, ms=5, label=label)
    axes.plot(step, shown[step], "o", ms=10, mfc="none", color=ORANGE if old[-1] else BLUE)
    axes.set(xlim=(-3, STEPS + 3), ylim=(-3, STEPS + 3))
    axes.set(xticks=(0, 100, 200), yticks=(0, 100, 200))
    axes.set_xlabel("step", fontsize=11)
    axes.set_ylabel("shown: made at step", fontsize=11)
    age = step - shown[step]
    axes.set_title(f"step {step}: shown a fake {age} steps old", fontsize=12, y=1.02)
    axes.legend(fontsize=11, loc="upper left")
    axes = figure.add_axes((0.57, 0.17, 0.41, 0.71))
    ages = [step - number for number in remembered[step]]
    axes.hist(ages, bins=np.arange(0, STEPS + 10, 10), color=ORANGE)
    axes.set(xlim=(0, STEPS), ylim=(0, 26), xticks=(0, 50, 100, 150, 200), yticks=(0, 10, 20))
    axes.set_xlabel("age in steps", fontsize=11)
    axes.set_ylabel("fakes", fontsize=11)
    axes.set_title(
        f"remembered: {len(ages)} of at most {capacity} fakes, by age", fontsize=12, y=1.02
    )
    return png(figure)


def explorer() -> widgets.VBox:
    """Play or drag the step, and choose the capacity, above the figure of `render`."""
    capacity = widgets.IntSlider(value=50, min=0, max=100, step=5, description="capacity")
    step = widgets.IntSlider(value=120, min=0, max=STEPS - 1, description="step")
    play = widgets.Play(value=120, min=0, max=STEPS - 1, step=1, interval=400)
    widgets.link((play, "value"), (step, "value"))
    alt = "The fakes shown so far, and the ages of those remembered"
    states = [(50, 40), (50, 180)]
    return interactive(alt, render, capacity, step, extras=(play,), states=states)
