"""What the first cell of every notebook imports.

    root    the course's folder           device  the GPU if there is one, else the CPU
    runs    where training is kept        preset  how long cells train, a Config; quick: seconds

Set the environment variable CYCLEGAN_PRESET to smoke before you start, and every cell takes
seconds and learns nothing; that is how the notebooks are tested.
"""

import getpass
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from helpers.config import PRESETS

root = Path(__file__).resolve().parents[1]
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

name = os.environ.get("CYCLEGAN_PRESET", "lecture")
if name not in ("smoke", "lecture"):
    raise ValueError(
        f"CYCLEGAN_PRESET is {name!r}, but notebooks run with smoke or lecture: photographs are "
        "trained with `python -m helpers train --preset colab`, see notebook 05."
    )
preset, quick = PRESETS[name], name == "smoke"
if quick:
    torch.set_num_threads(1)  # on such small images, threads wait for one another

runs = root / "runs"
if not os.access(root, os.W_OK):  # a class that shares one folder
    runs = Path(tempfile.gettempdir()) / f"cyclegan-runs-{getpass.getuser()}"

# Readable at the back of a room.
plt.rcParams.update({"figure.dpi": 100, "font.size": 12, "axes.titlesize": 12})
