"""What a run computes on and in: device, precision, and the number of threads.

Each is tried before it is chosen: what a machine says it can do is not always what it does well.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from helpers.settings import PRECISIONS, UserError


def choose_device(name: str | None = None) -> torch.device:
    """The device called `name` ("cpu", "cuda", "cuda:1", "mps"), else a GPU if there is one.

    A GPU that is there but cannot compute, such as one too old for this PyTorch, is passed over
    with a printed sentence. Raises UserError where a device that was named cannot compute.
    """
    try:
        device = torch.device(name or accelerator())
        training_like(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        if name:
            raise UserError(
                f"Device {name!r} is not available here ({reason}): try --device cpu."
            ) from error
        print(f"The GPU cannot run this PyTorch ({reason}), so the CPU is used.")
        device = torch.device("cpu")
    return device


def accelerator() -> str:
    """ "cuda", "mps" (Apple's GPU) or "cpu": what this machine has, whether it works or not."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """What convolutions compute in: a key of settings.PRECISIONS, where "auto" means the fastest.

    bfloat16 on GPUs that have it in hardware (compute capability 8.0, Ampere), float16 on other
    Nvidia GPUs, bfloat16 on processors where a trial of less than a second says that it is faster
    (those with AMX, most with AVX512-BF16), float32 elsewhere.
    """
    if precision != "auto":
        return PRECISIONS[precision]
    if device.type == "cuda":  # torch.cuda.is_bf16_supported counts slow emulation as support
        ampere = torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if ampere else torch.float16
    if device.type != "cpu":
        return torch.float32
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would measure what else the machine does
    trials = (lambda: training_like(device)), (lambda: training_like(device, torch.bfloat16))
    gain = speed_up(*trials, turns=20, summary=min)
    torch.set_num_threads(threads)
    return torch.bfloat16 if gain > 1.1 else torch.float32


def choose_threads(work: Callable[[], object], most: int | None = None) -> int:
    """Sets and returns the number of threads that does `work` fastest: one, or `most`.

    Threads wait for one another by spinning, so a core that something else keeps busy makes two
    threads slower than one. `most` is PyTorch's number at the time of the call if none is given.
    The number stays as it is where OMP_NUM_THREADS is set: then the user has chosen.
    """
    threads = most or torch.get_num_threads()
    if threads == 1 or "OMP_NUM_THREADS" in os.environ:
        return threads

    def with_threads(count: int) -> None:
        torch.set_num_threads(count)
        work()

    gain = speed_up(lambda: with_threads(1), lambda: with_threads(threads))
    chosen = threads if gain > 1.1 else 1
    torch.set_num_threads(chosen)
    return chosen


class Threads:
    """A run's number of threads: `count`, or what a trial says; tried again when steps slow down.

    work: what the trial times, see `choose_threads`. Other numbers than the machine has, and those
    that OMP_NUM_THREADS forbids, are not set.
    """

    def __init__(self, work: Callable[[], object], count: int | None = None):
        self.work, self.seconds, self.last = work, [], time.monotonic()
        self.most = torch.get_num_threads()
        if count is None:
            choose_threads(work)
        elif "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(min(count, torch.get_num_threads()))

    def after_step(self) -> None:
        """Notes how long the step took; when steps take three times as long, tries anew."""
        now = time.monotonic()
        self.seconds, self.last = [*self.seconds[-50:], now - self.last], now
        if has_slowed(self.seconds):
            self.seconds = []
            before, now = torch.get_num_threads(), choose_threads(self.work, self.most)
            if before != now:
                print(f"Steps slowed down, so the run goes on with {now} thread(s), not {before}.")


def has_slowed(seconds: Sequence[float], last: int = 5, factor: float = 3.0) -> bool:
    """Whether each of the last steps took `factor` times the median of those before, or more.

    It is then time for another `choose_threads`. False until there are as many steps before.
    """
    before, now = seconds[:-last], seconds[-last:]
    return len(before) >= last and min(now) >= factor * statistics.median(before)


def speed_up(
    one: Callable, other: Callable, turns: int = 7, limit: float = 1.0, summary=statistics.median
) -> float:
    """How many times as fast `other` is as `one`, by their times in turns, after one run of each.

    Stops after `turns` runs of each, or once `limit` seconds have passed. A `summary` by `min` sees
    what the processor can do, the median what other work leaves of it.
    """
    clock = time.perf_counter
    one(), other()
    start = clock()
    took: list[tuple[float, float]] = []
    while len(took) < turns and (not took or clock() - start < limit):
        moments = [clock()]
        for work in (one, other):
            work()
            moments.append(clock())
        took.append((moments[1] - moments[0], moments[2] - moments[1]))
    seconds = [summary(column) for column in zip(*took)]
    return seconds[0] / seconds[1]


def training_like(device: torch.device, dtype: torch.dtype = torch.float32) -> None:
    """Forward and backward through a convolution of 64 channels on 32 x 32 pixels."""
    layout = torch.channels_last
    x = torch.ones(1, 64, 32, 32, device=device).to(memory_format=layout).requires_grad_()
    weight = torch.ones(64, 64, 3, 3, device=device).to(memory_format=layout).requires_grad_()
    with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
        y = F.conv2d(x, weight, padding=1)
    y.sum().backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)  # a kernel's error is raised when it is waited for
