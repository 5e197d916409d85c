"""Every bad input is one sentence on stderr, exit code 2, and leaves nothing half-written."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from helpers import __main__ as cli
from helpers import evaluation, images, training
from helpers.checkpoints import load_checkpoint, load_generator, write_safely
from helpers.devices import choose_device
from helpers.networks import Generator
from helpers.settings import LOSSES, PRESETS, UserError

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
    assert load_checkpoint(tmp_path)["belongs_to"]["started from"] == str(run)
    again[again.index(tmp_path)] = tmp_path / "new"
    assert "holds no checkpoint.pt" in sentence(capsys, *again, tmp_path / "nothing")


def test_train_translate_evaluate_on_toy(run, tmp_path, capsys):
    out = tmp_path / "report.json"
    assert cli.main(["evaluate", "--weights", str(run), "--out", str(out)]) == 0
    report = json.loads(out.read_text())
    assert report["held_out_drawings"] == 64
    assert 0.3 < report["horse2zebra"]["anchors"]["nothing"]["error_inside"] < 1
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
            signal.raise_signal(signal.SIGINT)
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
    (["--size", "8"], "--size must be a whole number from 32 to 4096, not 8"),
    (["--learning-rate", "-1"], "--learning-rate must be a number of at least 1e-09, not -1.0"),
    (["--decay-steps", "5"], "--decay-steps must be at most steps, which is 4, not 5: set both"),
    (["--upsample", "magic"], "--upsample must be one of transposed, resize, not 'magic'"),
    (["--width", "wide"], "--width must be a whole number from 1 to 1024, not 'wide'"),
    (["--colour", "red"], "unrecognized arguments: --colour red; `python -m helpers --help`"),
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
        "--size must be a whole number from 8": [cats, "--out", out, *ok, "--size", "0"],
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


def test_evaluate_refuses(run, pictures, capsys):
    (pictures / "horse2zebra").mkdir()
    (pictures / "cats2dogs.safetensors").write_bytes((run / "horse2zebra.safetensors").read_bytes())
    refused = {
        "no testA and testB": ["--weights", run, "--data", pictures / "horse2zebra"],
        "takes one folder or two, not 3": ["--weights", run, "--data", "a", "b", "c"],
        "is one direction of two: name the folder": ["--weights", run / "horse2zebra.safetensors"],
        "'horse2zebra': choose one of cats2dogs.": ["--weights", pictures],
        "'a2b': choose one of cats2dogs.": ["--weights", pictures, "--data", pictures],
        "--size must be a whole number from 8": ["--weights", run, "--size", "-4"],
    }
    for words, arguments in refused.items():
        assert words in sentence(capsys, "evaluate", *arguments)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    error = sentence(capsys, "train", *SMALL, "--data", "toy", "--out", tmp_path / "file")
    assert "could not be written" in error and (tmp_path / "file").read_text() == "in the way"


def test_write_safely_is_all_or_nothing(tmp_path):
    """A real short write: the process may not make files of more than 1000 bytes."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
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
    assert all(c in text for c in ("download", "train", "translate", "evaluate", "plot"))
    done = subprocess.run([sys.executable, "-m", "helpers", "train", "--help"],
                          capture_output=True, text=True, check=True, timeout=600)  # fmt: skip
    assert all(f"{name}:" in done.stdout for name in PRESETS)


def test_the_device_by_its_name():
    assert choose_device("cpu").type == "cpu"


def test_a_word_that_no_command_knows_is_one_sentence(capsys):
    assert "required: COMMAND; `python -m helpers --help`" in sentence(capsys)
    assert "'paint'" in sentence(capsys, "paint")


def write_losses(folder, header=",".join(["step", *LOSSES]), rows=30):
    rng = np.random.default_rng(0)
    lines = [",".join([str(i + 1), *(f"{x:.6g}" for x in rng.random(8))]) for i in range(rows)]
    (folder / "losses.csv").write_text("\n".join([header, *lines]) + "\n")


def test_plot_draws_the_losses_of_a_run(tmp_path, capsys, monkeypatch):
    from helpers import plots

    drawn = []
    plot = plots.plot_losses
    monkeypatch.setattr(plots, "plot_losses", lambda losses: drawn.append(losses) or plot(losses))
    write_losses(tmp_path)
    assert cli.main(["plot", str(tmp_path)]) == 0
    assert "losses.png: 30 steps" in capsys.readouterr().out
    assert Image.open(tmp_path / "losses.png").format == "PNG"
    expected = np.random.default_rng(0).random((30, 8))
    np.testing.assert_allclose(drawn[0].numpy(), expected, rtol=1e-5)
    assert cli.main(["plot", str(tmp_path), "--out", str(tmp_path / "new" / "a.png")]) == 0
    assert (tmp_path / "new" / "a.png").exists()


def test_plot_refuses(tmp_path, capsys):
    assert "losses.csv cannot be read" in sentence(capsys, "plot", tmp_path)
    for wrong in ({"rows": 0}, {"header": "step,loss"}, {"header": "step," + ",".join("abcdefgh")}):
        write_losses(tmp_path, **wrong)
        assert "not what a run writes: expected rows under step,d_a" in sentence(
            capsys, "plot", tmp_path
        )
    (tmp_path / "losses.csv").write_bytes(b"\xff\xfe\x00")
    assert "not what a run writes" in sentence(capsys, "plot", tmp_path)
    assert not (tmp_path / "losses.png").exists()


def report_in(out):
    return json.loads(out[out.index("{") :])


@pytest.fixture
def trained(pictures):
    """A run on dogs (A) and cats (B): A is not the first by name."""
    data = [str(pictures / "dogs"), str(pictures / "cats")]
    command = ["train", *SMALL, "--out", str(pictures / "run"), "--data", *data]
    assert cli.main(command) == 0
    return pictures / "run"


@pytest.fixture
def measured(monkeypatch):
    """What reaches evaluate_photographs, in place of Inception's minute."""
    calls = []

    def spy(G_AB, G_BA, test, split):
        calls.append((G_AB.state_dict(), G_BA.state_dict(), test, split))
        return {"split": split}

    monkeypatch.setattr(evaluation, "evaluate_photographs", spy)
    return calls


def test_evaluate_takes_the_directions_from_the_run(trained, pictures, measured, capsys):
    """Test folders of other names: the first is A as trained, not the first by name."""
    for old, new in (("dogs", "unseen dogs"), ("cats", "unseen cats")):
        (pictures / old).rename(pictures / new)
        next((pictures / new).iterdir()).unlink()
    data = [str(pictures / "unseen dogs"), str(pictures / "unseen cats")]
    assert cli.main(["evaluate", "--weights", str(trained), "--data", *data]) == 0
    [(G_AB, G_BA, test, split)] = measured
    assert test.names == ("dogs", "cats") and split == " against ".join(data)
    for state, name in ((G_AB, "dogs2cats"), (G_BA, "cats2dogs")):
        expected = load_generator(trained / f"{name}.safetensors")[0].state_dict()
        assert all(torch.equal(state[k], expected[k]) for k in expected)
    out, err = capsys.readouterr()
    assert f"Note: {data[0]} is taken for dogs, {data[1]} for cats." in err
    assert report_in(out)["trained_on"] == []


def test_evaluate_without_a_checkpoint_takes_the_first_by_name(trained, pictures, measured, capsys):
    for path in trained.glob("checkpoint*"):
        path.unlink()
    (pictures / "cats").rename(pictures / "x")
    data = [str(pictures / "x"), str(pictures / "dogs")]
    assert cli.main(["evaluate", "--weights", str(trained), "--data", *data]) == 0
    assert measured[0][2].names == ("cats", "dogs")
    out, err = capsys.readouterr()
    assert "x is taken for cats" in err and "trained on" not in err
    assert report_in(out)["trained_on"] is None


@pytest.mark.parametrize("order", [("dogs", "cats"), ("cats", "dogs")])
def test_evaluate_says_when_trained_on_these(trained, pictures, measured, capsys, order):
    data = [str(pictures / name) for name in order]
    assert cli.main(["evaluate", "--weights", str(trained), "--data", *data]) == 0
    assert measured[0][2].names == order
    out, err = capsys.readouterr()
    assert f"Note: The run was trained on {data[0]} and {data[1]}, so this says nothing" in err
    assert report_in(out)["trained_on"] == data


def test_evaluate_names_the_one_folder_that_was_trained_on(trained, pictures, measured, capsys):
    picture = next((pictures / "cats").glob("b.png"))
    Image.new("RGB", (40, 40), "red").save(picture)  # as many as before, but not the same
    data = [str(pictures / "dogs"), str(pictures / "cats")]
    assert cli.main(["evaluate", "--weights", str(trained), "--data", *data]) == 0
    assert report_in(capsys.readouterr().out)["trained_on"] == data[:1]


def test_a_damaged_checkpoint_does_not_keep_evaluate_from_measuring(
    trained, pictures, measured, capsys
):
    for path in trained.glob("checkpoint*"):
        path.write_bytes(b"nonsense")
    capsys.readouterr()
    data = [str(pictures / "dogs"), str(pictures / "cats")]
    assert cli.main(["evaluate", "--weights", str(trained), "--data", *data]) == 0
    assert json.loads(capsys.readouterr().out)["trained_on"] is None


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory."), MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ..."),
])  # fmt: skip
def test_too_little_memory_is_one_sentence_everywhere(run, pictures, capsys, monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    cats, out = pictures / "cats", pictures / "out"
    data = ["--data", cats, pictures / "dogs"]
    train = ["train", *SMALL, "--out", out, *data]
    translate = ["translate", cats, "--out", out, "--weights", run, "--direction", "horse2zebra"]
    evaluate = ["evaluate", "--weights", run]
    for place, name, command in (
        (images, "folder_domains", train),
        (training, "Generator", train),
        (images, "translate", translate),
        (cli.checkpoints, "load_generator", translate),
        (cli, "evaluate_toy", evaluate),
        (images, "folder_domains", [*evaluate, *data]),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            assert "Out of memory" in sentence(capsys, *command)
        assert not out.exists()


def test_names_that_the_console_cannot_show_stop_nothing(pictures):
    """The whole way with umlauts on a console of ASCII; on one of UTF-8 they are shown."""
    (pictures / "cats").rename(pictures / "Kätzchen")
    for console, shown in (("ascii", r"K\xe4tzchen"), ("utf-8", "Kätzchen")):
        out = pictures / f"lauf für {console}"
        environment = os.environ | {
            "PYTHONIOENCODING": f"{console}:strict",  # what Python does if nobody asks
            "PYTHONPATH": str(Path(cli.__file__).parents[1]), "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        train = ["train", *SMALL, "--data", "Kätzchen", "dogs", "--out", str(out)]
        translate = ["translate", "Kätzchen", "--weights", str(out), "--direction"]
        translate += ["Kätzchen2dogs", "--out", str(out / "übersetzt")]
        fail = ["translate", "Mäuse", "--weights", str(out), "--out", "x"]
        done = [
            subprocess.run(
                [sys.executable, "-m", "helpers", *command], cwd=pictures, capture_output=True,
                env=environment, encoding="utf-8", timeout=600,
            )
            for command in (train, translate, fail)
        ]  # fmt: skip
        assert [d.returncode for d in done] == [0, 0, 2], done
        assert f"{shown}2dogs.safetensors" in done[0].stdout
        assert ("übersetzt" if console == "utf-8" else r"\xfcbersetzt") in done[1].stdout
        assert len(list((out / "übersetzt").iterdir())) == 8
        assert not any("Traceback" in d.stderr for d in done)
