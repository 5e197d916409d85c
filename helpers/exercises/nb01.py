"""Checks of notebook 01."""

import numpy as np
import torch

from helpers.exercises import Wrong, exercise


@exercise("1.1")
def to_uint8(function) -> str:
    every = torch.arange(256)
    exact = every.float() / 127.5 - 1
    found = function(exact.clone())
    if not isinstance(found, torch.Tensor) or found.dtype != torch.uint8:
        kind = getattr(found, "dtype", type(found).__name__)
        raise Wrong(f"The result is {kind}; a tensor of torch.uint8 is asked for.")
    if found.shape != exact.shape:
        raise Wrong(f"The shape changed from {tuple(exact.shape)} to {tuple(found.shape)}.")
    off = found.int() - every
    if off.any() and set(off.tolist()) <= {-1, 0}:
        raise Wrong(
            f"{off.ne(0).sum()} of the 256 values come back one too small: "
            "turning a float into a whole number cuts off what stands behind the point."
        )
    if off.any():
        i = int(off.ne(0).nonzero()[0])
        raise Wrong(f"{exact[i]:.3f} should become {i}, your function gives {int(found[i])}.")
    beyond = function(torch.tensor([-1.2, 1.2])).tolist()
    if beyond != [0, 255]:
        raise Wrong(
            f"-1.2 and 1.2 became {beyond[0]} and {beyond[1]}. A byte has no room for them and "
            "starts again from the other end: clip to 0..255 first."
        )
    if function(torch.full((2, 3, 4, 4), 0.5)).shape != (2, 3, 4, 4):
        raise Wrong("It works on one row of numbers; a batch (2, 3, 4, 4) must keep its shape.")
    return "All 256 values survive the way there and back, and nothing wraps around."


@exercise("1.2")
def duplicates(function) -> str:
    rng = np.random.default_rng(0)
    pictures = torch.from_numpy(rng.integers(0, 250, (7, 3, 8, 8), np.uint8))
    pictures[4] = pictures[1]
    pictures[2] = pictures[0].flip(-1)  # the same colours, and the same mean, elsewhere
    pictures[6] = pictures[5]
    pictures[6, 0, 0, 0] += 1  # nearly the same
    expected = {(1, 4)}
    for _ in range(2):
        found = [tuple(int(i) for i in pair) for pair in function(pictures.clone())]
        pairs = set(found)
        if any(i == j for i, j in pairs):
            raise Wrong("Every picture equals itself; only pairs of two pictures are asked for.")
        if any(i > j for i, j in pairs):
            raise Wrong("Give each pair once, the smaller number first.")
        if len(found) > len(pairs):
            raise Wrong("A pair occurs more than once in your list.")
        if (0, 2) in pairs:
            raise Wrong(
                "Pictures 0 and 2 mirror each other: the same mean, other pixels. "
                "Compare every pixel."
            )
        if (5, 6) in pairs:
            raise Wrong("Pictures 5 and 6 differ in one value. Only exact copies are asked for.")
        if missing := expected - pairs:
            raise Wrong(f"The pair {missing.pop()} is missing: these two are equal in every pixel.")
        if pairs - expected:
            raise Wrong(f"The pair {(pairs - expected).pop()} is not equal.")
        pictures[3] = pictures[1]  # three copies: three pairs
        expected = {(1, 3), (1, 4), (3, 4)}
    return (
        "A flipped or re-compressed copy would slip through: exact equality finds no near copies."
    )


@exercise("1.3")
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


@exercise("1.4")
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
        raise Wrong(
            "I asked for picture 0 forty times and got the same crop forty times. The first epoch "
            "looks random; from the second on, every picture is frozen."
        )
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
