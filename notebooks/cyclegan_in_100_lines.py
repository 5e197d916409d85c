"""A whole CycleGAN: drawn horses become zebras, and back. Notebook 05, with every turn solved."""

import sys
from collections import namedtuple

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, __file__.rpartition("notebooks")[0])  # the course's folder
from helpers.data.domains import toy_domains  # noqa: E402

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pairs(step):
    return drawings.batch(step, 1, 64, seed=0)


def unit(c_in, c_out, kernel, stride=1, padding="reflect"):
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, padding_mode=padding)
    return nn.Sequential(conv, nn.InstanceNorm2d(c_out), nn.ReLU())


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f = nn.Sequential(unit(c, c, 3), unit(c, c, 3)[:2])

    def forward(self, x):
        return x + self.f(x)


def generator(w, blocks):
    return nn.Sequential(
        unit(3, w, 7), unit(w, 2 * w, 3, 2, "zeros"), unit(2 * w, 4 * w, 3, 2, "zeros"),
        *[Block(4 * w) for _ in range(blocks)], nn.Upsample(scale_factor=2), unit(4 * w, 2 * w, 3),
        nn.Upsample(scale_factor=2), unit(2 * w, w, 3),
        nn.Conv2d(w, 3, 7, padding=3, padding_mode="reflect"), nn.Tanh(),
    )


def discriminator(w):
    layers = [nn.Conv2d(3, w, 4, 2, 1), nn.LeakyReLU(0.2)]
    for c, stride in ((w, 2), (2 * w, 2), (4 * w, 1)):
        layers += [nn.Conv2d(c, 2 * c, 4, stride, 1), nn.InstanceNorm2d(2 * c), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(8 * w, 1, 4, 1, 1))


def least_squares(scores, target):
    return (scores - target).square().mean()


Networks = namedtuple("Networks", "G_AB G_BA D_A D_B")


def begin(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0, 0.02)
        nn.init.zeros_(layer.bias)


def networks(w=16, blocks=4, d_w=32, seed=0):
    torch.manual_seed(seed)
    nets = generator(w, blocks), generator(w, blocks), discriminator(d_w), discriminator(d_w)
    return Networks(*(net.apply(begin).to(device) for net in nets))


def generator_losses(nets, x, y):
    fake_a, fake_b = nets.G_BA(y), nets.G_AB(x)
    losses = {
        "adv_ab": least_squares(nets.D_B(fake_b), 1), "adv_ba": least_squares(nets.D_A(fake_a), 1),
        "cycle_a": F.l1_loss(nets.G_BA(fake_b), x), "cycle_b": F.l1_loss(nets.G_AB(fake_a), y),
        "identity_a": F.l1_loss(nets.G_BA(x), x), "identity_b": F.l1_loss(nets.G_AB(y), y),
    }
    return losses, fake_a, fake_b


def discriminator_losses(nets, x, y, fake_a, fake_b):
    return {
        "d_a": (least_squares(nets.D_A(x), 1) + least_squares(nets.D_A(fake_a), 0)) / 2,
        "d_b": (least_squares(nets.D_B(y), 1) + least_squares(nets.D_B(fake_b), 0)) / 2,
    }


class ImagePool:
    def __init__(self, capacity=50, seed=0):
        self.capacity, self.images = capacity, []
        self.generator = torch.Generator().manual_seed(seed)

    def query(self, fake):
        fake = fake.detach()
        if len(self.images) < self.capacity:
            self.images.append(fake)
        elif torch.rand((), generator=self.generator) < 0.5:
            i = torch.randint(self.capacity, (), generator=self.generator)
            fake, self.images[i] = self.images[i], fake
        return fake


WEIGHTS = dict(d_a=1, d_b=1, adv_ab=1, adv_ba=1, cycle_a=10, cycle_b=10)
WEIGHTS |= dict(identity_a=10, identity_b=10)


def optimizers(nets):
    sides = nn.ModuleList(nets[:2]), nn.ModuleList(nets[2:])
    return [torch.optim.Adam(side.parameters(), betas=(0.5, 0.999)) for side in sides]


def update(optimizer, losses, weights=WEIGHTS):
    total = sum(weights[name] * loss for name, loss in losses.items())
    optimizer.zero_grad()
    total.backward()
    optimizer.step()


def train(nets, opts, pools, pairs, steps, rate=4e-4, first=0, look=print):
    (opt_g, opt_d), (pool_a, pool_b), curves = opts, pools, []
    for step in range(first, steps):
        for group in opt_g.param_groups + opt_d.param_groups:
            group["lr"] = rate * min(1, 2 * (1 - step / steps))
        x, y = pairs(step)
        losses, fake_a, fake_b = generator_losses(nets, x, y)
        update(opt_g, losses)
        fake_a, fake_b = pool_a.query(fake_a), pool_b.query(fake_b)
        d_losses = discriminator_losses(nets, x, y, fake_a, fake_b)
        update(opt_d, d_losses)
        curves.append({name: loss.item() for name, loss in (losses | d_losses).items()})
        if (step + 1) % 100 == 0:
            look(step + 1)
    return curves


if __name__ == "__main__":
    from torchvision.utils import save_image
    drawings, nets = toy_domains(300, 72).to(device), networks()
    train(nets, optimizers(nets), (ImagePool(seed=0), ImagePool(seed=1)), pairs, 600)
    x, y = toy_domains(6, 64, seed=99).to(device).batch(0, 6, 64, seed=0)
    rows = torch.cat([x, nets.G_AB(x), y, nets.G_BA(y)])
    save_image(rows, "hundred.png", nrow=6, normalize=True, value_range=(-1, 1))
