"""Times the training step of this course in two versions, in turns, and prints one row.

python -m benchmarks.step --preset lecture                  as it is, twice: the noise
python -m benchmarks.step --preset lecture --b threads=2    A: one thread, B: two
python -m benchmarks.step --size 128 --width 32 --b channels-last
python -m benchmarks.step --preset colab --b amp=bfloat16   on a GPU, on the GPU
"""

import argparse
import statistics
import time
from dataclasses import replace

import torch

from helpers.config import PRESETS
from helpers.training import Run, train_step


def version(config, option: str, device: torch.device) -> tuple[Run, int]:
    """A run with the option, and the threads that it computes with."""
    name, _, value = option.partition("=")
    run = Run(replace(config, amp=value) if name == "amp" else config, device)
    if name == "channels-last":
        for net in run.nets:
            net.to(memory_format=torch.channels_last)
    return run, int(value) if name == "threads" else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--preset", default="lecture", choices=PRESETS)
    parser.add_argument("--size", type=int, help="pixels that the networks see")
    parser.add_argument("--width", type=int, help="channels after the generator's first layer")
    parser.add_argument("--b", default="", help="threads=N, channels-last, amp=DTYPE; A has none")
    parser.add_argument("--turns", type=int, default=11)
    parser.add_argument("--steps", type=int, default=3, help="steps in a turn")
    args = parser.parse_args()
    changes = {k: v for k in ("size", "width") if (v := getattr(args, k))}
    config = replace(PRESETS[args.preset], amp="float32", **changes)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x, y = torch.rand(2, config.batch, 3, config.size, config.size, device=device) * 2 - 1
    versions, seconds = [version(config, option, device) for option in ("", args.b)], ([], [])
    for turn in range(args.turns + 1):  # the first is not counted: memory is found, caches filled
        for (run, threads), times in zip(versions, seconds):
            torch.set_num_threads(threads)
            began = time.perf_counter()
            for _ in range(args.steps):
                train_step(run, x, y)["d_a"].item()  # waits for a GPU
            if turn:
                times.append((time.perf_counter() - began) / args.steps)
    a, b = (1000 * statistics.median(times) for times in seconds)
    ratios = [s / t for s, t in zip(*seconds)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    shape, b_is = f"{config.size} px, width {config.width}", args.b or "the same"
    ratio = f"{middle:.2f}x [{low:.2f} {high:.2f}]"
    print(f"| {shape} | A {a:.1f} ms | B {b_is} {b:.1f} ms | {ratio} |")


if __name__ == "__main__":
    main()
