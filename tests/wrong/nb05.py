"""Wrong answers to the turns of notebook 05, and what the check says to each."""

import inspect

from exercises.nb05 import lines

POOL = """
class ImagePool:
    def __init__(self, capacity=50, seed=0):
        self.capacity, self.images = capacity, []
        self.generator = torch.Generator().manual_seed(seed)

    def query(self, fake):
"""
TRAIN, FAKES = inspect.getsource(lines.train), "pool_a.query(fake_a), pool_b.query(fake_b)"
LATE = "pool_a.query(nets.G_BA(y)), pool_b.query(nets.G_AB(x))"
UNPOOLED = "fake_a.detach(), fake_b.detach()"

WRONG = {
    "5.1": [
        ("identity_a asks the wrong network", '''
def generator_losses(nets, x, y):
    fake_a, fake_b = nets.G_BA(y), nets.G_AB(x)
    losses = {
        "adv_ab": least_squares(nets.D_B(fake_b), 1), "adv_ba": least_squares(nets.D_A(fake_a), 1),
        "cycle_a": F.l1_loss(nets.G_BA(fake_b), x), "cycle_b": F.l1_loss(nets.G_AB(fake_a), y),
        "identity_a": F.l1_loss(nets.G_AB(x), x), "identity_b": F.l1_loss(nets.G_BA(y), y),
    }
    return losses, fake_a, fake_b
'''),
        ("return three things", '''
def generator_losses(nets, x, y):
    return {"adv_ab": least_squares(nets.D_B(nets.G_AB(x)), 1)}
'''),
    ],
    "5.2": [
        ("halve the sum", '''
def discriminator_losses(nets, x, y, fake_a, fake_b):
    return {
        "d_a": least_squares(nets.D_A(x), 1) + least_squares(nets.D_A(fake_a), 0),
        "d_b": least_squares(nets.D_B(y), 1) + least_squares(nets.D_B(fake_b), 0),
    }
'''),
    ],
    "5.3": [
        ("hands out one fake twice", POOL + '''\
        fake = fake.detach()
        if len(self.images) < self.capacity:
            self.images.append(fake)
        elif torch.rand((), generator=self.generator) < 0.5:
            fake = self.images[torch.randint(self.capacity, (), generator=self.generator)]
        return fake
'''),
        ("detach the fake first", POOL + "        return fake"),
    ],
    "5.4": [
        ("old slopes are still there", '''
def update(optimizer, losses, weights=WEIGHTS):
    sum(weights[name] * loss for name, loss in losses.items()).backward()
    optimizer.step()
'''),
        ("each loss counts once", '''
def update(optimizer, losses, weights=WEIGHTS):
    optimizer.zero_grad()
    sum(losses.values()).backward()
    optimizer.step()
'''),
    ],
    "5.5": [
        ("your step 1: d_a differs in the", TRAIN.replace(FAKES, LATE)),
        ("From step 3 on the check's pools are full", TRAIN.replace(FAKES, UNPOOLED)),
    ],
    "5.6": [
        ("horses do not come back", '''
answer = {"cycle": "F", "D_B": "C", "identity": "D", "healthy": "E"}
'''),
        ("F's cycle and identity losses are a little high", '''
answer = {"cycle": "A", "D_B": "C", "identity": "D", "healthy": "F"}
'''),
    ],
    "5.7": [
        ("did not move", '''
def average(ema, net, decay=0.99):
    for old, new in zip(ema.parameters(), net.parameters()):
        old = decay * old + (1 - decay) * new
'''),
    ],
}  # fmt: skip
