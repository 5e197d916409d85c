"""What the README and the reference say in numbers equals the files that they come from."""

import json
import re
from pathlib import Path

import pytest

from helpers.config import PRESETS
from tests.test_notebooks import NOTEBOOKS, cells_of, turns_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
REPORT = json.loads((ROOT / "data/photographs/report.json").read_text("utf-8"))


def percent(way: str, key: str) -> str:
    shares = REPORT[way][key]
    return f"{100 * sum(shares) / len(shares):.0f} %"


def test_how_good_it_is():
    drawn = json.loads((ROOT / "data/pretrained/toy/report.json").read_text("utf-8"))
    assert f"reach {drawn['horse2zebra']['striped']:.2f}." in README
    good = README.partition("## How good is it?")[2].partition("##")[0]
    found = [("horse2zebra", "called_zebra"), ("zebra2horse", "called_zebra_before"),
             ("zebra2horse", "called_zebra")]  # fmt: skip
    assert re.findall(r"\d+ %", good) == [percent(*which) for which in found]


def test_how_long_it_takes():
    total = 0
    for path in NOTEBOOKS:
        head = cells_of(path)[0]["source"]
        said = re.search(r"(?:\*\*Time:\*\*|Plan)(.*?)\.", head, re.DOTALL)[1].partition(";")[0]
        parts = re.findall(r"(\d+) (?:minutes|more)", said) or re.findall(r"(\d+)", said)
        minutes = sum(map(int, parts))
        assert re.search(rf"{path.name}\).*\| {minutes} \|\n", README), f"{path.stem}: {minutes}"
        total += minutes
    assert "nine to ten hours" in README and 9 * 60 < total < 10 * 60


def test_what_is_counted():
    turns = sum(len(turns_of(cells_of(path))) for path in NOTEBOOKS)
    assert "Some fifty times" in README and 45 <= turns <= 55
    assert f"all {len([*ROOT.glob('data/toy_runs/*.json')])}" in README


@pytest.mark.parametrize("name", PRESETS)
def test_the_reference_has_the_presets(name):
    text, c = (ROOT / "docs/reference.md").read_text("utf-8"), PRESETS[name]
    row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
    rates = f"{c.learning_rate:.0e}, {c.d_learning_rate:.0e}".replace("e-0", "e-")
    told = (f"{c.size} px", f"width {c.width}, {c.blocks} blocks", f"| {c.steps:,} |", rates)
    assert not [part for part in told if part not in row]
    assert all(f"--{field.replace('_', '-')}`" in text for field in vars(c))
