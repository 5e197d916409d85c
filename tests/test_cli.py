"""The command line, called as a reader calls it: what it does, and one sentence where it cannot."""

import json

import pytest

from helpers.__main__ import main
from helpers.checkpoints import load_checkpoint

pytestmark = pytest.mark.xdist_group("cli")
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


def test_train_resumes_and_refuses_other_settings(trained, capsys):
    run(*TRAIN, "--out", trained)
    assert load_checkpoint(trained)["step"] == 4
    assert "width 4 -> 8" in fails(capsys, *TRAIN[:-1], "8", "--out", trained)


def test_evaluate_prints_json(trained, capsys):
    run("evaluate", trained)
    report = json.loads(capsys.readouterr().out)
    assert "striped" in json.dumps(report)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*TRAIN, "--data", "missing"], "no folder"),
        (["translate", "missing.png", "--weights", "x", "--out", "y"], "no weights at x"),
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
