import ipywidgets as widgets

from helpers.widgets.figure import interactive


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
    row, image, text = box.children
    assert row.children == (driver, a, b) and drawn == [(1, 1)]
    a.value = 3
    assert image.value == b"3 1" and text.value == "3 &lt; 1"
    driver.value = 5
    assert drawn == [(1, 1), (3, 1), (5, 6)] and (a.value, b.value) == (5, 6)
    b.value = 2
    assert image.value == b"5 2"


def test_a_picture_is_not_stretched_its_controls_wrap_and_it_says_what_it_shows():
    box = interactive("a number", lambda a: b"%d" % a, widgets.IntSlider(1))
    row, image = box.children
    assert (image.layout.align_self, image.layout.max_width) == ("flex-start", "100%")
    assert row.layout.flex_flow == "row wrap"
    assert not image.has_trait("tooltip") or image.tooltip == "a number"
    assert image.get_state()["description"] == "", "JupyterLab reads it before it shows a tooltip"
