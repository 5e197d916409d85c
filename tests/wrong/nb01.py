WRONG = {
    "1.3": [
        ("yours becomes 0", "def to_float(v):\n    return v.float() / 255"),
        ("0 becomes -1, 255", "def to_float(v):\n    return v.float() / 128 - 1"),
    ],
    "1.4": [
        ("do not come back", "def to_uint8(x):\n    return ((x + 1) * 127.5).to(torch.uint8)"),
        ("wrap around", "def to_uint8(x):\n    return ((x + 1) * 127.5).round().to(torch.uint8)"),
    ],
    "1.1": [
        ("once are no copies", """def copies(paths):
    groups = {}
    for path in paths:
        groups.setdefault(path.read_bytes(), []).append(path.stem)
    return list(groups.values())"""),
        ("you find []", "def copies(paths):\n    return []"),
    ],
    "1.2": [
        ("uint8 wraps", """def difference_hash(image):
    grey = np.asarray(image.convert("L").resize((9, 8)))
    return (grey[:, 1:] - grey[:, :-1] > 0).ravel()"""),
        ("expected (64,)", """def difference_hash(image):
    grey = np.asarray(image.convert("L").resize((8, 8))).astype(int)
    return (grey[:, 1:] > grey[:, :-1]).ravel()"""),
    ],
    "1.5": [
        ("places occur", """def random_view(image, crop, rng):
    top, left = rng.integers(0, image.shape[-1] - crop, 2)
    view = image[:, top : top + crop, left : left + crop]
    return view.flip(-1) if rng.random() < 0.5 else view"""),
        ("expected about half", """def random_view(image, crop, rng):
    top, left = rng.integers(0, image.shape[-1] - crop + 1, 2)
    return image[:, top : top + crop, left : left + crop]"""),
    ],
    "1.6": [
        ("must be random", """class Pairs(Dataset):
    def __init__(self, a, b):
        self.a, self.b = a, b

    def __len__(self):
        return max(len(self.a), len(self.b))

    def __getitem__(self, i):
        return self.a[i % len(self.a)], self.b[i % len(self.b)]"""),
    ],
    "1.7": [
        ("same crop", """class Images:
    def __init__(self, load, crop, rng):
        self.load, self.crop, self.rng, self.kept = load, crop, rng, {}

    def __getitem__(self, i):
        if i not in self.kept:
            self.kept[i] = random_view(self.load(i), self.crop, self.rng)
        return self.kept[i]"""),
    ],
}  # fmt: skip
