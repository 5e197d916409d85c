"""Steps and pictures per second of one process and of several under torchrun, as a table.

    python benchmarks/scaling.py [--processes 1 2] [--json FILE] [options of `train`]

A step of N processes takes N times the pictures. On one machine's CPU, processes share the cores:
what counts is the number of cores, not of processes. Never fails a test; minutes at most.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).parent.parent
STEPS = 40


def seconds(processes: int, options: list[str]) -> float | str:
    """Training seconds of STEPS steps, without start-up; or why there are none."""
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", "--standalone", "--local-addr=127.0.0.1"]
        start += [f"--nproc-per-node={processes}", "-m"]
    with tempfile.TemporaryDirectory() as folder:
        train = ["helpers", "train", "--data", "toy", f"--steps={STEPS}", "--preview-every=0"]
        done = subprocess.run(
            [*start, *train, "--out", folder, *options],
            cwd=ROOT, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
            return told[0] if told else f"exit code {done.returncode}"
        return torch.load(Path(folder) / "checkpoint.pt", weights_only=True)["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path)
    args, options = parser.parse_known_args()
    rows = []
    options = options or ["--preset", "lecture", "--pictures", "40"]
    batch = int(options[options.index("--batch") + 1]) if "--batch" in options else 1
    print(f"{STEPS} steps, {' '.join(options)}, {time.strftime('%Y-%m-%d')}")
    print("processes  steps/s  pictures/s (of both domains)")
    for processes in args.processes:
        took = seconds(processes, options)
        if isinstance(took, str):
            print(f"{processes:9}  {took}")
        else:
            rate = STEPS / took
            pictures = 2 * batch * processes * rate
            print(f"{processes:9}  {rate:7.2f}  {pictures:10.2f}")
            rows.append(dict(processes=processes, steps_per_second=rate, pictures=pictures))
    if args.json:
        machine = dict(date=time.strftime("%Y-%m-%d"), torch=torch.__version__, options=options)
        args.json.write_text(json.dumps({**machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
