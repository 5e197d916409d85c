"""The hundred lines of notebook 05: as a file that runs alone, and the runs that the page shows.

python -m tools.hundred           # notebooks/cyclegan_in_100_lines.py, from the tagged cells
python -m tools.hundred runs      # data/hundred/: the whole run, and the sick ones
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import torch
from torchvision.utils import make_grid

from helpers import images, measures, toy
from helpers.settings import LOSSES
from tools import Parser
from tools.store import enlarged, means, round_off

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks/05_training.ipynb"
FILE, DATA = ROOT / "notebooks/cyclegan_in_100_lines.py", ROOT / "data/hundred"
STEPS, SICK_STEPS = 1200, 500
HEAD = """# A whole CycleGAN: drawn horses become zebras, and back. Made from notebook 05.
# ruff: noqa: E402
import random
import sys

import torch
from torch import nn

sys.path.append(__file__.rpartition("notebooks")[0] or "..")
"""
FOOT = f"""

if __name__ == "__main__":
    from torchvision.utils import save_image
    train(pairs, {STEPS})
    x, y = toy_domains(6, 64, seed=99).batch(0, 6, 64, seed=0)
    with torch.no_grad():
        rows = torch.cat([x, G_AB(x), y, G_BA(y)])
    save_image(rows, "hundred.png", nrow=6, normalize=True, value_range=(-1, 1))
"""


def cells() -> list[str]:
    """The sources of the cells that make up the file."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return [c.source for c in notebook.cells if "hundred" in c.metadata.get("tags", ())]


def text() -> str:
    """The file: head, cells and foot, two empty lines before each definition."""
    parts = [HEAD]
    for source in cells():
        definition = re.search(r"^(def|class) ", source, re.MULTILINE)
        parts.append(("\n\n" if definition else "\n") + source.rstrip())
    return "\n".join(parts) + "\n" + FOOT


def lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def course(seed: int = 0) -> dict:
    """The names of the file, with four networks that have learned nothing."""
    names = {"__name__": "course", "__file__": str(FILE)}
    exec(compile(text().replace("manual_seed(0)", f"manual_seed({seed})"), FILE, "exec"), names)
    return names


# What each sick run changes: a function that changes the file's names, and the learning rate.
def swapped_identity(names: dict) -> None:
    whole = names["generator_losses"]

    def losses(x, y, fake_a, fake_b):
        distance, G_AB, G_BA = (names[name] for name in ("distance", "G_AB", "G_BA"))
        wrong = {"identity_a": distance(G_AB(x), x), "identity_b": distance(G_BA(y), y)}
        return whole(x, y, fake_a, fake_b) | wrong

    names["generator_losses"] = losses


def no_cycle(names: dict) -> None:
    names["lambdas"]["cycle"] = 0


def no_history(names: dict) -> None:
    names["History"].swap = lambda self, fake: fake


def asleep(names: dict) -> None:
    names["D_B"].requires_grad_(False)


def nothing(names: dict) -> None:
    pass


SICK: dict[str, tuple[Callable[[dict], None], float]] = {
    "healthy": (nothing, 4e-4),
    "rate ten times as high": (nothing, 4e-3),
    "identity of the wrong domain": (swapped_identity, 4e-4),
    "no cycle losses": (no_cycle, 4e-4),
    "no history": (no_history, 4e-4),
    "D_B never learns": (asleep, 4e-4),
}


QUIZ = {"A": "no cycle losses", "B": "D_B never learns", "C": "identity of the wrong domain"}


def recorded(curves: list[dict]) -> torch.Tensor:
    """The losses of a run as (steps, 8), in the order of LOSSES."""
    return torch.tensor([[row[name] for name in LOSSES] for row in curves], dtype=torch.float64)


def store() -> None:
    """Trains, and writes pictures and numbers to DATA."""
    DATA.mkdir(exist_ok=True)
    names = course()
    began = time.monotonic()
    curves = names["train"](names["pairs"], STEPS)
    facts = {"steps": STEPS, "seconds": time.monotonic() - began, "seed": 0, "every": STEPS // 40,
             "computed": f"in float32 on a CPU, threads: {torch.get_num_threads()}",
             "losses": means(recorded(curves), STEPS // 40),
             "report": measures.evaluate_toy(names["G_AB"], names["G_BA"], 64)}  # fmt: skip
    rows = []
    for direction, name in zip(measures.DIRECTIONS, ("G_AB", "G_BA")):
        source = measures.Measured(direction, 64, toy.World(), 6).source
        rows += [source, measures.in_batches(names[name], source)]
    images.to_image(enlarged(rows)).quantize(256, dither=0).save(DATA / "picture.png")
    write("run", facts)


def sick_run(illness: str, seed: int = 0) -> tuple[dict, list[list[float]]]:
    change, rate = SICK[illness]
    names = course(seed)
    change(names)
    curves = names["train"](names["pairs"], SICK_STEPS, rate)
    print(illness, seed, flush=True)
    return names, means(recorded(curves), SICK_STEPS // 25)


def store_sick() -> None:
    source = measures.Measured("horse2zebra", 64, toy.World(), 4).source
    rows, losses = [source], {}
    for illness in SICK:
        names, losses[illness] = sick_run(illness)
        rows.append(measures.in_batches(names["G_AB"], source))
    quiz = {letter: sick_run(illness, seed=1)[1] for letter, illness in QUIZ.items()}
    sheet = make_grid(images.to_uint8(torch.cat(rows)), nrow=4, pad_value=255)
    images.to_image(sheet).quantize(256, dither=0).save(DATA / "sick.png")
    facts = {"steps": SICK_STEPS, "every": SICK_STEPS // 25, "losses": losses, "quiz": quiz}
    write("sick", facts)


def write(name: str, facts: dict) -> None:
    (DATA / f"{name}.json").write_text(json.dumps(round_off(facts)) + "\n")


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("what", nargs="?", choices=("file", "runs"), default="file")
    if parser.parse_args(arguments).what == "runs":
        store()
        store_sick()
    else:
        FILE.write_text(text(), encoding="utf-8")
        print(FILE.relative_to(ROOT), lines(text()), "lines that are not empty")


if __name__ == "__main__":
    main()
