"""Trains notebook 07's CUT by executing its own cells with 1,000 steps, and stores the generator.

    python notebooks/images/07_cut.py

A few minutes on one core that is idle. The cells are those that carry the tag "cut"; the reader's
PatchNCE is the course's here.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from exercises.nb07 import course_nce
from helpers.data import domains
from helpers.losses import adversarial_loss, discriminator_loss
from helpers.networks import Discriminator, Generator
from helpers.weights import save_weights

root = Path(__file__).resolve().parents[2]
torch.set_num_threads(1)
space = dict(torch=torch, F=F, nn=nn, domains=domains, Generator=Generator, patch_nce=course_nce,
             Discriminator=Discriminator, adversarial_loss=adversarial_loss, quick=False,
             discriminator_loss=discriminator_loss, device=torch.device("cpu"))  # fmt: skip
notebook = json.loads((root / "notebooks/07_going_further.ipynb").read_text("utf-8"))
for cell in notebook["cells"]:
    if "cut" in cell["metadata"].get("tags", []):
        source = "".join(cell["source"])
        exec(source.replace("steps = 4 if quick else 20", "steps = 1000"), space)
out = root / "data/pretrained/second"
save_weights(out / "cut.safetensors", space["G_cut"], torch.float16, size=64)
