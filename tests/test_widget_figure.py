import io

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from helpers.images import encode
from helpers.widgets import figure
from helpers.widgets.figure import WIDTH, interactive, strip


def test_the_picture_follows_its_controls_and_a_driver_is_one_change():
    drawn = []

    def render(a, b):
        drawn.append((a, b))
        return b"%d %d" % (a, b)

    a, b, driver = (widgets.IntSlider(1, 0, 9) for _ in range(3))
    box = interactive(
        "two numbers", render, a, b,
        describe=lambda a, b: f"{a} < {b}", drivers={driver: lambda number: (number, number + 1)},
    )  # fmt: skip
    row, image, text, _ = box.children
    assert row.children == (driver, a, b) and drawn == [(1, 1)]
    a.value = 3
    assert image.value == b"3 1" and text.value == "3 &lt; 1"
    driver.value = 5
    assert drawn == [(1, 1), (3, 1), (5, 6)] and (a.value, b.value) == (5, 6)
    b.value = 2
    assert image.value == b"5 2"


def test_a_picture_is_not_stretched_its_controls_wrap_and_a_script_names_it():
    box = interactive("a number", lambda a: b"%d" % a, widgets.IntSlider(1))
    row, image, names = box.children
    assert (image.layout.align_self, image.layout.max_width) == ("flex-start", "100%")
    assert row.layout.flex_flow == "row wrap"
    [script] = names.outputs
    assert 'image.alt = "a number";' in script["data"]["text/html"]
    assert names.layout.display == "none"


def coloured(width, height, grey):
    return encode(Image.new("RGB", (width, height), (grey, grey, grey)))


@pytest.mark.parametrize("size, count, whole", [
    ((200, 100), 3, (624, 100)),  # small ones side by side, as they are
    ((500, 300), 2, (900, 266)),  # together too wide: made smaller
    ((810, 280), 2, (810, 572)),  # wide ones below one another, as they are
    ((810, 800), 2, (900, 439)),  # which would be too high
])  # fmt: skip
def test_a_strip_is_no_larger_than_a_page(size, count, whole):
    image = Image.open(io.BytesIO(strip([coloured(*size, 10 * k) for k in range(count)])))
    assert image.width <= WIDTH and image.height <= 620
    assert abs(np.subtract(image.size, whole)).max() <= 1
    first, last = (
        image.getpixel((x, x * image.height // image.width))[0] for x in (4, image.width - 4)
    )
    assert abs(first) < 3 and abs(last - 10 * (count - 1)) < 3


def test_states_are_displayed_once_and_the_figure_says_how_to_use_it(monkeypatch):
    shown = []
    monkeypatch.setattr(figure, "display", shown.append)
    box = interactive(
        "a grey", lambda a: coloured(20, 20, a), widgets.IntSlider(1), states=[(3,), (9,)]
    )
    [still] = shown
    assert still.data == strip([coloured(20, 20, 3), coloured(20, 20, 9)])
    assert "run this cell" in repr(box)
    box.children[0].children[0].value = 5
    assert len(shown) == 1
