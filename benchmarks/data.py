"""The data path: pictures a second, its share of a step, start to first step, and memory; a table.

    python benchmarks/data.py [--data FOLDER] [--preset lecture] [--json FILE]

Pictures are JPEGs of 256 x 256 pixels, made here; FOLDER (with trainA and trainB) adds photographs.
"held" are pictures decoded once into memory, "streamed" are decoded by worker processes while the
networks train. Memory is measured on Linux: what a process of its own and its workers (their
proportional share of what they share) take beyond the imports.
"""

import argparse
import dataclasses
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.step import processor  # noqa: E402
from helpers import folders, images  # noqa: E402
from helpers.settings import PRESETS  # noqa: E402
from helpers.training import Run, train_step  # noqa: E402

PAPER = 286  # pixels, as `colab` and `paper` load
FEW, MANY = 1_000, 50_000  # pictures of both domains together


def make_photographs(root: Path, count: int) -> None:
    """trainA and trainB of count / 2 JPEGs each: smooth noise, about as large as a photograph."""
    rng = np.random.default_rng(0)
    for split in ("trainA", "trainB"):
        (root / split).mkdir(parents=True)
        for i in range(count // 2):
            small = Image.fromarray(rng.integers(0, 256, (96, 96, 3), np.uint8))
            large = small.resize((256, 256), Image.Resampling.BICUBIC)
            large.save(root / split / f"{i:05}.jpg", quality=90)


def link_many(source: Path, root: Path, count: int) -> None:
    """trainA and trainB of count / 2 links each to the same few files: the disk is not filled."""
    for split in ("trainA", "trainB"):
        files = sorted((source / split).iterdir())
        (root / split).mkdir(parents=True)
        for i in range(count // 2):
            (root / split / f"{i:05}.jpg").symlink_to(files[i % len(files)])


def domains_of(root: str | Path, size: int, kind: str) -> images.Domains:
    """The same folders, held or streamed whatever their size."""
    folders.MOST_IN_MEMORY = 1e15 if kind == "held" else 0
    return images.folder_domains(root, size)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rate(root: Path, size: int, kind: str) -> float:
    """Pictures a second of one pass over all files, as every start makes it."""
    a, b = (folders.Folder(f, size) for f in images.domain_folders(root))
    if kind == "held":
        return (len(a) + len(b)) / seconds(lambda: (a.load(), b.load()))
    streamed = images.Streamed(a, b, ("a", "b"))
    return (len(a) + len(b)) / seconds(streamed.checksums)


def waiting(root: Path, name: str, kind: str, steps: int = 40) -> dict[str, float]:
    """Medians over steps: seconds that a step waits for its pictures, and that it then takes."""
    preset = dataclasses.replace(PRESETS[name], steps=steps + 5, decay_steps=0)
    domains, run = domains_of(root, preset.load_size, kind), Run(preset)
    waits, works = [], []
    for step in range(steps + 5):
        start = time.perf_counter()
        x, y = domains.batch(step, preset.batch, preset.size, 0)
        got = time.perf_counter()
        train_step(run, x, y)
        run.step += 1
        waits.append(got - start)
        works.append(time.perf_counter() - got)
    wait, work = (statistics.median(times[5:]) for times in (waits, works))
    return {"wait_ms": 1000 * wait, "step_ms": 1000 * work, "share": wait / (wait + work)}


def proportional(pid: int | str = "self", file: str = "smaps_rollup", name: str = "Pss:") -> int:
    """Bytes of memory of a process, what it shares counted in parts (Linux)."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(name)))


def peak() -> int:
    """The most bytes of memory that this process has had (Linux)."""
    return proportional(file="status", name="VmHWM:")


def in_its_own_process(task: str, *arguments) -> dict:
    """What `task` below returns, from a fresh process that is told when it was started."""
    command = [sys.executable, __file__, "--child", task, repr(time.time()), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def first_step(started: str, root: str, name: str, kind: str) -> dict:
    """Seconds from the start of Python to the end of the first step, as `train` comes there."""
    preset = PRESETS[name]
    domains, run = domains_of(root, preset.load_size, kind), Run(preset)
    domains.checksums()
    train_step(run, *domains.batch(0, preset.batch, preset.size, 0))
    return {"seconds": time.time() - float(started)}


def memory(started: str, root: str, size: str, kind: str) -> dict:
    """Bytes that the domains take: at the peak of loading (held), and after 100 steps."""
    before, peak_before = proportional(), peak()
    domains = domains_of(root, int(size), kind)
    grown = peak() - peak_before
    for step in range(100):
        domains.batch(step, 1, 256, 0)
    workers = [proportional(child.pid) for child in multiprocessing.active_children()]
    counts = {"pictures": len(domains.a) + len(domains.b)}
    return counts | {"peak": grown, "after": proportional() - before + sum(workers)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--preset", default="lecture", choices=PRESETS)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    machine = {
        "date": time.strftime("%Y-%m-%d"), "processor": processor(), "cores": os.cpu_count(),
        "threads": torch.get_num_threads(), "workers": folders.WORKERS,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }  # fmt: skip
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    rows = []

    def add(what: str, value: float, unit: str) -> None:
        rows.append({"what": what, "value": value, "unit": unit})
        print(f"{what:60} {value:9.3g} {unit}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        made, many = Path(temporary) / "few", Path(temporary) / "many"
        make_photographs(made, FEW)
        link_many(made, many, MANY)
        sources = {"made": made} | ({"photographs": args.data} if args.data else {})
        for source, root in sources.items():
            for size in (PRESETS[args.preset].load_size, PAPER):
                for kind in ("held", "streamed"):
                    what = f"decoding {source}, {size} px, {kind}"
                    add(what, rate(root, size, kind), "pictures/s")
        for kind in ("held", "streamed"):
            for name, value in waiting(made, args.preset, kind).items():
                unit = "of a step" if name == "share" else "ms"
                add(f"{args.preset}, {kind}: {name.removesuffix('_ms')}", value, unit)
        for kind in ("held", "streamed"):
            took = in_its_own_process("first_step", made, args.preset, kind)["seconds"]
            add(f"{args.preset}, {FEW} pictures, {kind}: start to first step", took, "s")
        for count in (FEW, MANY):
            add(f"{count} pictures of {PAPER} px, predicted", 3 * PAPER**2 * count / 1e6, "MB")
        if Path("/proc/self/smaps_rollup").exists():
            for root, kind in ((made, "held"), (made, "streamed"), (many, "streamed")):
                found = in_its_own_process("memory", root, PAPER, kind)
                what = f"{found['pictures']} pictures of {PAPER} px, {kind}:"
                if kind == "held":
                    add(f"{what} at the peak", found["peak"] / 1e6, "MB")
                add(f"{what} after 100 steps", found["after"] / 1e6, "MB")
    if args.json:
        args.json.write_text(json.dumps(machine | {"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        task, *arguments = sys.argv[2:]
        print(json.dumps({"first_step": first_step, "memory": memory}[task](*arguments)))
    else:
        main()
