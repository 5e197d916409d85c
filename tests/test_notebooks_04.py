"""Notebook 04 derives each of the eight losses by name, and its numbers are the package's."""

import re
from pathlib import Path

import pytest
import torch

from exercises import nb04
from helpers.losses import LOSSES, Networks, discriminator_losses, generator_losses
from tests.test_notebooks import cells_of, turns_of

CELLS = cells_of(Path(__file__).parents[1] / "notebooks/04_losses.ipynb")
TURNS = {
    "d_b": nb04.D_B_NUMBERS, "adv_ba": nb04.ADV_BA_NUMBERS,
    "cycle_b": nb04.CYCLE_B_NUMBERS, "identity_b": nb04.IDENTITY_B_NUMBERS,
}  # fmt: skip
TOGETHER = {
    "d_a": (0.385, 0.17), "adv_ab": (0.5, -0.4),
    "cycle_a": (0.2, -0.6, -0.25), "identity_a": (0.1, 0.5),
}  # fmt: skip


@pytest.fixture(scope="module")
def pocket():
    """The eight losses of the pocket world, and each one's slopes for the four weights."""
    nets = Networks(*(nb04.Times(weight) for weight in (0.5, 1.2, 1.0, 2.0)))
    x, y = torch.tensor([0.8, -0.2, 0.4, 0.6]), torch.tensor([0.5, -0.5, 0.0, 0.5])
    losses, fake_a, fake_b = generator_losses(nets, x, y)
    losses |= discriminator_losses(nets, x, y, fake_a.detach(), fake_b.detach())
    weights = [net.weight for net in nets]
    options = dict(retain_graph=True, allow_unused=True)
    slopes = {name: torch.autograd.grad(loss, weights, **options) for name, loss in losses.items()}
    return losses, slopes


@pytest.mark.parametrize("name", LOSSES)
def test_the_numbers_by_hand_are_those_of_the_package(name, pocket):
    losses, slopes = pocket
    value, *by_hand = (TOGETHER | TURNS)[name]
    assert losses[name].item() == pytest.approx(value)
    own = slice(2, 4) if name in ("d_a", "d_b") else slice(0, 2)  # whose optimiser uses them
    found = [slope.item() for slope in slopes[name][own] if slope is not None]
    assert found == pytest.approx(by_hand)


@pytest.mark.parametrize("name", TOGETHER)
def test_one_direction_is_derived_in_the_text(name):
    latex = re.sub(r"_(\w+)", r"_{?\1}?", name)
    text = next(c["source"] for c in CELLS if re.search(rf"\$\$\s*{latex} =", c["source"]))
    for words in ("**The question", "**By hand.**", "**The slope", "**Who learns?**"):
        assert words in text
    for number in TOGETHER[name]:
        assert f"**{number:g}**" in text


@pytest.mark.parametrize("name", TURNS)
def test_the_other_direction_is_a_turn_with_its_derivation_below(name):
    number, (i, solution) = next(
        (n, turn) for n, turn in turns_of(CELLS).items() if f"{name} =" in turn[1]
    )
    scope = {}
    exec(solution, scope)
    assert scope["answer"] == pytest.approx(TURNS[name])
    assert f'eight["{name}"]' in CELLS[i]["source"] and number.startswith("4.")
