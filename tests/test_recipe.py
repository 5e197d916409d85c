"""Notebook 07's recipe as a script: killed once, it ends where an uncut run ends, bit for bit."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from PIL import Image

from helpers.checkpoints import load_checkpoint
from helpers.data import drawings

ROOT = Path(__file__).parents[1]


def recipe(folder: Path, keep_in: Path) -> str:
    """The cells that carry the tag "recipe", with the fields filled in."""
    notebook = json.loads((ROOT / "notebooks/07_going_further.ipynb").read_text("utf-8"))
    cells = [c for c in notebook["cells"] if "recipe" in c["metadata"].get("tags", [])]
    source = "\n\n".join("".join(cell["source"]) for cell in cells)
    fields = {"folder_a": folder / "horses", "folder_b": folder / "zebras", "keep_in": keep_in}
    for name, value in fields.items():
        assert f'{name} = ""' in source
        source = source.replace(f'{name} = ""', f"{name} = {str(value)!r}", 1)
    # Four checkpoints, and time to be killed between them.
    assert "quarter if drawn else 500" in source
    return source.replace("quarter if drawn else 500", "quarter", 1)


def start(script: Path) -> subprocess.Popen:
    environment = os.environ | {"CYCLEGAN_PRESET": "smoke", "OMP_NUM_THREADS": "1",
                                "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}  # fmt: skip
    return subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True,
                            env=environment, cwd=script.parent)  # fmt: skip


def test_the_recipe_killed_once_equals_an_uncut_run(tmp_path):
    for seed, animal in enumerate(("horse", "zebra")):
        (tmp_path / f"{animal}s").mkdir()
        for k, drawing in enumerate(drawings.drawings(animal, 20, 48, seed)[0]):
            picture = Image.fromarray(drawing.transpose(1, 2, 0))
            picture.save(tmp_path / f"{animal}s/{k:02}.jpg")
    results = {}
    for name in ("killed", "whole"):
        script, work = tmp_path / f"{name}.py", tmp_path / name
        script.write_text(recipe(tmp_path, work), "utf-8")
        work.mkdir()
        if name == "killed":
            process = start(script)
            while not (work / "run/checkpoint.pt").exists() and process.poll() is None:
                time.sleep(0.01)
            process.kill()
            process.wait()
            assert 0 < load_checkpoint(work / "run")["step"] < 16, "it was killed too late"
        told, _ = start(script).communicate(timeout=300)
        assert "need 4 test images" in told and len([*(work / "translated").iterdir()]) == 2
        results[name] = load_checkpoint(work / "run")
    for name in ("G_AB", "G_BA", "D_A", "D_B"):
        for key, tensor in results["whole"][name].items():
            assert torch.equal(results["killed"][name][key], tensor), (name, key)
