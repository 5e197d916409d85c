"""What the interactive figures share: controls above a picture that follows them."""

import html
from collections.abc import Callable, Mapping

import ipywidgets as widgets
import traitlets


class Picture(widgets.Image):
    """A picture that can have a tooltip: JupyterLab shows an error where `description` is missing,
    which it reads to decide whether the tooltip is needed."""

    description = traitlets.Unicode("").tag(sync=True)


def picture(alt: str) -> Picture:
    """A PNG in its own size, or as wide as the page where that is less; `alt` says what it shows.

    ipywidgets has no alternative text; a tooltip, from version 8 on, is what screen readers get.
    """
    image = Picture(format="png")
    image.layout = widgets.Layout(align_self="flex-start", max_width="100%")
    if image.has_trait("tooltip"):
        image.tooltip = alt
    return image


def interactive(
    alt: str,
    render: Callable[..., bytes],
    *controls: widgets.DOMWidget,
    describe: Callable[..., str] | None = None,
    drivers: Mapping[widgets.DOMWidget, Callable[[int], tuple]] = {},
    extras: tuple[widgets.DOMWidget, ...] = (),
) -> widgets.VBox:
    """Controls in a row that wraps, the PNG render(*values) below, and the text describe(*values).

    values: those of the controls, in their order; both are made anew whenever one changes.
    drivers: control -> function from its value to the values of all controls, drawn as one change.
    extras: what stands in the row but draws nothing by itself, such as a Play linked to a slider.
    The box holds the row (drivers, extras, controls), the picture and, with `describe`, the text.
    """
    image, text, driven = picture(alt), widgets.HTML(), False

    def update(_=None):
        if not driven:
            values = [control.value for control in controls]
            image.value = render(*values)
            if describe:
                text.value = html.escape(describe(*values))

    def drive(function, value):
        nonlocal driven
        driven = True
        for control, new in zip(controls, function(value)):
            control.value = new
        driven = False
        update()

    for control in controls:
        control.observe(update, "value")
    for driver, function in drivers.items():
        driver.observe(lambda change, f=function: drive(f, change["new"]), "value")
    update()
    row = widgets.HBox([*drivers, *extras, *controls])
    row.layout.flex_flow = "row wrap"
    return widgets.VBox([row, image, text] if describe else [row, image])
