import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.images import encode, to_image, toy_domains
from helpers.previews import preview
from helpers.settings import PRESETS, UserError
from helpers.training import Run
from helpers.widgets.scrubber import chart, describe, find_previews, mark, render, scrubber

SIZE = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run's folder with three previews, at steps that are not equally far apart."""
    out = tmp_path_factory.mktemp("run")
    (out / "previews").mkdir()
    domains, run = toy_domains(8, 36), Run(PRESETS["smoke"])
    for step in (100, 200, 1000):
        sheet = preview(run.nets, domains, SIZE)
        (out / "previews" / f"{step:06}.png").write_bytes(encode(to_image(sheet)))
        domains.a = domains.a.roll(1, 0)
        domains.b = 255 - domains.b
    return out


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_finds_what_train_writes_and_what_is_stored(folder):
    for where in (folder, folder / "previews"):
        assert list(find_previews(where)) == [100, 200, 1000]


def test_no_previews_is_one_sentence(tmp_path):
    (tmp_path / "picture.png").touch()
    with pytest.raises(UserError, match="preview_every"):
        scrubber(tmp_path)


def test_small_sheets_are_enlarged_pixel_by_pixel(folder):
    path = folder / "previews/000100.png"
    sheet = np.asarray(Image.open(path))
    shown = opened(render(path))
    assert np.array_equal(shown, sheet.repeat(2, 0).repeat(2, 1))


def test_large_sheets_are_reduced(tmp_path):
    Image.new("RGB", (1500, 1550)).save(tmp_path / "000001.png")
    assert opened(render(tmp_path / "000001.png")).shape == (800, 774, 3)


def test_the_line_stands_at_the_step():
    picture, panels = chart(torch.rand(10, 8), 100, 1000, 400)
    assert len(panels) == 4
    for share in (0, 0.3, 1):
        changed = np.asarray(mark(picture, panels, share)) != np.asarray(picture)
        columns = np.where(changed.any((0, 2)))[0]
        for left, right, _, _ in panels:
            assert abs(columns - (left + share * (right - left))).min() <= 2


def test_moving_the_slider_shows_another_preview(folder):
    box = scrubber(folder, torch.rand(20, 8), every=50, epoch_steps=300)
    controls, image, caption, _ = box.children
    play, index = controls.children
    assert play.max == index.max == 2 and index.value == 0
    assert caption.value == "after 100 steps, 0.3 epochs"
    first = image.value
    play.value = 2
    assert index.value == 2
    assert caption.value == "after 1000 steps, 3.3 epochs" and image.value != first
    last = opened(image.value)[:398, :398]
    assert np.array_equal(last, opened(render(folder / "previews/001000.png"))[:398, :398])


def test_without_losses_there_is_the_preview_alone(folder):
    assert scrubber(folder).children[1].value == render(folder / "previews/000100.png")
    assert describe(7) == "after 7 steps"
