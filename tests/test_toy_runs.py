"""The runner of many toy runs: what it makes, keeps, refuses and shares."""

import dataclasses
import json
from pathlib import Path

import pytest
from filelock import FileLock

from helpers import toy
from helpers.measures import DIRECTIONS
from helpers.settings import LOSSES, PRESETS
from tools import toy_runs
from tools.toy_runs import CONDITIONS, GROUPS, Condition, main, table

STORED = Path(__file__).parent.parent / "data/toy_runs"

WORLD = dataclasses.replace(toy.World(), length=(0.4, 0.6))


@pytest.fixture
def small(monkeypatch):
    """Two conditions, and settings that take a second."""
    some = {
        "plain": Condition(
            probes={"length 0.5": dataclasses.replace(toy.World(), length=(0.5, 0.5))}
        ),
        "odd": Condition({"without": ("cycle_a", "cycle_b"), "steps": 3}, WORLD),
    }
    monkeypatch.setattr(toy_runs, "CONDITIONS", some)
    monkeypatch.setattr(toy_runs, "GROUPS", {"all of them": (tuple(some), 2), "one": (("odd",), 1)})
    preset = {"steps": 4, "decay_steps": 2, "pictures": 4, "history": 2}
    monkeypatch.setitem(
        toy_runs.PRESETS, "smoke", dataclasses.replace(toy_runs.PRESETS["smoke"], **preset)
    )
    monkeypatch.setattr(toy_runs, "COUNT", 4)


def run(out, *options):
    return main([*options, "--out", str(out), "--preset", "smoke", "--precision", "float32"])


def test_a_run_leaves_settings_losses_measures_a_picture_and_weights(small, tmp_path):
    assert run(tmp_path, "one") == 0
    assert [p.name for p in sorted(tmp_path.glob("*.*"))] == ["odd-0.json", "odd-0.png"]
    facts = json.loads((tmp_path / "odd-0.json").read_text())
    assert facts["preset"]["lambda_cycle"] == 10 and facts["preset"]["learning_rate"] == 2e-4
    assert facts["preset"]["without"] == ["cycle_a", "cycle_b"] and facts["preset"]["steps"] == 3
    assert facts["preset"]["precision"] == "float32" and facts["world"]["clutter"] == [0, 2]
    assert facts["world"]["length"] == [0.4, 0.6] and facts["seed"] == 0
    assert list(facts["losses"]) == list(LOSSES)
    assert facts["seconds"] > 0 and facts["torch"]
    for direction in DIRECTIONS:
        report = facts["report"][direction]
        assert {"striped", "round_trip", "progress", "anchors", "painted"} <= report.keys()
        pictures = facts["pictures"][direction]["striped"]
        assert len(pictures) == 4
        assert sum(pictures) / 4 == pytest.approx(report["striped"], abs=1e-3)
        assert (tmp_path / "weights/odd-0" / f"{direction}.safetensors").exists()


def test_what_is_there_is_kept_and_the_rest_is_made(small, tmp_path, capsys):
    assert run(tmp_path, "one") == 0
    before = (tmp_path / "odd-0.json").stat().st_mtime_ns
    capsys.readouterr()
    assert run(tmp_path) == 0
    assert (tmp_path / "odd-0.json").stat().st_mtime_ns == before
    out = capsys.readouterr().out
    assert "1 runs of these settings are there and kept" in out
    assert [line for line in out.splitlines() if line.startswith("made")] == [
        "made plain-0", "made plain-1", "made odd-1"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change, named",
    [
        (lambda facts: facts["preset"].update(learning_rate=0.5), "learning_rate was 0.5"),
        (lambda facts: facts["world"].update(clutter=[0, 9]), "clutter was"),
        (lambda facts: facts.update(seed=7), "seed was 7"),
        (lambda facts: facts.pop("world"), "world was None"),
    ],
)
def test_another_run_of_that_name_is_refused_and_left_alone(small, tmp_path, capsys, change, named):
    assert run(tmp_path, "one") == 0
    path = tmp_path / "odd-0.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))
    before = path.read_bytes()
    assert run(tmp_path) == 2
    error = capsys.readouterr().err
    assert str(path) in error and named in error and "--out" in error
    assert path.read_bytes() == before and not (tmp_path / "plain-0.json").exists()


def test_a_folder_of_other_files_is_refused(small, tmp_path, capsys):
    (tmp_path / "none.json").write_text("{}")
    assert run(tmp_path) == 2
    assert "no run of this table" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["none.json"]


def test_a_run_that_another_process_works_on_is_left_to_it(small, tmp_path):
    (tmp_path / "locks").mkdir()
    with FileLock(tmp_path / "locks/odd-0"):
        assert run(tmp_path, "one") == 0
        assert not (tmp_path / "odd-0.json").exists()
    assert run(tmp_path, "one") == 0
    assert (tmp_path / "odd-0.json").exists()


def test_measuring_again_changes_nothing_but_what_is_measured(small, tmp_path):
    assert run(tmp_path, "one") == 0
    path = tmp_path / "odd-0.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"report": "old", "pictures": {}}))
    assert run(tmp_path, "--measure-again") == 0
    again = json.loads(path.read_text())
    assert {k: again[k] for k in ("losses", "seconds", "world", "preset")} == {
        k: whole[k] for k in ("losses", "seconds", "world", "preset")
    }
    for direction in DIRECTIONS:  # the weights are stored in half precision
        for name in ("striped", "error_inside", "round_trip"):
            stored = whole["report"][direction][name]
            assert again["report"][direction][name] == pytest.approx(stored, abs=2e-3)


def test_an_unknown_group_is_refused(tmp_path, capsys):
    assert main(["sizes", "--out", str(tmp_path)]) == 2
    assert "choose from ablations" in capsys.readouterr().err


def test_the_table_has_every_loss_every_pair_and_seed_0_first():
    ablations, seeds = GROUPS["ablations"]
    left_out = {
        frozenset(CONDITIONS[name].changes.get("without", "").split()) for name in ablations
    }
    pairs = [{n for n, kind in LOSSES.items() if kind == k} for k in set(LOSSES.values())]
    wanted = [set(), *({name} for name in LOSSES), *pairs[:]]
    wanted = [w for w in wanted if w != {"d_a", "d_b"}]
    wanted.append({n for n, kind in LOSSES.items() if kind in ("cycle", "identity")})
    assert left_out == set(map(frozenset, wanted)) and seeds >= 3
    runs = table(list(GROUPS))
    assert len(set(runs)) == len(runs)
    assert [seed for _, seed in runs] == sorted(seed for _, seed in runs)
    assert ("all", 4) in runs and ("without-d_a", 3) not in runs


def test_the_stored_runs_are_of_this_table():
    base = dataclasses.replace(PRESETS["lecture"], precision="bfloat16")
    assert len(toy_runs.check_folder(STORED, base)) > 50
