import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from helpers import guards, training
from helpers.checkpoints import load_generator
from helpers.images import centre_crop, cut_sheet, toy_domains
from helpers.measures import DIRECTIONS
from helpers.networks import Discriminator
from helpers.objectives import Networks
from helpers.previews import preview
from helpers.settings import PRESETS
from helpers.training import Run, train
from helpers.widgets import dashboard

ROOT = Path(__file__).parent.parent
SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def domains():
    return toy_domains(8, SMOKE.load_size)


@pytest.fixture
def shown(monkeypatch):
    """What was displayed and what it was then replaced by, in place of a notebook."""
    figures = []

    class Handle:
        def display(self, data, raw):
            figures.append(("new", data))

        def update(self, figure):
            figures.append(("update", figure))

    monkeypatch.setattr(dashboard, "DisplayHandle", Handle)
    return figures


def test_one_display_that_is_updated(domains, shown):
    watch = dashboard.Dashboard(domains, seconds=0)
    train(Run(dataclasses.replace(SMOKE, steps=6, decay_steps=3)), domains, None, watch, 2, 1e9)
    assert [kind for kind, _ in shown] == ["new", "update", "update", "update"]
    assert [row[0] for row in watch.scores] == [2, 4, 6]


def test_it_draws_seldom_but_always_at_the_end(domains, shown, monkeypatch):
    monkeypatch.setattr(dashboard.time, "monotonic", lambda: 5.0)  # a machine just started
    watch = dashboard.Dashboard(domains, seconds=1000)
    train(Run(dataclasses.replace(SMOKE, steps=6, decay_steps=3)), domains, None, watch, 2, 1e9)
    assert [row[0] for row in watch.scores] == [2, 6]


def test_a_line_stands_there_before_the_first_step(domains, shown):
    dashboard.Dashboard(domains)(Run(SMOKE))
    text = "Step 0 of 40: the first picture follows in some seconds."
    assert shown == [("new", {"text/plain": text})]


def test_the_clock_is_checked_at_every_step(domains, shown, monkeypatch):
    """Steps of 4 s, as on a slow machine: the first figure comes after one, not after twenty."""
    now, step = [100.0], training.train_step

    def slow_step(*args):
        now[0] += 4
        return step(*args)

    monkeypatch.setattr(training, "train_step", slow_step)
    for module in (dashboard, guards):
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    watch = dashboard.Dashboard(domains)
    train(Run(dataclasses.replace(SMOKE, steps=5, decay_steps=2)), domains, None, watch)
    assert [row[0] for row in watch.scores] == [1, 3, 5]


@torch.no_grad()
def test_scores_are_the_judges_means_of_reals_and_fakes(domains):
    run = Run(SMOKE)
    rows = cut_sheet(preview(run.nets, domains, SMOKE.size, 4), SMOKE.size)
    x, y = (centre_crop(pictures[::2], SMOKE.size) for pictures in (domains.a, domains.b))
    nets = run.nets
    wanted = [nets.D_A(x), nets.D_A(nets.G_BA(y)), nets.D_B(y), nets.D_B(nets.G_AB(x))]
    np.testing.assert_allclose(dashboard.judge(nets, rows), [s.mean() for s in wanted], atol=5e-3)


def test_the_line_of_text():
    run = Run(dataclasses.replace(SMOKE, steps=1000))
    run.step, run.seconds = 10, 1000.0
    text = dashboard.status(run)
    assert text == "step 10 of 1000, 0.0 pictures a second, 1 day, 3:30:00 left"


def test_what_a_dashboard_saw_of_the_stored_run_is_of_its_discriminators():
    """Notebook 05 draws these; the last must be what the stored weights of that run answer."""
    facts = json.loads((ROOT / "data/lecture/run.json").read_text())
    weights, preset = ROOT / "data/pretrained/toy", PRESETS["lecture"]
    scores = np.array(facts["scores"])
    assert scores[:, 0].tolist() == list(range(75, 3001, 75)) and facts["seconds"] > 0
    G_AB, G_BA = (load_generator(weights / f"{way}.safetensors")[0] for way in DIRECTIONS)
    D_A, D_B = Discriminator(preset.d_width), Discriminator(preset.d_width)
    D_A.load_state_dict(load_file(weights / "D_A.safetensors"))
    D_B.load_state_dict(load_file(weights / "D_B.safetensors"))
    nets = Networks(G_AB, G_BA, D_A, D_B)
    drawings = toy_domains(preset.pictures, preset.load_size)
    rows = cut_sheet(preview(nets, drawings, preset.whole_size, 4), preset.whole_size)
    assert dashboard.judge(nets, rows) == pytest.approx(scores[-1, 1:], abs=0.01)
