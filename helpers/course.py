"""What every notebook's set-up cell runs: find or fetch the course, check it, hand out its tools.

The cell runs this file's text where there may be no copy of the course yet, so everything above
`set_up` needs the standard library alone.
"""

import contextlib
import gzip
import http.client
import importlib
import importlib.metadata
import io
import os
import re
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
import zlib
from pathlib import Path

LISTING = ".fetched"  # in a fetched copy: the names of its files, written when all are there
# What a download that breaks off, and what arrived of it, may raise.
BROKEN = OSError, http.client.HTTPException, EOFError, ValueError, zlib.error, tarfile.TarError
REMINDER = "Colab forgets this copy when the session ends: File > Save a copy in Drive keeps it."


def fetch(address: str, tag: str, into: Path) -> Path:
    """The folder of release `tag` of the repository at `address`, downloaded if need be.

    In a copy that lacks files these are put back; those that are there stay as they are, a reader's
    changes included. Raises IPython's UsageError, shown as one sentence, when the download breaks.
    """
    name = address.rpartition("/")[2]
    root = into / f"{name}-{tag}"
    with contextlib.suppress(OSError):
        if all((root / line).exists() for line in (root / LISTING).read_text("utf-8").split("\n")):
            return root
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        try:
            with urllib.request.urlopen(f"{address}/archive/refs/tags/{tag}.tar.gz") as answer:
                data = gzip.decompress(answer.read())  # which sees even the last byte missing
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
                archive.extractall(scratch, filter="data")
            [top] = Path(scratch).iterdir()
        except BROKEN as error:
            reason = str(error) or type(error).__name__
            raise usage_error(
                f"The download of {address} {tag} broke off ({reason}), so nothing was changed: "
                "run this cell again."
            ) from None
        files = sorted(p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file())
        for file in files:  # moved whole: what is there is never half a file
            if not (root / file).exists():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                os.replace(top / file, root / file)
    (root / LISTING).write_text("\n".join(files), "utf-8")
    return root


def usage_error(sentence: str) -> Exception:
    """An exception that a notebook shows as this sentence, without a traceback."""
    from IPython.core.error import UsageError

    return UsageError(sentence)


def numbers(version: str) -> tuple[int, ...]:
    """ "2.11.0+cu128" as (2, 11, 0): what can be compared."""
    return tuple(map(int, re.match(r"[\d.]*\d", version)[0].split(".")))


def too_old(dependencies: list[str]) -> str:
    """One sentence about the packages below their bound ("torch>=2.11") or missing; "" if none."""
    found = []
    for name, least in (line.split(">=") for line in dependencies):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        if not version or numbers(version) < numbers(least):
            found.append(f"{name} {least} or newer (here {version or 'none'})")
    if not found:
        return ""
    return f"The course is made for {', '.join(found)}: update that if a cell fails."


def summary(version: str, device: str, preset: str) -> str:
    """The one line that the set-up cell prints; nothing in it depends on the machine's folders."""
    start = f"CycleGAN course {version}, device {device}, preset {preset}"
    return f"{start}; training is kept in runs."


def set_up(address: str, tag: str, found: list[Path] = ()) -> tuple:
    """Prints `summary` and returns preset, root, device, exercises, plt, np, torch, F, nn.

    found: this file in the copy of the course that the notebook lies in; empty where there is none,
    and release `tag` is fetched. Seeds torch with 0. Raises IPython's UsageError, one sentence.
    """
    root = Path(found[0]).parents[1] if found else fetch(address, tag, Path.cwd())
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        if complaint := too_old(project["dependencies"]):
            print(complaint)
        import matplotlib.pyplot as plt
        import numpy as np
        import torch
        import torch.nn.functional as F
        from torch import nn

        from helpers import exercises
        from helpers.devices import choose_device
        from helpers.settings import choose_preset
    except OSError as error:
        raise usage_error(incomplete(f"{error.filename} is missing", address, tag)) from None
    except ImportError as error:
        if (error.name or "").split(".")[0] == "helpers":
            raise usage_error(incomplete(str(error), address, tag)) from None
        raise usage_error(
            f"A package is missing ({error}): run `pip install -r requirements.txt` in the folder "
            "of the course, then restart the kernel."
        ) from None
    prepare_notebook()
    torch.manual_seed(0)
    preset, device = choose_preset(), choose_device()
    print(summary(project["version"], device.type, preset.name))
    if "google.colab" in sys.modules:
        print(REMINDER)
    return preset, root, device, exercises, plt, np, torch, F, nn


def incomplete(reason: str, address: str, tag: str) -> str:
    """The sentence about a copy of the course that lacks files."""
    return (
        f"This copy of the course is incomplete ({reason}): "
        f"get a whole one with `git clone --branch {tag} {address}`."
    )


def prepare_notebook() -> None:
    """Figures under their cells; a stopped run ends in its sentence, printed, without a traceback.

    The cell still counts as failed, so that "Run All" stops there. Outside a notebook: nothing.
    """
    from IPython import get_ipython

    from helpers.guards import Stopped

    if shell := get_ipython():
        shell.run_line_magic("matplotlib", "inline")
        shell.set_custom_exc((Stopped,), show_sentence)


def show_sentence(shell, kind: type, error: BaseException, traceback, tb_offset=None) -> None:
    """IPython's handler of exceptions that are told by their text alone."""
    print(error)
