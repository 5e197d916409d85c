"""The recipe of notebook 07 as one script, killed in between and run again."""

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import images, toy
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
DRAWN = 'root / (mine or f"{scratch.name}/drive")'
SECONDS = 600  # on two cores that do other things as well


def script(mine: Path, own: bool = False) -> str:
    """The cells of the recipe on `mine`: a reader's own pictures, or where drawings are put."""
    cells = [
        cell
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if "recipe" in cell.metadata.get("tags", []) or cell.source.startswith("import logg")
    ]
    sources = [cell.source for cell in cells if MEASURES not in cell.source]
    assert len(cells) == len(sources) + 1
    text = BEFORE + "from importlib.util import find_spec\n" + "\n".join(sources)
    assert text.count(MINE) == text.count(DRAWN) == 1
    root = f"from pathlib import Path\nroot = Path({str(mine.parent)!r})\n"
    if own:
        return root + text.replace(MINE, f"mine = {mine.name!r}")
    return root + text.replace(DRAWN, f"Path({str(mine)!r})")


def start(mine: Path, own: bool = False) -> subprocess.Popen:
    threads = str(torch.get_num_threads())  # sums of others differ in the last bit
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": threads}
    return subprocess.Popen([sys.executable, "-c", script(mine, own)], env=environment, text=True,
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
    assert "it has loaded PyTorch: False" in said and "seen at 33 x 66" in said
    assert "differ by at most 2 of 255: True" in said
    shutil.unpack_archive(mine / "result.zip", tmp_path)
    there = {path.name for path in tmp_path.iterdir()}
    assert there >= {"horses2zebras.onnx", "without_torch.py", "losses.csv", "translated"}
    made = list((tmp_path / "translated").iterdir())
    assert len(made) == 8
    assert {images.open_picture(path).size for path in made} >= {(150, 150), (300, 300)}


def test_the_program_turns_a_telephones_picture_upright(recipe, tmp_path):
    mine, _ = recipe
    shutil.unpack_archive(mine / "result.zip", tmp_path)
    path, out = tmp_path / "turned.png", tmp_path / "out.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    wide = Image.fromarray(toy.draw(toy.sample_scene(np.random.default_rng(1)), "horse", 60))
    wide.crop((0, 10, 60, 50)).save(path, exif=exif)
    program = [sys.executable, tmp_path / "without_torch.py", tmp_path / "horses2zebras.onnx"]
    subprocess.run([*program, path, "33", out], check=True, timeout=60)
    net, _ = load_generator(tmp_path / "horses2zebras.safetensors")
    own = images.translate(net, images.open_picture(path), 33)
    with Image.open(out) as alone:
        assert alone.size == own.size == (40, 60)
        assert np.abs(np.asarray(alone, int) - np.asarray(own, int)).max() <= 2


def test_own_folders_are_found_inside_a_zip_and_trained_on_in_one_sitting(tmp_path):
    for k, name in enumerate(("horses", "zebras")):
        folder = tmp_path / "mine" / name
        (folder / "May").mkdir(parents=True)
        (folder / "__MACOSX").mkdir()
        (folder / "__MACOSX/._0.png").touch()
        for i in range(10):
            scene = toy.sample_scene(np.random.default_rng([k, i]))
            picture = Image.fromarray(toy.draw(scene, name.removesuffix("s"), 48))
            picture.save(folder / ("May" if i < 5 else "") / f"{i % 5}.png")
    archive = str(tmp_path / "mine/zebras")
    shutil.make_archive(archive, "zip", tmp_path / "mine", "zebras")  # holds its folder again
    shutil.rmtree(archive)
    process = start(tmp_path / "mine", own=True)
    said = process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0, said
    assert "horses: 10 files" in said and "zebras: 10 files" in said
    assert "testA 2" in said and "trainB 8" in said and "cut off" not in said
    assert len(read_losses(tmp_path / "mine/run")) == 20


def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path):
    process = start(tmp_path / "mnie", own=True)
    said = process.communicate(timeout=SECONDS)[0]
    assert process.returncode and "correct `mine` or `names`" in said
    assert not (tmp_path / "mnie").exists()
