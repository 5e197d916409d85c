import io
import json

import numpy as np
import pytest
from PIL import Image

from helpers.settings import UserError
from helpers.widgets import sweep


def report(number):
    return {way: dict.fromkeys(sweep.MEASURES, number) for way in sweep.WAYS}


@pytest.fixture
def folder(tmp_path):
    """Two conditions of the cycle's lambda, one of the identity's; each sheet has a colour."""
    for name, seeds, colour in (
        ("all", (0.1, 0.3), (0, 0, 255)), ("without-cycle", (0.5,), (255, 0, 0)),
    ):  # fmt: skip
        Image.new("RGB", (782, 522), colour).save(tmp_path / f"{name}-0.png")
        for seed, number in enumerate(seeds):
            path = tmp_path / f"{name}-{seed}.json"
            path.write_text(json.dumps({"report": report(number)}))
    return tmp_path


def test_what_is_stored_is_found_and_the_rest_left_out(folder):
    stored = sweep.load(folder)
    assert {kind: list(runs) for kind, runs in stored.items()} == {"cycle": [0, 1], "identity": [1]}
    assert stored["cycle"][0].name == "without-cycle" and stored["cycle"][1].name == "all"
    assert len(stored["cycle"][1].reports) == 2


def test_a_curve_has_the_mean_and_the_range_of_the_seeds(folder):
    found = sweep.curve(sweep.load(folder)["cycle"], "zebra2horse", "striped")
    np.testing.assert_allclose(found, [[0.5, 0.2], [0.5, 0.1], [0.5, 0.3]])


def test_the_picture_is_that_of_the_factor(folder):
    stored = sweep.load(folder)
    for factor, colour in ((0, (255, 0, 0)), (1, (0, 0, 255))):
        drawn = Image.open(io.BytesIO(sweep.render(stored, "cycle", factor))).convert("RGB")
        assert drawn.getpixel((drawn.width // 2, drawn.height // 3)) == colour
    missing = Image.open(io.BytesIO(sweep.render(stored, "cycle", 4))).convert("RGB")
    assert missing.getpixel((100, missing.height // 5)) == (255, 255, 255)


def test_the_controls_draw_what_they_say(folder):
    box = sweep.explorer(sweep.load(folder))
    row, image = box.children
    kind, factor = row.children
    before = image.value
    factor.value = 0
    assert image.value != before
    between = image.value
    kind.value = "identity"
    assert image.value != between


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="all-0.json"):
        sweep.load(tmp_path)
