"""Figures that a reader moves: one plotting function a file, made live by `interact`.

ipywidgets gives the handles of sliders and the buttons of a Play no names, so that a screen reader
has nothing to say of them. `interact` names them.
"""

import ipywidgets
from IPython.display import HTML, display

NAMES = """<script>{
  const buttons = {play: "Play", pause: "Pause", stop: "Stop", retweet: "Repeat"};
  const name = () => {
    for (const handle of document.querySelectorAll(".widget-slider .noUi-handle")) {
      const text = part => handle.closest(".widget-slider").querySelector(part)?.textContent ?? "";
      handle.setAttribute("aria-label", text(".widget-label"));
      handle.setAttribute("aria-valuetext", text(".widget-readout"));
    }
    for (const icon of document.querySelectorAll(".widget-play i"))
      icon.parentElement.title = buttons[icon.className.split("fa-").pop()] ?? "";
  };
  new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
  name();
}</script>"""


def interact(plot, **controls) -> None:
    """`ipywidgets.interact` with names for screen readers: interact(plot, step=(0, 199))."""
    ipywidgets.interact(plot, **controls)
    display(HTML(NAMES))
