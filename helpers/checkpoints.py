"""Files of a run: the checkpoint to resume from, and each direction's weights to translate with."""

import contextlib
import errno
import io
import json
import os
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from helpers.guards import is_out_of_memory
from helpers.networks import Generator
from helpers.settings import UserError

CHECKPOINT, PREVIOUS = "checkpoint.pt", "checkpoint.previous.pt"


def write_safely(path: Path, data: bytes | memoryview, previous: Path | None = None) -> None:
    """Writes a temporary file, syncs it, moves it into place: all or nothing, at any moment.

    The file that was there before is kept as `previous`, where that is given. Raises UserError when
    the disk is full or the folder cannot be written; `path` is then what it was before.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if previous and path.exists():
            os.replace(path, previous)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        need = f"the disk is full, {len(data) / 1e6:.0f} MB are needed: free some space"
        reason = need if error.errno == errno.ENOSPC else f"{error.strerror}: choose another folder"
        raise UserError(
            f"{path} could not be written ({reason}, then run the same command again); "
            "what was saved before is kept."
        ) from error


def save_checkpoint(folder: Path, state: dict) -> None:
    """Writes folder/checkpoint.pt and keeps the one before as checkpoint.previous.pt."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_safely(folder / CHECKPOINT, buffer.getbuffer(), folder / PREVIOUS)


def read(path: Path) -> bytes:
    """The bytes of a file. Raises UserError where it is there but cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read right now ({error.strerror}): run the same command again in "
            "a while; nothing was changed."
        ) from error


def load_checkpoint(folder: Path) -> dict | None:
    """The newest checkpoint of the folder that is not damaged, on the CPU; None if there is none.

    Raises UserError where there are checkpoints but all are damaged, or one cannot be read.
    """
    paths = [folder / name for name in (CHECKPOINT, PREVIOUS) if (folder / name).exists()]
    for path in paths:
        data = read(path)
        try:
            if damaged := zipfile.ZipFile(io.BytesIO(data)).testzip():  # torch.load would not mind
                raise zipfile.BadZipFile(damaged)
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:  # of many kinds, for a damaged file
            if is_out_of_memory(error):
                raise
            print(f"{path} is damaged ({type(error).__name__}); trying the one before.")
    if paths:
        raise UserError(
            f"Every checkpoint in {folder} is damaged: move the folder away to start afresh."
        )
    return None


def save_generator(
    path: Path, net: Generator, direction: str, size: int, dtype: torch.dtype = torch.float32
) -> None:
    """Writes one direction's weights as safetensors, with its shape and training size inside.

    float16 halves the file; `load_generator` gives float32 whatever it was.
    """
    state = net.state_dict()
    tensors = {name: t.detach().to("cpu", dtype).contiguous() for name, t in state.items()}
    config = json.dumps(net.config | {"direction": direction, "size": size})
    write_safely(path, save(tensors, {"config": config}))


def load_generator(path: str | Path, device: str | torch.device = "cpu") -> tuple[Generator, dict]:
    """The generator of a weights file, and its config: width, blocks, upsample, direction, size.

    Raises UserError for a missing file, one of another kind, and one whose tensors do not fit the
    architecture that it names.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There are no weights at {path}: check the path, or train first.")
    data = read(path)  # safetensors' own reader maps the file, which not every mount can
    try:
        tensors = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        config = json.loads(header["__metadata__"]["config"])
        net = Generator(config["width"], config["blocks"], config["upsample"])
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} is not a generator saved by this project: expected a .safetensors file "
            "that `python -m helpers train` wrote."
        ) from error
    load_weights(net, tensors, path)
    return net.to(device).eval(), config


def load_weights(net: torch.nn.Module, tensors: dict, source: str | Path) -> None:
    """`net.load_state_dict`, with one sentence that names the first difference if they differ."""
    expected = {name: tuple(t.shape) for name, t in net.state_dict().items()}
    found = {name: tuple(t.shape) for name, t in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise UserError(
                f"{source} is of another architecture: {name} is {found.get(name, 'missing')}, "
                f"expected {expected.get(name, 'no such tensor')}."
            )
    net.load_state_dict(tensors)


def find_weights(folder_or_file: str | Path, direction: str | None = None) -> Path:
    """The weights file of a direction such as "horse2zebra" in a run's folder, or the file itself.

    Raises UserError that lists the directions there are.
    """
    path = Path(folder_or_file)
    if path.is_file():
        return path
    there = {p.stem: p for p in sorted(path.glob("*.safetensors"))}
    if direction in there:
        return there[direction]
    if direction is None and len(there) == 1:
        return next(iter(there.values()))
    raise UserError(
        f"{path} has no weights for direction {direction!r}: "
        + (f"choose one of {', '.join(there)}." if there else "train first.")
    )
