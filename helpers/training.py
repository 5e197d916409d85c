"""The training loop: one step, and a run that can be stopped and resumed at any moment."""

import contextlib
import dataclasses
import itertools
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torchvision.utils import make_grid

from helpers import distributed
from helpers.checkpoints import (
    CHECKPOINT,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_generator,
    write_safely,
)
from helpers.images import Domains, centre_crop, encode, to_image, to_uint8
from helpers.networks import Discriminator, Generator
from helpers.objectives import (
    LOSSES,
    History,
    Networks,
    discriminator_losses,
    generator_losses,
    weighted_sum,
)
from helpers.settings import PRECISIONS, Preset, UserError


class Run:
    """Everything that training changes: networks, optimisers, histories, step, recorded losses.

    `losses` is (steps, 8) in the order of `objectives.LOSSES`, unweighted, filled up to `step`.
    No other state exists: pairs and crops are functions of (seed, step), the learning rate of step.
    Under torchrun (helpers.distributed) each process has histories of its own; all else is equal.
    """

    def __init__(self, preset: Preset, seed: int = 0, device: torch.device | str = "cpu"):
        self.preset, self.seed, self.device = preset, seed, torch.device(device)
        on_gpu = self.device.type == "cuda"
        with torch.random.fork_rng(devices=[]):  # the caller's random numbers stay as they were
            torch.manual_seed(seed)
            generators = [Generator(preset.width, preset.blocks, preset.upsample) for _ in range(2)]
            discriminators = [Discriminator(preset.d_width) for _ in range(2)]
        auto = torch.float16 if on_gpu else torch.float32
        self.dtype = PRECISIONS[preset.precision] or auto
        # channels_last is what a GPU's tensor cores read; on a CPU it gains nothing.
        layout = torch.channels_last if on_gpu else torch.contiguous_format
        self.nets = Networks(
            *(net.to(self.device, memory_format=layout) for net in generators + discriminators)
        )
        g_parameters = itertools.chain(self.nets.G_AB.parameters(), self.nets.G_BA.parameters())
        d_parameters = itertools.chain(self.nets.D_A.parameters(), self.nets.D_B.parameters())
        adam = dict(lr=preset.learning_rate, betas=(0.5, 0.999))
        self.opt_g = torch.optim.Adam(g_parameters, **adam)
        self.opt_d = torch.optim.Adam(d_parameters, **adam)
        chance = 2 * (seed + 1_000_000 * distributed.rank())
        self.history_a = History(preset.history, chance)
        self.history_b = History(preset.history, chance + 1)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.losses = torch.zeros(preset.steps, len(LOSSES), device=self.device)
        self.step = 0
        self.seconds = 0.0  # spent training, over all sittings
        self.started_from = ""  # the folder of the run that gave the networks, if one did
        # A total loss goes through these unchanged; under torchrun, its gradients are averaged.
        self.averaged_g = distributed.averaged(self.nets.G_AB, self.nets.G_BA)
        self.averaged_d = distributed.averaged(self.nets.D_A, self.nets.D_B)

    def parts(self) -> dict:
        """What has a state_dict of its own."""
        return self.nets._asdict() | {
            name: getattr(self, name)
            for name in ("opt_g", "opt_d", "history_a", "history_b", "scaler")
        }

    def state_dict(self) -> dict:
        """Everything. Under torchrun all must call it, and process 0 alone gets it complete."""
        state = {name: part.state_dict() for name, part in self.parts().items()}
        histories = {name: state[name] for name in ("history_a", "history_b")}
        return state | {
            "other_histories": distributed.gathered(histories)[1:],
            "step": self.step,
            "seconds": self.seconds,
            "losses": self.losses[: self.step].cpu(),
        }

    def load_state_dict(self, state: dict) -> None:
        for name in ("history_a", "history_b"):
            saved = [state[name]] + [s[name] for s in state.get("other_histories", [])]
            state = state | {name: own_history(saved, getattr(self, name))}
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        self.step, self.seconds = state["step"], state["seconds"]
        self.losses[: self.step] = state["losses"].to(self.device)


def start_from(run: Run, folder: str | Path) -> None:
    """Gives a new run the four networks of another run's checkpoint; the rest starts afresh.

    A finished run can so be trained further, at other settings, or on other pictures.
    Raises UserError where `folder` holds no checkpoint, or networks of another shape.
    """
    state = load_checkpoint(Path(folder), run.device)
    if state is None:
        raise UserError(f"{folder} holds no {CHECKPOINT}: name the folder of a run of yours.")
    for name, net in run.nets._asdict().items():
        load_weights(net, state[name], Path(folder) / CHECKPOINT)
    run.started_from = str(folder)


def own_history(saved: list[dict], new: History) -> dict:
    """This process's history, from those of all processes that made a checkpoint.

    If their number has changed, the fakes are dealt out anew, and what finds no room is forgotten.
    """
    rank, processes = distributed.rank(), distributed.processes()
    own = saved[rank] if rank < len(saved) else new.state_dict()
    if len(saved) == processes:
        return own
    fakes = [fake for history in saved for fake in history["fakes"]]
    return own | {"fakes": fakes[rank::processes][: new.capacity]}


def learning_rate_factor(step: int, steps: int, decay_steps: int) -> float:
    """1 for the first steps - decay_steps, then linearly towards 0 at `steps` (appendix 7.1).

    The reference implementation lowers it once an epoch; this is the same line, step by step.
    """
    return min(1.0, (steps - step) / max(1, decay_steps))


def train_step(run: Run, x: Tensor, y: Tensor) -> Tensor:
    """One update of both generators, then of both discriminators, in the reference order.

    x, y: (batch, 3, height, width) in [-1, 1]. Returns the eight losses, unweighted, as one tensor.
    """
    preset, nets = run.preset, run.nets
    factor = learning_rate_factor(run.step, preset.steps, preset.decay_steps)
    for group in run.opt_g.param_groups + run.opt_d.param_groups:
        group["lr"] = preset.learning_rate * factor
    autocast = torch.autocast(run.device.type, run.dtype, enabled=run.dtype != torch.float32)

    for net in (nets.D_A, nets.D_B):  # they judge, but do not learn from the generators' losses
        net.requires_grad_(False)
    with autocast:
        g_losses, fake_a, fake_b = generator_losses(nets, x, y, preset.lambda_identity > 0)
        kept = {name: loss for name, loss in g_losses.items() if name != preset.without}
        total = weighted_sum(kept, preset.lambda_cycle, preset.lambda_identity)
    run.opt_g.zero_grad()
    run.scaler.scale(run.averaged_g(total)).backward()
    run.scaler.step(run.opt_g)

    for net in (nets.D_A, nets.D_B):
        net.requires_grad_(True)
    fake_a = run.history_a.swap(fake_a.to(x.dtype))
    fake_b = run.history_b.swap(fake_b.to(y.dtype))
    with autocast:
        d_losses = discriminator_losses(nets, x, y, fake_a, fake_b)
        total = sum(loss for name, loss in d_losses.items() if name != preset.without)
    run.opt_d.zero_grad()
    run.scaler.scale(run.averaged_d(total)).backward()
    run.scaler.step(run.opt_d)
    run.scaler.update()

    losses = d_losses | g_losses
    return torch.stack([losses[name].detach() for name in LOSSES])


def train(
    run: Run,
    domains: Domains,
    folder: str | Path | None = None,
    on_progress: Callable[[Run], None] = lambda run: None,
    progress_every: int = 20,
    preview_every: int = 0,
    save_seconds: float = 300.0,
) -> Run:
    """Trains until preset.steps, resuming from `folder` where it holds a checkpoint.

    `on_progress` is called on resuming, every `progress_every` steps and at the end. With a folder:
    a checkpoint every `save_seconds` and at the end, fixed previews every `preview_every` steps as
    previews/STEP.png, and both generators as <direction>.safetensors at the end. Ctrl-C and SIGTERM
    finish the step, save, and raise KeyboardInterrupt or SystemExit(143). Under torchrun a step
    takes `preset.batch` pairs for every process, all stop and save after the same step, and
    process 0 alone writes.
    Raises UserError when the checkpoint belongs to another run, a loss is not finite (the last good
    checkpoint stays), the disk is full or the device's memory is too small.
    """
    folder = Path(folder) if folder else None
    belongs_to = identity_of(run, domains)
    if folder and (state := load_checkpoint(folder, run.device)):
        check_same_run(state["belongs_to"], belongs_to, folder)
        run.load_state_dict(state)
        on_progress(run)
    domains = domains.to(run.device)
    preset = run.preset
    joint_batch = distributed.processes() * preset.batch
    if distributed.rank() > 0:
        folder = None  # process 0 alone writes

    def save() -> None:
        check_finite(run)
        check_weights(run)
        state = run.state_dict()
        if folder:
            save_checkpoint(folder, state | {"belongs_to": belongs_to})

    saved_at = resumed_at = time.monotonic()
    seconds_before = run.seconds
    with stop_signals() as stop, memory_errors_explained(preset):
        stopped_by = 0  # or the signal that came to this process or another
        while run.step < preset.steps and not (stopped_by := distributed.largest(sum(stop))):
            joint = domains.batch(run.step, joint_batch, preset.size, run.seed)
            x, y = (distributed.own_part(pictures) for pictures in joint)
            run.losses[run.step] = distributed.mean(train_step(run, x, y))
            run.step += 1
            run.seconds = seconds_before + time.monotonic() - resumed_at
            if run.step % progress_every == 0 or run.step == preset.steps:
                check_finite(run)
                on_progress(run)
            if folder and preview_every and run.step % preview_every == 0:
                picture = preview(run.nets, domains, preset.whole_size)
                write_safely(folder / "previews" / f"{run.step:06}.png", encode(to_image(picture)))
            if distributed.largest(time.monotonic() - saved_at >= save_seconds):
                save()
                saved_at = time.monotonic()
        save()
        if folder:
            export(run, domains.names, folder)
    if stopped_by:
        raise KeyboardInterrupt if stopped_by == signal.SIGINT else SystemExit(128 + stopped_by)
    return run


def export(run: Run, names: tuple[str, str], folder: Path) -> None:
    """Both generators as files named by direction: horse2zebra.safetensors and its reverse."""
    a, b = names
    size = run.preset.whole_size
    save_generator(folder / f"{a}2{b}.safetensors", run.nets.G_AB, f"{a}2{b}", size)
    save_generator(folder / f"{b}2{a}.safetensors", run.nets.G_BA, f"{b}2{a}", size)


@torch.no_grad()
def round_trip(nets: Networks, x: Tensor, y: Tensor) -> list[Tensor]:
    """x, its translation, its return; then the same for y. Each (n, 3, height, width)."""
    fake_b, fake_a = nets.G_AB(x), nets.G_BA(y)
    return [x, fake_b, nets.G_BA(fake_b), y, fake_a, nets.G_AB(fake_a)]


def preview(nets: Networks, domains: Domains, size: int, count: int = 6) -> Tensor:
    """Fixed training pictures, translated and back, one a column: uint8 (3, height, width)."""
    rows = round_trip(nets, *(centre_crop(pictures, size) for pictures in domains.some(count)))
    return make_grid(to_uint8(torch.cat(rows)), nrow=len(rows[0]), pad_value=255).cpu()


def identity_of(run: Run, domains: Domains) -> dict:
    """What must be the same for a run to be resumed: settings, seed, pictures, device type."""
    settings = dataclasses.asdict(run.preset)
    del settings["runs_on"]
    pictures = f"{len(domains.a)} + {len(domains.b)} with checksums {domains.checksums()}"
    origin = {"seed": run.seed, "pictures loaded": pictures, "started from": run.started_from}
    return settings | origin


def check_same_run(saved: dict, wanted: dict, folder: Path) -> None:
    """Raises UserError that says what differs between a checkpoint's run and this one."""

    def told(value) -> str:
        return "nothing" if value == "" else str(value)

    defaults = {field.name: field.default for field in dataclasses.fields(Preset)}
    # A setting that did not exist yet was what is now its default.
    saved = defaults | {"started from": ""} | saved
    differences = [
        f"{name} was {told(saved.get(name))} and is now {told(wanted[name])}"
        for name in wanted
        if saved.get(name) != wanted.get(name)
    ]
    if differences:
        raise UserError(
            f"{folder} holds another run ({'; '.join(differences)}): "
            "use the same settings to resume it, or another folder to start afresh."
        )


def check_finite(run: Run) -> None:
    """Raises UserError naming the first loss that is NaN or infinite."""
    bad = ~run.losses[: run.step].isfinite()
    if bad.any():
        step, loss = bad.nonzero()[0].tolist()
        stop_for(f"Loss {LOSSES[loss]} is not a finite number at step {step + 1}")


def check_weights(run: Run) -> None:
    """Raises UserError if a weight is NaN or infinite: such a checkpoint could not be resumed."""
    for name, net in run.nets._asdict().items():
        if not all(p.isfinite().all() for p in net.parameters()):
            stop_for(f"{name} has a weight that is not a finite number after step {run.step}")


def stop_for(reason: str) -> None:
    """Raises UserError: the reason, and what to do about a run that diverged."""
    raise UserError(
        f"{reason}, so training stopped; the last good checkpoint is kept: "
        "start again with a smaller --learning-rate."
    )


@contextlib.contextmanager
def stop_signals():
    """Yields a list, empty until Ctrl-C or SIGTERM arrives; a second one stops at once."""
    stop: list[int] = []

    def remember(number: int, frame) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.append(number)

    try:
        before = {s: signal.signal(s, remember) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread, where no signal arrives
        before = {}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def memory_errors_explained(preset: Preset):
    """Turns PyTorch's out-of-memory errors into one sentence that says what to change."""
    try:
        yield
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise UserError(
            f"Out of memory at size {preset.size}, batch {preset.batch}, width {preset.width}: "
            "try --batch 1, --size 128, or --preset lecture."
        ) from error


@contextlib.contextmanager
def lost_process_explained(folder: str | Path):
    """Turns the errors that follow another process's death (torchrun) into one sentence."""
    try:
        yield
    except RuntimeError as error:
        if not distributed.is_loss_of_a_process(error):
            raise
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent by torchrun to those who are left
        state = load_checkpoint(Path(folder), torch.device("cpu"))
        kept = f"the checkpoint of step {state['step']} is kept" if state else "nothing was saved"
        raise UserError(
            f"A process of this run died and {kept} in {folder}: the same command "
            + ("resumes." if state else "starts afresh.")
        ) from error


def seconds_left(run: Run) -> float:
    """Estimate of the training time that remains, from the mean so far."""
    return run.seconds / run.step * (run.preset.steps - run.step) if run.step else math.inf
