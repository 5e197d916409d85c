import io
import json

import numpy as np
import pytest
from PIL import Image

from helpers.settings import UserError
from helpers.widgets import sweep


def report(number):
    return {way: dict.fromkeys(sweep.SHORT, number) for way in sweep.WAYS}


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
    assert len(stored["cycle"][1].runs) == 2


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
    row, image, _ = box.children
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


def runs(**conditions):
    return {name: [{"report": report(n)} for n in seeds] for name, seeds in conditions.items()}


@pytest.mark.parametrize(
    "less, measure, way, seen",
    [
        ((0.5, 0.5, 0.5), "error_inside", "horse2zebra", True),
        ((0.5, 0.5, 0.26), "error_inside", "horse2zebra", False),  # one seed is no worse
        ((0.44, 0.44, 0.44), "error_inside", "horse2zebra", False),  # not twice the spread
        ((0.5, 0.5), "error_inside", "horse2zebra", False),  # two seeds decide nothing
        ((0.0, 0.0, 0.0), "error_inside", "horse2zebra", False),  # better
        ((0.0, 0.0, 0.0), "striped", "horse2zebra", True),
        ((0.0, 0.0, 0.0), "striped", "zebra2horse", False),
        ((0.5, 0.5, 0.5), "striped", "zebra2horse", True),
        ((0.0, 0.0, 0.0), "outline", "zebra2horse", True),
    ],
)
def test_the_rule_is_that_of_the_criteria(less, measure, way, seen):
    some = runs(all=(0.2, 0.25, 0.3), less=less)
    assert sweep.is_seen(some, "less", way, measure) is seen
    assert (f"{sweep.SHORT[measure]} ({way[-5:]})" in sweep.seen_in(some, "less")) is seen


def test_a_table_has_mean_spread_and_star():
    text = sweep.table(runs(all=(0.2, 0.25, 0.3), less=(0.5, 0.5, 0.8)), ["all", "less"])
    to_zebra = next(line for line in text.splitlines() if line.startswith("less"))
    assert to_zebra.split()[:4] == ["less", "3", "0.60", "±0.20"]
    assert to_zebra.count("*") == 3  # error, background, round trip; not stripes, not outline


def test_only_the_first_seeds_are_read(folder):
    (folder / "all-3.json").write_text(json.dumps({"report": report(9.0)}))
    assert len(sweep.read(folder)["all"]) == 2


def test_tiles_are_cut_where_they_lie():
    sheet = np.zeros((522, 782, 3), np.uint8)
    sheet[132:260, 262:390] = 7  # second row, third column
    assert (sweep.tiles(sheet, 1)[2] == 7).all() and sweep.tiles(sheet, 1).sum() == 7 * 3 * 128**2


def test_a_gallery_shows_a_row_for_each_condition(folder):
    sheet = Image.open(folder / "without-cycle-0.png")
    sheet.paste((0, 255, 0), (0, 0, 782, 130))  # the real animals
    sheet.save(folder / "without-cycle-0.png")
    drawn = Image.open(io.BytesIO(sweep.gallery(folder, ["all", "without-cycle"]))).convert("RGB")
    column = drawn.width - 40
    assert drawn.size == (130 + 4 * 130, 26 + 3 * 130)
    assert drawn.getpixel((column, drawn.height - 40)) == (255, 0, 0)
    assert drawn.getpixel((column, drawn.height // 2)) == (0, 0, 255)
