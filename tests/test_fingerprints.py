"""The list of the photographs' fingerprints, and the hash that finds copies in it."""

import csv
from collections import defaultdict

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import toy
from tools import fingerprints


@pytest.fixture(scope="module")
def drawn():
    pictures, _ = toy.drawings("horse", 6, 128, seed=0)
    return [Image.fromarray(p.transpose(1, 2, 0)) for p in pictures]


def apart(first, second):
    hashes = [fingerprints.difference_hash(image) for image in (first, second)]
    return (hashes[0] ^ hashes[1]).bit_count()


def test_a_copy_is_known_again_and_another_picture_is_not(drawn):
    for image in drawn:
        darker = image.point(lambda value: value // 2)
        assert apart(image, darker) <= 8
        assert apart(image, image.resize((90, 90))) <= 8
        assert apart(image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 12
    assert min(apart(drawn[0], other) for other in drawn[1:]) > 8


def test_bits_are_rises_to_the_right_row_by_row():
    rising = Image.fromarray(np.tile(np.arange(9, dtype=np.uint8) * 20, (8, 1)))
    assert fingerprints.difference_hash(rising) == 2**64 - 1
    grey = np.asarray(rising).copy()
    grey[0] = grey[0, ::-1]
    assert fingerprints.difference_hash(Image.fromarray(grey)) == 2**56 - 1


def test_the_tool_writes_a_line_for_each_picture(drawn, tmp_path):
    for split in fingerprints.SPLITS:
        (tmp_path / split).mkdir()
        drawn[0].save(tmp_path / split / "a.png")
    drawn[1].convert("L").save(tmp_path / "testB/a.png")
    fingerprints.write(tmp_path, tmp_path / "list.csv")
    with open(tmp_path / "list.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [f"{split}/a.png" for split in fingerprints.SPLITS]
    assert [row["mode"] for row in rows] == ["RGB", "RGB", "RGB", "L"]
    assert len({row["sha256"] for row in rows}) == 2
    mean = torch.tensor(np.asarray(drawn[0])).float().mean().item()
    assert float(rows[0]["brightness"]) == pytest.approx(mean, abs=0.06)


def test_the_stored_list_has_one_copy_across_train_and_test():
    with open(fingerprints.OUT, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1260 == len({row["name"] for row in rows})
    same = defaultdict(list)
    for row in rows:
        same[row["sha256"]].append(row["name"])
    pairs = [names for names in same.values() if len(names) > 1]
    across = [p for p in pairs if len({name.split("/")[0] for name in p}) > 1]
    assert len(pairs) == 23 and across == [["trainA/242.jpeg", "testA/008.jpeg"]]
