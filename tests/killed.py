"""A run that saves after every step; test_training kills it. python -m tests.killed FOLDER"""

import sys
from dataclasses import replace
from pathlib import Path

from helpers.config import PRESETS
from helpers.data.domains import toy_domains
from helpers.training import Run, train

config = replace(PRESETS["smoke"], steps=60, width=4, d_width=4, pool_size=3)
run = Run(config)
images = toy_domains(config.images, config.crop_from)
print("training", flush=True)
train(run, images, Path(sys.argv[1]), save_every=1)
