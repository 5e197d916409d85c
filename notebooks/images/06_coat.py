"""06_coat.png: two zebras, the horses a stored run makes of them, and the way back.

python notebooks/images/06_coat.py
"""

import sys
from pathlib import Path

import torch
from torchvision.utils import make_grid, save_image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from helpers.results.stored_runs import images  # noqa: E402

stored = images(ROOT / "data/toy_runs", "brown-10", 1)
rows = torch.stack([stored[key][3:5] for key in ("real", "translated", "returned")], 1)
enlarged = rows.flatten(0, 1).repeat_interleave(4, 2).repeat_interleave(4, 3)
grid = make_grid(enlarged, nrow=3, padding=8, pad_value=255)
save_image(grid / 255, Path(__file__).with_suffix(".png"))
