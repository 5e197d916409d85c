"""The drawn animals: the same from the same seed, paired pixel by pixel, as varied as asked for."""

import dataclasses

import numpy as np
import pytest

from helpers.data.drawings import (
    LANDSCAPES,
    World,
    animal_mask,
    draw,
    drawings,
    sample_scene,
)


def scenes(count=6, world=World()):
    return [sample_scene(np.random.default_rng([7, i]), world) for i in range(count)]


def inside(picture, scene):
    """The pixels (n, 3) that the animal covers wholly."""
    return picture[animal_mask(scene, len(picture)) > 0.99].astype(float)


def test_the_same_seed_gives_the_same_bytes_whatever_the_count():
    first, first_scenes = drawings("horse", 5, 32, seed=3)
    again, again_scenes = drawings("horse", 3, 32, seed=3)
    other, _ = drawings("horse", 3, 32, seed=4)
    assert first.shape == (5, 3, 32, 32) and first.dtype == np.uint8
    assert np.array_equal(first[:3], again) and first_scenes[:3] == again_scenes
    assert not np.array_equal(again, other)
    assert np.array_equal(first[1], draw(first_scenes[1], "horse", 32).transpose(2, 0, 1))


@pytest.mark.parametrize("size", [17, 64])
def test_any_size_and_the_same_bytes_outside_the_mask(size):
    for scene in scenes(3, World(clutter=(3, 3))):
        horse, zebra, mask = (
            draw(scene, "horse", size),
            draw(scene, "zebra", size),
            animal_mask(scene, size),
        )
        assert horse.shape == zebra.shape == (size, size, 3) and horse.dtype == np.uint8
        assert mask.shape == (size, size) and mask.dtype == np.float32
        assert mask.min() == 0 and 0.99 < mask.max() <= 1
        assert np.array_equal(horse[mask == 0], zebra[mask == 0])


def test_inside_the_mask_a_zebra_differs_much_and_is_striped():
    for scene in scenes():
        horse, zebra = (inside(draw(scene, animal), scene) for animal in ("horse", "zebra"))
        assert np.abs(horse - zebra).mean() / 127.5 > 0.4  # pictures in [-1, 1]
        brightness = zebra.mean(1)
        assert (brightness < 90).mean() > 0.2 and (brightness > 165).mean() > 0.2


def test_changing_one_parameter_of_the_world_keeps_the_rest_of_a_scene():
    changes = {
        "horse_coats": World(horse_coats=(("black", 1.0),)),
        "zebra_coats": World(zebra_coats=(("fine", 1.0),)),
        "horse_landscapes": World(horse_landscapes=(("dusk", 1.0),)),
        "clutter": World(clutter=(5, 5)),
    }
    fields = dict(zip(changes, ("horse_coat", "zebra_coat", "landscape", "clutter")))
    for parameter, world in changes.items():
        for plain, changed in zip(scenes(), scenes(world=world)):
            field = fields[parameter]
            assert getattr(plain, field) != getattr(changed, field)
            assert dataclasses.replace(changed, **{field: getattr(plain, field)}) == plain


def test_distributions_are_respected():
    coats = (("black", 3.0), ("white", 1.0))
    landscapes = tuple((name, 1.0) for name in LANDSCAPES)
    some = scenes(200, World(horse_coats=coats, clutter=(1, 3), horse_landscapes=landscapes))
    assert 0.65 < np.mean([scene.horse_coat == "black" for scene in some]) < 0.85
    assert {len(scene.clutter) for scene in some} == {1, 2, 3}
    assert {scene.landscape for scene in some} == set(LANDSCAPES)
    assert {scene.facing for scene in some} == {-1, 1}
    assert all(0.68 <= scene.length <= 0.82 for scene in some)


def test_horses_stand_mostly_on_the_meadow_and_zebras_mostly_in_the_savanna():
    for animal, low, high in (("horse", 0.65, 0.85), ("zebra", 0.15, 0.35)):
        _, some = drawings(animal, 100, 8, 5)
        assert low < np.mean([scene.landscape == "meadow" for scene in some]) < high


def test_an_impossible_world_is_refused():
    for world in (World(horse_coats=(("pink", 1.0),)), World(length=(0.5, 1.2))):
        with pytest.raises(ValueError, match="choose from|expected"):
            drawings("horse", 1, 32, seed=0, world=world)
