"""Breaks the networks and losses in many small ways and sees who notices.

    python tests/mutants.py [--notebooks]     # prints a table, exit code 1 if one survives

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
UNIT = ["tests/test_networks.py", "tests/test_objectives.py", "tests/test_training.py"]
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
     "nn.InstanceNorm2d(c_out), nn.ReLU()\n    )\n\n\ndef upsampling",
     "nn.BatchNorm2d(c_out), nn.ReLU()\n    )\n\n\ndef upsampling"),
    ("encoder: norm with affine parameters", NETS,
     "nn.InstanceNorm2d(c_out), nn.ReLU()\n    )\n\n\ndef upsampling",
     "nn.InstanceNorm2d(c_out, affine=True), nn.ReLU()\n    )\n\n\ndef upsampling"),
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
    ("decoder: no norm", NETS, "return nn.Sequential(up, nn.InstanceNorm2d(c_out), nn.ReLU())",
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
     "nn.Conv2d(3, width, 4, stride=2, padding=1),  # the first layer has no norm\n",
     "nn.Conv2d(3, width, 4, stride=2, padding=1), nn.InstanceNorm2d(width),\n"),
    ("discriminator: ReLU instead of LeakyReLU", NETS,
     "return [nn.Conv2d(c_in, c_out, 4, stride, 1), norm, nn.LeakyReLU(0.2)]",
     "return [nn.Conv2d(c_in, c_out, 4, stride, 1), norm, nn.ReLU()]"),
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
]  # fmt: skip


def run(command: list[str], where: Path) -> str:
    """The names of the tests that failed."""
    environment = os.environ | {"CYCLEGAN_PRESET": "smoke", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(where)
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[0].split("/")[-1] if failed else ("" if done.returncode == 0 else "an error")


def main(notebooks: bool) -> int:
    survivors = 0
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    nbval = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
    pages = [f"notebooks/{n}.ipynb" for n in ("02_generator", "03_discriminator", "04_losses")]
    print("| broken | unit tests |" + (" notebooks |" if notebooks else ""))
    print("|---|---|" + ("---|" if notebooks else ""))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course"
        ignore = shutil.ignore_patterns(".venv", ".git", "runs", "build", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignore)
        for what, file, old, new in MUTANTS:
            text = (ROOT / file).read_text()
            assert text.count(old) == 1, f"{what}: the line is there {text.count(old)} times"
            (copy / file).write_text(text.replace(old, new))
            caught = [run([*pytest, "-k", SLOW, *UNIT], copy)]
            if notebooks:
                caught.append(run([*pytest, *nbval, *pages], copy))
            (copy / file).write_text(text)
            survivors += not any(caught)
            row = " | ".join(f"`{c}`" if c else "not noticed" for c in caught)
            print(f"| {what} | {row} |", flush=True)
    print(f"\n{len(MUTANTS)} mutants, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main("--notebooks" in sys.argv))
