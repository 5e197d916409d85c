"""A generator whose decoder was exchanged: the rest is kept, the new decoder imitates the old."""

import dataclasses

import torch

from helpers import checkpoints, measures
from helpers.images import to_image, toy_domains
from helpers.networks import Generator
from helpers.settings import PRESETS
from helpers.training import Run, train
from tools import new_decoder


def test_the_new_decoder_draws_what_the_old_one_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(new_decoder, "CROP", 32)
    drawn = toy_domains(4, 64)
    for kind, pictures in (("A", drawn.a), ("B", drawn.b)):
        (tmp_path / f"data/train{kind}").mkdir(parents=True)
        for i, picture in enumerate(pictures):
            to_image(picture).save(tmp_path / f"data/train{kind}/{i}.png")
    run = Run(dataclasses.replace(PRESETS["smoke"], steps=2, decay_steps=1, d_width=4), 0)
    train(run, toy_domains(4, 64), tmp_path / "run")
    olds = []
    for direction in measures.DIRECTIONS:
        torch.manual_seed(len(olds))
        olds.append(Generator(4, 1))
        checkpoints.save_generator(tmp_path / f"{direction}.safetensors", olds[-1], direction, 32)

    def distance(state, old):
        new = Generator(4, 1, "resize")
        new.load_state_dict(state)
        assert torch.equal(new.encoder[0][0].weight, old.encoder[0][0].weight)
        x = torch.rand(2, 3, 32, 32) * 2 - 1
        return (new(x) - old(x)).abs().mean().item()

    found = {}
    for steps in (1, 60):
        new_decoder.main(
            [str(tmp_path), str(tmp_path / "data"), "--discriminators", str(tmp_path / "run"),
             "--steps", str(steps), "--out", str(tmp_path / f"start-{steps}")]
        )  # fmt: skip
        state = checkpoints.load_checkpoint(tmp_path / f"start-{steps}")
        torch.manual_seed(9)
        found[steps] = distance(state["G_AB"], olds[0])
    assert found[60] < 0.8 * found[1]
    assert torch.equal(state["D_B"]["layers.0.weight"], run.nets.D_B.layers[0].weight)
