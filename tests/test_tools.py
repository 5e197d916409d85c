"""The tools that make what the course ships: each starts, and its parts do what they say."""

import json
from pathlib import Path

import nbformat
import pytest
import torch
from PIL import Image

from helpers.config import PRESETS
from helpers.weights import load_generator
from tools import ablations, photographs, student

ROOT = Path(__file__).parents[1]


def test_the_stored_runs_are_those_of_the_conditions():
    names = ("size", "width", "steps", "learning_rate", "lambda_cycle", "lambda_identity")
    paths = sorted((ROOT / "data/toy_runs").glob("*.json"))
    conditions = ablations.CONDITIONS.items()
    assert {path.stem for path in paths} == {
        f"{n}-{k}" for n, c in conditions for k in range(c.seeds)
    }
    for path in paths:
        run = json.loads(path.read_text())
        condition = ablations.CONDITIONS[run["condition"]]
        world = ablations.round_off({"world": vars(condition.world)})["world"]
        config = vars(ablations.LECTURE) | condition.changes
        assert world == run["world"] and {*run.get("probes", ())} == {*condition.probes}, path.stem
        assert {*run["preset"]["without"]} == {*config["without"]}, path.stem
        assert [run["preset"][name] for name in names] == [config[name] for name in names], (
            path.stem
        )


def test_a_condition_is_trained_measured_and_kept(tmp_path, tiny, monkeypatch, capsys):
    monkeypatch.setitem(PRESETS, "smoke", tiny)
    monkeypatch.setattr(ablations.measure, "__defaults__", (4,))
    arguments = ["coats-3-1", "--seeds", "1", "--smoke", "--out", str(tmp_path)]
    ablations.main(arguments)
    run = json.loads((tmp_path / "coats-3-1-0.json").read_text())
    stored = json.loads((ROOT / "data/toy_runs/coats-3-1-0.json").read_text())
    assert {*run} == {*stored} and len(run["losses"]["cycle_a"]) == 10
    for part in ("pictures", "report"):
        assert {*run[part]["horse2zebra"]} == {*stored[part]["horse2zebra"]}
    assert {*run["probes"]["bay horses"]["zebra2horse"]} == {
        *stored["probes"]["bay horses"]["zebra2horse"]
    }
    assert abs(sum(run["report"]["zebra2horse"]["painted"].values()) - 1) < 1e-6
    assert Image.open(tmp_path / "coats-3-1-0.png").size == (6 * 66 + 2, 4 * 66 + 2)
    _, config = load_generator(tmp_path / "weights/coats-3-1-0/horse2zebra.safetensors")
    assert config["size"] == tiny.size
    assert "made coats-3-1-0" in capsys.readouterr().out
    ablations.main(arguments)
    assert "made" not in capsys.readouterr().out, "what is there is kept"


def test_progress_counts_only_what_should_change():
    scenes = ablations.held_out("horse2zebra", 32, count=4)
    half = (scenes.source + scenes.target) / 2
    for output, progress in ((scenes.source, 0), (half, 0.5), (scenes.target, 1)):
        told = ablations.outcomes(scenes, output)["progress"]
        torch.testing.assert_close(told, torch.full((4,), float(progress)))


def test_change_on_and_off_the_animal(tmp_path):
    for name, side in (("left", 0), ("none", None)):
        if side is not None:
            mask = Image.new("1", (20, 20))
            mask.paste(1, (side, 0, side + 10, 20))
            (tmp_path / "testA").mkdir()
            mask.save(tmp_path / f"testA/{name}.png")
    change = torch.zeros(2, 1, 20, 20)
    change[..., :10] = 0.5
    paths = [Path(f"horse2zebra/testA/{name}.jpg") for name in ("left", "none")]
    told = photographs.on_and_off(change, paths, tmp_path)
    assert told == {"change_on": [0.5, None], "change_off": [0.0, None]}


def test_the_border_and_a_grid_are_measured():
    source = torch.zeros(1, 3, 64, 64)
    inside = source.clone()
    inside[..., 6:-6, 6:-6] = 1
    assert photographs.border_shift(source, inside).item() == 0
    assert photographs.border_shift(source, source + 0.25).item() == pytest.approx(0.25)
    noise = 0.02 * torch.randn(1, 3, 64, 64)
    grid = noise + 0.1 * (torch.arange(64) % 2)
    assert photographs.flat_grid(source, noise, 2) < 3 < photographs.flat_grid(source, grid, 2)


def test_a_test_photograph_that_was_trained_on_is_left_out_and_copies_share_a_hash(tmp_path):
    for split in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / split).mkdir()
        noise = torch.randint(0, 255, (40, 40, 3), dtype=torch.uint8).numpy()
        Image.fromarray(noise).resize((80, 80)).save(tmp_path / split / "own.png")
    copy = (tmp_path / "trainA/own.png").read_bytes()
    (tmp_path / "testA/copy.png").write_bytes(copy)
    assert [path.name for path in photographs.test_paths(tmp_path, "A")] == ["own.png"]
    photographs.main(["list", str(tmp_path), "--out", str(tmp_path / "list.csv")])
    rows = [line.split(",") for line in (tmp_path / "list.csv").read_text().splitlines()]
    rows = {row[0]: row for row in rows[1:]}
    assert rows["trainA/own.png"][1:] == rows["testA/copy.png"][1:]
    image = Image.open(tmp_path / "testB/own.png")
    smaller = int(photographs.dhash(image.resize((50, 50))), 16)
    assert (smaller ^ int(rows["testB/own.png"][4], 16)).bit_count() <= 6


def test_students_get_no_solution_and_teachers_get_them_all(tmp_path):
    student.write(tmp_path / "class", tmp_path / "answers.md")
    answers = (tmp_path / "answers.md").read_text("utf-8")
    for path in sorted((ROOT / "notebooks").glob("0*.ipynb")):
        given = nbformat.read(tmp_path / "class" / path.name, as_version=4)
        assert not [cell for cell in given.cells if cell.get("outputs")]
        assert not [cell for cell in given.cells if "<summary>Solution" in cell.source]
        text = path.read_text("utf-8")
        solutions = answers.partition(f"## {given.cells[0].source.splitlines()[0][2:]}\n")[2]
        solutions = solutions.partition("\n## ")[0]
        assert solutions.count("\n### ") == text.count("<summary>Solution") + text.count(
            "<summary>Answer"
        )
    solution = answers.partition("### Solution 0.1\n")[2].partition("###")[0]
    assert "fake = G_AB(x)" in solution and "- G_BA reads zebras: horses go into G_AB." in solution


def test_the_hundred_lines_are_those_of_notebook_05():
    """Between its imports and its last part every line of the file stands in the notebook."""
    notebook = nbformat.read(ROOT / "notebooks/05_training.ipynb", as_version=4)
    known = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    source = (ROOT / "notebooks/cyclegan_in_100_lines.py").read_text("utf-8")
    body = source.partition("\ndef ")[2].partition("\nif __name__")[0].splitlines()[1:]
    missing = [line for line in body if line.strip() and line.strip() not in known]
    assert not missing, "\n".join(missing)
