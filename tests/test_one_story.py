"""Numbers that are told in several places are the same in all of them, and those of the files."""

import csv
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers.widgets import sweep
from tools import toy_summary

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CARD = (ROOT / "data/pretrained/horse2zebra/README.md").read_text()
REPORT = json.loads((ROOT / "data/photographs/report.json").read_text())
WAYS = ("horse2zebra", "zebra2horse")
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))


# Statements of the criteria, and what notebook 06 calls them.
CLAIMS = {
    "R1": "R1", "R2a": "R2 large", "R2b": "R2 brown", "R3a": "R3 small", "R3b": "R3 clutter",
    "R3c": "R3 identity, size", "R3d": "R3 identity, clutter", "R4a": "R4", "R4b": "R4 coats",
    "R5a": "R5", "R5b": "R5 share",
}  # fmt: skip


def outputs(name):
    (path,) = (ROOT / "notebooks").glob(f"{name}_*.ipynb")
    cells = nbformat.read(path, 4).cells
    return "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", ()))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_minutes_of_a_notebook_are_those_of_its_title(path):
    title = nbformat.read(path, 4).cells[0].source
    times = r"Time: (\d+) minutes to read.*? (\d+)(?: minutes)? with the exercises"
    read, exercises = re.search(times, title).groups()
    (row,) = (line for line in README.splitlines() if line.startswith(f"| {path.stem[:2]} |"))
    assert row.endswith(f"| {read}/{exercises} |")


@pytest.mark.parametrize("way", WAYS)
def test_shares_called_zebra_are_the_same_everywhere(way):
    share = 100 * np.mean(REPORT[way]["called_zebra"])
    for name, text in {"README": README, "card": CARD}.items():
        assert f"{share:.0f} %" in text, name
    for name in ("00", "06"):
        assert f"{share:.0f}%" in outputs(name), name


@pytest.mark.parametrize("way", WAYS)
def test_distances_of_the_card_are_those_of_notebook_06(way):
    row = REPORT["distances"][way]
    for key in ("fid", "kid_x1000"):
        told = f"{row[key]:.0f} +- {row[f'{key[:3]}_standard_error{key[3:]}']:.0f}"
        assert told in CARD and told in outputs("06"), told


def test_counts_and_size_are_those_that_were_measured():
    counts = [len(REPORT[way]["names"]) for way in WAYS]
    assert "{} + {} test photographs at {} px".format(*counts, REPORT["size"]) in CARD
    assert f"{counts[0]} horses, {counts[1]} zebras, {REPORT['size']} pixels" in outputs("06")


def test_the_verdicts_on_drawings_are_those_of_the_summary():
    """The notebook builds the rule of the criteria anew, for its readers; both must agree."""
    told = outputs("06")
    verdicts = toy_summary.verdicts(sweep.read(ROOT / "data/toy_runs", seeds=5))
    assert verdicts.keys() == CLAIMS.keys()
    for statement, rule in verdicts.items():
        word = toy_summary.verdict(*rule)
        assert f"=> {CLAIMS[statement]} on drawings: {word} (" in told, statement


def compared():
    with (ROOT / "data/photographs/compared.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("way", WAYS)
def test_the_comparison_of_the_card_is_that_of_the_file(way):
    rows = [row for row in compared() if row["direction"] == way]
    assert [row["name"] for row in rows] == REPORT[way]["names"]
    assert [int(row["called"]) for row in rows] == REPORT[way]["called_zebra"]
    before, after = (np.mean([int(row[k]) for row in rows]) for k in ("called_earlier", "called"))
    assert f"| {100 * before:.0f} % | {100 * after:.0f} % |" in CARD
    border = [np.mean([float(row[k]) for row in rows]) for k in ("border_earlier", "border")]
    assert "| {:.3f} | {:.3f} |".format(*border) in CARD
    chosen = [row[judge] for row in rows for judge in ("judge1", "judge2") if row[judge]]
    assert f"{100 * chosen.count('this') / len(chosen):.0f} % (" in CARD
