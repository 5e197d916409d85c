"""A preset checks itself, wherever it is made: one sentence that begins with the field's name."""

import dataclasses

import numpy as np
import pytest
import torch

from helpers.options import parser, preset_from
from helpers.settings import LOSSES, PRESETS, Preset, UserError, choose_preset, within

SMOKE = PRESETS["smoke"]


@pytest.mark.parametrize("change, words", [
    ({"steps": 0}, "steps must be a whole number from 1 to 10000000, not 0."),
    ({"steps": 20.0}, "steps must be a whole number from 1 to 10000000, not 20.0."),
    ({"steps": "20"}, "steps must be a whole number from 1 to 10000000, not '20'."),
    ({"steps": None}, "steps must be a whole number"),
    ({"steps": True}, "steps must be a whole number"),
    ({"batch": 0}, "batch must be a whole number from 1 to 1024, not 0."),
    ({"size": 31}, "size must be a whole number from 32 to 4096, not 31."),
    ({"width": -8}, "width must be"),
    ({"d_width": 0}, "d_width must be"),
    ({"blocks": -1}, "blocks must be"),
    ({"history": -1}, "history must be"),
    ({"decay_steps": -1}, "decay_steps must be"),
    ({"decay_steps": 41}, "decay_steps must be at most steps, which is 40, not 41"),
    ({"steps": 10}, "decay_steps must be at most steps, which is 10, not 20: set both"),
    ({"pictures": 1}, "pictures must be 2 or more for toy data, not 1."),
    ({"learning_rate": -1}, "learning_rate must be a number of at least 1e-09, not -1."),
    ({"learning_rate": 0}, "learning_rate must be"),
    ({"learning_rate": float("nan")}, "learning_rate must be a number of at least 1e-09, not nan."),
    ({"learning_rate": float("inf")}, "learning_rate must be"),
    ({"learning_rate": 10**400}, "learning_rate must be"),
    ({"learning_rate": 1j}, "learning_rate must be"),
    ({"learning_rate": "2e-4"}, "learning_rate must be a number of at least 1e-09, not '2e-4'."),
    ({"lambda_cycle": -10}, "lambda_cycle must be a number of at least 0, not -10."),
    ({"lambda_identity": float("nan")}, "lambda_identity must be"),
    ({"zoom": 0}, "zoom must be a number from 1 to 16, not 0."),
    ({"upsample": "magic"}, "upsample must be one of transposed, resize, not 'magic'."),
    ({"precision": torch.float16}, "precision must be one of auto, float32, float16, bfloat16"),
    ({"data": "cats"}, "data must be one of toy, horse2zebra, not 'cats'."),
    ({"name": None}, "name must be a text, not None."),
    ({"without": "d_a adv"}, "without must be names out of d_a, d_b, adv_ab,"),
    ({"without": ("d_a", 3)}, "without must be names out of d_a, d_b, adv_ab,"),
    ({"without": None}, "without must be names"),
])  # fmt: skip
def test_a_preset_refuses_what_does_not_fit(change, words):
    with pytest.raises(UserError) as caught:
        dataclasses.replace(SMOKE, **change)
    sentence = str(caught.value)
    assert sentence.startswith(words) and sentence.endswith(".") and "\n" not in sentence


def test_every_number_has_bounds_that_shut_out_nan_and_infinity():
    for field in dataclasses.fields(Preset):
        if field.type in (int, float):
            for bad in (float("nan"), float("inf"), -1, "1"):
                with pytest.raises(UserError, match=f"^{field.name} must be"):
                    dataclasses.replace(SMOKE, **{field.name: bad})


def test_numbers_come_in_the_type_of_their_field():
    """NumPy's would not go through a checkpoint, which is loaded with weights_only."""
    preset = dataclasses.replace(SMOKE, width=np.int64(4), lambda_cycle=3, zoom=np.float32(2))
    numbers = preset.width, preset.lambda_cycle, preset.zoom
    assert numbers == (4, 3.0, 2.0) and [type(x) for x in numbers] == [int, float, float]


def test_losses_to_leave_out_are_a_set_of_names_in_one_order():
    wanted = ("d_a", "cycle_b")
    for names in (wanted, ["cycle_b", "d_a", "d_a"], {"d_a", "cycle_b"}, "cycle_b d_a"):
        assert dataclasses.replace(SMOKE, without=names).without == wanted
    assert dataclasses.replace(SMOKE, without="").without == SMOKE.without == ()


def test_the_table_of_losses_pairs_them_by_group():
    groups = list(LOSSES.values())
    assert groups[::2] == groups[1::2] == ["discriminator", "adversarial", "cycle", "identity"]


def test_a_preset_is_one_line_that_shows_what_is_not_default():
    line = str(dataclasses.replace(SMOKE, lambda_cycle=3, without="d_a"))
    assert line.startswith("smoke: data=toy, size=32, width=8, ") and "\n" not in line
    for part in ("steps=40", "lambda_cycle=3.0", "history=10", "without=('d_a',)"):
        assert part in line
    for absent in ("lambda_identity", "runs_on", "batch", "name"):
        assert absent not in line


def test_the_preset_is_lecture_unless_the_reader_or_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv("CYCLEGAN_PRESET", raising=False)
    assert choose_preset().name == "lecture"
    monkeypatch.setenv("CYCLEGAN_PRESET", "smoke")
    assert choose_preset().name == "smoke" and choose_preset("paper").name == "paper"
    monkeypatch.setenv("CYCLEGAN_PRESET", "lunch")
    with pytest.raises(UserError, match="no preset 'lunch': choose one of smoke, lecture"):
        choose_preset()


def test_within_takes_the_bounds_themselves_and_nothing_beyond():
    assert within(1, int, least=1, most=3) == 1 and within(3, int, least=1, most=3) == 3
    for beyond in (0, 4):
        with pytest.raises(UserError, match="must be a whole number from 1 to 3"):
            within(beyond, int, least=1, most=3)


def of(*options):
    return preset_from(parser().parse_args(["train", "--preset", "smoke", *options]))


def test_the_command_line_has_an_option_for_every_setting():
    words = {"upsample": "resize", "precision": "bfloat16", "without": "cycle_a adv_ab",
             "learning_rate": "1e-3", "lambda_cycle": "2", "lambda_identity": "3", "zoom": "2",
             "size": "64", "steps": "50", "decay_steps": "7"}  # fmt: skip
    options = []
    for field in dataclasses.fields(Preset):
        if field.name not in ("name", "data", "runs_on"):
            value = words.get(field.name, "12").split()
            options += ["--" + field.name.replace("_", "-"), *value]
    assert of(*options) == dataclasses.replace(
        SMOKE, size=64, width=12, blocks=12, d_width=12, steps=50, decay_steps=7, pictures=12,
        batch=12, learning_rate=1e-3, lambda_cycle=2.0, lambda_identity=3.0, zoom=2.0, history=12,
        upsample="resize", precision="bfloat16", without=("adv_ab", "cycle_a"),
    )  # fmt: skip


def test_steps_alone_take_half_of_them_to_fall():
    assert of() == SMOKE
    assert of("--steps", "10").decay_steps == 5
    assert of("--steps", "10", "--decay-steps", "10").decay_steps == 10


@pytest.mark.parametrize("options, words", [
    (["--learning-rate", "-1"], "--learning-rate must be a number of at least 1e-09, not -1"),
    (["--learning-rate", "nan"], "--learning-rate must be a number"),
    (["--lambda-cycle", "inf"], "--lambda-cycle must be a number"),
    (["--zoom", "0"], "--zoom must be a number from 1 to 16, not 0"),
    (["--d-width", "many"], "--d-width must be a whole number from 1 to 1024, not 'many'"),
    (["--steps", "2.5"], "--steps must be a whole number from 1 to 10000000, not '2.5'"),
    (["--without", "adv_ab", "adv"], "--without must be one of d_a, d_b, adv_ab"),
    (["--decay-steps", "99"], "--decay-steps must be at most steps, which is 40, not 99"),
    (["--seed", "-1"], "--seed must be a whole number from 0 to 99999, not -1"),
    (["--seed", "100000"], "--seed must be"),
    (["--save-seconds", "nan"], "--save-seconds must be a number of at least 0, not nan"),
    (["--preview-every", "-5"], "--preview-every must be a whole number"),
    (["--size"], "argument --size: expected one argument; `python -m helpers train --help`"),
    (["--sizes", "3"], "unrecognized arguments: --sizes 3; `python -m helpers --help`"),
])  # fmt: skip
def test_the_command_line_names_the_option(options, words):
    with pytest.raises(UserError) as caught:
        of(*options)
    assert str(caught.value).startswith(words) and str(caught.value).endswith(".")


def test_no_run_draws_the_scenes_that_it_is_measured_on():
    from helpers.measures import TEST_SEED

    with pytest.raises(UserError):
        parser().parse_args(["train", "--seed", str((TEST_SEED - 1) // 2)])
