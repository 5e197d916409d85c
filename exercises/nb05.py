"""Checks of notebook 05: the reader's hundred lines against the course's own training step."""

import copy
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import torch
from torch import nn

from exercises import Wrong, turn, value
from helpers import losses
from helpers.config import Config
from helpers.losses import LOSSES
from helpers.training import Run, train_step

# The solutions: the file beside the notebook.
FILE = Path(__file__).parents[1] / "notebooks/cyclegan_in_100_lines.py"
spec = spec_from_file_location("cyclegan_in_100_lines", FILE)
lines = module_from_spec(spec)
spec.loader.exec_module(lines)


def small_run() -> Run:
    """A run of six steps, in float64 so that a difference is a mistake and not rounding."""
    small = dict(size=32, width=4, blocks=1, d_width=4, steps=6, decay_steps=3, pool_size=2)
    rates = dict(learning_rate=1e-3, d_learning_rate=1e-3)
    config = Config(**small, **rates, lambda_identity=10.0, amp="float32")
    run = Run(config)
    for net in run.nets:
        net.double()
    return run


def batches() -> list[torch.Tensor]:
    """Six pairs of noise, (2, 1, 3, 32, 32)."""
    random = torch.Generator().manual_seed(5)
    return list(torch.rand(6, 2, 1, 3, 32, 32, generator=random).double() * 2 - 1)


def same(a, b) -> bool:
    a, b = (float(torch.as_tensor(number).detach()) for number in (a, b))
    return abs(a - b) <= 1e-9 * max(1e-3, abs(b))


def compare(found, expected: dict) -> None:
    """Raises Wrong unless `found` has the same losses."""
    if not isinstance(found, dict):
        raise Wrong(f"the losses are a dictionary, name to number, not {type(found).__name__}.")
    if missing := [name for name in expected if name not in found]:
        raise Wrong(f"your losses lack {', '.join(missing)}.")
    for name, loss in expected.items():
        if not same(found[name], loss):
            mine = float(torch.as_tensor(found[name]).detach())
            raise Wrong(f"{name} is {mine:.4f}, expected {loss.item():.4f}.")


@turn("5.1", solution=lines.generator_losses)
def generators(answer):
    nets, (x, y) = small_run().nets, batches()[0]
    expected, fake_a, fake_b = losses.generator_losses(nets, x, y)
    found = value(answer(nets, x, y))
    if not isinstance(found, tuple) or len(found) != 3:
        raise Wrong("return three things: the dictionary, fake_a, fake_b.")
    if same(found[0].get("identity_a", 0), losses.identity_loss(x, fake_b)):
        raise Wrong("identity_a asks the wrong network: G_BA makes horses and should keep one.")
    compare(found[0], expected)
    if not torch.equal(found[1], fake_a):
        raise Wrong("the losses are right; return fake_a, G_BA(y), before fake_b, G_AB(x).")
    return "All six equal the course's to nine digits."


@turn("5.2", solution=lines.discriminator_losses)
def discriminators(answer):
    nets, (x, y), (fake_a, fake_b) = small_run().nets, *batches()[:2]
    expected = losses.discriminator_losses(nets, x, y, fake_a, fake_b)
    found = value(answer(nets, x, y, fake_a, fake_b))
    turned = losses.discriminator_losses(nets, fake_a, fake_b, x, y)
    for name, loss in expected.items():
        if name in found and same(found[name], 2 * loss):
            raise Wrong(f"{name} is twice what it should be: halve the sum.")
        if name in found and same(found[name], turned[name]):
            raise Wrong(f"{name} has it the wrong way round: real belongs at 1, fake at 0.")
    compare(found, expected)
    return "With the six above, these are all eight."


@turn("5.3", solution=lines.ImagePool)
def image_pool(answer):
    pool, weight, given = answer(5, 0), torch.ones((), requires_grad=True), []
    for number in range(1000):
        shown = value(pool.query(weight * torch.full((1, 3, 2, 2), float(number))))
        if shown.requires_grad:
            raise Wrong("what it returns still hangs on the generator: detach the fake first.")
        if any(image.requires_grad for image in pool.images):
            raise Wrong("what it keeps still hangs on the generator: detach the fake first.")
        given.append(int(shown.flatten()[0]))
    if len(pool.images) != 5 or given[:5] != [0, 1, 2, 3, 4]:
        raise Wrong("until it is full, it keeps each fake and returns it; then it stays full.")
    if len(set(given[5:])) < 995:
        raise Wrong("it hands out one fake twice: the new one takes the place of the old one.")
    older = sum(shown < number for number, shown in enumerate(given)) / 995
    if not 0.4 < older < 0.6:
        raise Wrong(f"it hands out an older fake {older:.0%} of the time, expected half of it.")
    return "Half of the fakes are older ones, and none comes twice."


@turn("5.4", solution=lines.update)
def update(answer):
    weight = nn.Parameter(torch.zeros((), dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    for step in (1, 2):
        before = weight.item()
        answer(optimizer, {"adv_ab": 2 * weight, "cycle_a": weight}, {"adv_ab": 3, "cycle_a": 7})
        moved = before - weight.item()
        if moved == 3:
            raise Wrong("each loss counts once here; multiply it by its own weight.")
        if moved == 26 and step == 2:
            raise Wrong("old slopes are still there in the second step: clear them first.")
        if moved == 0:
            raise Wrong("nothing moved: is the step missing, or are slopes cleared after backward?")
        if moved != 13:
            raise Wrong(f"with slopes 3 * 2 and 7 * 1, it moved by {moved:g} and not by 13.")
    return "Clear, slopes, step."


def digit(a: float, b: float) -> str:
    """In which digit two numbers differ first."""
    places = "first second third fourth fifth sixth seventh eighth ninth".split()
    unlike = (k for k in range(9) if f"{a:.{k}e}" != f"{b:.{k}e}")
    return places[next(unlike, 8)]


@turn("5.5", solution=lines.train)
def loop(answer):
    run, pairs = small_run(), batches()
    nets = copy.deepcopy(run.nets)
    pools = [losses.ImagePool(run.config.pool_size, seed) for seed in (0, 1)]
    try:
        found = value(answer(nets, lines.optimizers(nets), pools, pairs.__getitem__, 6, rate=1e-3))
    except RuntimeError as error:
        if "inplace" in str(error):
            raise Wrong("update the generators before the discriminators.") from None
        raise
    if len(found) != 6:
        raise Wrong(f"six steps give {len(found)} dictionaries of losses, expected 6.")
    for step, (x, y) in enumerate(pairs):
        expected = train_step(run, x, y)
        run.step += 1
        if missing := [name for name in expected if name not in found[step]]:
            raise Wrong(f"your losses lack {', '.join(missing)}.")
        for name in (*LOSSES[2:], *LOSSES[:2]):  # in the order in which they come about
            mine, theirs = found[step][name], expected[name].item()
            if not same(mine, theirs):
                raise Wrong(
                    f"your step {step + 1}: {name} differs in the {digit(mine, theirs)} digit "
                    f"({mine:.5f}, the course's {theirs:.5f}). {hint(step, name)}"
                )
    return "Six steps in float64: all eight losses equal the course's to nine digits."


def hint(step: int, name: str) -> str:
    """Where to look: the pools of the check hold two fakes, and so are full from step 3 on."""
    if step == 0 and name.startswith("d_"):
        return "Show the discriminators the fakes made before the generators moved."
    if step > 1 and name.startswith("d_"):
        return "From step 3 on the check's pools are full: show what `query` returns."
    return "The losses before it agree, so look at the update before it."


@turn("5.6")
def diagnosis(answer):
    if not isinstance(answer, dict) or set(answer) != {"cycle", "D_B", "identity", "healthy"}:
        raise Wrong('the answer is a dictionary with "cycle", "D_B", "identity", "healthy".')
    for illness, letter, question in (
        ("D_B", "C", "whose d_b is far above 0.25, the loss of who answers 0.5 to everything?"),
        ("cycle", "A", "whose horses do not come back?"),
        ("identity", "D", "whose identity loss is twice the others'?"),
    ):
        if answer[illness] != letter:
            raise Wrong(f"{illness}: {question}")
    if answer["healthy"] not in ("B", "E"):
        raise Wrong("healthy: F's cycle and identity losses are a little high, its stripes few.")
    return "F learned at ten times the rate. B had no pool, and nothing here tells it from E."


@turn("5.7")
def average(answer):
    torch.manual_seed(0)
    ema, net = nn.Linear(3, 2), nn.Linear(3, 2)
    old, new = ema.weight.detach().clone(), net.weight.detach().clone()
    answer(ema, net, 0.9)
    if torch.equal(ema.weight, old):
        raise Wrong("`ema` did not move: change its weights in place, for example with `lerp_`.")
    if torch.allclose(ema.weight, 0.1 * old + 0.9 * new):
        raise Wrong("it moves nine tenths of the way; with decay 0.9 it keeps nine tenths.")
    if not torch.allclose(ema.weight, 0.9 * old + 0.1 * new) or not torch.equal(net.weight, new):
        raise Wrong("expected `ema` at decay * its own + (1 - decay) * that of `net`.")
    return "A memory of about 1 / (1 - decay) steps."
