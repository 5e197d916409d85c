"""The recipe of notebook 07 as one script, killed in between and run again."""

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import torch

from helpers import images
from helpers.checkpoints import CHECKPOINT, load_generator
from helpers.runs import read_losses
from helpers.settings import PRESETS
from helpers.training import Run, train

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks/07_going_further.ipynb"
# What the set-up cell and the first imports leave behind; the measurement has tests of its own.
BEFORE = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt, numpy as np, torch
device = torch.device("cpu")
"""
MEASURES, MINE = "evaluate_photographs", 'mine = ""'
SECONDS = 600  # on two cores that do other things as well


def script(mine: Path) -> str:
    """The cells of the recipe, on the folder `mine`."""
    cells = [
        cell
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if "recipe" in cell.metadata.get("tags", []) or cell.source.startswith("import logg")
    ]
    sources = [cell.source for cell in cells if MEASURES not in cell.source]
    assert len(cells) == len(sources) + 1
    text = BEFORE + "from importlib.util import find_spec\n" + "\n".join(sources)
    assert text.count(MINE) == 1
    return text.replace(MINE, f"mine = {str(mine)!r}")


def start(mine: Path) -> subprocess.Popen:
    threads = str(torch.get_num_threads())  # sums of others differ in the last bit
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": threads}
    return subprocess.Popen([sys.executable, "-c", script(mine)], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The folder that stands for the Drive, and what the second sitting printed."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    mine = tmp_path_factory.mktemp("drive") / "mine"
    first, begun = start(mine), time.monotonic()
    while not (mine / "run" / CHECKPOINT).exists():
        assert first.poll() is None, first.communicate(timeout=SECONDS)[0]
        assert time.monotonic() - begun < SECONDS
        time.sleep(0.01)
    first.kill()
    assert first.wait(timeout=60) != 0
    first.stdout.close()
    second = start(mine)
    said = second.communicate(timeout=SECONDS)[0]
    assert second.returncode == 0, said
    return mine, said


def test_it_finds_forty_pictures_and_leaves_out_the_broken_one_and_the_text(recipe):
    _, said = recipe
    for name in ("horses", "zebras"):
        animal = name.removesuffix("s")
        assert f"{name}: 42 files" in said
        assert f"{name}/{animal} 40.jpg cannot be read" in said.replace("\\", "/")
        assert f"{name}: 40 pictures are used" in said
    assert "testA 8" in said and "trainA 32" in said and "testB 8" in said


def test_a_killed_run_goes_on_and_ends_where_an_uncut_one_does(recipe, tmp_path):
    mine, said = recipe
    assert "It went on after step 1" in said and "came to step 20" in said
    assert len(read_losses(mine / "run")) == 20
    shutil.unpack_archive(mine / "horses.zip", tmp_path / "horses")
    for folder, letter in ((tmp_path / "horses", "A"), (mine / "zebras", "B")):
        whole = [path for path in images.picture_paths(folder) if path.stat().st_size]
        (tmp_path / f"train{letter}").mkdir()
        for path in [path for i, path in enumerate(whole) if i % 5]:
            shutil.copy(path, tmp_path / f"train{letter}")
    smoke = dataclasses.replace(PRESETS["smoke"], steps=20, decay_steps=10)
    uncut = train(Run(smoke), images.folder_domains(tmp_path, smoke.load_size))
    for name, net in (("horses2zebras", uncut.nets.G_AB), ("zebras2horses", uncut.nets.G_BA)):
        other, _ = load_generator(mine / f"run/{name}.safetensors")
        for p, q in zip(net.parameters(), other.parameters()):
            assert torch.equal(p, q)


def test_what_is_taken_home_is_whole_and_ran_without_pytorch(recipe, tmp_path):
    mine, said = recipe
    assert "differ by at most 2 of 255: True" in said
    shutil.unpack_archive(mine / "result.zip", tmp_path)
    there = {path.name for path in tmp_path.iterdir()}
    assert there >= {"horses2zebras.onnx", "without_torch.py", "losses.csv", "translated"}
    made = list((tmp_path / "translated").iterdir())
    assert len(made) == 8
    assert {images.open_picture(path).size for path in made} >= {(150, 150), (300, 300)}
