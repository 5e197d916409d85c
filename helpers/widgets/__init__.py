"""Figures that a reader moves: one plotting function a file, made live by `interact`."""

import json
from functools import partial

import ipywidgets
from IPython.display import HTML, display

# ipywidgets gives the handles of sliders no names, and JupyterLab no alt text to images, so that a
# screen reader has nothing to say of them. This names those of its cell, whenever they change.
NAMES = """<script>{
  const cell = document.currentScript.closest(".jp-Cell") ?? document.body;
  const name = () => {
    for (const image of cell.querySelectorAll("img:not([alt])")) image.alt = ALT;
    const live = cell.querySelector(".widget-interact img");  // then the still is not needed
    for (const image of cell.querySelectorAll("img"))
      image.hidden = Boolean(live) && !image.closest(".widget-interact");
    for (const handle of cell.querySelectorAll(".widget-slider .noUi-handle")) {
      const text = part => handle.closest(".widget-slider").querySelector(part)?.textContent ?? "";
      handle.setAttribute("aria-label", text(".widget-label"));
      handle.setAttribute("aria-valuetext", text(".widget-readout"));
    }
  };
  new MutationObserver(name).observe(cell, {childList: true, subtree: true});
  name();
}</script>"""


def interact(plot, **controls) -> None:
    """`ipywidgets.interact`, with names for screen readers: interact(plot, step=(0, 199)).

    A still comes first, for pages without a kernel; it hides where the live figure is. The alt
    text of its images is the first line of the plotting function's docstring.
    """
    if isinstance(plot, partial):  # ipywidgets asks for a name, which a partial lacks
        plot.__name__, plot.__doc__ = plot.func.__name__, plot.func.__doc__
    live = ipywidgets.interactive(plot, **controls)
    plot(**live.kwargs)
    display(live)
    alt = (plot.__doc__ or "An interactive figure").splitlines()[0]
    display(HTML(NAMES.replace("ALT", json.dumps(alt))))
