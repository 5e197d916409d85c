"""One training step of `helpers` against a plain step, in turns on the same machine, as a table.

    python benchmarks/step.py [--sizes 64 128] [--widths 32] [--batches 1] [--preset lecture]
                              [--precisions float32 bfloat16] [--device cpu] [--json FILE]

Plain is the step as the authors' code orders it, in float32, channels first: a call for every
picture and purpose, nothing joined, Adam as it comes. Both make the same update
(tests/test_training.py). A turn is one plain step, then one step in each precision; the table gives
medians, the ratio of plain to ours with its quartiles, GFLOP/s, the share of the fastest matrix
product that this machine does in that precision, and the memory of a step alone. `--clock cpu`
counts the process's own CPU time: for one thread on a machine that does other work as well.
"""

import argparse
import dataclasses
import itertools
import json
import multiprocessing
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from helpers.networks import Discriminator, Generator  # noqa: E402
from helpers.objectives import History  # noqa: E402
from helpers.settings import PRECISIONS, PRESETS, Preset  # noqa: E402
from helpers.training import Run, train_step  # noqa: E402


def plain(net: nn.Module) -> nn.Module:
    """The same network, made of PyTorch's own layers."""
    for layer in net.modules():
        for kind in (nn.Conv2d, nn.InstanceNorm2d):
            if isinstance(layer, kind):
                layer.__class__ = kind
    return net


def plain_step(preset: Preset, device: torch.device) -> Callable[[Tensor, Tensor], None]:
    """A step in the order of the authors' code (cycle_gan_model.py, optimize_parameters)."""
    shape = preset.width, preset.blocks, preset.upsample
    G_AB, G_BA = (plain(Generator(*shape)).to(device) for _ in range(2))
    D_A, D_B = (plain(Discriminator(preset.d_width)).to(device) for _ in range(2))
    adam = dict(lr=preset.learning_rate, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam([*G_AB.parameters(), *G_BA.parameters()], **adam)
    opt_d = torch.optim.Adam([*D_A.parameters(), *D_B.parameters()], **adam)
    histories = History(preset.history, 0), History(preset.history, 1)
    gan, l1 = nn.MSELoss(), nn.L1Loss()

    def judged(scores: Tensor, target: float) -> Tensor:
        return gan(scores, torch.full_like(scores, target))

    def step(x: Tensor, y: Tensor) -> None:
        fake_b = G_AB(x)
        back_a = G_BA(fake_b)
        fake_a = G_BA(y)
        back_b = G_AB(fake_a)
        D_A.requires_grad_(False), D_B.requires_grad_(False)
        opt_g.zero_grad()
        identity = l1(G_AB(y), y) + l1(G_BA(x), x)
        adversarial = judged(D_B(fake_b), 1.0) + judged(D_A(fake_a), 1.0)
        cycle = l1(back_a, x) + l1(back_b, y)
        total = adversarial + preset.lambda_cycle * cycle + preset.lambda_identity * identity
        total.backward()
        opt_g.step()
        D_A.requires_grad_(True), D_B.requires_grad_(True)
        opt_d.zero_grad()
        for D, real, fake, history in zip((D_A, D_B), (x, y), (fake_a, fake_b), histories):
            older = history.swap(fake)
            (0.5 * (judged(D(real), 1.0) + judged(D(older), 0.0))).backward()
        opt_d.step()

    return step


def pictures(preset: Preset, device: torch.device) -> tuple[Tensor, Tensor]:
    shape = preset.batch, 3, preset.size, preset.size
    x, y = torch.rand(2, *shape, device=device) * 2 - 1
    return x, y


def our_step(preset: Preset, device: torch.device) -> Callable[[Tensor, Tensor], None]:
    run = Run(preset, device=device)
    return lambda x, y: train_step(run, x, y)


def flops(preset: Preset) -> float:
    """Floating-point operations of one plain step (a multiplication and an addition are two)."""
    meta = torch.device("meta")
    with meta:
        step = plain_step(dataclasses.replace(preset, history=0), meta)
    with FlopCounterMode(display=False) as counter:
        step(*pictures(preset, meta))
    return counter.get_total_flops()


def waited(device: torch.device, clock: Callable[[], float]) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock()


def fastest_product(dtype: torch.dtype, device: torch.device, clock: Callable[[], float]) -> float:
    """FLOP/s of the fastest square matrix product in this precision, of several sizes."""
    sizes = (1024, 2048) if device.type == "cpu" else (4096, 8192)
    best = 0.0
    for n in sizes:
        a, b = torch.rand(2, n, n, device=device).to(dtype)
        a @ b
        for _ in range(5):
            start = waited(device, clock)
            a @ b
            best = max(best, 2 * n**3 / (waited(device, clock) - start))
    return best


def megabytes(preset: Preset, kind: str, device: torch.device) -> float:
    """Peak memory of networks, optimisers and three steps; on a CPU, in a process of its own."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        three_steps(preset, kind, device)
        return (torch.cuda.max_memory_allocated() - before) / 1e6
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(growth, (preset, kind))


def three_steps(preset: Preset, kind: str, device: torch.device) -> None:
    step = plain_step(preset, device) if kind == "plain" else our_step(preset, device)
    for _ in range(3):
        step(*pictures(preset, device))


def growth(preset: Preset, kind: str) -> float:
    """By how many megabytes this process grows at its peak; Linux only."""

    def kilobytes(name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))

    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = kilobytes("VmRSS")
    three_steps(preset, kind, torch.device("cpu"))
    return (kilobytes("VmHWM") - before) * 1024 / 1e6


def compare(preset: Preset, precisions: list[str], device: torch.device, args) -> list[dict]:
    """One row for the plain step and one for each precision."""
    clock = time.process_time if args.clock == "cpu" else time.perf_counter
    steps = {"plain": plain_step(preset, device)}
    for precision in precisions:
        steps[precision] = our_step(dataclasses.replace(preset, precision=precision), device)
    x, y = pictures(preset, device)
    took: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(args.turns + 2):  # the first two warm up
        for name, step in steps.items():
            start = waited(device, clock)
            step(x, y)
            if turn > 1:
                took[name].append(waited(device, clock) - start)
    operations = flops(preset)
    rows = []
    for name, seconds in took.items():
        ratios = [a / b for a, b in zip(took["plain"], seconds)]
        low, ratio, high = statistics.quantiles(ratios, n=4)
        median = statistics.median(seconds)
        dtype = PRECISIONS["float32" if name == "plain" else name]
        if dtype not in args.peaks:
            args.peaks[dtype] = fastest_product(dtype, device, clock)
        row = dict(
            size=preset.size, width=preset.width, blocks=preset.blocks, d_width=preset.d_width,
            batch=preset.batch, upsample=preset.upsample, step=name, ms=1e3 * median, ratio=ratio,
            quartiles=[low, high], gflop=operations / 1e9, gflops=operations / median / 1e9,
            share_of_peak=operations / median / args.peaks[dtype],
        )  # fmt: skip
        if args.memory:
            chosen = preset if name == "plain" else dataclasses.replace(preset, precision=name)
            row["megabytes"] = megabytes(chosen, name, device)
        rows.append(row)
    return rows


def describe(row: dict) -> str:
    low, high = row["quartiles"]
    memory = f"{row['megabytes']:7.0f}" if "megabytes" in row else ""
    return (
        f"{row['size']:4} {row['width']:5} {row['batch']:5}  {row['step']:9} {row['ms']:8.1f}  "
        f"{row['ratio']:5.2f} [{low:.2f} {high:.2f}]  {row['gflops']:8.0f}  "
        f"{100 * row['share_of_peak']:5.0f} % {memory}"
    )


def processor() -> str:
    """What the machine calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=PRESETS, help="its networks and size, nothing else")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--widths", type=int, nargs="+", default=[32])
    parser.add_argument("--batches", type=int, nargs="+", default=[1])
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--upsample", choices=("transposed", "resize"))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--memory", action="store_true", help="measure memory too")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cudnn.benchmark = True
    device = torch.device(args.device)
    args.peaks = {}
    presets = [PRESETS[args.preset]] if args.preset else [
        dataclasses.replace(
            PRESETS["paper"], size=size, width=width, batch=batch, blocks=9 if size >= 256 else 6
        )
        for size, width, batch in itertools.product(args.sizes, args.widths, args.batches)
    ]  # fmt: skip
    if args.upsample:
        presets = [dataclasses.replace(p, upsample=args.upsample) for p in presets]
    machine = dict(
        date=time.strftime("%Y-%m-%d"), torch=torch.__version__, clock=args.clock,
        device=torch.cuda.get_device_name() if device.type == "cuda" else processor(),
        threads=torch.get_num_threads(), turns=args.turns,
    )  # fmt: skip
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    print(
        "size width batch  step            ms  ratio [quartiles]   GFLOP/s  of peak"
        + "  MB" * args.memory
    )
    rows = []
    for preset in presets:
        for row in compare(preset, args.precisions, device, args):
            print(describe(row), flush=True)
            rows.append(row)
    peaks = {str(dtype): peak / 1e9 for dtype, peak in args.peaks.items()}
    print("fastest matrix product, GFLOP/s:", {n: round(peak) for n, peak in peaks.items()})
    if args.json:
        args.json.write_text(json.dumps({**machine, "peaks": peaks, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
