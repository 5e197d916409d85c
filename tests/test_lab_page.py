"""The lab's step, in JavaScript, against the course's losses and PyTorch's gradients and Adam."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import nn

from helpers.losses import Networks, discriminator_losses, generator_losses, weighted_sum

LAB = Path(__file__).parent.parent / "docs/lab"
NODE = shutil.which("node")
RUN = """
const { Lab } = require(process.argv[1] + "/engine.js");
const { nets, points, without, rate, lambdas } = JSON.parse(require("fs").readFileSync(0));
const lab = new Lab(0, 16), names = Object.keys(nets);
Object.assign(lab, { rate, without: new Set(without) });
Object.assign(lab.lambdas, lambdas);
const each = (net, action) => net.layers.flatMap(l => [l.w, l.b]).forEach(action);
for (const name of names) each(lab[name], (p, k) => p.value.set(nets[name][k]));
const losses = points.map(([x, y]) => {
  lab.generators(Float64Array.from(x), Float64Array.from(y));
  lab.discriminators(Float64Array.from(x), Float64Array.from(y));
  return { ...lab.losses };
});
for (const name of names) each(lab[name], (p, k) => { nets[name][k] = [...p.value]; });
console.log(JSON.stringify({ nets, losses }));
"""


def mlp(out: int) -> nn.Module:
    layers = [nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(16, out)).double()


def exported(nets: Networks) -> dict:
    return {name: [p.detach().flatten().tolist() for p in net.parameters()]
            for name, net in nets._asdict().items()}  # fmt: skip


@pytest.mark.skipif(not NODE, reason="the lab's script runs in node here, and there is no node")
@pytest.mark.parametrize("without", [(), ("adv_ab", "cycle_b", "identity_a", "d_b")])
def test_five_steps_of_the_lab_are_five_steps_of_pytorch(without):
    nets = Networks(mlp(2), mlp(2), mlp(1), mlp(1))
    points = torch.randn(5, 2, 32, 2, dtype=torch.float64)
    given = {
        "nets": exported(nets), "points": points.flatten(2).tolist(), "without": without,
        "rate": 2e-3, "lambdas": {"cycle": 7, "identity": 3},
    }  # fmt: skip
    adam = dict(lr=2e-3, betas=(0.5, 0.999))
    opt_g = torch.optim.Adam([*nets.G_AB.parameters(), *nets.G_BA.parameters()], **adam)
    opt_d = torch.optim.Adam([*nets.D_A.parameters(), *nets.D_B.parameters()], **adam)
    expected = []
    for x, y in points:
        g_losses, fake_a, fake_b = generator_losses(nets, x, y)
        kept = {name: loss * (name not in without) for name, loss in g_losses.items()}
        opt_g.zero_grad()
        weighted_sum(kept, 7, 3).backward()
        opt_g.step()
        d_losses = discriminator_losses(nets, x, y, fake_a.detach(), fake_b.detach())
        opt_d.zero_grad()
        sum(loss * (name not in without) for name, loss in d_losses.items()).backward()
        opt_d.step()
        expected.append({name: loss.item() for name, loss in (g_losses | d_losses).items()})
    told = subprocess.run([NODE, "-e", RUN, LAB], input=json.dumps(given), text=True,
                          capture_output=True, check=True, timeout=60)  # fmt: skip
    found = json.loads(told.stdout)
    for ours, theirs in zip(found["losses"], expected):
        assert ours == pytest.approx(theirs, abs=1e-5)
    for name, weights in exported(nets).items():
        for ours, theirs in zip(found["nets"][name], weights, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5), name


def test_the_rings_in_pytorch_learn_to_come_home(capsys):
    text = (LAB / "rings.py").read_text()
    exec(compile(text.replace("range(1500)", "range(300)"), "rings.py", "exec"), {})
    assert float(capsys.readouterr().out.split()[-1]) < 0.2
