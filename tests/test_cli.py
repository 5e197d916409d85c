"""The command line, called as a reader calls it: what it does, and one sentence where it cannot."""

import json

import pytest
import torch
from PIL import Image

from helpers.__main__ import main
from helpers.checkpoints import load_checkpoint

TRAIN = ["train", "--preset", "smoke", "--steps", "4", "--decay-steps", "2", "--device", "cpu",
         "--width", "4"]  # fmt: skip


def run(*arguments):
    main([str(argument) for argument in arguments])


def fails(capsys, *arguments):
    """The one sentence on stderr of a command that ends with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert "Traceback" not in "".join(lines)
    return lines[-1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run(*TRAIN, "--out", folder)
    return folder


@pytest.fixture
def photos(tmp_path):
    for folder in ("my horses", "my_zebras2"):
        (tmp_path / folder).mkdir()
        for i in range(3):
            Image.new("RGB", (50, 40), (80 * i, 9, 9)).save(tmp_path / folder / f"{i}.png")
    return tmp_path


def test_train_resumes_and_refuses_other_settings(trained, capsys):
    run(*TRAIN, "--out", trained)
    assert load_checkpoint(trained)["step"] == 4
    assert "width 4 -> 8" in fails(capsys, *TRAIN[:-1], "8", "--out", trained)


def test_evaluate_prints_json(trained, capsys):
    run("evaluate", trained)
    report = json.loads(capsys.readouterr().out)
    assert "striped" in json.dumps(report)


def test_two_folders_of_ones_own_whatever_their_names(photos, trained, capsys):
    folders = photos / "my horses", photos / "my_zebras2"
    run(*TRAIN, "--data", *folders, "--out", photos / "out")
    weights = photos / "out/my horses2my_zebras2.safetensors"
    run("translate", folders[0], "--weights", weights, "--out", photos / "zebras")
    assert sorted(p.name for p in (photos / "zebras").iterdir()) == ["0.png", "1.png", "2.png"]
    run("translate", folders[0] / "0.png", "--weights", weights, "--out", photos / "zebra.png")
    assert Image.open(photos / "zebra.png").size == (50, 40)
    assert "name a folder" in fails(
        capsys, "translate", folders[0], "--weights", weights, "--out", photos / "z.png"
    )


def test_start_from_and_without(trained, tmp_path):
    run(*TRAIN, "--start-from", trained, "--without", "d_a", "d_b", "--out", tmp_path)
    old, new = load_checkpoint(trained), load_checkpoint(tmp_path)
    assert torch.equal(old["D_A"]["layers.0.weight"], new["D_A"]["layers.0.weight"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*TRAIN, "--data", "missing"], "no folder"),
        ([*TRAIN, "--size", "8"], "at least 32"),
        ([*TRAIN, "--steps", "many"], "invalid int value"),
        (["translate", "missing.png", "--weights", "x", "--out", "y"], "no weights at x"),
        (["translate", "x", "--weights", "authors:cow2horse", "--out", "y"], "choose from"),
        (["evaluate", "missing"], "no two generators"),
        (["download", "horse2cow"], "choose from"),
        (["fly"], "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in fails(capsys, *arguments)


def test_a_system_error_is_one_sentence(trained, capsys, tmp_path):
    weights = trained / "horse2zebra.safetensors"
    said = fails(capsys, "translate", tmp_path / "no.png", "--weights", weights, "--out", tmp_path)
    assert "No such file" in said
