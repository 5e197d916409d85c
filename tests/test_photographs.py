"""What is measured on photographs: colours, borders, grids, distances, and the files of a run."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from helpers import checkpoints, evaluation
from helpers.evaluation import Heaps
from helpers.images import (
    Domains,
    cut_sheet,
    open_picture,
    to_image,
    to_tensor,
    toy_domains,
)
from helpers.networks import Generator
from helpers.settings import PRESETS
from helpers.training import Run, train
from tools import photographs


def filled(*colours):
    """A picture of 4 x 4 pixels for each colour, given in 0..255."""
    return (
        torch.stack([torch.tensor(c).float()[:, None, None].expand(3, 4, 4) for c in colours])
        / (127.5)
        - 1
    )


@pytest.mark.parametrize(
    "colour, name",
    [
        ((140, 80, 30), "brown"), ((200, 60, 80), "brown"), ((60, 140, 40), "green or blue"),
        ((30, 60, 200), "green or blue"), ((20, 20, 22), "black"), ((12, 8, 6), "black"),
        ((128, 128, 128), "grey"), ((250, 250, 240), "white"),
    ],
)  # fmt: skip
def test_every_pixel_has_one_colour(colour, name):
    found = photographs.kinds(filled(colour))
    assert found.sum(1).eq(1).all()
    assert found[0, photographs.COLOURS.index(name)].all()


def test_colours_are_told_before_and_after_and_of_what_had_none():
    source = filled((128, 128, 128))  # a grey picture
    output = source.clone()
    output[..., :2, :] = filled((140, 80, 30))[..., :2, :]  # its upper half turns brown
    source[..., 0, :] = filled((60, 200, 40))[..., 0, :]  # the first row was green
    told = photographs.colours(source, output)
    assert told["painted brown"].item() == 1 and told["before brown"].item() == 0
    assert told["before grey"].item() == told["before green or blue"].item() == 0.5
    assert told["recoloured brown"].item() == 1 and told["recoloured pixels"].item() == 0.25
    assert told["whole brown"].item() == 0.5 and told["whole before grey"].item() == 0.75
    nothing = photographs.colours(source, source)
    assert nothing["painted brown"].item() == nothing["recoloured pixels"].item() == 0


def test_the_border_is_the_outer_tenth():
    source = torch.zeros(1, 3, 40, 40)
    output = source.clone()
    output[..., 4:-4, 4:-4] = 1  # whatever happens inside
    assert photographs.border_shift(source, output).item() == 0
    output[..., :4, :] = 0.5
    share = 4 * 40 / (40 * 40 - 32 * 32)
    assert photographs.border_shift(source, output).item() == pytest.approx(0.5 * share)


def test_a_grid_on_flat_sky_is_found_and_noise_is_none():
    rng = torch.Generator().manual_seed(0)
    source = torch.randn(6, 3, 96, 96, generator=rng)
    source[..., :48, :48] = 0  # a sky without contrast
    noise = 0.01 * torch.randn(6, 3, 96, 96, generator=rng)
    grid = noise + 0.03 * torch.cos(torch.pi / 2 * torch.arange(96))
    assert 0.5 < photographs.flat_grid(source, noise, 4) < 1.6
    assert photographs.flat_grid(source, grid, 4) > 4
    assert np.isnan(photographs.flat_grid(torch.randn(2, 3, 64, 64), noise[:2, :, :64, :64], 4))


def test_the_difference_of_two_directions_shares_their_pictures():
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randn(80, 6, generator=rng, dtype=torch.float64) + shift for shift in (0, 2))
    lazy = Heaps(a, b.clone(), 0.0), Heaps(b, b.clone(), 0.0)  # the way back does nothing
    found = photographs.kid_difference(lazy)
    expected = 1000 * (evaluation.mmd(b, a) - evaluation.mmd(b, b))
    assert found["kid_x1000"] == pytest.approx(expected)
    assert 0 < found["kid_standard_error_x1000"] < found["kid_x1000"] / 2
    assert photographs.kid_difference(lazy[::-1])["kid_x1000"] == pytest.approx(-expected)


class Judge(torch.nn.Module):
    """In the place of the ImageNet classifier: the brighter, the more zebra."""

    def forward(self, x):
        scores = torch.zeros(len(x), 1000)
        scores[:, photographs.ZEBRA] = x.mean((1, 2, 3))
        return scores


class Features(torch.nn.Module):
    """In the place of Inception: a parameter, and 12 numbers a picture."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return torch.nn.functional.adaptive_avg_pool2d(x, 2) + self.weight


def test_a_run_leaves_all_that_notebook_06_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "load_classifier", Judge)
    monkeypatch.setattr(evaluation, "load_inception", Features)
    monkeypatch.setattr(photographs, "SIZES", (32,))
    data = tmp_path / "horse2zebra"
    for split, count, seed in (("train", 6, 0), ("test", 11, 1)):
        drawn = toy_domains(count, 64, seed)
        for kind, pictures in (("A", drawn.a), ("B", drawn.b)):
            (data / f"{split}{kind}").mkdir(parents=True)
            for i, picture in enumerate(pictures):
                to_image(picture).save(data / f"{split}{kind}" / f"{70 + i:03}.png")
    copy = data / "testA/070.png"  # a test horse that was trained on
    copy.write_bytes((data / "trainA/070.png").read_bytes())
    preset = dataclasses.replace(
        PRESETS["smoke"], data="horse2zebra", zoom=2, steps=6, decay_steps=1, width=4, d_width=4
    )
    drawn = toy_domains(6, preset.load_size)
    domains = Domains(drawn.a, drawn.b, ("horse", "zebra"))
    first, second = tmp_path / "first", tmp_path / "second"
    train(Run(preset, 0), domains, first, preview_every=1)
    train(Run(preset, 0), domains, second, preview_every=1, start_from=first)

    out = tmp_path / "out"
    photographs.main([str(second), str(data), "--out", str(out), "--held-out", str(data)])
    report = json.loads((out / "report.json").read_text())
    assert report["size"] == 64
    names = report["horse2zebra"]["names"]
    assert len(names) == 10 and "070.png" not in names
    for direction, count in (("horse2zebra", 10), ("zebra2horse", 11)):
        lists = [v for v in report[direction].values() if isinstance(v, list)]
        assert len(lists) > 20 and {len(v) for v in lists} == {count}
        assert 0 <= report[direction]["untrained"]["zebra"] <= 1
        assert report["distances"][direction]["kid_of_untranslated_x1000"] > 0
        assert int(report[direction]["dhash"][0], 16) < 2**64
    assert report["by_size"][0]["size"] == 32 and len(report["muddles"]) == 2
    run = json.loads((out / "run.json").read_text())
    assert run["every"] == 6 and run["previews"] == [6, 12]
    # The first of trainB stands beside a child, so the first column is not kept.
    seen, kept = (
        cut_sheet(to_tensor(open_picture(path)), 64).float()
        for path in (first / "previews/000006.png", out / "000006.png")
    )
    assert kept.shape == (6, 5, 3, 64, 64) and (seen[:, 1:] - kept).abs().mean() < 8
    assert "--zoom 2.0" in run["commands"][0] and "--size" not in run["commands"][0]
    assert run["commands"][1].count(f"--start-from {first}") == 1
    assert run["steps"] == [6, 6] and np.shape(run["losses"]) == (2, 8)
    assert {p.stem for p in out.glob("*.jpg")} == {"first", "worst", "best"}
    net, config = checkpoints.load_generator(out / "horse2zebra.safetensors")
    assert isinstance(net, Generator) and config["size"] == 64

    for left_out in ("previews/*", "checkpoint*"):  # a new decoder's folder; generators alone
        for path in first.glob(left_out):
            path.unlink()
        photographs.store_run(second, photographs.open_run(second)[0], out)
        assert json.loads((out / "run.json").read_text())["steps"] == [6]


def test_pictures_with_people_are_not_shown():
    names = [f"{i:03}.jpeg" for i in range(70, 82)]
    assert photographs.without_people(names, "testA") == [0, 1, 4, 5, 6, 7, 8, 9, 11]
