"""How a run is kept: checkpoints that are never half a file, and Ctrl-C that saves first."""

import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import torch

from helpers import distributed


def check_writable(folder: Path) -> None:
    """Tries the place for results before the first step. Raises ValueError."""
    drive = Path("/content/drive")
    if drive in folder.resolve().parents and not os.path.ismount(drive):
        raise ValueError(f"{folder} is on a Drive that is not mounted: mount it first.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(f"{folder} cannot be written ({error.strerror}): name another.") from error


def save_checkpoint(folder: Path, state: dict) -> None:
    """Writes folder/checkpoint.pt and keeps the one before as checkpoint.previous.pt."""
    part, newest = folder / "checkpoint.part", folder / "checkpoint.pt"
    torch.save(state, part)
    if newest.exists():
        os.replace(newest, folder / "checkpoint.previous.pt")
    os.replace(part, newest)  # at no moment is there half a file of that name


def load_checkpoint(folder: Path) -> dict | None:
    """The newest checkpoint that can be read, on the CPU; None where there is none.

    Raises ValueError where there are checkpoints and all are damaged.
    """
    names = ("checkpoint.pt", "checkpoint.previous.pt")
    paths = [folder / name for name in names if (folder / name).exists()]
    for path in paths:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            state["config"]  # something else may bear this name
        except OSError:  # the disk's fault, not the file's
            raise
        except Exception as error:  # what damage raises depends on where it lies
            print(f"{path} is damaged ({type(error).__name__}): trying the one before.")
            continue
        if path != paths[0] and distributed.rank() == 0:  # or it would replace the good one
            os.replace(paths[0], folder / "checkpoint.damaged.pt")
        return state
    if paths:
        raise ValueError(f"Every checkpoint in {folder} is damaged: move the folder away.")
    return None


@contextlib.contextmanager
def stop_after_step() -> Iterator[list]:
    """Ctrl-C fills the list, and the loop ends after its step; a second Ctrl-C ends it at once."""
    stopped = []

    def stop(number, frame):
        stopped.append(number)
        signal.signal(number, signal.default_int_handler)

    here = threading.current_thread() is threading.main_thread()  # others get no signals
    if not here or distributed.world_size() > 1:
        yield stopped
        return
    before = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
