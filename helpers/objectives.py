"""The eight losses of CycleGAN, their weighted sum, and the history of fakes.

x are pictures of domain A, y of domain B; G_AB translates A to B, G_BA back; D_A judges domain A.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.settings import LOSSES


class Networks(NamedTuple):
    """The four players."""

    G_AB: nn.Module
    G_BA: nn.Module
    D_A: nn.Module
    D_B: nn.Module


def least_squares(scores: Tensor, target: float) -> Tensor:
    """Mean squared distance of the scores (any shape) from `target`: 1 for real, 0 for fake.

    LSGAN, section 3.1 and 4 of the paper (Mao et al. 2017). Computed in float32 or better. Built in
    notebook 04, section 2.
    """
    if scores.dtype in (torch.float16, torch.bfloat16):
        scores = scores.float()
    return (scores - target).square().mean()


def adversarial_loss(scores_of_fakes: Tensor) -> Tensor:
    """A generator wants its fakes judged real (section 3.1). Built in notebook 04, section 3."""
    return least_squares(scores_of_fakes, 1.0)


def discriminator_loss(scores_of_reals: Tensor, scores_of_fakes: Tensor) -> Tensor:
    """What a discriminator wants: reals at 1, fakes at 0.

    The sum is halved, meant to slow the discriminator (appendix 7.1); Adam undoes that, as it does
    not mind the scale of a loss. A discriminator that answers 0.5 everywhere is at 0.25. Built in
    notebook 04, section 2.
    """
    return 0.5 * (least_squares(scores_of_reals, 1.0) + least_squares(scores_of_fakes, 0.0))


def cycle_loss(original: Tensor, returned: Tensor) -> Tensor:
    """Mean absolute difference (L1) after a round trip through both generators (section 3.2).

    Built in notebook 04, section 4.
    """
    return F.l1_loss(returned, original)


def identity_loss(original: Tensor, output: Tensor) -> Tensor:
    """Mean absolute difference (L1) when a generator is given its own target domain (section 5.2).

    G_BA sees x, which is of A already, and should leave it; G_AB sees y. Built in notebook 04,
    section 5.
    """
    return F.l1_loss(output, original)


def generator_losses(
    nets: Networks, x: Tensor, y: Tensor, identity: bool = True
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The six losses of the generators, unweighted, and the fakes of A and B.

    x, y: (batch, 3, height, width) in [-1, 1], the same shape. A generator meets both real
    pictures in one call: instance norm keeps the pictures of a batch apart, so this is the same
    mathematics as two calls, and faster. Without `identity` the last two losses are 0. Built in
    notebook 04, section 6.
    """
    n = len(x)
    from_g_ab = nets.G_AB(torch.cat([x, y]) if identity else x)
    from_g_ba = nets.G_BA(torch.cat([y, x]) if identity else y)
    fake_b, fake_a = from_g_ab[:n], from_g_ba[:n]
    losses = {
        "adv_ab": adversarial_loss(nets.D_B(fake_b)),
        "adv_ba": adversarial_loss(nets.D_A(fake_a)),
        "cycle_a": cycle_loss(x, nets.G_BA(fake_b)),
        "cycle_b": cycle_loss(y, nets.G_AB(fake_a)),
        "identity_a": identity_loss(x, from_g_ba[n:]) if identity else x.new_zeros(()),
        "identity_b": identity_loss(y, from_g_ab[n:]) if identity else y.new_zeros(()),
    }
    return losses, fake_a, fake_b


def discriminator_losses(
    nets: Networks, x: Tensor, y: Tensor, fake_a: Tensor, fake_b: Tensor
) -> dict[str, Tensor]:
    """The discriminators' two losses, with detached fakes. Built in notebook 04, section 6."""
    n = len(x)
    scores_a = nets.D_A(torch.cat([x, fake_a]))
    scores_b = nets.D_B(torch.cat([y, fake_b]))
    return {
        "d_a": discriminator_loss(scores_a[:n], scores_a[n:]),
        "d_b": discriminator_loss(scores_b[:n], scores_b[n:]),
    }


def weighted_sum(
    losses: dict[str, Tensor], lambda_cycle: float = 10.0, lambda_identity: float = 5.0
) -> Tensor:
    """What the generators minimise: adversarial + lambda_cycle cycle + lambda_identity identity.

    Section 3.3, with the identity term of section 5.2 at 0.5 x lambda_cycle. Sums the losses that
    it is given, keys of LOSSES, so that one can be left out. The discriminators' count once.
    Built in notebook 04, section 6.
    """
    weights = {
        "discriminator": 1.0, "adversarial": 1.0,
        "cycle": lambda_cycle, "identity": lambda_identity,
    }  # fmt: skip
    return sum(weights[LOSSES[name]] * loss for name, loss in losses.items())


class History:
    """The last fakes of one generator, shown to the discriminator again (section 4, "50 images").

    Until it is full, it keeps what it is given and gives it back. From then on a fake is, with
    probability 0.5, swapped for a random older one. `generator` gives its random numbers and no
    one else's, so that a resumed run draws what an unbroken one would have drawn. Built in
    notebook 05, section 2.
    """

    def __init__(self, capacity: int = 50, seed: int = 0):
        self.capacity = capacity
        self.fakes: list[Tensor] = []
        self.generator = torch.Generator().manual_seed(seed)

    def swap(self, fakes: Tensor) -> Tensor:
        """Takes (batch, 3, height, width), gives the same shape, without gradient."""
        return torch.stack([self._swap_one(fake) for fake in fakes.detach()])

    def _swap_one(self, fake: Tensor) -> Tensor:
        if self.capacity == 0:
            return fake
        if len(self.fakes) < self.capacity:
            self.fakes.append(fake)
            return fake
        if torch.rand((), generator=self.generator) < 0.5:
            return fake
        slot = int(torch.randint(self.capacity, (), generator=self.generator))
        older, self.fakes[slot] = self.fakes[slot], fake
        return older

    def state_dict(self) -> dict:
        return {
            "fakes": [f.clone().cpu() for f in self.fakes],
            "rng_state": self.generator.get_state(),
        }

    def load_state_dict(self, state: dict) -> None:
        self.fakes = list(state["fakes"])
        self.generator.set_state(state["rng_state"] if "rng_state" in state else state["chance"])
