import dataclasses

import pytest
import torch

from helpers import forecast as module
from helpers.forecast import Forecast, forecast, picture_memory, step_memory, step_of
from helpers.settings import PRESETS

CPU = torch.device("cpu")


def test_twenty_steps_of_a_small_preset(tiny):
    state = torch.random.get_rng_state()
    found = forecast(tiny, CPU)
    assert found.timed == 20 and 0 < found.seconds < 5 and not found.measured
    assert found.arithmetic == "float32 on cpu"
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("each, timed", [(0.1, 20), (2.5, 20), (5, 9), (25, 1), (70, 1), (500, 1)])
def test_it_stays_within_a_minute_but_for_one_step(tiny, monkeypatch, each, timed):
    now = [0.0]

    def slow_step(run, x, y):
        now[0] += each + 7 * (now[0] == 0)  # the first one prepares
        return torch.zeros(8)

    monkeypatch.setattr(module, "train_step", slow_step)
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    found = forecast(tiny, CPU)
    assert found.timed == timed and now[0] <= max(60, each + 7)
    assert found.seconds == pytest.approx(each if now[0] > each + 7 else each + 7)


def test_hours_of_every_preset_with_such_steps():
    found = Forecast(PRESETS["colab"], 20, 0.5, 2.94, "float16 on Tesla T4", True)
    assert str(found).splitlines() == [
        "timed: 20 steps of colab, 0.50 s each, in float16 on Tesla T4",
        "colab: 53,360 steps take about 7.4 hours here",
        "paper: 266,800 steps take about 37 hours here",
        "memory: 2.9 GB, pictures included (measured)",
    ]
    own = dataclasses.replace(PRESETS["colab"], width=32, steps=7200, decay_steps=0)
    lines = str(Forecast(own, 1, 90.0, 0.1, "float32 on cpu", False)).splitlines()
    assert lines[0].startswith("timed: 1 step of") and "about 180 hours" in lines[1]
    assert len(lines) == 3 and lines[2].endswith("(calculated)")
    assert step_of(PRESETS["lecture"]) != step_of(PRESETS["colab"]) == step_of(PRESETS["paper"])


def test_memory_by_calculation():
    """The pictures by hand; the step against what a run really holds."""
    assert picture_memory(PRESETS["colab"]) == (1067 + 1334) * 3 * 286 * 286
    smoke = PRESETS["smoke"]
    assert picture_memory(smoke) == 32 * 3 * 36 * 36
    larger = dataclasses.replace(smoke, batch=3)
    kept = [module.kept_for_backward(p, torch.float32) for p in (smoke, larger)]
    assert 2.9 < kept[1] / kept[0] <= 3.0  # in proportion to the batch
    held = 0
    run = module.Run(smoke)
    module.train_step(run, *module.noise(smoke).batch(0, 1, smoke.size, 0))
    for net, optimiser in zip(run.nets, [run.opt_g] * 2 + [run.opt_d] * 2):
        for p in net.parameters():
            moments = [s for s in optimiser.state[p].values() if s.numel() == p.numel() > 1]
            held += sum(t.nbytes for t in [p, p.grad, *moments])
    assert step_memory(smoke, torch.float32) == pytest.approx(held + kept[0], rel=1e-3)
