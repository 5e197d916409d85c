"""Checks of notebook 01."""

import hashlib

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from exercises import Wrong, close, turn, value
from helpers.data import images


@turn("1.3", solution=images.to_float)
def to_float(answer):
    every = torch.arange(256).to(torch.uint8).view(1, 1, 16, 16)
    found = value(answer(every))
    if found.max() <= 1 and found.min() >= 0:
        raise Wrong("0 has to become -1, but yours becomes 0: shift the range, too.")
    close(found, images.to_float(every), "0 becomes -1, 255 becomes 1, and 127.5 would be 0.")
    return "Black is -1, white is 1."


@turn("1.4", solution=images.to_uint8)
def to_uint8(answer):
    every = torch.arange(256).to(torch.uint8)
    found = value(answer(images.to_float(every)))
    if found.dtype != torch.uint8:
        raise Wrong(f"the type is {found.dtype}, expected torch.uint8.")
    if wrong := (found != every).sum().item():
        raise Wrong(f"{wrong} of the 256 values do not come back: a cast cuts off, so round first.")
    beyond = value(answer(torch.tensor([-1.2, 1.2])))
    if beyond.tolist() != [0, 255]:
        raise Wrong("values beyond -1 and 1 wrap around: clamp them before the cast.")
    return "All 256 values come back."


def course_copies(paths):
    groups = {}
    for path in paths:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        groups.setdefault(digest, []).append(path.stem)
    return [names for names in groups.values() if len(names) > 1]


@turn("1.1", solution=course_copies)
def copies(answer):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{name}.png") for name in "abcde"]
        for path, content in zip(paths, ("one", "two", "one", "one", "three")):
            path.write_text(content)
        found = value(answer(paths))
    groups = sorted(sorted(getattr(name, "stem", name) for name in group) for group in found)
    if ["b"] in groups:
        raise Wrong("files that occur once are no copies: keep groups of two and more.")
    if groups != [["a", "c", "d"]]:
        raise Wrong(f"of files with contents 1 2 1 1 3 you find {groups}, expected [[a, c, d]].")
    return "Equal bytes, equal hash."


def course_hash(image):
    grey = np.asarray(image.convert("L").resize((9, 8))).astype(int)
    return (grey[:, 1:] > grey[:, :-1]).ravel()


@turn("1.2", solution=course_hash)
def difference_hash(answer):
    ramp = np.tile(np.arange(0, 252, 7, dtype=np.uint8), (32, 1))
    for name, pixels, expected in (("rises", ramp, True), ("falls", 251 - ramp, False)):
        found = np.asarray(value(answer(Image.fromarray(pixels).convert("RGB"))))
        if found.shape != (64,):
            raise Wrong(f"the shape is {found.shape}, expected (64,): 8 rows of 9 grey values.")
        if found.astype(bool).mean() != expected:
            raise Wrong(
                f"for an image that {name} to the right everywhere, {found.mean():.0%} of your "
                f"bits are 1, expected {expected:.0%}. uint8 wraps below 0; compare left and right."
            )
    dark = np.asarray(answer(Image.fromarray(ramp // 2).convert("RGB")))
    return f"A darker copy differs in {(~dark.astype(bool)).sum()} of 64 bits."


def course_view(image, crop, rng):
    top, left = rng.integers(0, image.shape[-1] - crop + 1, 2)
    view = image[:, top : top + crop, left : left + crop]
    return view.flip(-1) if rng.random() < 0.5 else view


@turn("1.5", solution=course_view)
def random_view(answer):
    image = torch.arange(144).view(1, 12, 12).expand(3, 12, 12)
    corners, flips = set(), 0
    rng = np.random.default_rng(0)
    for _ in range(400):
        view = value(answer(image, 8, rng))
        if view.shape != (3, 8, 8):
            raise Wrong(f"the shape is {tuple(view.shape)}, expected (3, 8, 8).")
        flipped = bool(view[0, 0, 0] > view[0, 0, -1])
        flips += flipped
        corners.add(divmod(int(view[0, 0, -1 if flipped else 0]), 12))
    if corners == {(i, i) for i in range(5)}:
        raise Wrong("top and left are always the same number: draw two.")
    if len(corners) < 25:
        raise Wrong(f"{len(corners)} of 25 places occur: from 0 to 12 - 8 there are 5 each way.")
    if not 150 < flips < 250:
        raise Wrong(f"{flips} of 400 views are mirrored, expected about half.")
    return f"25 places, and {flips} of 400 views mirrored."


class CoursePairs(Dataset):
    """Image i of A with a random image of B; an epoch is as long as the larger domain."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __len__(self):
        return max(len(self.a), len(self.b))

    def __getitem__(self, i):
        j = torch.randint(len(self.b), ()).item()
        return self.a[i % len(self.a)], self.b[j]


@turn("1.6", solution=CoursePairs)
def pairs(answer):
    a, b = torch.arange(3.0), torch.arange(10.0, 15.0)
    data = answer(a, b)
    if len(data) != 5:
        raise Wrong(f"for domains of 3 and 5 the length is {len(data)}, expected the larger.")
    seen = {(int(x), int(y)) for _ in range(60) for x, y in (value(data[i]) for i in range(5))}
    if {x for x, _ in seen} != {0, 1, 2}:
        raise Wrong("not every image of A occurs: i goes on beyond the end of A, so wrap around.")
    if len(seen) < 15:
        raise Wrong(f"{len(seen)} of the 15 pairs occur in 60 epochs: the partner must be random.")
    return "All 15 pairs occur."


class CourseCached:
    def __init__(self, load, crop, rng):
        self.load, self.crop, self.rng, self.kept = load, crop, rng, {}

    def __getitem__(self, i):
        if i not in self.kept:
            self.kept[i] = self.load(i)
        return course_view(self.kept[i], self.crop, self.rng)


@turn("1.7", solution=CourseCached)
def fresh_views(answer):
    calls = []

    def load(i):
        calls.append(i)
        return torch.arange(144).view(1, 12, 12).expand(3, 12, 12)

    data = answer(load, 8, np.random.default_rng(1))
    views = [value(data[i]) for _ in range(10) for i in (0, 1)]
    if len(calls) > 2:
        raise Wrong(f"2 images were loaded {len(calls)} times: keep what `load` gives.")
    if len({tuple(view.flatten().tolist()) for view in views}) < 10:
        raise Wrong("every epoch sees the same crop: keep the image, and crop it anew each time.")
    return "Loaded once, cropped anew each time."
