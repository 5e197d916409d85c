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

from helpers.exercises import CHECKS, NOTHING, grade

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


EXERCISES = [
    (path.stem, number)
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    for number in read(path)[0]
]


def test_every_check_belongs_to_a_notebook():
    assert sorted(number for _, number in EXERCISES) == sorted(CHECKS)


@pytest.mark.parametrize("notebook, number", EXERCISES)
def test_the_solution_is_right_and_hints_come_before_it(notebook, number):
    asked, imports, solutions, prose = read(ROOT / "notebooks" / f"{notebook}.ipynb")
    names = dict(torch=torch, F=F, nn=nn, np=np, plt=plt, math=math, Path=Path, root=ROOT)
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
    assert others - dictionaries == {"4.5", "5.3", "5.4", "7.2"}  # what they do counts


def test_a_name_of_a_cell_above_says_to_run_it():
    words = grade("2.1", lambda *args: convolution(*args))[1]  # noqa: F821
    assert "`convolution` is not known yet" in words and "run the cells above" in words
