"""The explorer's data: every condition, each picture and number as it is stored."""

import json

import numpy as np
import pytest
from PIL import Image

from tools import explorer

pytestmark = pytest.mark.xdist_group("explorer")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("book")
    explorer.build(out)
    return out / "docs/explorer"


@pytest.fixture(scope="module")
def data(built):
    text = (built / "data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("const EXPLORER = ").rstrip(";\n"))


def test_every_stored_condition_is_there_and_all_of_it_is_small(built, data):
    named = [condition["id"] for condition in data["conditions"]]
    stored = {path.stem.rpartition("-")[0] for path in explorer.RUNS.glob("*.json")}
    assert len(named) == len(set(named)) and {*named, "all"} == stored == set(data["runs"])
    assert len(list(built.glob("*.webp"))) == len(list(explorer.RUNS.glob("*.png")))
    assert sum(path.stat().st_size for path in built.iterdir()) < 6e6


def test_numbers_and_curves_are_the_stored_ones(data):
    for path in explorer.RUNS.glob("*.json"):
        run, name = json.loads(path.read_text()), path.stem.rpartition("-")[0]
        seed = data["runs"][name]["seeds"].index(run["seed"])
        assert data["runs"][name]["losses"][seed] == run["losses"]
        for way in explorer.WAYS:
            for measure in explorer.MEASURES:
                assert data["runs"][name][way][measure][seed] == run["report"][way][measure]


def test_a_sheet_holds_the_stored_pixels(built):
    """Twice as large, and with the borders, it is the stored picture again."""
    small = np.asarray(Image.open(built / "varied-4.webp").convert("RGB"))
    large = np.asarray(Image.open(explorer.RUNS / "varied-4.png").convert("RGB"))
    assert small.shape == (256, 384, 3)
    for row, column in ((0, 0), (1, 2), (3, 5)):
        tile = small[row * 64 :, column * 64 :][:64, :64].repeat(2, 0).repeat(2, 1)
        np.testing.assert_array_equal(tile, large[row * 130 + 2 :, column * 130 + 2 :][:128, :128])


def test_worse_is_more_than_twice_the_spread_in_the_right_direction():
    def runs(*numbers):
        return [{"report": {"horse2zebra": {"outline": x, "round_trip": x}}} for x in numbers]

    base, own = runs(0.50, 0.51, 0.50, 0.9), runs(0.47, 0.48, 0.60)
    assert explorer.worse(own, base, "horse2zebra", "outline") == [True, True, False]
    assert explorer.worse(own, base, "horse2zebra", "round_trip") == [False, False, True]
