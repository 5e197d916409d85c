"""What a preset would take on this machine, in hours and memory, before any hour is spent."""

import dataclasses
import statistics
import time

import torch
from torch import nn

from helpers import guards, resume
from helpers.devices import choose_device
from helpers.download import COUNTS
from helpers.images import Domains
from helpers.networks import Discriminator, Generator, parameter_count
from helpers.objectives import Networks, generator_losses, weighted_sum
from helpers.settings import PRESETS, Preset
from helpers.training import Run, train_step


@dataclasses.dataclass(frozen=True)
class Forecast:
    """`timed` steps of a preset took `seconds` each (median); `gigabytes` include its pictures."""

    preset: Preset
    timed: int
    seconds: float
    gigabytes: float
    arithmetic: str  # "float16 on Tesla T4"
    measured: bool  # the memory; False: calculated

    def hours(self, steps: int) -> float:
        """What so many steps take."""
        return self.seconds * steps / 3600

    def __str__(self) -> str:
        """The step, then a line for every preset that has it, then the memory."""
        count = "1 step" if self.timed == 1 else f"{self.timed} steps"
        lines = [f"timed: {count} of {self.preset.name}, {self.seconds:.2f} s each, "
                 f"in {self.arithmetic}"]  # fmt: skip
        others = [other for other in PRESETS.values() if step_of(other) == step_of(self.preset)]
        for preset in others or [self.preset]:
            hours = self.hours(preset.steps)
            words = f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}"
            lines.append(f"{preset.name}: {preset.steps:,} steps take about {words} hours here")
        how = "measured" if self.measured else "calculated"
        lines.append(f"memory: {self.gigabytes:.1f} GB, pictures included ({how})")
        return "\n".join(lines)


def step_of(preset: Preset) -> Preset:
    """The preset without what does not change its steps: its name and their number."""
    return dataclasses.replace(preset, name="", runs_on="", steps=1, decay_steps=0)


def forecast(preset: Preset, device: torch.device | None = None, seconds: float = 60) -> Forecast:
    """Times up to 20 steps of a preset, on noise, so that nothing is downloaded or trained.

    Stops before `seconds` would be exceeded, but does one step. A first step that prepares memory
    and kernels is not counted where there is a second. Raises UserError where memory runs out.
    """
    device = device or choose_device()
    gpu = device.type == "cuda"
    if gpu:
        torch.cuda.reset_peak_memory_stats(device)
    clock, took = time.perf_counter, []
    with guards.enough_memory_to_train(preset):
        run, domains = Run(preset, device=device), noise(preset).to(device)
        begun = clock()
        while len(took) < 21 and clock() - begun + (took[-1] if took else 0) <= seconds:
            start = clock()
            x, y = domains.batch(len(took), preset.batch, preset.size, run.seed)
            train_step(run, x, y).tolist()  # waits for a GPU
            took.append(clock() - start)
    counted = took[1:] or took
    memory = torch.cuda.max_memory_allocated(device) if gpu else step_memory(preset, run.dtype)
    return Forecast(
        preset, len(counted), statistics.median(counted),
        (memory + picture_memory(preset)) / 1e9, resume.arithmetic(run), gpu,
    )  # fmt: skip


def noise(preset: Preset) -> Domains:
    """Two pictures of noise a domain, as large as the preset loads them."""
    generator = torch.Generator().manual_seed(0)
    shape = 2, 3, preset.load_size, preset.load_size
    a, b = (torch.randint(256, shape, generator=generator, dtype=torch.uint8) for _ in range(2))
    return Domains(a, b)


def picture_memory(preset: Preset) -> int:
    """Bytes of all pictures of a preset, held as uint8."""
    toy = preset.data == "toy"
    count = 2 * preset.pictures if toy else COUNTS["trainA"] + COUNTS["trainB"]
    return 3 * preset.load_size**2 * count


def step_memory(preset: Preset, dtype: torch.dtype) -> int:
    """Bytes of a step by calculation: weights, gradients, Adam's two moments, what autograd keeps.

    What libraries use for themselves comes on top.
    """
    parameters = sum(parameter_count(net) for net in networks(preset, torch.float32))
    return 16 * parameters + kept_for_backward(preset, dtype)


def networks(preset: Preset, dtype: torch.dtype) -> Networks:
    """Four networks that have shapes alone, on PyTorch's device "meta"."""
    shape = preset.width, preset.blocks, preset.upsample
    with torch.device("meta"):
        nets: list[nn.Module] = [Generator(*shape), Generator(*shape)]
        nets += [Discriminator(preset.d_width), Discriminator(preset.d_width)]
    for D in nets[2:]:
        D.requires_grad_(False)
    return Networks(*(net.to(dtype) for net in nets))


def kept_for_backward(preset: Preset, dtype: torch.dtype) -> int:
    """Bytes that autograd saves on the way forward through the generators' losses."""
    nets, kept = networks(preset, dtype), {}
    weights = {p.untyped_storage()._cdata for net in nets for p in net.parameters()}

    def keep(t: torch.Tensor) -> torch.Tensor:
        storage = t.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = storage  # held, so that no other takes its address
        return t

    shape = preset.batch, 3, preset.size, preset.size
    x, y = (torch.empty(shape, device="meta", dtype=dtype) for _ in range(2))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        losses, *fakes = generator_losses(nets, x, y)
        weighted_sum(losses)
    return sum(storage.nbytes() for storage in kept.values())
