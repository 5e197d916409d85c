"""Breaks the package in many small ways and sees who notices.

    python tests/mutants.py [--notebooks] [WORD]     # prints a table, exit code 1 if one survives

With a WORD only the mutants whose name begins with it, such as "images".

Each mutant is applied to a copy of the repository. First the unit tests run; with --notebooks the
notebooks 02, 03 and 04 run under nbval as well, so that the table says for each whether a reader's
page would notice too. Minutes, not part of the test command.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
NETS, LOSSES, LOOP = "helpers/networks.py", "helpers/objectives.py", "helpers/training.py"
CHECKPOINTS, RESUME, DEVICES = (f"helpers/{n}.py" for n in ("checkpoints", "resume", "devices"))
DISTRIBUTED, IMAGES, PICTURES = (f"helpers/{n}.py" for n in ("distributed", "images", "pictures"))
EVALUATION, DOWNLOAD, SETTINGS = (f"helpers/{n}.py" for n in ("evaluation", "download", "settings"))
# The tests that are meant to notice; for the modules that are not named, the three of UNIT.
UNIT = ["tests/test_networks.py", "tests/test_objectives.py", "tests/test_training.py"]
TESTS = {
    CHECKPOINTS: ["tests/test_training.py", "tests/test_cli.py"],
    RESUME: ["tests/test_training.py", "tests/test_distributed.py"],
    DEVICES: ["tests/test_devices.py"],
    DISTRIBUTED: ["tests/test_distributed.py"],
    IMAGES: ["tests/test_images.py", "tests/test_folders.py"],
    PICTURES: ["tests/test_pictures.py"],
    EVALUATION: ["tests/test_evaluation.py"],
    DOWNLOAD: ["tests/test_download.py"],
    SETTINGS: ["tests/test_settings.py", "tests/test_training.py"],
}
SLOW = "not killed_at_random"

# what is broken, file, the line as it is, the line as it should not be
MUTANTS = [
    ("encoder: zero padding at the border", NETS,
     'edge = dict(padding=3, padding_mode="reflect")', "edge = dict(padding=3)"),
    ("encoder: first convolution 5x5", NETS,
     "convolution(3, width, 7, **edge)",
     'convolution(3, width, 5, padding=2, padding_mode="reflect")'),
    ("encoder: a stride is missing", NETS,
     "convolution(2 * width, 4 * width, 3, stride=2, padding=1)",
     "convolution(2 * width, 4 * width, 3, stride=1, padding=1)"),
    ("encoder: batch norm", NETS,
     "kernel, **kwargs), InstanceNorm2d(c_out)", "kernel, **kwargs), nn.BatchNorm2d(c_out)"),
    ("encoder: norm with affine parameters", NETS,
     "kernel, **kwargs), InstanceNorm2d(c_out)",
     "kernel, **kwargs), InstanceNorm2d(c_out, affine=True)"),
    ("transformation: missing skip", NETS, "return x + self.f(x)", "return self.f(x)"),
    ("transformation: ReLU after the sum", NETS, "return x + self.f(x)",
     "return (x + self.f(x)).relu()"),
    ("transformation: ReLU before the sum", NETS, "return x + self.f(x)",
     "return x + self.f(x).relu()"),
    ("transformation: skip subtracted", NETS, "return x + self.f(x)", "return self.f(x) - x"),
    ("transformation: zero padding in the blocks", NETS,
     'same = dict(padding=1, padding_mode="reflect")', "same = dict(padding=1)"),
    ("transformation: one block too many", NETS,
     "for _ in range(blocks)", "for _ in range(blocks + 1)"),
    ("decoder: no tanh", NETS, "            nn.Tanh(),\n", ""),
    ("decoder: sigmoid instead of tanh", NETS, "nn.Tanh()", "nn.Sigmoid()"),
    ("decoder: no norm", NETS, "return nn.Sequential(up, InstanceNorm2d(c_out), nn.ReLU())",
     "return nn.Sequential(up, nn.ReLU())"),
    ("decoder: transposed 4x4", NETS,
     "nn.ConvTranspose2d(c_in, c_out, 3, stride=2, padding=1, output_padding=1)",
     "nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1)"),
    ("padding: not cropped back", NETS, "return x[..., :height, :width]", "return x"),
    ("padding: repeats the edge instead of reflecting", NETS,
     "torch.minimum(i, (2 * n - 2) - i)", "i.clamp(max=n - 1)"),
    ("weights: deviation 0.2", NETS, "nn.init.normal_(module.weight, 0.0, 0.02)",
     "nn.init.normal_(module.weight, 0.0, 0.2)"),
    ("discriminator: a fourth stride of 2", NETS, "*unit(4 * width, 8 * width, stride=1)",
     "*unit(4 * width, 8 * width, stride=2)"),
    ("discriminator: norm in the first layer", NETS,
     "Conv2d(3, width, 4, stride=2, padding=1),  # the first layer has no norm\n",
     "Conv2d(3, width, 4, stride=2, padding=1), InstanceNorm2d(width),\n"),
    ("discriminator: ReLU instead of LeakyReLU", NETS,
     "return [Conv2d(c_in, c_out, 4, stride, 1), norm, nn.LeakyReLU(0.2)]",
     "return [Conv2d(c_in, c_out, 4, stride, 1), norm, nn.ReLU()]"),
    ("discriminator: a sigmoid at the end", NETS, "return self.layers(x)",
     "return self.layers(x).sigmoid()"),
    ("discriminator: scores averaged", NETS, "return self.layers(x)",
     "return self.layers(x).mean((2, 3), keepdim=True)"),
    ("d_a: not halved", LOSSES, "return 0.5 * (least_squares(scores_of_reals, 1.0)",
     "return (least_squares(scores_of_reals, 1.0)"),
    ("d_a: halved twice", LOSSES, '"d_a": discriminator_loss(', '"d_a": 0.5 * discriminator_loss('),
    ("d_a: real and fake swapped", LOSSES, '"d_a": discriminator_loss(scores_a[:n], scores_a[n:])',
     '"d_a": discriminator_loss(scores_a[n:], scores_a[:n])'),
    ("d_b: judged by D_A", LOSSES, "scores_b = nets.D_B(", "scores_b = nets.D_A("),
    ("d_b: sees the fake of the other domain", LOSSES, "nets.D_B(torch.cat([y, fake_b]))",
     "nets.D_B(torch.cat([y, fake_a]))"),
    ("adv_ab: wants fakes called fake", LOSSES, "return least_squares(scores_of_fakes, 1.0)",
     "return least_squares(scores_of_fakes, 0.0)"),
    ("adv_ab: asks the wrong discriminator", LOSSES, "adversarial_loss(nets.D_B(fake_b))",
     "adversarial_loss(nets.D_A(fake_b))"),
    ("adv_ba: detached", LOSSES, "adversarial_loss(nets.D_A(fake_a))",
     "adversarial_loss(nets.D_A(fake_a.detach()))"),
    ("adv: mean before the square", LOSSES, "return (scores - target).square().mean()",
     "return (scores - target).mean().square()"),
    ("cycle_a: squared", LOSSES, "return F.l1_loss(returned, original)",
     "return F.mse_loss(returned, original)"),
    ("cycle_a: fake detached", LOSSES, "cycle_loss(x, nets.G_BA(fake_b))",
     "cycle_loss(x, nets.G_BA(fake_b.detach()))"),
    ("cycle_a: compared with the fake", LOSSES, "cycle_loss(x, nets.G_BA(fake_b))",
     "cycle_loss(fake_b, nets.G_BA(fake_b))"),
    ("cycle_b: returned by the wrong generator", LOSSES, "cycle_loss(y, nets.G_AB(fake_a))",
     "cycle_loss(y, nets.G_BA(fake_a))"),
    ("cycle: weighted 1 instead of 10", LOSSES, '"cycle": lambda_cycle', '"cycle": 1.0'),
    ("identity: on the wrong domain", LOSSES, "nets.G_AB(torch.cat([x, y]) if identity else x)",
     "nets.G_AB(torch.cat([x, x]) if identity else x)"),
    ("identity_a: compared with the other domain", LOSSES, "identity_loss(x, from_g_ba[n:])",
     "identity_loss(y, from_g_ba[n:])"),
    ("identity_b: of the wrong generator", LOSSES, "identity_loss(y, from_g_ab[n:])",
     "identity_loss(y, from_g_ba[n:])"),
    ("identity: a sum instead of a mean", LOSSES, "return F.l1_loss(output, original)",
     'return F.l1_loss(output, original, reduction="sum")'),
    ("identity: subtracted", LOSSES, '"identity": lambda_identity', '"identity": -lambda_identity'),
    ("history: keeps the gradient", LOSSES, "for fake in fakes.detach()", "for fake in fakes"),
    ("history: always swaps", LOSSES, "if torch.rand((), generator=self.generator) < 0.5:",
     "if torch.rand((), generator=self.generator) < 0.0:"),
    ("history: never stores the new fake", LOSSES,
     "older, self.fakes[slot] = self.fakes[slot], fake", "older = self.fakes[slot]"),
    ("step: discriminators learn from the generators' losses", LOOP,
     "        net.requires_grad_(False)\n", "        pass\n"),
    ("step: the newest fake instead of the history's", LOOP,
     "fake_a = run.history_a.swap(fake_a.to(x.dtype))", "fake_a = fake_a.detach()"),
    ("step: a loss left out counts all the same", LOOP,
     "loss * (name not in run.preset.without)", "loss"),
    ("step: the rate never falls", LOOP,
     "return min(1.0, (steps - step)", "return max(1.0, (steps - step)"),
    ("loop: no check of the losses", LOOP,
     "                guards.check_losses(run)", "                pass"),
    ("checkpoint: may run code", CHECKPOINTS, "weights_only=True", "weights_only=False"),
    ("checkpoint: flipped bits are not noticed", CHECKPOINTS,
     "if damaged := zipfile.ZipFile(io.BytesIO(data)).testzip():", "if damaged := None:"),
    ("checkpoint: the one before is not kept", CHECKPOINTS,
     "        if previous and path.exists():", "        if False:"),
    ("weights: of another shape are taken", CHECKPOINTS,
     "if expected.get(name) != found.get(name):", "if False:"),
    ("resume: another run's checkpoint is taken", RESUME, "    if not differ:", "    if True:"),
    ("resume: start-from gives no networks", RESUME,
     "        load_weights(getattr(run.nets, name), tensors, source)", "        pass"),
    ("resume: generators are not saved with the checkpoint", RESUME,
     'save_generator(folder / f"{b}2{a}.safetensors"', 'str(folder / f"{b}2{a}.safetensors"'),
    ("resume: a new trial changes the precision", RESUME,
     "run.dtype = PRECISIONS[before.split", "PRECISIONS[before.split"),
    ("resume: every rank takes the history of rank 0", RESUME,
     "saved[rank] if rank <", "saved[0] if rank <"),
    ("distributed: gradients are summed", DISTRIBUTED,
     "        values /= world_size()", "        pass"),
    ("distributed: every rank takes the first shard", DISTRIBUTED,
     "batch.chunk(world_size())[rank()]", "batch.chunk(world_size())[0]"),
    ("distributed: a rank stops alone", DISTRIBUTED, "dist.ReduceOp.MAX", "dist.ReduceOp.MIN"),
    ("images: the same order in every epoch", IMAGES,
     "default_rng((*seed, e))", "default_rng(seed)"),
    ("images: A and B in the same order", IMAGES,
     "size, (seed, k)).tolist()", "size, (seed, 0)).tolist()"),
    ("images: never mirrored", IMAGES, "rng.random(n) < 0.5", "rng.random(n) < 0.0"),
    ("images: always the same crop", IMAGES, "rng.integers(0, height - crop + 1, n)",
     "rng.integers(0, 1, n)"),
    ("pictures: the camera's orientation is ignored", PICTURES,
     "ImageOps.exif_transpose(", "(lambda i, **k: i)("),
    ("settings: zoom does not enlarge", SETTINGS,
     "round(self.zoom * self.size)", "round(self.size)"),
    ("settings: a falling rate longer than the run", SETTINGS,
     "if self.decay_steps > self.steps:", "if False:"),
    ("devices: half precision on every CPU", DEVICES, "if gain > 1.1 else torch.float32",
     "if gain > 0.0 else torch.float32"),
    ("devices: emulated bfloat16", DEVICES, ">= (8, 0)", ">= (7, 0)"),
    ("devices: a GPU that cannot compute is taken", DEVICES,
     "        training_like(device)\n    except",
     "        pass\n    except"),
    ("evaluation: FID without the means", EVALUATION,
     "return (distance + x.square()", "return (x.square()"),
    ("evaluation: a biased KID", EVALUATION, "(k_pp.sum() - k_pp.trace())", "k_pp.sum()"),
    ("download: any checksum will do", DOWNLOAD,
     "if file.sha256 and hashlib", "if False and hashlib"),
    ("download: any size will do", DOWNLOAD, "if file.size and size != file.size:", "if False:"),
]  # fmt: skip


def run(command: list[str], where: Path) -> str:
    """The names of the tests that failed."""
    environment = os.environ | {"CYCLEGAN_PRESET": "smoke", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(where)
    done = subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, timeout=1200
    )
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[0].split("/")[-1] if failed else ("" if done.returncode == 0 else "an error")


def main(notebooks: bool, word: str = "") -> int:
    survivors, chosen = 0, [mutant for mutant in MUTANTS if mutant[0].startswith(word)]
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    nbval = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
    pages = [f"notebooks/{n}.ipynb" for n in ("02_generator", "03_discriminator", "04_losses")]
    print("| broken | unit tests |" + (" notebooks |" if notebooks else ""))
    print("|---|---|" + ("---|" if notebooks else ""))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        ignore = shutil.ignore_patterns(".venv", ".git", "runs", "build", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignore)
        for what, file, old, new in chosen:
            text = (ROOT / file).read_text()
            assert text.count(old) == 1, f"{what}: the line is there {text.count(old)} times"
            (copy / file).write_text(text.replace(old, new))
            caught = [run([*pytest, "-k", SLOW, *TESTS.get(file, UNIT)], copy)]
            if notebooks:
                caught.append(run([*pytest, *nbval, *pages], copy))
            (copy / file).write_text(text)
            survivors += not any(caught)
            row = " | ".join(f"`{c}`" if c else "not noticed" for c in caught)
            print(f"| {what} | {row} |", flush=True)
    print(f"\n{len(chosen)} mutants, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--notebooks"]
    sys.exit(main("--notebooks" in sys.argv, *words))
