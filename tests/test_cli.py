"""Every bad input is one sentence on stderr, exit code 2, and leaves nothing half-written."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from helpers import __main__ as cli
from helpers import training
from helpers.checkpoints import load_checkpoint, load_generator, write_safely
from helpers.networks import Generator
from helpers.settings import PRESETS, UserError, choose_device, choose_preset

SMALL = ["--preset", "smoke", "--steps", "4", "--width", "4", "--d-width", "4", "--preview-every",
         "0"]  # fmt: skip


def sentence(capsys, *arguments):
    """Runs a command that must fail and gives its one sentence."""
    assert cli.main([str(a) for a in arguments]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("Error: ") and error.endswith(".")
    return error


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    assert cli.main(["train", *SMALL, "--data", "toy", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def pictures(tmp_path):
    """Two folders of what people have, in many formats and shapes."""
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        kinds = [("a.jpg", "RGB"), ("b.png", "RGBA"), ("c.webp", "RGB"), ("d.jpg", "L"),
                 ("e.jpg", "CMYK"), ("f.gif", "P"), ("g.tif", "RGB"), ("h.png", "LA")]  # fmt: skip
        for file, mode in kinds:
            size = rng.integers(20, 90, 2)
            noise = rng.integers(0, 255, (*size, 3), dtype=np.uint8)
            Image.fromarray(noise).convert(mode).save(tmp_path / name / file)
    return tmp_path


def test_train_starts_from_another_run(run, tmp_path, capsys):
    again = ["train", *SMALL, "--data", "toy", "--out", tmp_path, "--start-from"]
    assert cli.main([str(a) for a in (*again, run)]) == 0
    assert load_checkpoint(tmp_path, torch.device("cpu"))["belongs_to"]["started from"] == str(run)
    assert "holds no checkpoint.pt" in sentence(capsys, *again, tmp_path / "nothing")


def test_train_translate_evaluate_on_toy(run, tmp_path, capsys):
    out = tmp_path / "report.json"
    assert cli.main(["evaluate", "--weights", str(run), "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["held_out_drawings"] == 64
    assert 0.3 < report["horse2zebra"]["input_error_inside"] < 1
    assert set(report["horse2zebra"]) == set(report["zebra2horse"])


def test_your_own_two_folders_go_all_the_way(pictures, capsys):
    out = pictures / "run"
    data = [str(pictures / "cats"), str(pictures / "dogs")]
    assert cli.main(["train", *SMALL, "--data", *data, "--out", str(out)]) == 0
    assert (out / "cats2dogs.safetensors").exists() and (out / "dogs2cats.safetensors").exists()
    translated = pictures / "translated"
    command = ["translate", data[0], "--weights", str(out), "--direction", "cats2dogs"]
    assert cli.main([*command, "--out", str(translated)]) == 0
    originals = sorted((pictures / "cats").iterdir())
    results = sorted(translated.iterdir())
    assert len(results) == len(originals) == 8
    for before, after in zip(originals, results):
        assert after.name.startswith(before.name)
        assert Image.open(after).size == Image.open(before).size


def test_one_picture_keeps_its_size_and_orientation(run, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (50, 30), "brown").save(tmp_path / "horse.jpg", exif=exif)
    command = ["translate", str(tmp_path / "horse.jpg"), "--weights", str(run)]
    command += ["--direction", "horse2zebra", "--out", str(tmp_path / "out")]
    assert cli.main(command) == 0
    upright = Image.open(tmp_path / "out" / "horse.jpg")
    assert upright.size == (30, 50) and upright.getexif().get(0x0112) is None


def test_the_same_command_resumes(tmp_path, capsys, monkeypatch):
    command = ["train", *SMALL, "--data", "toy", "--out", str(tmp_path), "--save-seconds", "0"]
    step = training.train_step

    def interrupted(run, x, y):
        if run.step == 2:
            os.kill(os.getpid(), 2)
        return step(run, x, y)

    monkeypatch.setattr(training, "train_step", interrupted)
    assert cli.main(command) == 130
    assert "Stopped at step 3 and saved; the same command resumes." in capsys.readouterr().out
    monkeypatch.undo()
    assert cli.main(command) == 0
    assert "after 4 steps" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, words", [
    (["--preset", "lunch"], "no preset 'lunch': choose one of smoke, lecture"),
    (["--device", "cuda:9"], "'cuda:9' is not available"),
    (["--size", "8"], "--size must be 32 or more"),
    (["--steps", "0"], "--steps must be 1 or more"),
    (["--upsample", "magic"], '--upsample must be "transposed" or "resize"'),
    (["--data", "a", "b", "c"], "--data takes one folder or two, not 3"),
    (["--data", "nowhere"], "no folder nowhere"),
])  # fmt: skip
def test_train_refuses(arguments, words, tmp_path, capsys):
    out = tmp_path / "run"
    assert words in sentence(capsys, "train", *SMALL, "--data", "toy", "--out", out, *arguments)
    assert not out.exists()


def test_train_names_a_broken_picture(pictures, capsys):
    (pictures / "dogs" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    data = pictures / "cats", pictures / "dogs"
    error = sentence(capsys, "train", *SMALL, "--data", *data, "--out", pictures / "run")
    assert "broken.jpg cannot be read as a picture" in error
    assert not (pictures / "run").exists()


def test_train_refuses_another_runs_folder(run, capsys):
    before = (run / "checkpoint.pt").read_bytes()
    error = sentence(capsys, "train", *SMALL, "--data", "toy", "--out", run, "--blocks", "3")
    assert "blocks was 2 and is now 3" in error and "another folder" in error
    assert (run / "checkpoint.pt").read_bytes() == before


def test_translate_refuses(run, pictures, capsys):
    cats, out = pictures / "cats", pictures / "out"
    ok = ["--weights", run, "--direction", "horse2zebra"]
    refused = {
        "no picture at": [pictures / "no.jpg", "--out", out, *ok],
        "holds the input itself": [cats, "--out", cats, *ok],
        "choose one of horse2zebra, zebra2horse": [cats, "--out", out, "--weights", run],
        "train first": [cats, "--out", out, "--weights", pictures / "dogs"],
        "not cat2dog": [cats, "--out", out, "--weights", run / "horse2zebra.safetensors",
                        "--direction", "cat2dog"],
        "not a generator saved by this project": [cats, "--out", out, "--weights", cats / "a.jpg"],
        "--size must be 8 or more": [cats, "--out", out, *ok, "--size", "0"],
    }  # fmt: skip
    for words, arguments in refused.items():
        assert words in sentence(capsys, "translate", *arguments)
        assert not out.exists()


def test_weights_of_another_architecture_are_one_sentence(run, tmp_path):
    tensors = load_file(run / "horse2zebra.safetensors")
    net, config = load_generator(run / "horse2zebra.safetensors")
    assert config["direction"] == "horse2zebra" and config["size"] == 32
    other = tmp_path / "other.safetensors"
    wrong = json.dumps(config | {"width": 16})
    save_file(tensors, other, {"config": wrong})
    with pytest.raises(UserError, match=r"of another architecture: decoder.* expected"):
        load_generator(other)
    save_file(tensors, other)
    with pytest.raises(UserError, match="not a generator saved by this project"):
        load_generator(other)
    with pytest.raises(UserError, match="no weights at"):
        load_generator(tmp_path / "nowhere.safetensors")
    assert isinstance(net, Generator)


def test_evaluate_refuses(run, tmp_path, capsys):
    error = sentence(capsys, "evaluate", "--weights", run, "--data", tmp_path)
    assert "'a2b'" in error and "horse2zebra, zebra2horse" in error
    (tmp_path / "horse2zebra").mkdir()
    error = sentence(capsys, "evaluate", "--weights", run, "--data", tmp_path / "horse2zebra")
    assert "no testA and testB" in error


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    error = sentence(capsys, "train", *SMALL, "--data", "toy", "--out", tmp_path / "file")
    assert "could not be written" in error and (tmp_path / "file").read_text() == "in the way"


def test_write_safely_is_all_or_nothing(tmp_path):
    """A real short write: the process may not make files of more than 1000 bytes."""
    resource = pytest.importorskip("resource")  # Windows has no such limit
    path = tmp_path / "weights.bin"
    write_safely(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UserError, match="could not be written"):
            write_safely(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_help_names_every_command_and_preset():
    text = cli.parser().format_help()
    assert all(c in text for c in ("download", "train", "translate", "evaluate"))
    done = subprocess.run([sys.executable, "-m", "helpers", "train", "--help"],
                          capture_output=True, text=True, check=True, timeout=600)  # fmt: skip
    assert all(f"{name}:" in done.stdout for name in PRESETS)


def test_preset_by_environment_and_hardware(monkeypatch):
    monkeypatch.setenv("CYCLEGAN_PRESET", "smoke")
    assert choose_preset().name == "smoke" and choose_preset("paper").name == "paper"
    monkeypatch.delenv("CYCLEGAN_PRESET")
    assert choose_preset().name == ("colab" if torch.cuda.is_available() else "lecture")
    assert "learning_rate" in choose_preset().table()
    assert choose_device("cpu").type == "cpu"
