"""Folders of pictures: where the domains lie; each as one tensor, or read by worker processes."""

import contextlib
import hashlib
import itertools
import logging
import math
import os
import re
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from helpers.pictures import open_picture, picture_paths, to_tensor
from helpers.settings import UserError

# What is held in memory is copied to the GPU: 4 GB leave 11 of a T4's 15 GB to the networks.
MOST_IN_MEMORY = 4e9
WORKERS = min(4, os.cpu_count() or 1)


class Folder(Dataset):
    """The pictures of a folder, decoded when asked for: folder[i] is uint8 (3, size, size).

    The short side is scaled to `size` and the centre cut out. A test folder leaves out what was
    trained on, see `unseen`. Raises UserError for a missing folder, fewer than `least` pictures,
    and, when asked for it, a file that cannot be decoded.
    """

    def __init__(self, folder: str | Path, size: int, least: int = 2):
        self.paths, self.size = unseen(picture_paths(folder)), size
        if len(self.paths) < least:
            raise UserError(
                f"{folder} holds too few pictures ({len(self.paths)}): at least {least} are needed."
            )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int) -> Tensor:
        side = self.size, self.size
        return to_tensor(ImageOps.fit(open_picture(self.paths[i]), side, Image.Resampling.BICUBIC))

    @property
    def bytes(self) -> int:
        """What all pictures take in memory."""
        return 3 * self.size**2 * len(self)

    def load(self) -> Tensor:
        """All pictures, uint8 (count, 3, size, size), decoded into their place by threads."""
        pictures = torch.empty(len(self), 3, self.size, self.size, dtype=torch.uint8)

        def load(i: int) -> None:
            pictures[i] = self[i]

        with ThreadPoolExecutor(WORKERS) as pool:
            for _ in pool.map(load, range(len(self))):  # raises what a thread raised
                pass
        return pictures


def unseen(paths: list[Path]) -> list[Path]:
    """Of the pictures in a folder testA, those that the folder trainA beside it does not hold too.

    Byte for byte: horse2zebra has one such horse, and a test on it tells nothing about new ones.
    The same for B; any other folder is left as it is. A warning names what is left out.
    """
    folder = paths[0].parent
    training = folder.with_name(re.sub("^test", "train", folder.name))
    if training == folder or not training.is_dir():
        return paths

    def fingerprint(path: Path) -> bytes:
        return hashlib.sha256(path.read_bytes()).digest()

    sizes = {path.stat().st_size for path in paths}  # only these can be equal, and need be read
    others = [p for p in training.iterdir() if p.is_file() and p.stat().st_size in sizes]
    seen = {fingerprint(path) for path in others}
    sizes = {path.stat().st_size for path in others}
    copies = [p for p in paths if p.stat().st_size in sizes and fingerprint(p) in seen]
    if copies:
        names = ", ".join(path.name for path in copies)
        message = "%s: left out, as %s holds the same: %s."
        logging.getLogger(__name__).warning(message, folder, training.name, names)
    return [path for path in paths if path not in copies]


def load_folder(folder: str | Path, size: int) -> Tensor:
    """All pictures of a folder in memory: uint8 (count, 3, size, size), see `Folder`."""
    return Folder(folder, size).load()


def available_memory() -> float:
    """Bytes free for this process where Linux tells (a container's limit counts), else infinite."""
    free = [math.inf]
    with contextlib.suppress(OSError):
        told = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
        free.append(1024 * int(told[1]))
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        free.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(free)


class Batches(Dataset):
    """Batches(pictures)[numbers] is those pictures stacked; None if one of them cannot be read."""

    def __init__(self, pictures: Dataset):
        self.pictures = pictures

    def __getitem__(self, numbers: list[int]) -> Tensor | None:
        with contextlib.suppress(UserError):
            return torch.stack([self.pictures[i] for i in numbers])


def in_workers(
    pictures: Dataset, batches: Iterable[list[int]], pinned: bool = False
) -> Iterator[Tensor]:
    """pictures[i] for the numbers of each batch, stacked; read ahead by worker processes.

    Raises UserError for a picture that cannot be read, when it is its turn.
    """
    batches, requests = itertools.tee(batches)
    loader = DataLoader(
        Batches(pictures),
        batch_size=None,
        sampler=requests,
        num_workers=WORKERS,
        worker_init_fn=leave_signals_to_parent,
        pin_memory=pinned,
        generator=torch.Generator(),  # else it would draw from the caller's random numbers
    )
    for batch, stacked in zip(batches, loader):
        if stacked is None:  # read here, as a worker's error would come with its traceback
            stacked = torch.stack([pictures[i] for i in batch])
        yield stacked


def leave_signals_to_parent(worker: int) -> None:
    """A run that saves before it ends still needs its pairs.

    Ctrl-C in a terminal, and torchrun, signal the whole process group: a worker gets its own.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # by which the parent may end it
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    else:  # Windows
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def domain_folders(data: list[str] | str | Path, split: str = "train") -> tuple[Path, Path]:
    """Where domains A and B lie: two folders as given, or `split`A and `split`B in one folder."""
    data = [data] if isinstance(data, str | Path) else data
    if len(data) == 2:
        return Path(data[0]), Path(data[1])
    root = Path(data[0])
    if not root.is_dir():
        raise UserError(f"There is no folder {root}: check the path, or fetch the data first.")
    folders = root / f"{split}A", root / f"{split}B"
    if not all(f.is_dir() for f in folders):
        raise UserError(
            f"{root} has no {split}A and {split}B: expected these two, or name two folders."
        )
    return folders


def domain_names(data: list[str] | str | Path) -> tuple[str, str]:
    """What the domains are called: horse, zebra for .../horse2zebra, else their folders' names."""
    data = [data] if isinstance(data, str | Path) else data
    if len(data) == 2:
        a, b = (Path(folder).resolve().name for folder in data)
        return (a, b) if a != b else ("a", "b")
    match = re.fullmatch(r"([^\W\d_]+)2([^\W\d_]+)", Path(data[0]).resolve().name)
    return match.groups() if match else ("a", "b")
