"""Each measure at pictures whose value is known: nothing done, the truth, muddles."""

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from helpers import measures, toy
from helpers.measures import Measured, axes, drawn, mean_in, outline, striped

SIZE, COUNT = 64, 8


@pytest.fixture(scope="module")
def to_zebra():
    return Measured("horse2zebra", SIZE, toy.World(), COUNT)


@pytest.fixture(scope="module")
def to_horse():
    return Measured("zebra2horse", SIZE, toy.World(), COUNT)


def on_animal(scenes, pattern):
    """The truth with its animal painted over."""
    return torch.lerp(scenes.target, pattern.expand_as(scenes.target), scenes.mask)


def test_axes_point_across_stripes_at_twice_their_angle():
    across = torch.arange(32.0)
    upright = (0.8 * across).sin().expand(1, 3, 32, 32)
    slanting = (0.8 * (across + across[:, None])).sin().expand(1, 3, 32, 32)
    for stripes, angle in ((upright, 0), (upright.mT, np.pi), (slanting, np.pi / 2)):
        x, y = axes(stripes)[0, :, 4:-4, 4:-4].mean((1, 2))
        assert (x + 1j * y).angle().abs().item() == pytest.approx(angle, abs=0.02)
    checks = (0.8 * across).sin() * (0.8 * across[:, None]).sin()
    flat = axes(checks.expand(1, 3, 32, 32))[0, :, 4:-4, 4:-4].mean((1, 2))
    assert flat.norm() < 0.05 * axes(upright)[0, 0].mean()


def test_striped_is_1_for_the_truth_a_quarter_halfway_and_0_for_plain_animals(to_zebra, to_horse):
    for scenes, horse, zebra in ((to_zebra, "source", "target"), (to_horse, "target", "source")):
        horse, zebra = getattr(scenes, horse), getattr(scenes, zebra)
        assert torch.allclose(striped(zebra, scenes.zebra, scenes.mask), torch.ones(COUNT))
        assert striped(horse, scenes.zebra, scenes.mask).abs().max() < 0.02
        half = striped((horse + zebra) / 2, scenes.zebra, scenes.mask)
        assert half.sub(0.25).abs().max() < 0.02


def test_striped_is_0_for_muddles(to_zebra):
    noise = torch.randn(to_zebra.target.shape, generator=torch.Generator().manual_seed(0))
    wave = (torch.arange(SIZE) * 2 * torch.pi / 6).sin()
    muddles = {
        "grey": torch.zeros(()), "noise": noise, "blots": 3 * F.avg_pool2d(noise, 3, 1, 1),
        "checks": wave * wave[:, None],
    }  # fmt: skip
    for name, muddle in muddles.items():
        value = striped(on_animal(to_zebra, muddle.clamp(-1, 1)), to_zebra.zebra, to_zebra.mask)
        assert value.mean().abs() < 0.05, name


def test_striped_is_the_same_for_any_phase_and_nearly_for_any_number_of_stripes():
    across = torch.arange(48.0) + 0.5 * torch.arange(48.0)[:, None]
    mask = torch.ones(1, 1, 48, 48)

    def stripes(turns, phase=0.0):
        return (2 * torch.pi * (turns * across + phase)).sin().expand(1, 3, 48, 48)

    for phase in (0.1, 0.25, 0.5, 0.8):
        value = striped(stripes(1 / 8, phase), stripes(1 / 8), mask).item()
        assert value == pytest.approx(1, abs=0.03)
    for turns in (1 / 10, 1 / 6):
        assert 0.5 < striped(stripes(turns), stripes(1 / 8), mask).item() < 1.6
    assert striped(stripes(1 / 8).flip(3), stripes(1 / 8), mask).item() < 0


@pytest.mark.parametrize("length", [0.3, 0.5, 0.8])
def test_striped_does_not_mind_the_phase_of_the_stripes(length, monkeypatch):
    light, dark, rate = toy.ZEBRA_COATS["plains"]
    monkeypatch.setitem(toy.ZEBRA_COATS, "inverse", (dark, light, rate))
    world = dataclasses.replace(toy.World(), length=(length, length))
    scenes = Measured("horse2zebra", SIZE, world, COUNT)
    inverse = [
        dataclasses.replace(scene, zebra_coat="inverse")
        for scene in measures.held_out_scenes(world, COUNT)
    ]
    shifted = scenes(drawn(inverse, "zebra", SIZE))
    assert shifted["striped"].sub(1).abs().max() < 0.25
    assert shifted["error_inside"].mean() > scenes(scenes.source)["error_inside"].mean()


def test_upright_stripes_all_over_the_animal_are_not_a_zebras(to_zebra):
    stripes = (torch.arange(SIZE) * 2 * torch.pi / 8).sin()
    assert to_zebra(on_animal(to_zebra, stripes))["striped"].mean() < 0.3


def test_anchors_of_both_directions(to_zebra, to_horse):
    for scenes, striped_source, striped_target in ((to_zebra, 0, 1), (to_horse, 1, 0)):
        anchors = scenes.anchors()
        nothing, truth, halfway, grey = (
            anchors[name] for name in ("nothing", "truth", "halfway", "grey")
        )
        assert nothing["striped"] == pytest.approx(striped_source, abs=0.02)
        assert truth["striped"] == pytest.approx(striped_target, abs=0.02)
        assert grey["striped"] == pytest.approx(0, abs=0.02)
        assert nothing["background_change"] == 0 and truth["background_change"] < 0.02
        assert truth["error_inside"] == 0 and nothing["error_inside"] > 0.55
        assert halfway["error_inside"] == pytest.approx(nothing["error_inside"] / 2)
        assert min(anchor["outline"] for anchor in anchors.values()) > 0.85


def test_outline_is_lost_with_the_pose_and_with_the_animal(to_zebra):
    values = {
        "truth": to_zebra.target, "another pose": to_zebra.target.roll(1, 0),
        "gone": to_zebra.landscape, "moved": to_zebra.target.roll(6, 3),
    }  # fmt: skip
    found = {
        name: outline(picture, to_zebra.landscape, to_zebra.mask).mean().item()
        for name, picture in values.items()
    }
    assert found["gone"] == 0 and found["truth"] > 0.9
    assert found["another pose"] < 0.6 and found["moved"] < 0.6


def test_errors_are_taken_to_the_nearest_coat_of_the_world():
    world = dataclasses.replace(toy.World(), horse_coats=(("bay", 1), ("white", 3)))
    scenes = Measured("zebra2horse", 32, world, COUNT)
    assert scenes.coats == ["bay", "white"] and scenes.truths.shape == (2, COUNT, 3, 32, 32)
    for truth in scenes.truths:
        assert scenes(truth)["error_inside"].max() == 0
    assert scenes.errors(scenes.truths[1])[0].min() > 0.3


def test_a_mean_in_the_mask_leaves_out_the_rest():
    values, mask = torch.ones(2, 3, 4, 4), torch.zeros(2, 1, 4, 4)
    values[:, :, 0], mask[:, :, 0] = 5, 1
    assert mean_in(values, mask).tolist() == [5, 5]


def test_held_out_scenes_are_the_same_for_both_animals_but_for_the_landscape():
    horses, zebras = (measures.held_out_scenes(toy.World(), 40, a) for a in ("horse", "zebra"))
    assert [s.landscape for s in horses] != [s.landscape for s in zebras]
    for horse, zebra in zip(horses, zebras):
        assert dataclasses.replace(horse, landscape=zebra.landscape) == zebra


def test_report_of_doing_nothing():
    report = measures.evaluate_toy(torch.nn.Identity(), torch.nn.Identity(), 32, count=4)
    for direction in measures.DIRECTIONS:
        nothing = report[direction].pop("anchors")["nothing"]
        assert report[direction].pop("round_trip") == 0
        assert report[direction] == nothing


def test_round_trip_compares_with_where_it_began():
    class Darken(torch.nn.Module):
        def forward(self, x):
            return x - 0.25

    report = measures.evaluate_toy(Darken(), Darken(), 32, count=2)
    for direction in measures.DIRECTIONS:
        assert report[direction]["round_trip"] == pytest.approx(0.5, abs=1e-5)
        assert report[direction]["background_change"] == pytest.approx(0.25, abs=1e-5)
