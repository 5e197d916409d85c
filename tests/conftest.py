import dataclasses

import pytest
import torch

from helpers.exercises import grade
from helpers.images import toy_domains
from helpers.settings import PRESETS


@pytest.fixture(autouse=True)
def same_chance():
    torch.manual_seed(0)


@pytest.fixture
def tiny():
    """The smallest preset that still has every part in play: the history fills and swaps."""
    smoke = PRESETS["smoke"]
    return dataclasses.replace(smoke, width=4, d_width=4, steps=10, decay_steps=5, history=3)


@pytest.fixture(scope="session")
def drawings():
    return toy_domains(8, 36)


@pytest.fixture
def expect():
    """expect(number, answer, words): the answer is right, or these words are in the reply."""

    def expect(number, answer, words):
        right, text = grade(number, answer)
        assert right == (words is None), text
        assert words is None or words in text, text

    return expect
