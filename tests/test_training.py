"""One step, the schedule, and what a run promises: it resumes bit for bit, whatever stops it."""

import copy
import dataclasses
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from helpers.checkpoints import load_checkpoint
from helpers.config import PRESETS
from helpers.data.domains import toy_domains
from helpers.losses import LOSSES
from helpers.training import Run, amp_dtype, learning_rate_factor, train, train_step
from helpers.weights import load_discriminator, load_generator

ROOT = Path(__file__).parents[1]


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
    """One iteration in the reference order, nothing shared with helpers."""
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


def vector(net, what=lambda p: p):
    return torch.cat([what(p).flatten() for p in net.parameters()])


def test_twelve_steps_equal_the_reference_steps_in_float64(tiny):
    run = Run(dataclasses.replace(tiny, steps=100, decay_steps=0, seed=4))
    for net in run.nets:
        net.double()
    nets = copy.deepcopy(run.nets)
    G_AB, G_BA, D_A, D_B = nets
    adam = dict(lr=2e-4, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam([*G_AB.parameters(), *G_BA.parameters()], **adam)
    opt_d = torch.optim.Adam([*D_A.parameters(), *D_B.parameters()], **adam)
    pools, rngs = ([], []), [torch.Generator().manual_seed(s) for s in (4, 5)]
    swapped = 0
    for step in range(12):
        run.step = step
        x, y = (torch.rand(1, 3, 32, 32, dtype=torch.float64) * 2 - 1 for _ in range(2))
        before = list(run.pool_a.images)
        train_step(run, x, y)
        swapped += len(before) == 3 and any(a is not b for a, b in zip(before, run.pool_a.images))
        reference_step(nets, opt_g, opt_d, pools, rngs, 3, x, y)
        for ours, theirs in zip(run.nets, nets):
            assert torch.allclose(vector(ours), vector(theirs), atol=1e-9, rtol=0)
            slopes = [vector(net, lambda p: p.grad) for net in (ours, theirs)]
            assert torch.allclose(*slopes, atol=1e-9, rtol=1e-9)
    assert swapped >= 2, "the pool must have been in play"


@pytest.mark.parametrize(
    ("without", "stay"),
    [
        (("d_a",), {"D_A"}),
        (("adv_ab", "cycle_a", "cycle_b", "identity_b"), {"G_AB"}),
    ],
)
def test_a_loss_left_out_changes_only_its_learners(tiny, drawings, without, stay):
    run = Run(dataclasses.replace(tiny, without=without))
    before = copy.deepcopy(run.nets)
    train_step(run, *drawings.batch(0, 1, 32, 0))
    for name, net in run.nets._asdict().items():
        pairs = zip(net.parameters(), getattr(before, name).parameters())
        moved = any(not torch.equal(p, q) for p, q in pairs)
        assert moved == (name not in stay), name


def test_the_learning_rate_is_constant_then_falls_linearly_to_zero(tiny, drawings):
    factors = [learning_rate_factor(s, 200, 100) for s in range(200)]
    assert factors[:101] == [1.0] * 101
    assert factors[150] == 0.5 and factors[199] == pytest.approx(0.01)
    rates = []
    train(Run(tiny), drawings, None, lambda r: rates.append(r.opt_d.param_groups[0]["lr"]), 1)
    assert rates[0] == 2e-4 and rates[-1] == pytest.approx(4e-5)


def test_the_paper_preset_is_the_papers_schedule():
    paper = PRESETS["paper"]
    assert (paper.steps, paper.decay_steps) == (200 * 1334, 100 * 1334)
    assert (paper.size, paper.crop_from, paper.batch, paper.pool_size) == (256, 286, 1, 50)
    assert (paper.width, paper.blocks, paper.d_width) == (64, 9, 64)
    assert (paper.learning_rate, paper.lambda_cycle, paper.lambda_identity) == (2e-4, 10, 5)


@pytest.mark.parametrize("setting", [dict(size=16), dict(amp="half")])
def test_a_config_that_cannot_be_is_one_sentence(setting):
    with pytest.raises(ValueError, match="expected|choose"):
        dataclasses.replace(PRESETS["smoke"], **setting)


def interrupt_at(step, number=signal.SIGINT):
    def on_progress(run):
        if run.step == step:
            signal.raise_signal(number)

    return on_progress


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_first_and_resuming_is_bit_identical(tiny, drawings, tmp_path, number):
    whole = train(Run(tiny), drawings)
    with pytest.raises(KeyboardInterrupt, match="after step 4, saved"):
        train(Run(tiny), drawings, tmp_path, interrupt_at(4, number), 1)
    assert load_checkpoint(tmp_path)["step"] == 4
    resumed = train(Run(tiny), drawings, tmp_path)
    assert_same(whole.state_dict(), resumed.state_dict())
    assert_same(whole.state_dict(), train(Run(tiny), drawings, tmp_path).state_dict())


def train_saving_every_step(folder):
    sizes = dict(width=4, d_width=4, steps=40, decay_steps=20, pool_size=3)
    run, images = Run(dataclasses.replace(PRESETS["smoke"], **sizes)), toy_domains(4, 36)
    train(run, images, Path(folder), lambda run: print(run.step, flush=True), 1, 1)
    return load_checkpoint(Path(folder))


def test_killed_at_a_random_moment_it_ends_the_same(tmp_path):
    command = [sys.executable, "-m", "tests.test_training", tmp_path / "killed"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    for _ in range(random.randint(2, 6)):  # a line a step
        process.stdout.readline()
    time.sleep(random.uniform(0, 0.05))
    process.kill()
    process.communicate(timeout=60)
    assert 0 < load_checkpoint(tmp_path / "killed")["step"] < 40
    killed, whole = (train_saving_every_step(tmp_path / name) for name in ("killed", "whole"))
    assert_same(killed, whole)


def test_the_checkpoint_before_a_damaged_one_is_kept(tiny, drawings, tmp_path):
    whole = train(Run(tiny), drawings, tmp_path, save_every=1)
    latest = tmp_path / "checkpoint.pt"
    latest.write_bytes(latest.read_bytes()[:1000])
    assert load_checkpoint(tmp_path)["step"] == 9
    assert not latest.exists(), "the next save would put it in the place of the good one"
    assert_same(train(Run(tiny), drawings, tmp_path).state_dict(), whole.state_dict())


def test_damaged_checkpoints_and_another_runs_folder_are_one_sentence(tiny, drawings, tmp_path):
    train(Run(tiny), drawings, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with pytest.raises(ValueError, match="width 4 -> 8"):
        train(Run(dataclasses.replace(tiny, width=8)), drawings, tmp_path)
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    (tmp_path / "checkpoint.pt").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="move the folder away"):
        train(Run(tiny), drawings, tmp_path)


def test_the_place_for_results_is_tried_before_the_first_step(tiny, drawings, tmp_path):
    (tmp_path / "file").write_text("")
    run = Run(tiny)
    for folder, why in ((tmp_path / "file", "cannot be written"),
                        (Path("/content/drive/MyDrive/run"), "not mounted")):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            train(run, drawings, folder)
    assert run.step == 0 and not Path("/content/drive").exists()


def test_nan_stops_and_is_not_saved(tiny, drawings, tmp_path):
    def poison(run):
        if run.step == 6:
            next(run.nets.G_AB.parameters()).data.fill_(float("nan"))

    with pytest.raises(FloatingPointError, match="learning rate"):
        train(Run(tiny), drawings, tmp_path, poison, 2, save_every=5)
    assert load_checkpoint(tmp_path)["step"] == 5


def test_what_a_run_leaves_behind(tiny, drawings, tmp_path):
    run = train(Run(dataclasses.replace(tiny, load_size=72)), drawings, tmp_path)
    assert run.losses.shape == (10, 8) and (run.losses > 0).all()
    header, *rows = (tmp_path / "losses.csv").read_text().splitlines()
    assert header.split(",") == ["step", *LOSSES] and len(rows) == 10
    G_AB, config = load_generator(tmp_path / "horse2zebra.safetensors")
    assert config["size"] == 64  # that of whole images, of which crops of 32 were trained on
    assert_same(G_AB.state_dict(), run.nets.G_AB.state_dict())
    D_A = load_discriminator(tmp_path / "D_A.safetensors")
    assert_same(D_A.state_dict(), run.nets.D_A.state_dict())


def test_a_run_can_start_from_anothers_networks(tiny, drawings, tmp_path):
    first = train(Run(tiny), drawings, tmp_path / "first")
    second = dataclasses.replace(tiny, seed=1, start_from=str(tmp_path / "first"))
    for net, origin in zip(Run(second).nets, first.nets):
        assert_same(net.state_dict(), origin.state_dict())
    with pytest.raises(ValueError, match="another architecture"):
        Run(dataclasses.replace(second, width=8))


def test_half_precision(tiny, drawings):
    assert amp_dtype("float16", torch.device("cpu")) == torch.float16
    auto = amp_dtype("auto", torch.device("cpu"))
    assert auto == (torch.bfloat16 if torch.cpu._is_amx_tile_supported() else torch.float32)
    for amp in ("bfloat16", "float16"):
        run = train(Run(dataclasses.replace(tiny, amp=amp, steps=5)), drawings)
        assert run.losses.isfinite().all()
        assert all(p.dtype == torch.float32 for net in run.nets for p in net.parameters())
        assert run.scaler.is_enabled() == (amp == "float16")
    run.load_state_dict(run.state_dict() | {"scaler": {}})  # of a run on hardware without float16


def test_a_batch_that_processes_cannot_share_is_one_sentence(tiny, drawings, monkeypatch):
    monkeypatch.setattr("helpers.distributed.world_size", lambda: 2)
    with pytest.raises(ValueError, match="equal shares"):
        train(Run(tiny), drawings)


if __name__ == "__main__":
    train_saving_every_step(sys.argv[1])
