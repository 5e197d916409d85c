"""Checks of notebook 02, the generator."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from exercises import Wrong, close, turn, value
from helpers import networks
from helpers.data.domains import toy_images
from helpers.data.drawings import sample_scene
from helpers.weights import load_generator

WEIGHTS = Path(__file__).parents[1] / "data/pretrained/toy/horse2zebra.safetensors"
OTHER_LAYERS = "the trained weights would not fit: use {} and nothing else, in this order."


def encoder_of(width: int) -> nn.Sequential:
    return networks.Generator(width, 0).encoder


def decoder_of(width: int, kind: str) -> nn.Sequential:
    return networks.Generator(width, 0, kind).decoder


def fit_of(net: nn.Module, x: Tensor, y: Tensor, steps: int) -> list[float]:
    adam = torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999))
    losses = []
    for step in range(steps):
        k = torch.arange(2 * step, 2 * step + 2) % len(x)
        loss = (net(x[k]) - y[k]).abs().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def same(mine: nn.Module, ours: nn.Module, x: Tensor, parts: str, hint: str) -> None:
    """Raises Wrong unless the reader's network fits our weights and then computes the same."""
    if not isinstance(value(mine), nn.Module):
        raise Wrong(f"return an nn.Sequential, not {type(mine).__name__}.")
    expected = {name: t.shape for name, t in ours.state_dict().items()}
    if {name: t.shape for name, t in mine.state_dict().items()} != expected:
        raise Wrong(OTHER_LAYERS.format(parts))
    mine.load_state_dict(ours.state_dict())
    close(mine(x), ours(x), hint, 1e-4)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@turn("2.1", solution=encoder_of)
def encoder(answer):
    hint = "Only the first unit reflects; the second and third have stride=2 and padding=1."
    same(answer(4), encoder_of(4), noise(2, 3, 32, 24), "three conv_norm_relu", hint)
    return "The maps are a quarter as high and wide, and there are four times `width` of them."


@turn("2.2", solution=networks.ResidualBlock)
def block(answer):
    mine, h = answer(8), noise(2, 8, 12, 12)
    before = h.clone()
    with torch.no_grad():
        found, branch = value(mine(h)), mine.f(before)
    if not torch.equal(h, before):
        raise Wrong("h itself changes (is it +=?): write a new sum, others still need the old h.")
    if found.shape == branch.shape and torch.allclose(found, branch, atol=1e-5):
        raise Wrong("that is the branch alone: where does h go?")
    if torch.allclose(found, (before + branch).relu(), atol=1e-5):
        raise Wrong("nothing may be cut off after the sum: leave the ReLU out.")
    close(found, before + branch, "It is the input plus the branch, each once.")
    return "If the branch says nothing, everything passes unchanged."


@turn("2.3", solution=decoder_of)
def decoder(answer):
    h, parts = noise(2, 16, 8, 6), "upsampling twice, one nn.Conv2d and nn.Tanh"
    for kind in ("transposed", "resize"):
        mine = value(answer(4, kind))
        ours = decoder_of(4, kind)
        with torch.no_grad():
            if isinstance(mine, nn.Module) and mine(h).abs().max() > 1:
                raise Wrong("values beyond -1 and 1 come out: is the tanh missing?")
        same(mine, ours, h, parts, "The last convolution has padding=3, reflected, and no ReLU.")
    return "Twice twice as large, and between -1 and 1."


@turn("2.4", solution=networks.Generator)
def generator(answer):
    ours, x = networks.Generator(4, 2, "resize"), noise(2, 3, 32, 24)
    parts = "the three parts as they stand in __init__"
    hint = "The order is encoder, transformation, decoder, each once."
    same(answer(4, 2, "resize"), ours, x, parts, hint)
    return "Trained weights fit into your class."


@turn("2.5", solution=fit_of)
def fit(answer):
    torch.manual_seed(0)
    ours, x = nn.Conv2d(3, 3, 1), noise(5, 3, 4, 4)
    mine = nn.Conv2d(3, 3, 1)
    mine.load_state_dict(ours.state_dict())
    start, expected, found = ours.weight.clone(), fit_of(ours, x, x, 40), answer(mine, x, x, 40)
    if len(value(found)) != 40:
        raise Wrong(f"40 steps should give 40 losses, not {len(found)}.")
    if torch.equal(mine.weight, start):
        raise Wrong("the weights stay what they were: is adam.step() missing?")
    if abs(found[0] - expected[0]) > 1e-5:
        raise Wrong("the first loss is another: take the mean of the absolute differences.")
    if not np.allclose(found, expected, atol=1e-5):
        raise Wrong("the first step is right, the later ones go astray: are gradients set to zero?")
    return "Your first training loop; notebook 05 builds on it."


@turn("2.6", solution=networks.ResidualBlock)
def bug(answer):
    mine, h = answer(8), noise(2, 8, 12, 12)
    with torch.no_grad():
        if mine.f(h).min() >= 0:
            raise Wrong("the branch is never negative: it can add, but never take away.")
        for parameter in mine.parameters():
            nn.init.normal_(parameter)
        h = mine(h) - h
    if h.mean((2, 3)).abs().max() > 1e-3:
        raise Wrong("the branch should end with its norm: the ReLU goes, the norm stays.")
    if len([layer for layer in mine.f if isinstance(layer, nn.ReLU)]) != 1:
        raise Wrong("one ReLU stays, between the two convolutions.")
    return "Now a block can take away as well as add."


@cache
def unseen() -> tuple[Tensor, Tensor, float, float]:
    """Eight horses, their true zebras, how far the horses and G_AB's zebras are from these."""
    rng = np.random.default_rng(12)
    scenes = [sample_scene(rng) for _ in range(8)]
    x, truth = toy_images(scenes, "horse"), toy_images(scenes, "zebra")
    made = load_generator(WEIGHTS)[0](x).detach()
    return x, truth, (x - truth).abs().mean().item(), (made - truth).abs().mean().item()


@turn("2.7")
@torch.no_grad()
def taught(answer):
    x, truth, horses, shipped = unseen()
    if not isinstance(answer, nn.Module):
        raise Wrong("`taught` should be the network itself: `fit` returns losses.")
    error = (answer(x) - truth).abs().mean().item()
    told = f"From the true zebras: the horses {horses:.2f}, G_AB {shipped:.2f}, yours {error:.2f}"
    if error > 0.98 * min(horses, shipped):
        raise Wrong(f"{told}, and yours should be the least. Did `fit` get the true zebras?")
    return f"{told}, on eight horses it has never seen."
