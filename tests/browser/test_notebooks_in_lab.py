"""Each notebook in JupyterLab, run from top to bottom, and every widget in it moved."""

import time
from pathlib import Path

import pytest

from tools.book import WIDGET

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PICTURE = ROOT / "data/photographs/nokota_horses.jpg"
MINUTES = 8  # for one notebook, on a machine that does other things as well
MODEL = "window.jupyterapp.shell.currentWidget?.content?.model"
DONE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const code = [...panel.content.model.cells].filter(cell => cell.type == 'code');
  const idle = panel.sessionContext.session?.kernel?.status == 'idle';
  const failed = code.some(cell => cell.outputs.toJSON().some(o => o.output_type == 'error'));
  return idle && (failed || code.every(cell => cell.executionCount));
}"""
OUTPUTS = f"[...{MODEL}.cells].map(cell => cell.type == 'code' ? cell.outputs.toJSON() : [])"
# What a widget shows: its pictures, by address and content, and its words.
LOOK = """widget => [...widget.querySelectorAll('img')].map(i => i.src + i.naturalWidth).join()"""
# What a screen reader would have no name for.
UNNAMED = """widget => [...widget.querySelectorAll('.noUi-handle, .widget-play button, img')]
  .filter(part => !(part.ariaLabel || part.title || part.alt)).map(part => part.outerHTML)"""


def trouble(page):
    """Tracebacks and warnings of the notebook that is open."""
    outputs = [output for cell in page.evaluate(OUTPUTS) for output in cell]
    return [o.get("traceback") or o["text"] for o in outputs
            if o["output_type"] == "error" or o.get("name") == "stderr"]  # fmt: skip


def changes(page, widget, act):
    """Whether act() leads to another picture in the widget."""
    before, begun = widget.evaluate(LOOK), time.monotonic()
    act()
    while time.monotonic() - begun < 15:  # on a machine that does other things as well
        if widget.evaluate(LOOK) != before:
            return True
        page.wait_for_timeout(20)
    return False


def move(page, widget, handle):
    """Moves a slider by one step, back where it stands at its end."""
    handle.scroll_into_view_if_needed()
    keys = ("ArrowRight", "ArrowLeft")
    return any(changes(page, widget, lambda k=key: handle.press(k)) for key in keys)


def upload(page, widget):
    with page.expect_file_chooser() as chooser:
        widget.locator("button.widget-upload").click()
    chooser.value.set_files(PICTURE)


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def notebook(request, page, lab):
    """The page of JupyterLab with one notebook, run to its end."""
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(f"{lab}/lab/tree/notebooks/{request.param.name}?reset", timeout=120_000)
    page.wait_for_function(
        f"window.jupyterapp && {MODEL}?.cells?.length > 5 && window.jupyterapp.shell"
        ".currentWidget.sessionContext.session?.kernel?.status == 'idle'",
        timeout=120_000,
    )
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_timeout(1000)
    page.wait_for_function(DONE, timeout=MINUTES * 60_000, polling=500)
    yield page
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def test_a_notebook_runs_and_its_widgets_move(notebook):
    assert not trouble(notebook)
    cells = [i for i, outputs in enumerate(notebook.evaluate(OUTPUTS))
             if any(WIDGET in output.get("data", {}) for output in outputs)]  # fmt: skip
    for index in cells:
        cell = notebook.locator(".jp-Notebook .jp-Cell").nth(index)
        cell.scroll_into_view_if_needed()
        widget = cell.locator(".jp-OutputArea-output .jupyter-widgets").first
        widget.wait_for(timeout=30_000)
        assert not widget.locator(".jupyter-widgets-error-widget").count(), f"cell {index}"
        handles = widget.locator(".noUi-handle")
        for number in range(handles.count()):
            assert move(notebook, widget, handles.nth(number)), f"cell {index}, slider {number}"
        assert not widget.evaluate(UNNAMED), f"cell {index}"
        if not handles.count():
            shown = changes(notebook, widget, lambda w=widget: upload(notebook, w))
            assert shown, f"cell {index}: the picture chosen is not shown"
    assert not trouble(notebook)
