"""Notebook 05's road to a GPU: its commands, run on a CPU in folders laid out as on Colab."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from safetensors import safe_open

from helpers.data.horse2zebra import COUNTS

ROOT = Path(__file__).parents[1]
# Tiny networks and images in place of the preset's; everything else is as the reader runs it.
SMALL = "--size 32 --width 4 --blocks 1 --d-width 4 --steps 2 --decay-steps 1 --amp float32"


def commands() -> list[str]:
    """The notebook's lines that begin with !, from the cell that trains and the text below."""
    cells = json.loads((ROOT / "notebooks/05_training.ipynb").read_text("utf-8"))["cells"]
    found = [line.strip() for cell in cells for line in "".join(cell["source"]).splitlines()]
    return [line[1:] for line in found if line.startswith("!cd {root}")]


@pytest.fixture
def content(tmp_path):
    """/content: the fetched course, a mounted Drive, and a whole but tiny data set."""
    course, drive = tmp_path / "course", tmp_path / "drive/MyDrive"
    shutil.copytree(ROOT / "helpers", course / "helpers")
    drive.mkdir(parents=True)
    one = tmp_path / "one.jpg"
    Image.linear_gradient("L").resize((40, 40)).convert("RGB").save(one)
    for folder, count in COUNTS.items():
        (course / "data/horse2zebra" / folder).mkdir(parents=True)
        for number in range(count):
            (course / "data/horse2zebra" / folder / f"{number}.jpg").hardlink_to(one)
    return tmp_path


def test_download_train_go_on_and_translate(content):
    download, train, translate = commands()
    assert "--preset colab" in train
    out, horses = content / "drive/MyDrive/horse2zebra", content / "course/data/horse2zebra/testA"
    few = content / "few"
    few.mkdir()
    shutil.copy(horses / "0.jpg", few)
    names = {
        "{root}": content / "course", "{sys.executable}": sys.executable, "{out}": out,
        "MY_HORSES": few, "MY_ZEBRAS": content / "zebras",
    }  # fmt: skip

    def run(command: str) -> str:
        for name, meaning in names.items():
            command = command.replace(name, str(meaning))
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "data/horse2zebra" in run(download)
    run(f"{train} {SMALL}")
    with safe_open(out / "horse2zebra.safetensors", "pt") as file:
        assert json.loads(file.metadata()["config"])["blocks"] == 1
    saved = (out / "checkpoint.pt").stat().st_mtime_ns
    run(f"{train} {SMALL}")  # a new session finds the run, which has no step left to do
    assert (out / "checkpoint.pt").stat().st_mtime_ns == saved
    run(translate)
    assert [path.name for path in (content / "zebras").iterdir()] == ["0.png"]
