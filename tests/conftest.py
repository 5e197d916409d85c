import dataclasses

import pytest
import torch

from helpers.config import PRESETS
from helpers.data.domains import toy_domains


@pytest.fixture(autouse=True)
def same_chance():
    torch.manual_seed(0)


@pytest.fixture
def tiny():
    """The smallest run that still has every part in play: the pool fills and swaps."""
    return dataclasses.replace(
        PRESETS["smoke"], width=4, d_width=4, steps=10, decay_steps=5, pool_size=3
    )


@pytest.fixture(scope="session")
def drawings():
    return toy_domains(8, 36)
