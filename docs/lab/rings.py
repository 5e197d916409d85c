"""The rings of the CycleGAN Lab in PyTorch: a closed cycle, and which blob became which?"""

import torch
from torch import nn

from helpers.losses import Networks, discriminator_losses, generator_losses, weighted_sum

torch.manual_seed(0)
LEFT_OUT = ("identity_a", "identity_b")  # then try (), or the two cycles


def ring(radius: float, turn: float, blob: torch.Tensor) -> torch.Tensor:
    angle = (blob + turn) * torch.pi / 4
    middle = radius * torch.stack([angle.cos(), angle.sin()], dim=1)
    return middle + 0.07 * torch.randn(len(blob), 2)


def mlp(out: int) -> nn.Module:
    hidden = [nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.LeakyReLU(0.2)]
    return nn.Sequential(*hidden, nn.Linear(16, out))


nets = Networks(G_AB=mlp(2), G_BA=mlp(2), D_A=mlp(1), D_B=mlp(1))
adam = dict(lr=2e-3, betas=(0.5, 0.999))
opt_g = torch.optim.Adam([*nets.G_AB.parameters(), *nets.G_BA.parameters()], **adam)
opt_d = torch.optim.Adam([*nets.D_A.parameters(), *nets.D_B.parameters()], **adam)
for _ in range(1500):
    x = ring(0.5, 0, torch.randint(8, (32,)))
    y = ring(1.0, 0.25, torch.randint(8, (32,)))
    losses, fake_a, fake_b = generator_losses(nets, x, y)
    kept = {name: loss for name, loss in losses.items() if name not in LEFT_OUT}
    opt_g.zero_grad()
    weighted_sum(kept, lambda_cycle=5, lambda_identity=1.5).backward()
    opt_g.step()
    opt_d.zero_grad()
    sum(discriminator_losses(nets, x, y, fake_a.detach(), fake_b.detach()).values()).backward()
    opt_d.step()

x = ring(0.5, 0, torch.arange(8))
fake = nets.G_AB(x)
nearest = torch.cdist(fake, ring(1.0, 0.25, torch.arange(8))).argmin(1)
print("1 to 8 become", (nearest + 1).tolist())
print("the way back misses by", round((nets.G_BA(fake) - x).norm(dim=1).mean().item(), 3))
