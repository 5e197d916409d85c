"""What the interactive figures share: controls above a picture that follows them."""

import html
import io
import json
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
from IPython.display import Image as Shown
from IPython.display import display
from PIL import Image

from helpers.images import encode

WIDTH = 900  # of a strip, in pixels


# ipywidgets names neither pictures nor a Play's buttons nor sliders, so that a screen reader has
# nothing to say of them. This names them, now and when they change, in the page that shows them.
NAMES = """<script>{
  const box = document.currentScript.closest(".widget-vbox");
  const buttons = {play: "Play", pause: "Pause", stop: "Stop", retweet: "Repeat"};
  const give = () => {
    for (const image of box.querySelectorAll("img")) image.alt = ALT;
    for (const icon of box.querySelectorAll(".widget-play i"))
      icon.parentElement.title = buttons[icon.className.split("fa-").pop()] ?? "";
    for (const handle of box.querySelectorAll(".noUi-handle")) {
      const slider = handle.closest(".widget-slider");
      const text = name => slider.querySelector(name)?.textContent ?? "";
      handle.setAttribute("aria-label", text(".widget-label"));
      handle.setAttribute("aria-valuetext", text(".widget-readout"));
    }
  };
  const changes = {childList: true, characterData: true, attributeFilter: ["class"]};
  new MutationObserver(give).observe(box, {...changes, subtree: true});
  give();
}</script>"""


def names(alt: str) -> widgets.Output:
    """What names the parts of the VBox it is in for screen readers, unseen: `alt` its pictures."""
    page = {"text/html": NAMES.replace("ALT", json.dumps(alt))}
    script = {"output_type": "display_data", "data": page, "metadata": {}}
    return widgets.Output(outputs=(script,), layout=widgets.Layout(display="none"))


def picture() -> widgets.Image:
    """A PNG in its own size, or as wide as the page where that is less."""
    layout = widgets.Layout(align_self="flex-start", max_width="100%")
    return widgets.Image(format="png", layout=layout)


class Figure(widgets.VBox):
    """An interactive figure. A page without its kernel shows a sentence where it would stand."""

    def __repr__(self) -> str:
        return "An interactive figure: run this cell, and those above it, to use it."


def strip(pictures: Sequence[bytes], gap: int = 12) -> bytes:
    """PNGs as one JPEG, shown where nothing moves: at most WIDTH wide and 620 pixels high.

    Side by side; wide ones, which would become too small, stand below one another.
    """
    opened = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    widths, heights = zip(*(image.size for image in opened))
    below = max(widths) > 600 and sum(heights) < 620
    along = 1 if below else 0  # the direction in which they follow one another
    room = WIDTH - gap * (len(opened) - 1) * (not below)
    scale = min(1, room / (max(widths) if below else sum(widths)))
    small = [
        image.resize([round(scale * side) for side in image.size], Image.Resampling.LANCZOS)
        for image in opened
    ]
    size = [max(image.size[side] for image in small) for side in (0, 1)]
    size[along] = sum(image.size[along] + gap for image in small) - gap
    whole, at = Image.new("RGB", size, "white"), [0, 0]
    for image in small:
        whole.paste(image, tuple(at))
        at[along] += image.size[along] + gap
    return encode(whole, "JPEG", quality=85)


def interactive(
    alt: str,
    render: Callable[..., bytes],
    *controls: widgets.DOMWidget,
    describe: Callable[..., str] | None = None,
    drivers: Mapping[widgets.DOMWidget, Callable[[int], tuple]] = {},
    back: Mapping[widgets.DOMWidget, Callable[..., int]] = {},
    extras: tuple[widgets.DOMWidget, ...] = (),
    states: Sequence[tuple] = (),
) -> Figure:
    """Controls in a row that wraps, the PNG render(*values) below, and the text describe(*values).

    values: those of the controls, in their order; both are made anew whenever one changes.
    drivers: control -> function from its value to the values of all controls, drawn as one change.
    back: driver -> function from the values of all controls to the driver's, which follows them.
    extras: what stands in the row but draws nothing by itself, such as a Play linked to a slider.
    states: values of all controls, a tuple each, of which a strip is displayed at once: what a page
    without a kernel shows.
    The box holds the row (drivers, extras, controls), the picture, the text where there is one to
    describe it, and the unseen `names`.
    """
    image, text, driven = picture(), widgets.HTML(), False

    def update(_=None):
        if not driven:
            values = [control.value for control in controls]
            image.value = render(*values)
            if describe:
                text.value = html.escape(describe(*values))
            follow(values)

    def follow(values):
        nonlocal driven
        driven = True
        for driver, function in back.items():
            driver.value = function(*values)
        driven = False

    def drive(function, value):
        nonlocal driven
        if driven:
            return
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
    row.layout.flex_flow, row.layout.align_items = "row wrap", "center"
    if states:
        display(Shown(strip([render(*values) for values in states]), metadata={"alt": alt}))
    return Figure([row, image, *([text] if describe else []), names(alt)])
