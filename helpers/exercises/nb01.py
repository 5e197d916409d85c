"""Checks of notebook 01."""

import csv
import itertools
from pathlib import Path

import numpy as np
import torch

from helpers.exercises import Wrong, exercise

FINGERPRINTS = Path(__file__).parents[2] / "data/photographs/fingerprints.csv"


@exercise("1.2")
def near_pairs(function) -> str:
    hashes = [0, 0b111, 0xFF00, 0xFF00, 2**63 | 0b111, 0b1]
    for bits in (0, 1, 3, 8):
        expected = {
            (i, j) for i, j in itertools.combinations(range(6), 2)
            if (hashes[i] ^ hashes[j]).bit_count() <= bits
        }  # fmt: skip
        found = [tuple(int(i) for i in pair) for pair in function(list(hashes), bits)]
        pairs = set(found)
        if any(i == j for i, j in pairs):
            raise Wrong("Every picture equals itself; only pairs of two pictures are asked for.")
        if any(i > j for i, j in pairs):
            raise Wrong("Give each pair once, the smaller number first.")
        if len(found) > len(pairs):
            raise Wrong("A pair occurs more than once in your list.")
        if missing := expected - pairs:
            i, j = min(missing)
            apart = (hashes[i] ^ hashes[j]).bit_count()
            raise Wrong(f"With {bits} bits, {(i, j)} is missing: it differs in {apart}.")
        if wrong := pairs - expected:
            i, j = min(wrong)
            apart = (hashes[i] ^ hashes[j]).bit_count()
            raise Wrong(f"With {bits} bits, {(i, j)} is too much: it differs in {apart}.")
    with open(FINGERPRINTS, newline="") as file:
        photographs = [int(row["dhash"], 16) for row in csv.DictReader(file)]
    counts = ", ".join(
        f"{len(function(photographs, bits)):,} with {bits}" for bits in (0, 4, 8, 12, 16)
    )
    return f"Pairs of photographs: {counts} bits."


@exercise("1.1")
def views(function) -> str:
    answer = function()
    hints = {
        1800: "From 0 to 30 there are 31 places, not 30. Count both ends.",
        900: "Count both ends of 0 to 30, and then the flip.",
        961: "These are the crops. Each can be flipped, too.",
        62: "Top and left are chosen apart: every top goes with every left.",
        124: "Top and left are chosen apart: every top goes with every left.",
        31: "This is how many places there are in one direction.",
    }
    if answer in hints:
        raise Wrong(hints[answer])
    if answer != 31 * 31 * 2:
        raise Wrong(
            "Count the places of the crop's top edge, then of its left edge, then the flip."
        )
    return (
        "Nearly two thousand views of one photograph, and not one of them costs a new photograph."
    )


@exercise("1.3")
def fresh_crops(cls) -> str:
    rng = np.random.default_rng(0)
    stored = torch.from_numpy(rng.integers(0, 256, (2, 3, 12, 12), np.uint8))
    windows = [_windows(picture, 8) for picture in stored]
    calls = []

    def load(i):
        calls.append(i)
        return stored[i]

    data = cls(load, 8, np.random.default_rng(1))
    seen = [set(), set()]
    for _ in range(40):
        for i in (0, 1):
            view = data[i]
            if not isinstance(view, torch.Tensor) or view.shape != (3, 8, 8):
                shape = tuple(getattr(view, "shape", ()))
                raise Wrong(f"data[{i}] should have the shape (3, 8, 8), it has {shape}.")
            places = [
                k for k, w in enumerate(windows[i]) if torch.allclose(view.float(), w, atol=1e-5)
            ]
            if not places:
                raise Wrong(f"data[{i}] is no crop of picture {i}, in [-1, 1], flipped or not.")
            seen[i].add(places[0])
    if min(len(s) for s in seen) == 1:
        raise Wrong("Asked forty times for picture 0, it gave 1 different view; it has 50.")
    if min(len(s) for s in seen) < 15:
        raise Wrong(f"In forty turns a picture showed only {min(map(len, seen))} different crops.")
    if not all(any(k % 2 for k in s) and any(k % 2 == 0 for k in s) for s in seen):
        raise Wrong("The crops are fresh, but it never flips, or always does.")
    if len(calls) > 2:
        raise Wrong(
            f"The crops are fresh now, but `load` ran {len(calls)} times for 2 pictures. "
            "It is slow: keep what it returns."
        )
    return "What is slow and never changes is kept; what is random is drawn anew."


def _windows(picture: torch.Tensor, crop: int) -> list[torch.Tensor]:
    """Every crop of a picture in [-1, 1]: even places as it is, odd places flipped."""
    picture = picture.float() / 127.5 - 1
    places = range(picture.shape[-1] - crop + 1)
    crops = [picture[:, t : t + crop, k : k + crop] for t in places for k in places]
    return [view for c in crops for view in (c, c.flip(-1))]
