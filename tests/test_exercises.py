"""Every exercise of every notebook: the stub is kind, the folded solution is right."""

import math
import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers import exercises
from helpers.exercises import CHECKS, NO_ANSWER, NOTHING, grade
from helpers.settings import PRESETS

ROOT = Path(__file__).parent.parent
CHECK = re.compile(r'exercises\.check\("(\d+\.\d+)", (.+)\)')
SOLUTION = re.compile(r"<summary>Solution (\d+\.\d+)</summary>\s*```python\n(.*?)```", re.DOTALL)


def read(path):
    cells = nbformat.read(path, as_version=4).cells
    code = [c.source for c in cells if c.cell_type == "code"]
    asked = {m[1]: m[2] for source in code for m in CHECK.finditer(source)}
    imports = [
        line for source in code for line in source.splitlines() if line.startswith("from helpers")
    ]
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    return asked, imports, dict(SOLUTION.findall(prose)), prose


PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
EXERCISES = [(path.stem, number) for path in PATHS for number in read(path)[0]]


def test_every_check_belongs_to_a_notebook():
    assert sorted(number for _, number in EXERCISES) == sorted(CHECKS)


@pytest.mark.parametrize("notebook, number", EXERCISES)
def test_the_solution_is_right_and_hints_come_before_it(notebook, number):
    asked, imports, solutions, prose = read(ROOT / "notebooks" / f"{notebook}.ipynb")
    names = dict(torch=torch, F=F, nn=nn, np=np, plt=plt, math=math, Path=Path, root=ROOT)
    names |= dict(preset=PRESETS["smoke"], device=torch.device("cpu"), exercises=exercises)
    exec("\n".join(imports), names)
    exec(solutions[number], names)
    right, words = grade(number, eval(asked[number], names))
    assert right, words
    before = prose[: prose.index(f"Solution {number}</summary>")]
    assert "<summary>Hint 1</summary>" in before and "<summary>Hint 2</summary>" in before


@pytest.mark.parametrize("number", CHECKS)
def test_a_stub_and_nonsense_are_answered_kindly(number):
    def stub(*args, **kwargs):
        raise NotImplementedError(f"exercise {number}")

    right, words = grade(number, stub)
    assert not right and words.startswith(f"Exercise {number}")
    for nonsense in (None, "text", lambda *args, **kwargs: None):
        right, words = grade(number, nonsense)
        assert not right and words.startswith(f"Exercise {number}") and "NoneType" not in words


def test_a_forgotten_return_gets_the_same_sentence_everywhere():
    replies = {number: grade(number, lambda *args, **kwargs: None)[1] for number in CHECKS}
    others = {n for n, words in replies.items() if words != f"Exercise {n}: not yet. {NOTHING}"}
    dictionaries = {number for number in others if "is a dictionary" in replies[number]}
    assert others - dictionaries == {"4.4", "5.3", "5.4", "7.4"}  # what they do counts


def test_no_check_is_asked_about_none(monkeypatch):
    def never(answer):
        raise AssertionError("this check was asked")

    for number in CHECKS:
        monkeypatch.setitem(CHECKS, number, never)
        assert grade(number, None) == (False, f"Exercise {number}: not yet. {NO_ANSWER}")


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook 02 of three sections."""
    cells = [
        nbformat.v4.new_markdown_cell("# 02 Title\n\n## 1 First\n\nText."),
        nbformat.v4.new_code_cell("%matplotlib inline\nmagic = 1"),
        nbformat.v4.new_code_cell("def inside():\n    hidden = 1\n\nfrom a import b as early"),
        nbformat.v4.new_markdown_cell("Text.\n\n## 2 Second, with `code`\n\n### A part"),
        nbformat.v4.new_code_cell("for late in range(3):\n    inside(), early\nfirst, *rest = []"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "02_title.ipynb")
    monkeypatch.setattr(exercises, "NOTEBOOKS", tmp_path)


@pytest.mark.parametrize("name, title", [
    ("inside", "1 First"), ("early", "1 First"), ("late", "2 Second, with `code`"),
    ("rest", "2 Second, with `code`"), ("hidden", ""), ("b", ""), ("magic", ""),
])  # fmt: skip
def test_a_name_of_a_section_says_which_to_run(notebook, name, title):
    words = grade("2.1", lambda *args: eval(name))[1]
    assert words == f"Exercise 2.1: {exercises.not_known(name, '2.1')}"
    assert f"run section “{title}” above" in words if title else "no cell of this" in words
    assert exercises.section_of(name, "3.1") == ""  # another notebook's
