# A whole CycleGAN: drawn horses become zebras, and back. Made from notebook 05.
# ruff: noqa: E402
import random
import sys

import torch
from torch import nn

sys.path.append(__file__.rpartition("notebooks")[0] or "..")



from helpers.images import toy_domains

drawings = toy_domains(300, 72)


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


def generator(w=16, blocks=4):
    return nn.Sequential(
        unit(3, w, 7), unit(w, 2 * w, 3, 2, "zeros"), unit(2 * w, 4 * w, 3, 2, "zeros"),
        *(Block(4 * w) for _ in range(blocks)),
        nn.Upsample(scale_factor=2), unit(4 * w, 2 * w, 3),
        nn.Upsample(scale_factor=2), unit(2 * w, w, 3),
        nn.Conv2d(w, 3, 7, 1, 3, padding_mode="reflect"), nn.Tanh(),
    )


def discriminator(w=32):
    layers = [nn.Conv2d(3, w, 4, 2, 1), nn.LeakyReLU(0.2)]
    for c, stride in ((w, 2), (2 * w, 2), (4 * w, 1)):
        layers += [nn.Conv2d(c, 2 * c, 4, stride, 1), nn.InstanceNorm2d(2 * c)]
        layers += [nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(8 * w, 1, 4, 1, 1))


def begin(net):
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0, 0.02)
            nn.init.zeros_(layer.bias)
    return net


torch.manual_seed(0)
G_AB, G_BA = begin(generator()), begin(generator())
D_A, D_B = begin(discriminator()), begin(discriminator())


def judged(scores, target):
    return (scores - target).square().mean()


def distance(x, y):
    return (x - y).abs().mean()


def generator_losses(x, y, fake_a, fake_b):
    return {
        "adv_ab": judged(D_B(fake_b), 1), "adv_ba": judged(D_A(fake_a), 1),
        "cycle_a": distance(G_BA(fake_b), x), "cycle_b": distance(G_AB(fake_a), y),
        "identity_a": distance(G_BA(x), x), "identity_b": distance(G_AB(y), y),
    }


def discriminator_losses(x, y, fake_a, fake_b):
    return {
        "d_a": (judged(D_A(x), 1) + judged(D_A(fake_a), 0)) / 2,
        "d_b": (judged(D_B(y), 1) + judged(D_B(fake_b), 0)) / 2,
    }


class History:
    def __init__(self, capacity=50):
        self.fakes, self.capacity = [], capacity

    def swap(self, fake):
        if len(self.fakes) < self.capacity:
            self.fakes.append(fake)
        elif random.random() < 0.5:
            place = random.randrange(self.capacity)
            self.fakes[place], fake = fake, self.fakes[place]
        return fake


lambdas = {"cycle": 10, "identity": 10}


def update(optimiser, losses):
    weights = {name: lambdas.get(name.split("_")[0], 1) for name in losses}
    total = sum(weights[name] * loss for name, loss in losses.items())
    optimiser.zero_grad()
    total.backward()
    optimiser.step()


def optimisers(rate):
    sides = nn.ModuleList([G_AB, G_BA]), nn.ModuleList([D_A, D_B])
    return [torch.optim.Adam(side.parameters(), rate, (0.5, 0.999)) for side in sides]


def train(pairs, steps, rate=4e-4):
    (opt_g, opt_d), curves = optimisers(rate), []
    history_a, history_b = History(), History()
    for step in range(steps):
        for group in opt_g.param_groups + opt_d.param_groups:
            group["lr"] = rate * min(1, 2 * (1 - step / steps))
        x, y = pairs(step)
        fake_a, fake_b = G_BA(y), G_AB(x)
        losses = generator_losses(x, y, fake_a, fake_b)
        update(opt_g, losses)
        older = history_a.swap(fake_a.detach()), history_b.swap(fake_b.detach())
        losses |= discriminator_losses(x, y, *older)
        update(opt_d, {name: losses[name] for name in ("d_a", "d_b")})
        curves.append({name: loss.item() for name, loss in losses.items()})
    return curves


if __name__ == "__main__":
    from torchvision.utils import save_image
    train(pairs, 1200)
    x, y = toy_domains(6, 64, seed=99).batch(0, 6, 64, seed=0)
    with torch.no_grad():
        rows = torch.cat([x, G_AB(x), y, G_BA(y)])
    save_image(rows, "hundred.png", nrow=6, normalize=True, value_range=(-1, 1))
