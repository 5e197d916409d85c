"""Turns a run of the preset lecture into the small files that notebooks show.

python -m tools.store runs/lecture
python -m tools.store watch         after it: trains that run again under a dashboard
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from torchvision.utils import make_grid

from helpers import checkpoints, images, measures, plots, toy
from helpers.networks import Discriminator
from helpers.objectives import Networks
from helpers.settings import PRESETS, UserError
from helpers.training import Run, train
from helpers.widgets.dashboard import Dashboard
from tools import Parser, start

DATA = Path(__file__).parent.parent / "data"
COMMAND = "python -m helpers train --preset lecture --data toy"


def open_state(folder: Path) -> dict:
    """The checkpoint of a run. Raises UserError where none is stored."""
    state = checkpoints.load_checkpoint(folder)
    if state is None:
        raise UserError(f"{folder} holds no checkpoint: name the folder of a run.")
    return state


def open_run(folder: Path) -> tuple[dict, Networks]:
    """The checkpoint of a run, and its networks. Raises UserError as `open_state` does."""
    state = open_state(folder)
    a, b = state["names"]
    G_AB, _ = checkpoints.load_generator(folder / f"{a}2{b}.safetensors")
    G_BA, _ = checkpoints.load_generator(folder / f"{b}2{a}.safetensors")
    D_A, D_B = (Discriminator(state["belongs_to"]["d_width"]) for _ in range(2))
    D_A.load_state_dict(state["D_A"])
    D_B.load_state_dict(state["D_B"])
    return state, Networks(G_AB, G_BA, D_A, D_B)


def means(losses: torch.Tensor, every: int) -> list[list[float]]:
    return np.round(plots.smooth(losses.double().numpy(), every), 4).tolist()


def store_lecture(folder: Path) -> None:
    state, nets = open_run(folder)
    size, steps = state["belongs_to"]["size"], state["step"]
    out, weights = DATA / "lecture", DATA / "pretrained/toy"
    out.mkdir(exist_ok=True)
    store_generators(nets, size, weights)
    for name in ("D_A", "D_B"):
        save_file(halves(getattr(nets, name)), weights / f"{name}.safetensors")
    shown = [s for s in (100, 200, 400, 700, 1000, 1500, 2000) if s < steps] + [steps]
    for old in out.glob("*.png"):
        old.unlink()
    for step in shown:
        store_preview(folder / f"previews/{step:06}.png", out / f"{step:06}.png", size)
    report = measures.evaluate_toy(nets.G_AB, nets.G_BA, size)
    facts = {
        "command": f"{COMMAND} --preview-every 100 --out runs/lecture", "steps": steps,
        "computed": f"in {state['arithmetic']}, threads: {state['threads']}",
        "seed": state["belongs_to"]["seed"], "every": steps // 40,
        "losses": means(state["losses"], steps // 40), "previews": shown, "report": report,
    }  # fmt: skip
    (out / "run.json").write_text(json.dumps(round_off(facts), indent=1) + "\n")
    images.to_image(cover(nets, size)).save(out / "picture.png")


def watch() -> None:
    """Adds to data/lecture/run.json what a dashboard of that run saw: its scores, and the seconds.

    A checkpoint does not hold them, so the run is trained once more. Its losses must be those that
    are stored, or SystemExit is raised and the file stays as it is: another machine or number of
    threads adds in another order, and then it is another run.
    """
    path, preset = DATA / "lecture/run.json", PRESETS["lecture"]
    facts = json.loads(path.read_text())
    domains = images.toy_domains(preset.pictures, preset.load_size)
    run, dashboard = Run(preset, facts["seed"]), Dashboard(domains, seconds=0)
    train(run, domains, None, dashboard, facts["every"], math.inf)
    if means(run.losses, facts["every"]) != facts["losses"]:
        sys.exit(f"The losses are not those of {path}: train as it says under `computed`.")
    facts |= {"seconds": run.seconds, "scores": [list(row) for row in dashboard.scores]}
    path.write_text(json.dumps(round_off(facts), indent=1) + "\n")


def store_preview(path: Path, out: Path, side: int, rows: int = 6, first: int = 0) -> None:
    """A copy with 256 colours, less than half the bytes, and with pictures of `side` pixels.

    Columns before `first` are left out.
    """
    sheet = images.to_tensor(images.open_picture(path))
    pictures = images.cut_sheet(sheet, (sheet.shape[1] - 2) // rows - 2)[:, first:]
    small = F.interpolate(images.to_float(pictures.flatten(0, 1)), (side, side), mode="area")
    grid = make_grid(images.to_uint8(small), nrow=pictures.shape[1], pad_value=255)
    images.to_image(grid).quantize(256, dither=Image.Dither.NONE).save(out, optimize=True)


def store_generators(nets: Networks, size: int, folder: Path) -> None:
    """Both generators in half precision, as files that `checkpoints.load_generator` reads."""
    for direction, net in (("horse2zebra", nets.G_AB), ("zebra2horse", nets.G_BA)):
        path = folder / f"{direction}.safetensors"
        checkpoints.save_generator(path, net, direction, size, torch.float16)


def halves(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: t.half().contiguous() for name, t in net.state_dict().items()}


def cover(nets: Networks, size: int, count: int = 6) -> torch.Tensor:
    """Held-out drawings, not chosen: input, translation, truth, in both directions, enlarged."""
    rows = []
    for direction, net in zip(measures.DIRECTIONS, nets):
        scenes = measures.Measured(direction, size, toy.World(), count)
        rows += [scenes.source, measures.in_batches(net, scenes.source), scenes.target]
    return enlarged(rows)


def enlarged(rows: list[torch.Tensor]) -> torch.Tensor:
    """Rows of pictures as one sheet, its pixels doubled: (n, 3, side, side) each, to uint8."""
    grid = make_grid(images.to_uint8(torch.cat(rows)), nrow=len(rows[0]), pad_value=255)
    return grid.repeat_interleave(2, 1).repeat_interleave(2, 2)


def round_off(thing):
    """Floats to four digits, through dictionaries and lists."""
    if isinstance(thing, dict):
        return {key: round_off(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [round_off(value) for value in thing]
    return round(thing, 4) if isinstance(thing, float) else thing


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("run", help="folder of a finished run of the preset lecture, or watch")
    run = parser.parse_args(arguments).run
    watch() if run == "watch" else store_lecture(Path(run))


if __name__ == "__main__":
    start(main)
