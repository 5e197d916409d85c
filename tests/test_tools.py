"""The tools that make what the course ships: each starts, and its parts do what they say."""

import json
from pathlib import Path

import nbformat

from helpers.config import PRESETS
from tools import ablations, student

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
    assert (tmp_path / "coats-3-1-0.png").exists()
    assert "made coats-3-1-0" in capsys.readouterr().out
    ablations.main(arguments)
    assert "made" not in capsys.readouterr().out, "what is there is kept"


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
