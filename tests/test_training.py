import contextlib
import copy
import csv
import dataclasses
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode

from helpers import checkpoints, devices, guards, resume, training
from helpers.checkpoints import CHECKPOINT, PREVIOUS, load_checkpoint, load_generator
from helpers.images import toy_domains
from helpers.objectives import LOSSES
from helpers.settings import PRESETS, UserError
from helpers.training import Run, learning_rate_factor, train, train_step


def assert_same(one, other):
    """Bit by bit, through dictionaries, lists and tensors."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one.keys() - {"seconds"}:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other):
            assert_same(a, b)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


def reference_pool(pool, capacity, fake, rng):
    """The history of fakes, as the reference implementation describes it."""
    if len(pool) < capacity:
        pool.append(fake)
        return fake
    if torch.rand((), generator=rng) >= 0.5:
        i = int(torch.randint(capacity, (), generator=rng))
        old = pool[i]
        pool[i] = fake
        return old
    return fake


def reference_step(nets, opt_g, opt_d, pools, rngs, capacity, x, y):
    """One iteration in the reference order, nothing merged, nothing shared with helpers."""
    G_AB, G_BA, D_A, D_B = nets

    def mse(scores, target):
        return ((scores - target) ** 2).mean()

    fake_b = G_AB(x)
    back_a = G_BA(fake_b)
    fake_a = G_BA(y)
    back_b = G_AB(fake_a)
    for p in [*D_A.parameters(), *D_B.parameters()]:
        p.requires_grad = False
    opt_g.zero_grad()
    loss = mse(D_B(fake_b), 1) + mse(D_A(fake_a), 1)
    loss = loss + 10 * (back_a - x).abs().mean() + 10 * (back_b - y).abs().mean()
    loss = loss + 10 * 0.5 * (G_AB(y) - y).abs().mean() + 10 * 0.5 * (G_BA(x) - x).abs().mean()
    loss.backward()
    opt_g.step()
    for p in [*D_A.parameters(), *D_B.parameters()]:
        p.requires_grad = True
    opt_d.zero_grad()
    for D, real, fake, pool, rng in (
        (D_A, x, fake_a, pools[0], rngs[0]),
        (D_B, y, fake_b, pools[1], rngs[1]),
    ):
        old = reference_pool(pool, capacity, fake.detach(), rng)
        (0.5 * (mse(D(real), 1) + mse(D(old), 0))).backward()
    opt_d.step()


def test_a_step_equals_the_reference_step_in_float64(tiny):
    run = Run(dataclasses.replace(tiny, steps=100, decay_steps=0), seed=4)
    for net in run.nets:
        net.double()
    nets = copy.deepcopy(run.nets)
    G_AB, G_BA, D_A, D_B = nets
    adam = dict(lr=2e-4, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam([*G_AB.parameters(), *G_BA.parameters()], **adam)
    opt_d = torch.optim.Adam([*D_A.parameters(), *D_B.parameters()], **adam)
    pools, rngs = ([], []), [torch.Generator().manual_seed(s) for s in (8, 9)]
    swapped = 0
    for step in range(12):
        run.step = step
        x, y = (torch.rand(1, 3, 32, 32, dtype=torch.float64) * 2 - 1 for _ in range(2))
        before = run.history_a.state_dict()["fakes"]
        train_step(run, x, y)
        swapped += len(before) == 3 and any(
            not torch.equal(a, b) for a, b in zip(before, run.history_a.fakes)
        )
        reference_step(nets, opt_g, opt_d, pools, rngs, 3, x, y)
        for ours, theirs in zip(run.nets, nets):
            for p, q in zip(ours.parameters(), theirs.parameters()):
                torch.testing.assert_close(p.grad, q.grad, atol=1e-9, rtol=1e-9)
                torch.testing.assert_close(p, q, atol=1e-9, rtol=0)
    assert swapped >= 2, "the history must have been in play"


def test_learning_rate_is_constant_then_falls_linearly_to_zero():
    factors = [learning_rate_factor(s, 200, 100) for s in range(200)]
    assert factors[:101] == [1.0] * 101
    assert factors[150] == 0.5 and factors[199] == pytest.approx(0.01)
    assert [learning_rate_factor(s, 10, 0) for s in range(10)] == [1.0] * 10


def test_the_schedule_reaches_the_optimisers(tiny, drawings):
    rates = []
    train(Run(tiny), drawings, on_progress=lambda r: rates.append(
        [o.param_groups[0]["lr"] for o in (r.opt_g, r.opt_d)]), progress_every=1)  # fmt: skip
    assert rates[0] == [2e-4, 2e-4]
    assert rates[-1] == pytest.approx([4e-5, 4e-5])


def test_paper_preset_is_the_papers_schedule():
    paper = PRESETS["paper"]
    assert (paper.steps, paper.decay_steps) == (200 * 1334, 100 * 1334)
    assert (paper.size, paper.load_size, paper.batch, paper.history) == (256, 286, 1, 50)
    assert (paper.width, paper.blocks, paper.d_width) == (64, 9, 64)
    assert (paper.learning_rate, paper.lambda_cycle, paper.lambda_identity) == (2e-4, 10, 5)


def test_zoom_trains_on_crops_and_remembers_the_size_of_whole_pictures(tiny, tmp_path):
    zoomed = dataclasses.replace(tiny, zoom=2.0)
    sides = (zoomed.whole_size, zoomed.load_size)
    assert sides == (2 * tiny.size, round(tiny.size * 2 * 286 / 256))
    run = train(Run(zoomed), toy_domains(4, zoomed.load_size), tmp_path, preview_every=10)
    assert load_generator(tmp_path / "horse2zebra.safetensors")[1]["size"] == 2 * tiny.size
    assert run.history_a.fakes[0].shape[-1] == tiny.size
    width, height = Image.open(tmp_path / "previews/000010.png").size
    assert height == 6 * (2 * tiny.size + 2) + 2 and width == 4 * (2 * tiny.size + 2) + 2


def test_all_eight_losses_are_recorded(tiny, drawings):
    run = train(Run(tiny), drawings)
    assert run.losses.shape == (10, 8) and (run.losses > 0).all()


def test_a_run_leaves_the_callers_random_numbers_alone(tiny, drawings):
    before = torch.get_rng_state()
    train(Run(tiny), drawings)
    assert torch.equal(before, torch.get_rng_state())


def test_a_checkpoint_from_before_a_setting_existed_is_resumed(tiny, drawings):
    tiny = dataclasses.replace(tiny, precision="auto")
    now = resume.fingerprint(Run(tiny), drawings)
    before = {name: value for name, value in now.items() if name != "precision"}
    state = {"step": 3, "belongs_to": before | {"without": ""}}  # once a name, "" for none
    resume.check_same_run(state, now, "runs/old")
    with pytest.raises(UserError, match="precision was auto and is now bfloat16"):
        resume.check_same_run(state, now | {"precision": "bfloat16"}, "runs/old")
    state["belongs_to"]["without"] = "d_a"
    resume.check_same_run(state, now | {"without": ("d_a",)}, "runs/old")
    with pytest.raises(UserError, match="without was .*d_a.* and is now nothing"):
        resume.check_same_run(state, now, "runs/old")


def test_resuming_is_bit_identical(tiny, drawings, tmp_path):
    whole = train(Run(tiny), drawings)
    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, tmp_path, on_progress=interrupt_at(4), progress_every=1)
    assert load_checkpoint(tmp_path)["step"] == 4
    resumed = train(Run(tiny), drawings, tmp_path)
    assert_same(whole.state_dict(), resumed.state_dict())


def interrupt_at(step, number=signal.SIGINT):
    def on_progress(run):
        if run.step == step:
            signal.raise_signal(number)  # os.kill would end Python on Windows

    return on_progress


def test_sigterm_saves_first(tiny, drawings, tmp_path):
    with pytest.raises(SystemExit, match="143"):
        train(Run(tiny), drawings, tmp_path, interrupt_at(3, signal.SIGTERM), progress_every=1)
    assert load_checkpoint(tmp_path)["step"] == 3
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_training_works_outside_the_main_thread(tiny, drawings):
    runs = []
    thread = threading.Thread(target=lambda: runs.append(train(Run(tiny), drawings)))
    thread.start()
    thread.join(timeout=600)
    assert runs[0].step == 10


def test_killed_at_random_moments_it_ends_the_same(tmp_path):
    """SIGKILL while the command line trains and saves after every step."""
    command = [sys.executable, "-m", "helpers", "train", "--preset", "smoke", "--data", "toy",
               "--steps", "60", "--save-seconds", "0", "--preview-every", "0"]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    rng = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "killed")], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        step_before = step_of(tmp_path / "killed")
        while step_of(tmp_path / "killed") <= step_before and process.poll() is None:
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.wait(timeout=60)
    assert 0 < step_of(tmp_path / "killed") <= 60
    for name in ("killed", "whole"):
        subprocess.run([*command, "--out", str(tmp_path / name)], env=environment, check=True,
                       capture_output=True, timeout=300)  # fmt: skip
    killed, whole = (load_checkpoint(tmp_path / n) for n in ("killed", "whole"))
    assert killed["step"] == 60
    assert_same(killed, whole)


def step_of(folder):
    """Of the newest checkpoint; 0 where there is none, or one is just being replaced."""
    with contextlib.suppress(UserError):
        if state := load_checkpoint(folder):
            return state["step"]
    return 0


def test_a_kill_between_two_renames_leaves_the_checkpoint_before(tiny, drawings, tmp_path):
    whole = train(Run(tiny), drawings, tmp_path, save_seconds=0)
    (tmp_path / CHECKPOINT).unlink()
    assert step_of(tmp_path) in (9, 10)  # the last save may have come twice
    assert_same(train(Run(tiny), drawings, tmp_path).state_dict(), whole.state_dict())


def test_a_finished_run_is_left_as_it_is(tiny, drawings, tmp_path):
    one = train(Run(tiny), drawings, tmp_path)
    again = train(Run(tiny), drawings, tmp_path)
    assert_same(one.state_dict(), again.state_dict())


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tiny, drawings, tmp_path, capsys):
    whole = train(Run(tiny), drawings, tmp_path, save_seconds=0)
    file = tmp_path / CHECKPOINT
    file.write_bytes(file.read_bytes()[:1000])
    resumed = train(Run(tiny), drawings, tmp_path)
    assert "is damaged (BadZipFile); trying the one before" in capsys.readouterr().out
    assert_same(whole.state_dict(), resumed.state_dict())


def test_two_damaged_checkpoints_are_one_sentence(tiny, drawings, tmp_path):
    for name in (CHECKPOINT, PREVIOUS):
        (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(UserError, match="move the folder away"):
        train(Run(tiny), drawings, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == b"nonsense"


def test_another_runs_folder_is_refused_and_kept(tiny, drawings, tmp_path):
    train(Run(tiny), drawings, tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()
    wider = dataclasses.replace(tiny, width=8)
    with pytest.raises(UserError, match="width was 4 and is now 8"):
        train(Run(wider), drawings, tmp_path)
    other_pictures = dataclasses.replace(drawings, a=drawings.a.flip(0))
    with pytest.raises(UserError, match="pictures loaded was 8"):
        train(Run(tiny), other_pictures, tmp_path)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_run_can_start_from_anothers_networks(tiny, drawings, tmp_path):
    first = train(Run(tiny), drawings, tmp_path / "first")
    run = Run(tiny, seed=1)
    resume.start_from(run, tmp_path / "first", drawings.names)
    for net, origin in zip(run.nets, first.nets):
        assert_same(net.state_dict(), origin.state_dict())
    assert run.step == 0 and not run.opt_g.state and not run.history_a.fakes
    train(run, drawings, tmp_path / "second")
    with pytest.raises(UserError, match="started from was .*first and is now nothing"):
        train(Run(tiny, seed=1), drawings, tmp_path / "second")


def test_a_start_from_nothing_or_from_another_shape_is_one_sentence(tiny, drawings, tmp_path):
    with pytest.raises(UserError, match="holds no checkpoint.pt, nor horse2zebra.*: name"):
        train(Run(tiny), drawings, start_from=tmp_path)
    train(Run(tiny), drawings, tmp_path)
    wider = dataclasses.replace(tiny, width=2 * tiny.width)
    with pytest.raises(UserError, match="checkpoint.pt is of another architecture: .*expected"):
        train(Run(wider), drawings, start_from=tmp_path)


def poison(run):
    if run.step == 6:
        next(run.nets.G_AB.parameters()).data.fill_(float("nan"))


@pytest.mark.parametrize("save_seconds, sentence", [
    (1e9, "adv_ab is not a finite number at step 7"),
    (0, "G_AB has a weight that is not a finite number after step 6"),
])  # fmt: skip
def test_nan_stops_and_the_last_good_checkpoint_stays(
    tiny, drawings, tmp_path, save_seconds, sentence
):
    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, tmp_path, interrupt_at(3), progress_every=1)
    with pytest.raises(UserError, match=sentence):
        train(Run(tiny), drawings, tmp_path, poison, 2, save_seconds=save_seconds)
    assert load_checkpoint(tmp_path)["step"] == (3 if save_seconds else 5)
    resumed, whole = train(Run(tiny), drawings, tmp_path), train(Run(tiny), drawings)
    assert_same(resumed.state_dict(), whole.state_dict())


def test_full_disk_keeps_the_checkpoint_before(tiny, drawings, tmp_path, monkeypatch):
    def fill_the_disk(run):
        if run.step == 5:

            def full(number):
                raise OSError(errno.ENOSPC, "No space left on device")

            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(UserError, match="the disk is full, .* MB are needed"):
        train(Run(tiny), drawings, tmp_path, fill_the_disk, progress_every=1, save_seconds=0)
    monkeypatch.undo()
    assert {p.suffix for p in tmp_path.iterdir()} == {".pt", ".safetensors", ".csv"}
    assert load_checkpoint(tmp_path)["step"] == 4
    assert train(Run(tiny), drawings, tmp_path).step == 10


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
])  # fmt: skip
def test_out_of_memory_says_what_to_change(tiny, drawings, monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(training, "train_step", fail)
    with pytest.raises(UserError, match="size 32, batch 1, width 4: try .*--preset lecture"):
        train(Run(tiny), drawings)


def test_other_errors_are_not_renamed(tiny, drawings, monkeypatch):
    def fail(*args):
        raise RuntimeError("a bug")

    monkeypatch.setattr(training, "train_step", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        train(Run(tiny), drawings)


def test_previews_and_weights_are_left_behind(tiny, drawings, tmp_path):
    train(Run(tiny), drawings, tmp_path, preview_every=5)
    assert sorted(p.name for p in (tmp_path / "previews").iterdir()) == ["000005.png", "000010.png"]
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == [
        "horse2zebra.safetensors", "zebra2horse.safetensors"
    ]  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_left_out_changes_only_its_learners(tiny, drawings, name):
    """One step with and without: the networks that the loss does not teach end the same."""
    learners = {
        "d_a": {"D_A"}, "d_b": {"D_B"}, "adv_ab": {"G_AB"}, "adv_ba": {"G_BA"},
        "cycle_a": {"G_AB", "G_BA"}, "cycle_b": {"G_AB", "G_BA"},
        "identity_a": {"G_BA"}, "identity_b": {"G_AB"},
    }[name]  # fmt: skip
    x, y = drawings.batch(0, 1, 32, seed=0)
    runs = [Run(dataclasses.replace(tiny, without=w)) for w in ((), (name,))]
    recorded = [train_step(run, x, y) for run in runs]
    assert torch.equal(*recorded), "it is still measured"
    changed = {
        n for n, p, q in zip(runs[0].nets._fields, runs[0].nets, runs[1].nets)
        if not torch.equal(flat(p), flat(q))
    }  # fmt: skip
    assert changed == learners


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def test_the_generators_losses_leave_no_gradient_in_the_discriminators(tiny, drawings, monkeypatch):
    found = []
    losses = training.discriminator_losses

    def spy(nets, *pictures):
        found.extend(p.grad for D in (nets.D_A, nets.D_B) for p in D.parameters())
        return losses(nets, *pictures)

    monkeypatch.setattr(training, "discriminator_losses", spy)
    train_step(Run(tiny), *drawings.batch(0, 1, 32, seed=0))
    assert found and all(gradient is None for gradient in found)


@pytest.mark.parametrize("before, after", [
    ("float32", "float16"), ("float16", "float32"), ("bfloat16", "float16"),
])  # fmt: skip
def test_a_run_goes_on_in_another_precision_and_says_so(
    tiny, drawings, tmp_path, monkeypatch, capsys, before, after
):
    """What "auto" means is up to the device: a run that moves to another must be resumed there."""
    monkeypatch.setattr(devices, "choose_precision", lambda *given: getattr(torch, before))
    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, tmp_path, interrupt_at(4), progress_every=1)
    assert "goes on in" not in capsys.readouterr().out
    monkeypatch.setattr(devices, "choose_precision", lambda *given: getattr(torch, after))
    monkeypatch.setattr(resume, "device_name", lambda run: "Tesla T4")
    run = train(Run(tiny), drawings, tmp_path)
    assert run.step == 10 and run.losses.isfinite().all()
    assert run.scaler.is_enabled() == (after == "float16")
    said = capsys.readouterr().out
    assert f"This run was in {before} on cpu and goes on in {after} on Tesla T4: from" in said
    assert said.count("bit for bit") == 1


def test_on_the_same_device_a_run_keeps_its_precision_whatever_a_new_trial_says(
    tiny, drawings, tmp_path, monkeypatch
):
    monkeypatch.setattr(devices, "choose_precision", lambda *given: torch.bfloat16)
    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, tmp_path, interrupt_at(4), progress_every=1)
    whole = train(Run(tiny), drawings)
    monkeypatch.setattr(devices, "choose_precision", lambda *given: torch.float32)
    assert_same(whole.state_dict(), train(Run(tiny), drawings, tmp_path).state_dict())


def test_the_number_of_threads_is_kept_in_the_checkpoint(tiny, drawings, tmp_path, monkeypatch):
    tried, count = [], torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(devices, "choose_threads", lambda work, *_: tried.append(work()))
    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, tmp_path, interrupt_at(4), progress_every=1, tune_threads=True)
    state = load_checkpoint(tmp_path)
    assert len(tried) == 1 and state["threads"] == count
    torch.save(state | {"threads": 1}, tmp_path / CHECKPOINT)
    try:
        run = train(Run(tiny), drawings, tmp_path, tune_threads=True)
        assert len(tried) == 1 and torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(count)
    assert_same(run.state_dict() | {"threads": count}, train(Run(tiny), drawings).state_dict())


def test_steps_that_slow_down_have_the_threads_tried_anew(tiny, drawings, monkeypatch):
    tried = []
    monkeypatch.setattr(devices, "choose_threads", lambda work, *_: tried.append(work()) or 1)
    slow = iter([False, False, True] + 7 * [False])
    monkeypatch.setattr(devices, "has_slowed", lambda seconds: next(slow))
    train(Run(tiny), drawings, tune_threads=True)
    assert len(tried) == 2


class Synchronisations(TorchDispatchMode):
    """Counts what makes a GPU wait: .item(), bool(tensor), a copy to the CPU's numbers."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        self.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*arguments, **(keywords or {}))


def test_no_synchronisation_inside_a_step(tiny, drawings):
    """A history draws from a generator on the CPU, so it is left out here."""
    run, pair = Run(dataclasses.replace(tiny, history=0)), drawings.batch(0, 1, 32, seed=0)
    with Synchronisations() as counted:
        train_step(run, *pair)
    assert counted.count == 0
    with Synchronisations() as counted:
        float(run.losses.sum()), bool(run.losses.any())
    assert counted.count == 2


def test_a_loss_that_is_not_finite_stops_a_run_long_before_it_saves(tiny, drawings, monkeypatch):
    monkeypatch.setattr(training, "train_step", lambda *given: torch.full((8,), torch.nan))
    run = Run(tiny)
    with pytest.raises(UserError, match="Loss d_a is not a finite number at step 1"):
        train(run, drawings, progress_every=2)
    assert run.step == 2


def test_a_scale_is_kept_where_there_is_one(tiny, drawings, tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "choose_precision", lambda *given: torch.float16)
    run = Run(tiny)
    run.scaler.scale(torch.zeros(1))
    run.scaler.load_state_dict(run.scaler.state_dict() | {"scale": 128.0})
    other = Run(tiny)
    other.load_state_dict(run.state_dict())
    assert other.scaler.get_scale() == 128.0
    other.load_state_dict(run.state_dict() | {"scaler": {}})  # as float32 leaves it


@pytest.mark.filterwarnings("ignore:for ")  # "meta" keeps no weights
def test_fakes_come_back_to_the_device_of_the_run(tiny, drawings):
    state = train(Run(tiny), drawings).state_dict()
    run = Run(tiny, device="meta")
    own = state["history_a"]["fakes"]
    assert own and all(fake.device.type == "cpu" for fake in own)
    run.load_state_dict(state)
    assert all(fake.device.type == "meta" for fake in run.history_a.fakes + run.history_b.fakes)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"step": Trap()}, tmp_path / CHECKPOINT)
    with pytest.raises(UserError, match="Every checkpoint in .* is damaged: move the folder away"):
        load_checkpoint(tmp_path)
    assert not (tmp_path / "executed").exists()


def test_a_flipped_bit_is_noticed(tiny, drawings, tmp_path, capsys):
    train(Run(tiny), drawings, tmp_path, save_seconds=0)
    data = bytearray((tmp_path / CHECKPOINT).read_bytes())
    losses = load_checkpoint(tmp_path)["losses"]
    data[data.index(losses.numpy().tobytes()) + 5] ^= 1
    (tmp_path / CHECKPOINT).write_bytes(data)
    assert load_checkpoint(tmp_path)["step"] == 10
    assert "is damaged (BadZipFile); trying the one before" in capsys.readouterr().out


def test_what_cannot_be_read_right_now_is_not_called_damaged(tmp_path, monkeypatch, drawings, tiny):
    train(Run(tiny), drawings, tmp_path)
    names = sorted(p.name for p in tmp_path.iterdir())

    def hiccup(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", hiccup)
    for read in (load_checkpoint, lambda p: load_generator(p / "horse2zebra.safetensors")):
        with pytest.raises(
            UserError, match=r"cannot be read right now \(Input/output error\): run"
        ):
            read(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == names


def test_a_lack_of_memory_is_not_called_damage(tiny, drawings, tmp_path, monkeypatch, capsys):
    train(Run(tiny), drawings, tmp_path)

    def full(*args, **kwargs):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ...")

    monkeypatch.setattr(torch, "load", full)
    with pytest.raises(UserError, match="Out of memory at size 32"):
        train(Run(tiny), drawings, tmp_path)
    assert "damaged" not in capsys.readouterr().out


def test_a_checkpoint_is_loaded_to_the_cpu(tiny, drawings, tmp_path, monkeypatch):
    train(Run(tiny), drawings, tmp_path)
    load, where = torch.load, []

    def spy(*args, **kwargs):
        where.append((kwargs["map_location"], kwargs["weights_only"]))
        return load(*args, **kwargs)

    monkeypatch.setattr(torch, "load", spy)
    load_checkpoint(tmp_path)
    assert where == [("cpu", True)]


def test_weights_are_read_where_files_cannot_be_mapped(tiny, drawings, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENODEV, "No such device")

    run = train(Run(tiny), drawings, tmp_path)
    for module in (checkpoints, safetensors, safetensors.torch):
        monkeypatch.setattr(module, "safe_open", refuse, raising=False)
    net, config = load_generator(tmp_path / "horse2zebra.safetensors")
    assert_same(net.state_dict(), run.nets.G_AB.state_dict())
    assert config["direction"] == "horse2zebra" and config["size"] == tiny.size


def test_every_save_leaves_the_generators_and_losses_of_its_step(tiny, drawings, tmp_path):
    with pytest.raises(KeyboardInterrupt, match="Stopped after step 4 of 10, saved in .*0: run"):
        train(Run(tiny), drawings, tmp_path, interrupt_at(4), progress_every=1)
    state = load_checkpoint(tmp_path)
    for name, file in (("G_AB", "horse2zebra"), ("G_BA", "zebra2horse")):
        assert_same(load_generator(tmp_path / f"{file}.safetensors")[0].state_dict(), state[name])
    assert len(rows_of(tmp_path)) == 4
    run = train(Run(tiny), drawings, tmp_path)
    rows = rows_of(tmp_path)
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 11)]
    assert list(rows[0]) == ["step", *LOSSES]
    for row, losses in zip(rows, run.losses.tolist()):
        assert [float(row[name]) for name in LOSSES] == pytest.approx(losses, rel=1e-5)


def rows_of(folder):
    with open(folder / "losses.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_stopped_run_names_its_folder_from_the_course(tiny):
    folder = Path(guards.__file__).parent / "../runs/mine"
    sentence = str(guards.stopped(Run(tiny), signal.SIGINT, folder))
    assert sentence.endswith("of 10, saved in runs/mine: run the cell again to go on.")


def test_without_a_folder_a_stopped_run_says_that_nothing_is_saved(tiny, drawings):
    with pytest.raises(KeyboardInterrupt, match="Stopped after step 4 of 10, saved nowhere, as"):
        train(Run(tiny), drawings, None, interrupt_at(4), progress_every=1)


def test_a_backup_is_written_seldom_and_resumed_from(tiny, drawings, tmp_path):
    fast, slow, whole = tmp_path / "fast", tmp_path / "slow", train(Run(tiny), drawings)
    files, seen = (
        {CHECKPOINT, "horse2zebra.safetensors", "zebra2horse.safetensors", "losses.csv"},
        [],
    )

    def stop(run):
        seen.append((step_of(fast), slow.exists()))
        interrupt_at(6)(run)

    with pytest.raises(KeyboardInterrupt):
        train(Run(tiny), drawings, fast, stop, 1, save_seconds=0, backup=slow)
    assert seen[-1] == (5, False), "every step goes to the folder, and none yet to the backup"
    assert {p.name for p in slow.iterdir()} == files and step_of(slow) == 6
    shutil.rmtree(fast)  # the session ended, and its disk is gone
    steps = []
    resumed = train(Run(tiny), drawings, fast, lambda r: steps.append(r.step), backup=slow)
    assert steps[0] == 6 and step_of(fast) == step_of(slow) == 10
    assert_same(resumed.state_dict(), whole.state_dict())


def test_a_backup_comes_when_it_is_due_and_a_full_one_stops_nothing(
    tiny, drawings, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    run = train(
        Run(tiny), drawings, tmp_path / "run", save_seconds=0, backup=tmp_path / "file/backup",
        backup_seconds=0,
    )  # fmt: skip
    said = capsys.readouterr().out
    assert run.step == step_of(tmp_path / "run") == 10
    assert said.count("could not be written") == said.count("Training goes on.") == 11


def test_a_finished_run_asked_for_more_steps_names_start_from(tiny, drawings, tmp_path):
    train(Run(tiny), drawings, tmp_path)
    more = dataclasses.replace(tiny, steps=20, decay_steps=10)
    with pytest.raises(UserError, match="finished its 10 steps: .*--start-from"):
        train(Run(more), drawings, tmp_path)
    with pytest.raises(UserError, match="another run .*steps was 10 and is now 20"):
        train(Run(dataclasses.replace(more, history=2)), drawings, tmp_path)


def test_a_run_that_started_from_another_does_not_need_it_any_more(tiny, drawings, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    train(Run(tiny), drawings, first)
    again = [Run(tiny, seed=1) for _ in range(4)]
    with pytest.raises(KeyboardInterrupt):
        train(again[0], drawings, second, interrupt_at(4), 1, start_from=f"{first}/")
    whole = train(again[1], drawings, start_from=first)
    shutil.rmtree(first)
    resumed = train(again[2], drawings, second, start_from=f"{first}/")
    assert_same(resumed.state_dict(), whole.state_dict())
    with pytest.raises(UserError, match="started from was .*first and is now .*third"):
        train(again[3], drawings, second, start_from=tmp_path / "third")


def test_a_run_can_start_from_generators_alone(tiny, drawings, tmp_path, capsys):
    first = train(Run(tiny), drawings, tmp_path)
    (tmp_path / CHECKPOINT).unlink()
    run, new = Run(tiny, seed=1), Run(tiny, seed=1)
    resume.start_from(run, tmp_path, drawings.names)
    for name, origin in (("G_AB", first), ("G_BA", first), ("D_A", new), ("D_B", new)):
        net, expected = getattr(run.nets, name), getattr(origin.nets, name)
        assert_same(net.state_dict(), expected.state_dict())
    assert "holds generators alone: the discriminators start anew." in capsys.readouterr().out
    with pytest.raises(UserError, match="nor cat2dog.safetensors and dog2cat.safetensors: name"):
        resume.start_from(run, tmp_path, ("cat", "dog"))


def test_progress_comes_at_the_start_and_by_the_clock(tiny, drawings, monkeypatch):
    now, steps = [100.0], []
    monkeypatch.setattr(guards.time, "monotonic", lambda: now[0])
    step = training.train_step

    def slow(run, x, y):
        now[0] += 0.8
        return step(run, x, y)

    monkeypatch.setattr(training, "train_step", slow)
    train(Run(tiny), drawings, on_progress=lambda run: steps.append(run.step))
    assert steps == [0, 3, 6, 9, 10]
    steps.clear()
    train(Run(tiny), drawings, on_progress=lambda r: steps.append(r.step), progress_seconds=1e9)
    assert steps == [0, 10]


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory."), MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
    RuntimeError("CUDA error: out of memory"), RuntimeError("cuDNN: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
])  # fmt: skip
def test_every_kind_of_full_memory_is_one_sentence(error):
    with pytest.raises(UserError, match="^Out of memory translating: try a smaller --size.$"):
        with guards.memory_errors_explained("translating", "try a smaller --size"):
            raise error


def test_networks_that_do_not_fit_say_what_to_change(tiny, monkeypatch):
    def fail(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(torch.nn.Module, "to", fail)
    with pytest.raises(UserError, match="Out of memory at size 32, batch 1, width 4: try"):
        Run(tiny)


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("group", [("discriminator",), ("adversarial", "cycle", "identity")])
def test_who_is_taught_by_no_loss_stays_as_it_was(tiny, drawings, group, precision):
    without = tuple(name for name in LOSSES if LOSSES[name] in group)
    run = Run(dataclasses.replace(tiny, without=without, precision=precision))
    before = copy.deepcopy(run.nets)
    assert (train(run, drawings).losses > 0).all()
    pairs = zip(before._fields, before, run.nets)
    still = {name for name, old, new in pairs if torch.equal(flat(old), flat(new))}
    assert still == ({"D_A", "D_B"} if group == ("discriminator",) else {"G_AB", "G_BA"})
