import datetime
import io

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from helpers.networks import Generator
from helpers.settings import UserError
from helpers.widgets.upload import SIDE, pictures_of, render, translator

NEW = int(ipywidgets.__version__.split(".")[0]) >= 8


def content(mode="RGB", size=(40, 30), kind="PNG", **options):
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def as_7(name, data):
    return {name: {"metadata": {"name": name, "type": "", "size": len(data)}, "content": data}}


def as_8(name, data):
    file = {"name": name, "type": "", "size": len(data), "content": memoryview(data)}
    return (file | {"last_modified": datetime.datetime(2026, 1, 1)},)


@pytest.mark.parametrize("form", [as_7, as_8])
def test_reads_what_either_version_holds(form):
    [(name, picture)] = pictures_of(form("my horse.png", content()))
    assert name == "my horse.png" and picture.mode == "RGB" and picture.size == (40, 30)


def test_no_file_is_no_picture():
    assert pictures_of({}) == [] and pictures_of(()) == []


@pytest.mark.parametrize("mode, kind", [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "GIF"),
                                        ("RGBA", "WEBP"), ("RGB", "TIFF")])  # fmt: skip
def test_any_kind_of_picture_becomes_rgb(mode, kind):
    [(_, picture)] = pictures_of(as_8("x", content(mode, kind=kind)))
    assert picture.mode == "RGB"


def test_a_photograph_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    [(_, picture)] = pictures_of(as_7("x.jpg", content(kind="JPEG", exif=exif)))
    assert picture.size == (30, 40)


@pytest.mark.parametrize("form", [as_7, as_8])
@pytest.mark.parametrize("data", [b"", b"a letter", content()[:300]])
def test_what_is_no_picture_gets_one_sentence_that_names_it(form, data):
    with pytest.raises(UserError, match=r"holiday.doc cannot be read") as caught:
        pictures_of(form("holiday.doc", data))
    assert "/picture" not in str(caught.value)


def upload(button, name, data):
    """What the browser does."""
    if NEW:
        button.value = as_8(name, data)
    else:
        button.set_trait("value", as_7(name, data))


@pytest.fixture
def net():
    return Generator(4, 1).eval()


def test_an_upload_is_shown_beside_its_translation(net):
    button, text, image, _ = translator(net, 32).children
    assert image.layout.display == "none"
    upload(button, "first.png", content())
    first = image.value
    assert image.layout.display != "none" and "first.png" in text.value
    picture = Image.open(io.BytesIO(content())).convert("RGB")
    assert first == render(net, picture, 32)
    upload(button, "second.png", content(size=(30, 60)))
    assert image.value != first and "second.png" in text.value


def test_a_wrong_file_gets_a_sentence_and_the_next_one_works(net):
    button, text, image, _ = translator(net, 32).children
    upload(button, "<b>.txt", b"a letter")
    assert "&lt;b&gt;.txt cannot be read" in text.value and image.layout.display == "none"
    upload(button, "right.png", content())
    assert "right.png" in text.value and image.layout.display != "none"


def test_large_pictures_are_shown_small(net):
    wide = Image.new("RGB", (3000, 1500), "brown")
    sheet = Image.open(io.BytesIO(render(net, wide, 32)))
    assert sheet.size == (2 * SIDE + 8, SIDE // 2)
    assert np.asarray(sheet)[:, :SIDE].reshape(-1, 3).std(0).max() == 0
