"""What the folder of a run tells: its generators, their names, the pictures it saw, its losses."""

import contextlib
import csv
import dataclasses
import re
import sys
from pathlib import Path

import torch
from torch import Tensor

from helpers.checkpoints import find_weights, load_checkpoint, load_generator
from helpers.images import checksum, load_folder, picture_paths
from helpers.networks import Generator
from helpers.settings import LOSSES, PRESETS, UserError


def open_checkpoint(folder: Path) -> dict | None:
    """The run's checkpoint on the CPU; None where there is none, or none that can be read."""
    with contextlib.suppress(UserError), contextlib.redirect_stdout(sys.stderr):
        return load_checkpoint(folder)


def names_in(folder: Path, wanted: tuple[str, str], checkpoint: dict | None) -> tuple[str, str]:
    """What a run calls A and B: `wanted` where it has these directions, else its only two.

    The checkpoint knows which of them is A; without one it is the first by name.
    """
    there = {path.stem for path in folder.glob("*.safetensors")}
    twos = [(name, match.span()) for name in there for match in re.finditer("2", name)]
    halves = [(name[:start], name[end:]) for name, (start, end) in twos]
    pairs = sorted((a, b) for a, b in halves if f"{b}2{a}" in there)
    if wanted in pairs or len(pairs) != 2:
        return wanted
    return tuple((checkpoint or {}).get("names", pairs[0]))


def open_generators(
    folder: Path, names: tuple[str, str], device: torch.device
) -> tuple[Generator, Generator, int]:
    """G_AB, G_BA and the size that they were trained at.

    Raises UserError where the folder does not hold both directions.
    """
    if folder.is_file():
        raise UserError(f"{folder} is one direction of two: name the folder of the run.")
    a, b = names
    paths = [find_weights(folder, direction) for direction in (f"{a}2{b}", f"{b}2{a}")]
    (G_AB, config), (G_BA, _) = (load_generator(path, device) for path in paths)
    return G_AB, G_BA, config["size"]


def trained_on(folders: list[str], checkpoint: dict | None) -> list[str] | None:
    """Those of the folders whose pictures the run learned from; None without its checkpoint.

    A folder is known again by the number and the checksum of its pictures, so only as a whole.
    """
    if checkpoint is None:
        return None
    settings = checkpoint["belongs_to"]
    numbers = set(re.findall(r"\d+", settings["pictures loaded"]))
    like = {name: settings[name] for name in ("size", "zoom") if name in settings}
    size = dataclasses.replace(PRESETS["lecture"], **like).load_size
    candidates = [folder for folder in folders if str(len(picture_paths(folder))) in numbers]
    return [f for f in candidates if str(checksum(load_folder(f, size))) in numbers]


def read_losses(folder: Path) -> Tensor:
    """The losses that a run has written to losses.csv: (steps, 8) in the order of LOSSES.

    Raises UserError where there is no such file, or another table in it.
    """
    path = folder / "losses.csv"
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [[float(row[name]) for name in LOSSES] for row in csv.DictReader(file)]
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): name the folder of a run that was saved."
        ) from error
    except (KeyError, TypeError, ValueError, csv.Error):
        rows = []
    if not rows:
        raise UserError(
            f"{path} is not what a run writes: expected rows under step,{','.join(LOSSES)}."
        )
    return torch.tensor(rows)
