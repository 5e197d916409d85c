"""The hundred lines of notebook 05: as a file, equal to the course's own step, and they learn."""

import dataclasses
import random
import subprocess
import sys

import pytest
import torch

from helpers.settings import LOSSES, PRESETS
from helpers.training import Run, train_step
from tools import hundred


def test_the_file_is_that_of_the_notebook_and_has_at_most_a_hundred_lines():
    assert hundred.FILE.read_text(encoding="utf-8") == hundred.text(), "python -m tools.hundred"
    assert 60 < hundred.lines(hundred.text()) <= 100
    imported = {line for line in hundred.text().splitlines() if "import" in line}
    assert {line for line in imported if "helpers" in line} == {
        "from helpers.images import toy_domains"
    }


@pytest.fixture
def both():
    """The names of the file, and a run of the course that begins with the same weights."""
    names = hundred.course()
    preset = dataclasses.replace(
        PRESETS["lecture"], steps=6, decay_steps=3, precision="float32", history=50
    )
    run = Run(preset)
    for name, twin in run.nets._asdict().items():
        for p, q in zip(names[name].double().parameters(), twin.double().parameters(), strict=True):
            assert p.shape == q.shape
            q.data.copy_(p)
    return names, run


def test_six_steps_equal_those_of_the_course_in_float64(both):
    names, run = both
    wide = [[picture.double() for picture in names["pairs"](step)] for step in range(6)]
    curves = names["train"](wide.__getitem__, 6)
    for step, (x, y) in enumerate(wide):
        other = train_step(run, x, y)
        run.step += 1
        mine = torch.tensor([curves[step][name] for name in LOSSES], dtype=torch.float64)
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=0)
    for name, twin in run.nets._asdict().items():
        for p, q in zip(names[name].parameters(), twin.parameters()):
            # The gradient of a bias before a norm is rounding, which Adam divides by its size.
            torch.testing.assert_close(p.data, q.data, rtol=0, atol=1e-7)


def test_its_history_hands_out_older_fakes_half_of_the_time_and_each_once():
    random.seed(0)
    history = hundred.course()["History"](5)
    out = [history.swap(number) for number in range(1000)]
    assert out[:5] == [0, 1, 2, 3, 4]
    older = [new for new, given in enumerate(out[5:], 5) if given != new]
    assert 0.4 < len(older) / 995 < 0.6
    assert all(given <= new for new, given in enumerate(out)) and len(set(out[5:])) == 995


def test_the_file_runs_alone_from_another_folder(tmp_path):
    short = hundred.FILE.read_text(encoding="utf-8").replace(f"pairs, {hundred.STEPS}", "pairs, 2")
    copy = hundred.FILE.with_name("cyclegan_test.py")
    copy.write_text(short, encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, copy], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
    finally:
        copy.unlink()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hundred.png").stat().st_size > 10_000


def test_the_stored_runs_are_of_these_steps():
    import json

    run = json.loads((hundred.DATA / "run.json").read_text())
    sick = json.loads((hundred.DATA / "sick.json").read_text())
    assert run["steps"] == hundred.STEPS and len(run["losses"]) == 40
    assert list(sick["losses"]) == list(hundred.SICK) and list(sick["quiz"]) == list(hundred.QUIZ)
    assert run["report"]["horse2zebra"]["striped"] > 0.5
    assert abs(run["report"]["zebra2horse"]["striped"]) < 0.1
