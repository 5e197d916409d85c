"""Each figure draws, follows its controls, and says in a sentence what it cannot do."""

import datetime
import functools
import io
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import show, widgets
from helpers.data.domains import augment
from helpers.data.images import to_uint8
from helpers.losses import Networks, generator_losses
from helpers.networks import Discriminator, Generator
from helpers.widgets import (
    ablations,
    animal,
    augmentation,
    feature_maps,
    frames,
    image_pool,
    lambdas,
    receptive_field,
)  # fmt: skip
from helpers.widgets.upload import upload, uploaded

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were shown, drawn and closed, and their alternative texts."""
    figures = []

    def show_figure(figure, alt):
        figure.canvas.draw()
        figures.append((figure, alt))
        plt.close(figure)

    for module in (*vars(widgets).values(), show):
        if hasattr(module, "show_figure"):
            monkeypatch.setattr(module, "show_figure", show_figure)
    return figures


def shown(figure, number):
    """The array in the n-th panel."""
    return np.asarray(figure.axes[number].get_images()[0].get_array())


def test_animal_shows_the_horse_its_translation_and_its_zebra(drawn):
    animal.plot(lambda x: -x)
    animal.plot(lambda x: -x, place=0.0, coat="white", landscape="savanna")
    horse, output, zebra = (shown(drawn[0][0], k).astype(int) for k in range(3))
    assert abs(horse + output - 255).max() <= 1 and (horse != zebra).any()
    assert (shown(drawn[1][0], 0) != horse).any() and drawn[1][1].startswith("A white horse")


def test_augmentation_draws_as_a_step_does(drawn):
    image = torch.arange(3 * 40 * 40).reshape(3, 40, 40).to(torch.uint8)
    for draw in range(4):
        augmentation.plot(image, 32, draw)
        rng = np.random.default_rng(draw)
        x = augment(image[None], 32, rng)[0]
        assert np.array_equal(shown(drawn[draw][0], 1), to_uint8(x).permute(1, 2, 0))
    with pytest.raises(ValueError, match="64 px does not fit into 40 px"):
        augmentation.plot(image, 64)


def test_receptive_field_is_the_papers_and_the_patch_its_pixels(drawn):
    net, image = Discriminator(4), torch.rand(3, 128, 160) * 2 - 1
    assert receptive_field.geometry(net) == (70, 8, -23)
    assert torch.equal(receptive_field.cut_patch(net, image, 5, 7), image[:, 17:87, 33:103])
    patch = receptive_field.cut_patch(net, image, 0, 17)
    assert torch.equal(patch[:, 23:, :47], image[:, :47, 113:])
    assert not patch[:, :23].any(), "grey beyond the edge"
    receptive_field.plot(net, image, 99, 3)  # a slider made for larger images
    assert drawn[0][0].axes[1].get_title().startswith("score (13, 3) = ")


def test_feature_maps_are_those_of_the_network(drawn):
    net, x = Generator(8, 2).eval(), torch.rand(3, 32, 32) * 2 - 1
    maps = feature_maps.feature_maps(net, x)
    assert list(maps)[2:5] == ["encoder 3", "block 1", "block 2"]
    assert maps["decoder 1"].shape == (16, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(maps["block 2"], net.transformation(net.encoder(x[None]))[0])
    feature_maps.plot(maps, "block 1", 63)
    assert "number 31" in drawn[0][1]


def test_image_pool_shows_older_fakes_unless_it_is_empty(drawn):
    for capacity in (0, 50):
        image_pool.plot(capacity, 120)
        assert drawn[-1][0].axes[1].get_title() == f"{capacity} fakes in the pool"
    assert ": 0 of 121" in drawn[0][1] and ": 0 of 121" not in drawn[1][1]


def test_lambdas_tell_who_learns_from_what(drawn):
    nets = Networks(Generator(4, 1), Generator(4, 1), Discriminator(4), Discriminator(4))
    x, y = torch.rand(2, 1, 3, 32, 32) * 2 - 1
    values, into_ab, into_ba = lambdas.measure(nets, x, y)
    expected = {name: loss.item() for name, loss in generator_losses(nets, x, y)[0].items()}
    assert values == pytest.approx(expected)
    assert [name for name, length in into_ab.items() if length == 0] == ["adv_ba", "identity_a"]
    assert [name for name, length in into_ba.items() if length == 0] == ["adv_ab", "identity_b"]
    lambdas.plot(values, into_ab, into_ba, 0.0, 0.0)
    texts = [text.get_text() for text in drawn[0][0].axes[1].texts]
    assert texts == ["100%", "0%", "0%", "0%", "0%", "0%"]


def test_frames_come_in_the_order_of_their_steps(drawn, tmp_path):
    stored = frames.frames(DATA / "lecture")
    assert list(stored) == sorted(stored) and len(stored) > 3
    frames.plot(stored, 0)
    assert drawn[0][1].endswith(f"after {min(stored)} steps")
    with pytest.raises(ValueError, match="holds no images"):
        frames.frames(tmp_path)


def test_every_choice_of_the_stored_runs_draws_or_says_that_it_is_not_there(drawn, capsys):
    choices = ablations.choices(DATA / "toy_runs")
    assert ("no cycle losses", "without-cycle") in choices and len(choices) == 27
    ablations.plot(DATA / "toy_runs", "without-cycle", 2)
    ablations.plot(DATA / "toy_runs", "without-cycle", 4)
    assert [alt for _, alt in drawn] == ["Images and measures of the run: no cycle losses, seed 2"]
    assert "no run of seed 4 is stored of no cycle losses" in capsys.readouterr().out


def content(size=(40, 30), kind="PNG", mode="RGB"):
    buffer = io.BytesIO()
    Image.new("RGB", size, "brown").convert(mode).save(buffer, kind)
    return buffer.getvalue()


def as_7(name, data):
    return {name: {"metadata": {"name": name, "type": "", "size": len(data)}, "content": data}}


def as_8(name, data):
    file = {"name": name, "type": "", "size": len(data), "content": memoryview(data)}
    return (file | {"last_modified": datetime.datetime(2026, 1, 1)},)


@pytest.mark.parametrize("form", [as_7, as_8])
def test_reads_what_either_version_of_ipywidgets_holds(form):
    name, image = uploaded(form("my horse.jpg", content(kind="JPEG", mode="CMYK")))
    assert name == "my horse.jpg" and image.mode == "RGB" and image.size == (40, 30)
    with pytest.raises(ValueError, match="holiday.doc"):
        uploaded(form("holiday.doc", b"a letter"))


def choose(box, name, data):
    """What the browser does; the text that then stands below the button."""
    button, text, _ = box.children
    new = int(ipywidgets.__version__.split(".")[0]) >= 8
    button.set_trait("value", as_8(name, data) if new else as_7(name, data))
    return text.value


def test_an_upload_is_translated_and_whatever_fails_is_a_sentence_in_its_place(drawn):
    box = upload(Generator(4, 1).eval(), 32)
    assert choose(box, "large.png", content((900, 600))) == "large.png and its translation"
    assert shown(drawn[0][0], 1).shape == (341, 512, 3)
    assert "letter.txt" in choose(box, "letter.txt", b"a letter")
    assert "too thin" in choose(box, "thin.png", content((1000, 1)))
    assert choose(box, "again.png", content()) == "again.png and its translation"


def test_interact_names_the_handles_of_sliders_and_the_images(monkeypatch):
    pages = []
    monkeypatch.setattr(widgets, "display", pages.append)
    widgets.interact(functools.partial(image_pool.plot, 0), step=(0, 10))
    assert "aria-label" in pages[0].data
    assert 'alt = "Each fake shown against the step' in pages[0].data
