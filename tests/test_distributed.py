"""Two processes under torchrun, on this machine's CPU, with Gloo."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_training import assert_same

from helpers import __main__ as cli
from helpers import distributed, resume, training
from helpers.checkpoints import CHECKPOINT, PREVIOUS, load_checkpoint
from helpers.images import Domains, toy_domains
from helpers.settings import PRESETS, UserError

ROOT = Path(__file__).parent.parent
CPU = torch.device("cpu")
TRAIN = ["train", "--preset", "smoke", "--data", "toy", "--steps", "6", "--width", "4",
         "--d-width", "4", "--history", "2", "--save-seconds", "0", "--preview-every", "4",
         "--device", "cpu"]  # fmt: skip
FILES = [PREVIOUS, CHECKPOINT, "horse2zebra.safetensors", "losses.csv", "previews",
         "zebra2horse.safetensors"]  # fmt: skip


def torchrun(*command, processes=2):
    if os.name != "posix":
        pytest.skip("needs SIGKILL, and torchrun, which PyTorch hardly tests on Windows")
    # --local-addr: where the host's name does not resolve, they would look for each other for ever.
    command = ["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={processes}", *command]
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *map(str, command)], cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


class Float64(Domains):
    """Batches of doubles, so that only the order of a sum separates one process from two."""

    def to(self, device):
        return self

    def batch(self, *arguments):
        return tuple(pictures.double() for pictures in super().batch(*arguments))


def train_in_float64(batch, without=()):
    """10 steps, and histories with more room than 10 joint batches: every process has its own."""
    smoke = PRESETS["smoke"]
    small = dict(width=4, d_width=4, steps=10, decay_steps=5, history=50)
    preset = dataclasses.replace(smoke, **small, batch=batch, without=without)
    torch.set_default_dtype(torch.float64)
    try:
        drawings = toy_domains(8, preset.load_size)
        run = training.train(training.Run(preset, seed=3), Float64(drawings.a, drawings.b))
    finally:
        torch.set_default_dtype(torch.float32)
    return {name: net.state_dict() for name, net in run.nets._asdict().items()} | {
        "losses": {"all": run.losses}
    }


def signal_at(number, step):
    """Process 1 alone gets a signal when the generators have moved and discriminators have not."""
    losses, calls = training.discriminator_losses, []

    def losses_and_signal(*arguments):
        calls.append(1)
        if len(calls) == step and distributed.rank() == 1:
            os.kill(os.getpid(), number)
        return losses(*arguments)

    training.discriminator_losses = losses_and_signal


def test_two_processes_equal_one_with_the_joint_batch_in_float64(tmp_path):
    done = torchrun(__file__, "float64", tmp_path / "two.pt")
    assert done.returncode == 0, done.stderr
    for without, two in torch.load(tmp_path / "two.pt").items():
        one = train_in_float64(batch=2, without=without)
        for part in one:
            for name, tensor in one[part].items():
                assert tensor.dtype == torch.float64
                torch.testing.assert_close(two[part][name], tensor, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An unbroken run of two processes, and what it printed."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, torchrun("-m", "helpers", *TRAIN, "--out", folder)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A run of which process 1 was killed in the fifth step, and what the other printed."""
    folder = tmp_path_factory.mktemp("broken")
    return folder, torchrun(__file__, "SIGKILL", 5, *TRAIN, "--out", folder)


def test_the_command_line_under_torchrun_writes_and_prints_once(whole):
    folder, done = whole
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in folder.iterdir()) == FILES
    assert [p.name for p in (folder / "previews").iterdir()] == ["000004.png"]
    assert done.stdout.count("2 processes, 2 pairs a step") == 1
    assert done.stdout.count("after 6 steps") == 1 and done.stdout.count("width=") == 2
    state = load_checkpoint(folder)
    assert all(len(s["fakes"]) == 2 for h in state["other_histories"] for s in h.values())
    assert not any(name.startswith("module.") for name in state["G_AB"])


def test_a_dead_process_ends_the_run_with_one_sentence(broken):
    folder, done = broken
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if "Error: " in line and "died" in line]
    assert len(errors) == 1 and errors[0].endswith(
        f"Error: A process of this run died and the checkpoint of step 4 is kept in {folder}: "
        "the same command resumes."
    )
    assert load_checkpoint(folder)["step"] == 4
    assert "Traceback" not in done.stderr.split("ChildFailedError")[0].split("Error: A")[0]


def test_resumed_by_two_it_is_bit_identical(whole, broken, tmp_path):
    shutil.copytree(broken[0], tmp_path, dirs_exist_ok=True)
    done = torchrun("-m", "helpers", *TRAIN, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    for name in FILES[2:4] + FILES[5:]:
        assert (tmp_path / name).read_bytes() == (whole[0] / name).read_bytes()
    assert_same(load_checkpoint(tmp_path), load_checkpoint(whole[0]))


def test_resumed_by_one_it_goes_on(broken, tmp_path, capsys):
    shutil.copytree(broken[0], tmp_path, dirs_exist_ok=True)
    before = load_checkpoint(tmp_path)
    assert cli.main([*TRAIN, "--out", str(tmp_path)]) == 0
    state = load_checkpoint(tmp_path)
    assert state["step"] == 6 and state["other_histories"] == []
    assert torch.equal(state["losses"][:4], before["losses"])


def test_one_becomes_two_and_a_signal_to_one_of_them_stops_both(tmp_path, monkeypatch):
    command = [*TRAIN, "--out", str(tmp_path)]
    step = training.train_step

    def interrupted(run, x, y):
        if run.step == 2:
            signal.raise_signal(signal.SIGINT)
        return step(run, x, y)

    monkeypatch.setattr(training, "train_step", interrupted)
    assert cli.main(command) == 130
    assert load_checkpoint(tmp_path)["step"] == 3
    done = torchrun(__file__, "SIGTERM", 2, *command)
    assert done.returncode != 0 and "died" not in done.stderr
    assert done.stdout.count("Stopped at step 5 and saved; the same command resumes.") == 1
    state = load_checkpoint(tmp_path)
    assert state["step"] == 5 and len(state["other_histories"]) == 1


def test_a_mistake_is_reported_once(tmp_path):
    done = torchrun("-m", "helpers", *TRAIN, "--out", tmp_path / "run", "--size", "8")
    assert done.returncode != 0
    assert done.stderr.count("Error: --size must be a whole number from 32 to 4096, not 8") == 1
    assert "usage" not in done.stderr and not (tmp_path / "run").exists()


@pytest.mark.parametrize("before, after", [(1, 2), (2, 1), (2, 3), (3, 2)])
def test_fakes_are_dealt_out_anew_to_another_number_of_processes(before, after, monkeypatch):
    saved = [
        {"history_a": {"fakes": list(fakes.split(1)), "rng_state": r}}
        for r, fakes in enumerate(torch.arange(4 * before).split(4))
    ]
    state = saved[0] | {"other_histories": saved[1:]}
    run = training.Run(dataclasses.replace(PRESETS["smoke"], history=4))
    monkeypatch.setattr(distributed, "world_size", lambda: after)
    dealt = []
    for rank in range(after):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        dealt.append(resume.shard_history(state, run, "history_a"))
    remembered = [int(fake) for history in dealt for fake in history["fakes"]]
    assert len(set(remembered)) == len(remembered) == min(4 * before, 4 * after)
    assert max(len(h["fakes"]) for h in dealt) - min(len(h["fakes"]) for h in dealt) <= 1
    for rank, history in enumerate(dealt):
        assert (history["rng_state"] == rank) if rank < before else len(history["rng_state"]) > 1


def test_processes_draw_from_histories_of_their_own(tiny, monkeypatch):
    states = []
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        run = training.Run(tiny)
        states += [h.generator.get_state().tolist() for h in (run.history_a, run.history_b)]
    assert all(states.count(state) == 1 for state in states)


def test_a_checkpoint_of_before_there_were_several_processes_is_resumed(tiny, drawings, tmp_path):
    state = training.train(training.Run(tiny), drawings, tmp_path).state_dict()
    assert state.pop("other_histories") == []
    run = training.Run(tiny)
    run.load_state_dict(state)
    assert_same(run.state_dict() | state, run.state_dict())


def test_more_processes_than_gpus_is_one_sentence(monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(UserError, match="4 processes need 4 GPUs and this machine has 2: .* cpu"):
        distributed.local_device()
    assert distributed.local_device("cpu") == CPU


if __name__ == "__main__":  # one of torchrun's processes
    what, *rest = sys.argv[1:]
    if what == "float64":
        with distributed.process_group():
            # The second time, a network is left out that no loss teaches.
            results = {w: train_in_float64(batch=1, without=w) for w in ((), ("d_a", "cycle_b"))}
            if distributed.rank() == 0:
                torch.save(results, rest[0])
    else:
        signal_at(signal.Signals[what], int(rest[0]))
        sys.exit(cli.main(rest[1:]))
