"""The training loop: one step, and a run that can be stopped and resumed at any moment."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from helpers import devices, distributed, guards, resume
from helpers.images import Domains
from helpers.networks import Discriminator, Generator
from helpers.objectives import (
    LOSSES,
    History,
    Networks,
    discriminator_losses,
    generator_losses,
    weighted_sum,
)
from helpers.previews import write_preview
from helpers.settings import Preset


class Run:
    """Everything that training changes: networks, optimisers, histories, step, recorded losses.

    `losses` is (steps, 8) in the order of LOSSES, unweighted, filled up to `step`.
    No other state exists: pairs and crops are functions of (seed, step), the learning rate of step.
    Under torchrun (helpers.distributed) each process has histories of its own; all else is equal.
    """

    def __init__(self, preset: Preset, seed: int = 0, device: torch.device | str = "cpu"):
        self.preset, self.seed, self.device = preset, seed, torch.device(device)
        self.dtype = distributed.from_rank_zero(
            devices.choose_precision(preset.precision, self.device)
        )
        # channels_last is what the matrix units of CPUs and of Nvidia's GPUs read.
        apple = self.device.type == "mps"
        self.layout = torch.contiguous_format if apple else torch.channels_last
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
            torch.manual_seed(seed)
            nets = [Generator(preset.width, preset.blocks, preset.upsample) for _ in range(2)]
            nets += [Discriminator(preset.d_width) for _ in range(2)]
        with guards.enough_memory_to_train(preset):
            self.nets = Networks(*(net.to(self.device, memory_format=self.layout) for net in nets))
        adam = dict(lr=preset.learning_rate, betas=(0.5, 0.999), fused=True)
        G_AB, G_BA, D_A, D_B = self.nets
        self.opt_g = torch.optim.Adam([*G_AB.parameters(), *G_BA.parameters()], **adam)
        self.opt_d = torch.optim.Adam([*D_A.parameters(), *D_B.parameters()], **adam)
        history_seed = 2 * (seed + 1_000_000 * distributed.rank())
        self.history_a, self.history_b = (History(preset.history, history_seed + i) for i in (0, 1))
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.losses = torch.zeros(preset.steps, len(LOSSES), device=self.device)
        self.step, self.seconds = 0, 0.0  # done, and spent on them, over all sittings
        self.started_from = ""  # the folder that gave the networks, if one did
        self.threads = torch.get_num_threads()  # sums of other threads differ in the last bit

    def autocast(self) -> torch.autocast:
        """Within it, convolutions compute in the run's precision."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32)

    def parts(self) -> dict:
        """What has a state_dict of its own."""
        others = ("opt_g", "opt_d", "history_a", "history_b", "scaler")
        return self.nets._asdict() | {name: getattr(self, name) for name in others}

    def state_dict(self) -> dict:
        """Everything. Under torchrun all must call it, and rank 0 alone gets it complete."""
        state = {name: part.state_dict() for name, part in self.parts().items()}
        histories = {name: state[name] for name in ("history_a", "history_b")}
        return state | {
            "other_histories": distributed.gather_objects(histories)[1:],
            "step": self.step,
            "seconds": self.seconds,
            "threads": torch.get_num_threads(),
            "losses": self.losses[: self.step].cpu(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Takes over what `state_dict` gave, on this device and in this precision or another."""
        own = {name: resume.shard_history(state, self, name) for name in ("history_a", "history_b")}
        # Only float16 scales its losses; a run that had no scale yet begins with the usual one.
        own["scaler"] = state["scaler"] or self.scaler.state_dict()
        for name, part in self.parts().items():
            part.load_state_dict((state | own)[name])
        self.step, self.seconds = state["step"], state["seconds"]
        self.threads = state.get("threads", self.threads)
        self.losses[: self.step] = state["losses"].to(self.device)


def learning_rate_factor(step: int, steps: int, decay_steps: int) -> float:
    """1 for the first steps - decay_steps, then linearly towards 0 at `steps` (appendix 7.1).

    The reference implementation lowers it once an epoch; this is the same line, step by step. Built
    in notebook 05, section 5.
    """
    return min(1.0, (steps - step) / max(1, decay_steps))


def train_step(run: Run, x: Tensor, y: Tensor) -> Tensor:
    """One update of both generators, then of both discriminators, in the reference order.

    x, y: (batch, 3, height, width) in [-1, 1]. Returns the eight losses, unweighted, as one tensor.
    Built in notebook 05, section 2.
    """
    preset, nets = run.preset, run.nets
    factor = learning_rate_factor(run.step, preset.steps, preset.decay_steps)
    for group in run.opt_g.param_groups + run.opt_d.param_groups:
        group["lr"] = preset.learning_rate * factor
    x, y = (pictures.contiguous(memory_format=run.layout) for pictures in (x, y))

    for net in (nets.D_A, nets.D_B):  # they judge, but do not learn from the generators' losses
        net.requires_grad_(False)
    with run.autocast():
        g_losses, fake_a, fake_b = generator_losses(nets, x, y, preset.lambda_identity > 0)
    update(run, run.opt_g, g_losses)

    for net in (nets.D_A, nets.D_B):
        net.requires_grad_(True)
    fake_a = run.history_a.swap(fake_a.to(x.dtype))
    fake_b = run.history_b.swap(fake_b.to(y.dtype))
    with run.autocast():
        d_losses = discriminator_losses(nets, x, y, fake_a, fake_b)
    update(run, run.opt_d, d_losses)
    run.scaler.update()

    losses = d_losses | g_losses
    return torch.stack([losses[name].detach() for name in LOSSES])


def update(run: Run, optimiser: torch.optim.Optimizer, losses: dict[str, Tensor]) -> None:
    """One step of an optimiser down the weighted sum of its losses.

    A loss left out counts 0 times: whom no other loss teaches gets a gradient of zeros, and stays.
    """
    kept = {name: loss * (name not in run.preset.without) for name, loss in losses.items()}
    total = weighted_sum(kept, run.preset.lambda_cycle, run.preset.lambda_identity)
    optimiser.zero_grad()
    run.scaler.scale(total).backward()
    distributed.average_gradients(optimiser)
    run.scaler.step(optimiser)


def train(
    run: Run,
    domains: Domains,
    folder: str | Path | None = None,
    on_progress: Callable[[Run], None] = lambda run: None,
    progress_every: int = 20,
    progress_seconds: float = 2.0,
    preview_every: int = 0,
    save_seconds: float = 300.0,
    start_from: str | Path | None = None,
    backup: str | Path | None = None,
    backup_seconds: float = 1800.0,
    tune_threads: bool = False,
) -> Run:
    """Trains until preset.steps, resuming from `folder` where it holds a checkpoint.

    `on_progress` is called at the start, every `progress_every` steps, or `progress_seconds` if
    that is sooner, and at the end. With a folder: `resume.save_run` every `save_seconds` and at the
    end, fixed previews every `preview_every` steps as previews/STEP.png. A new run takes the
    networks of the run in `start_from`. `backup`, a folder where writing is slow or fills a bin
    (Google Drive), gets copies every `backup_seconds` and at the end, and is resumed from when
    `folder` is empty. Ctrl-C and SIGTERM finish the step, save, and raise KeyboardInterrupt with a
    sentence, or SystemExit(143). `tune_threads` tries how many threads a CPU computes fastest with,
    before the first step and when steps slow down, and says so. Under torchrun a step takes
    `preset.batch` pairs for every process, all stop and save after the same step, rank 0 writes.
    Raises UserError when the checkpoint belongs to another run, a loss is not finite (the last good
    checkpoint stays), the disk is full or the device's memory is too small.
    """
    preset = run.preset
    folder, backup = (Path(f) if f else None for f in (folder, backup))
    writes = folder is not None and distributed.rank() == 0
    with guards.stop_signals() as stop, guards.enough_memory_to_train(preset):
        belongs_to = resume.begin(run, domains, folder, backup, start_from)
        domains = domains.to(run.device)
        save_due, backup_due = guards.Every(save_seconds), guards.Every(backup_seconds)
        progress_due = guards.Every(progress_seconds)

        def save(last: bool = False) -> None:
            guards.check_finite(run)
            state = run.state_dict() | {"belongs_to": belongs_to, "names": domains.names}
            if writes:
                resume.save_run(run, state, domains.names, folder)
            if writes and backup and (last or backup_due()):
                resume.back_up(run, state, domains.names, backup)

        on_cpu = run.device.type == "cpu"
        threads = prepare_threads(run, domains) if tune_threads and on_cpu else None
        if tune_threads:
            print(f"Computing in {resume.arithmetic(run)}, threads: {torch.get_num_threads()}.")
        torch.backends.cudnn.benchmark = True  # every step has the same sizes
        on_progress(run)
        began, seconds_before = time.monotonic(), run.seconds
        stopped_by = 0  # or the signal that came to this process or another
        while run.step < preset.steps and not (stopped_by := distributed.all_reduce_max(sum(stop))):
            pairs = preset.batch * distributed.world_size()
            x, y = map(distributed.shard, domains.batch(run.step, pairs, preset.size, run.seed))
            run.losses[run.step] = distributed.all_reduce_mean(train_step(run, x, y))
            run.step += 1
            run.seconds = seconds_before + time.monotonic() - began
            if threads:
                threads.after_step()
            if regular := run.step % progress_every == 0 or run.step == preset.steps:
                guards.check_losses(run)
            if progress_due() or regular:
                on_progress(run)
            if writes and preview_every and run.step % preview_every == 0:
                write_preview(run, domains, folder)
            if distributed.all_reduce_max(save_due()):
                save()
        save(last=True)
    if stopped_by:
        raise guards.stopped(run, stopped_by, folder)
    return run


def prepare_threads(run: Run, domains: Domains) -> devices.Threads:
    """The run's number of threads: that of its checkpoint, else found by a trial of a second.

    The trial goes through the generators and back, on small pictures, and changes nothing.
    """
    x, y = (p[..., :64, :64] for p in domains.batch(0, 1, run.preset.size, run.seed))

    def work() -> None:
        with run.autocast():
            losses, *_ = generator_losses(run.nets, x, y)
        weighted_sum(losses).backward()
        for net in run.nets:
            net.zero_grad()

    return devices.Threads(work, run.threads if run.step else None)


def seconds_left(run: Run) -> float:
    """Estimate of the training time that remains, from the mean so far."""
    return run.seconds / run.step * (run.preset.steps - run.step) if run.step else math.inf
