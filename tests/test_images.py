import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import images

RED = (200, 40, 30)


def numbered(n, size=12):
    return torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, size, size)


def test_an_epoch_shows_every_picture_once_and_pairs_at_random():
    domains = images.Domains(numbered(20), numbered(14))
    assert len(domains) == 20
    pairs = [images.to_uint8(torch.stack(domains.batch(s, 1, 8, seed=3))) for s in range(40)]
    pairs = [(x.unique().item(), y.unique().item()) for x, y in pairs]
    for epoch in (pairs[:20], pairs[20:]):
        assert sorted(a for a, _ in epoch) == list(range(20))
    assert sorted(b for _, b in pairs[:14]) == list(range(14))
    assert len(set(pairs[:20]) & set(pairs[20:])) < 5, "pairing must not be fixed"


def test_every_epoch_has_an_order_of_its_own():
    """Even where A and B are equally many, so that pairs differ by their epochs alone."""
    first, second = (images.shuffled_indices(30, epoch, 30, (3, 0)) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(30))
    assert (first != second).sum() > 15
    a, b = images.pair_indices((30, 30), 0, 30, seed=3)
    assert sum(i != j for i, j in zip(a, b)) > 15


def test_crops_come_from_anywhere_and_half_are_mirrored():
    """Of a picture whose pixel at (row, column) is 16 row + column, crops of 8 x 8 from 16 x 16."""
    picture = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(400, 3, 16, 16)
    crops = images.to_uint8(images.augment(picture, 8, np.random.default_rng(0)))[:, 0].int()
    mirrored = crops[:, 0, 0] > crops[:, 0, -1]
    corners = torch.where(mirrored, crops[:, 0, -1], crops[:, 0, 0])
    for place in (corners // 16, corners % 16):
        assert sorted(place.unique().tolist()) == list(range(9))
    assert 160 < mirrored.sum() < 240


def test_a_batch_is_a_function_of_seed_and_step():
    domains = images.toy_domains(6, 36)
    x, y = domains.batch(7, 2, 32, seed=1)
    for a, b in zip((x, y), domains.batch(7, 2, 32, seed=1)):
        assert torch.equal(a, b)
    assert not torch.equal(x, domains.batch(8, 2, 32, seed=1)[0])
    assert not torch.equal(x, domains.batch(7, 2, 32, seed=2)[0])
    assert x.shape == (2, 3, 32, 32) and -1 <= x.min() < x.max() <= 1


def test_some_are_spread_evenly_and_always_the_same():
    domains = images.Domains(numbered(20), numbered(3))
    a, b = domains.some(6)
    assert a[:, 0, 0, 0].tolist() == [0, 3, 6, 9, 12, 15] and b[:, 0, 0, 0].tolist() == [0, 1, 2]


def test_checksums_are_those_of_all_pixels():
    domains = images.toy_domains(3, 32)
    assert domains.checksums() == [zlib.crc32(p.numpy()) for p in (domains.a, domains.b)]
    domains.b[2, 2, 31, 31] ^= 1
    assert domains.checksums()[1] != zlib.crc32(images.toy_domains(3, 32).b.numpy())


def test_crops_and_flips_differ_from_picture_to_picture():
    column = torch.arange(40, dtype=torch.uint8).expand(64, 3, 40, 40)
    rows = images.to_uint8(images.augment(column, 32, np.random.default_rng(0)))[:, 0, 0].int()
    steps = rows[:, 1:] - rows[:, :-1]
    flipped = (steps == -1).all(1)
    assert (flipped | (steps == 1).all(1)).all() and 20 < flipped.sum() < 44
    assert set(rows.amin(1).tolist()) == set(range(9)), "every place of the crop must occur"


def test_values_go_to_the_range_of_tanh_and_back():
    pictures = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert images.to_float(pictures).min() == -1 and images.to_float(pictures).max() == 1
    assert torch.equal(images.to_uint8(images.to_float(pictures)), pictures)
    assert images.to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_toy_domains_share_no_scene():
    domains = images.toy_domains(4, 32, seed=0)
    edges = [d[:, :, :, 0].tolist() for d in (domains.a, domains.b)]  # landscape, no animal
    assert not any(a in edges[1] for a in edges[0])


# The generator must see the size that it was trained at; a strip's long side ends at 8 times it.
@pytest.mark.parametrize("size, seen", [
    ((50, 31), (32, 52)), ((32, 200), (200, 32)), ((640, 480), (32, 43)), ((1, 1), (32, 32)),
    ((4000, 20), (8, 256)), ((3, 900), (256, 8)), ((2000, 1500), (32, 43)),
])  # fmt: skip
def test_translate_keeps_the_size(size, seen):
    class Inverter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.sign = torch.nn.Parameter(torch.tensor(-1.0))

        def forward(self, x):
            self.seen = tuple(x.shape[-2:])
            return self.sign * x

    net = Inverter()
    out = images.translate(net, Image.new("RGB", size, RED), 32)
    assert out.size == size and net.seen == seen
    assert np.abs(np.array(out).astype(int) + RED - 255).max() <= 1
