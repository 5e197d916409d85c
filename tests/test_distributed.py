"""Two processes under torchrun, on this machine's CPU, with Gloo."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import torch

from helpers import distributed
from helpers.checkpoints import load_checkpoint
from helpers.config import PRESETS
from helpers.data.domains import Domains, toy_domains
from helpers.training import Run, train

ROOT = Path(__file__).parents[1]
CONFIG = dataclasses.replace(
    PRESETS["smoke"], width=4, d_width=4, steps=12, decay_steps=6, pool_size=3, batch=2
)


class Float64(Domains):
    """Batches of doubles, so that only the order of a sum separates one process from two."""

    def to(self, device):
        return self

    def batch(self, *arguments):
        return tuple(images.double() for images in super().batch(*arguments))


def train_in_float64(folder):
    torch.set_default_dtype(torch.float64)
    images = toy_domains(8, CONFIG.crop_from)
    train(Run(CONFIG, distributed.start("cpu")), Float64(images.a, images.b), folder, save_every=4)
    torch.set_default_dtype(torch.float32)


def torchrun(*command):
    # --local-addr: where the host's name does not resolve, they would wait for each other.
    head = ["torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
    return subprocess.run(
        [sys.executable, "-m", *head, *map(str, command)], cwd=ROOT, capture_output=True, text=True,
        timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_two_processes_equal_one_with_the_joint_batch(tmp_path):
    """Also after a pool of three has begun to swap fakes, and in what is recorded."""
    done = torchrun(__file__, tmp_path / "two")
    assert done.returncode == 0, done.stderr
    train_in_float64(tmp_path / "one")
    one, two = (load_checkpoint(tmp_path / name) for name in ("one", "two"))
    assert one["step"] == two["step"] == 12
    torch.testing.assert_close(two["losses"], one["losses"], rtol=0, atol=1e-6)
    for name in ("G_AB", "G_BA", "D_A", "D_B"):
        torch.testing.assert_close(two[name], one[name], rtol=0, atol=1e-6)


def test_the_command_line_under_torchrun(tmp_path):
    command = ["-m", "helpers", "train", "--preset", "smoke", "--batch", "2", "--steps", "2",
               "--decay-steps", "1", "--device", "cpu", "--out", tmp_path]  # fmt: skip
    done = torchrun(*command)
    assert done.returncode == 0, done.stderr
    assert load_checkpoint(tmp_path)["step"] == 2


if __name__ == "__main__":
    train_in_float64(Path(sys.argv[1]))
