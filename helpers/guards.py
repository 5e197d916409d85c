"""What guards a run: signals that stop it, memory that runs out, numbers that are not finite."""

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from helpers.settings import LOSSES, Preset, UserError


class Every:
    """Called again and again, it is True once in so many seconds, the first time after as many."""

    def __init__(self, seconds: float):
        self.seconds, self.last = seconds, time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        due = now - self.last >= self.seconds
        if due:
            self.last = now
        return due


@contextlib.contextmanager
def stop_signals() -> Iterator[list[int]]:
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


def is_out_of_memory(error: Exception) -> bool:
    """Whether Python, NumPy, PyTorch or a GPU's libraries say that there is no memory left."""
    by_torch = re.search("allocate memory|out of memory|ALLOC_FAILED", str(error), re.IGNORECASE)
    return isinstance(error, MemoryError) or isinstance(error, RuntimeError) and bool(by_torch)


class Stopped(KeyboardInterrupt):
    """A run was stopped, and saved if it could be: its text says so, and is all that one reads."""


def stopped(run, number: int, folder: Path | None) -> BaseException:
    """What to raise when signal `number` has stopped a training.Run, saved in `folder`."""
    kept = "saved nowhere, as no folder was named."
    if folder:
        kept = f"saved in {short(folder)}: run the cell again to go on."
    text = f"Stopped after step {run.step} of {run.preset.steps}, {kept}"
    return Stopped(text) if number == signal.SIGINT else SystemExit(128 + number)


def short(folder: Path) -> str:
    """A folder in the course as seen from there, "runs/latest"; another one as it is."""
    root = Path(__file__).resolve().parents[1]
    inside = folder.resolve().is_relative_to(root)
    return folder.resolve().relative_to(root).as_posix() if inside else str(folder)


@contextlib.contextmanager
def memory_errors_explained(doing: str, advice: str) -> Iterator[None]:
    """Turns every out-of-memory error into "Out of memory DOING: ADVICE.", one sentence."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"Out of memory {doing}: {advice}.") from error


def enough_memory_to_train(preset: Preset) -> contextlib.AbstractContextManager:
    """`memory_errors_explained` for a run: loading its pictures, building it, training it."""
    return memory_errors_explained(
        f"at size {preset.size}, batch {preset.batch}, width {preset.width}",
        "try --batch 1, --size 128, or --preset lecture",
    )


def check_losses(run) -> None:
    """Raises UserError naming the first recorded loss of a training.Run that is not finite."""
    bad = ~run.losses[: run.step].isfinite()
    if bad.any():
        step, column = bad.nonzero()[0].tolist()
        raise diverged(f"Loss {list(LOSSES)[column]} is not a finite number at step {step + 1}")


def check_finite(run) -> None:
    """`check_losses`, and the weights as well: a checkpoint with NaN in it could not be resumed."""
    check_losses(run)
    for name, net in run.nets._asdict().items():
        if not all(p.isfinite().all() for p in net.parameters()):
            raise diverged(f"{name} has a weight that is not a finite number after step {run.step}")


def diverged(reason: str) -> UserError:
    """The reason, and what to do about a run that diverged."""
    return UserError(
        f"{reason}, so training stopped; the last good checkpoint is kept: "
        "start again with a smaller --learning-rate."
    )
