"""What a figure shows must be what the images hold, and what is displayed must have a name."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from helpers import show
from helpers.training import Run, train


@pytest.fixture
def displayed(monkeypatch):
    """(what, metadata) of everything displayed or updated, in place of a notebook."""
    seen = []

    class Handle:
        def update(self, figure, metadata):
            seen.append(("update", figure, metadata))

    def display(what, metadata=None, **options):
        seen.append(("new", what, metadata))
        return Handle()

    monkeypatch.setattr(show, "display", display)
    monkeypatch.setattr(show, "get_ipython", lambda: "a notebook")
    return seen


def pixels(image, scale=None):
    """The red channel of the image as the figure shows it."""
    figure = show.draw_rows({"": image[None]}, scale=scale)
    figure.canvas.draw()
    box = figure.axes[0].get_window_extent()
    shown = np.asarray(figure.canvas.buffer_rgba())[..., 0]
    plt.close(figure)
    return shown[round(box.y0) + 5 : round(box.y1) - 5, round(box.x0) + 5 : round(box.x1) - 5]


def test_fine_stripes_become_grey_small_images_stay_sharp_large_ones_keep_their_pixels():
    def stripes(side):
        return (torch.arange(side) % 2 * 255).to(torch.uint8).expand(3, side, side)

    assert abs(pixels(stripes(128), scale=0.8).astype(float) - 127.5).max() < 40
    assert set(np.unique(pixels(stripes(32)))) == {0, 255}
    assert min(pixels(stripes(256)).shape) > 240


def test_rows_have_labels_titles_and_a_text_for_screen_readers(displayed):
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    show.show({"x": images, "G_AB(x)": images[:1]}, ["a", "b"])
    show.show({"x": images}, alt="Two horses")
    _, figure, metadata = displayed[0]
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "", ""]
    assert [ax.get_ylabel() for ax in figure.axes] == ["x", "", "G_AB(x)", ""]
    assert metadata == {"image/png": {"alt": "Rows of images: x, G_AB(x)"}}
    assert displayed[1][2] == {"image/png": {"alt": "Two horses"}}
    assert plt.get_fignums() == [], "it would be shown twice"


def test_curves_are_means_of_the_losses():
    losses = torch.arange(80.0)[:, None].repeat(1, 8)
    figure = plt.figure()
    show.plot_losses(losses, figure)
    line = figure.axes[2].get_lines()[0]
    assert line.get_label() == "cycle_a" and line.get_ydata()[0] == 0.5
    assert line.get_xdata()[0] == 1 and len(line.get_xdata()) == 40
    plt.close(figure)


def test_a_table_rounds_aligns_and_escapes(displayed, monkeypatch, capsys):
    rows = {"nothing": {"striped": -0.001, "n": 64}, "<b>": {"striped": 0.8349, "n": 5}}
    show.table(rows)
    [(_, bundle, _)] = displayed
    assert bundle["text/plain"].splitlines() == [
        "         striped   n", "nothing     0.00  64", "<b>         0.83   5",
    ]  # fmt: skip
    assert '<td style="text-align: right">0.83</td>' in bundle["text/html"]
    assert '<td style="text-align: left">&lt;b&gt;</td>' in bundle["text/html"]
    monkeypatch.setattr(show, "get_ipython", lambda: None)
    show.table([{"loss": "cycle_a", "value": 0.0536}], digits=3)
    assert capsys.readouterr().out == "loss     value\ncycle_a  0.054\n"


def test_a_dashboard_is_one_display_drawn_seldom_and_at_the_end_or_a_line_in_a_terminal(
    displayed, tiny, drawings, monkeypatch, capsys
):
    now = [1.0]  # a machine just started
    monkeypatch.setattr(show.time, "monotonic", lambda: now[0])
    run, watch = Run(dataclasses.replace(tiny, steps=1000)), show.Dashboard(drawings)
    for step, clock in ((10, 1), (20, 5), (30, 6.5), (1000, 7)):
        run.step, now[0], run.seconds = step, clock, 10.0 * step
        watch(run)
    assert [kind for kind, *_ in displayed] == ["new", "update", "update"]
    titles = [figure.get_suptitle() for _, figure, _ in displayed]
    assert titles[0] == "step 10 of 1000, 2:45:00 left"
    assert [title.split()[1] for title in titles] == ["10", "30", "1000"]
    assert displayed[0][2]["image/png"]["alt"].endswith(titles[0]) and not plt.get_fignums()
    monkeypatch.setattr(show, "get_ipython", lambda: None)
    watch(run)
    assert capsys.readouterr().out == "step 1000 of 1000, 0:00:00 left\n"


def test_a_dashboard_watches_a_run(displayed, tiny, drawings):
    train(Run(tiny), drawings, on_progress=show.Dashboard(drawings, seconds=0), every=5)
    assert [figure.get_suptitle()[:7] for _, figure, _ in displayed] == ["step 5 ", "step 10"]
