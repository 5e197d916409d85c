"""Figures that a reader moves: one plotting function a file, made live by `interact`."""

import json
import sys
from functools import partial

import ipywidgets
from IPython.display import HTML, display

# ipywidgets gives the handles of sliders no names, and JupyterLab no alt text to images, so that a
# screen reader has nothing to say of them. This names those of its cell, whenever they change.
NAMES = """<script type="application/json" class="slider-states">STATES</script><script>{
  const cell = document.currentScript.closest(".jp-Cell") ?? document.body;
  const name = () => {
    for (const image of cell.querySelectorAll("img:not([alt])")) image.alt = ALT;
    const live = cell.querySelector(".widget-interact img");  // then the still is not needed
    for (const image of live ? cell.querySelectorAll("img") : [])
      image.hidden = !image.closest(".widget-interact");
    for (const handle of cell.querySelectorAll(".widget-slider .noUi-handle")) {
      const text = part => handle.closest(".widget-slider").querySelector(part)?.textContent ?? "";
      handle.setAttribute("aria-label", text(".widget-label"));
      handle.setAttribute("aria-valuetext", text(".widget-readout"));
    }
  };
  new MutationObserver(name).observe(cell, {childList: true, subtree: true});
  name();
}</script>"""


def interact(plot, stills=({},), **controls) -> None:
    """`ipywidgets.interact`, with names for screen readers: interact(plot, step=(0, 199)).

    Stills come first, for pages without a kernel; they hide where the live figure is. `stills` are
    settings of the controls, a picture each; the book puts several under one slider. The alt text
    of images is the first line of the plotting function's docstring.
    """
    if isinstance(plot, partial):  # ipywidgets asks for a name, which a partial lacks
        plot.__name__, plot.__doc__ = plot.func.__name__, plot.func.__doc__
    live = ipywidgets.interactive(plot, **controls)
    for still in stills[:1] if "google.colab" in sys.modules else stills:
        plot(**live.kwargs | still)
    display(live)
    alt = (plot.__doc__ or "An interactive figure").splitlines()[0]
    states = [", ".join(f"{name} {value}" for name, value in still.items()) for still in stills]
    script = NAMES.replace("ALT", json.dumps(alt)).replace("STATES", json.dumps(states))
    display(HTML(script))
