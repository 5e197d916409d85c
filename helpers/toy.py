"""Toy horses and zebras: drawings made from scenes, so the true zebra of every horse is known.

An animal is a skeleton of tubes (tapered capsules). Their signed distances, smoothly joined, give
an anti-aliased silhouette at any size. Each tube also carries a stripe coordinate u; the zebra is
dark where sin(2 pi u) > 0, so its stripes are fixed to the body. On the body, lengths are in units
of the animal's length and a point is a complex number: real part 0 at the buttock, 1 at the nose;
imaginary part up from the ground. So `i` turns by a quarter and a product with exp(i angle) turns.
"""

from dataclasses import dataclass

import numpy as np

from helpers.settings import UserError

# name: colours of the body; of mane, tail and lower legs; of the muzzle
HORSE_COATS = {
    "bay": ("#965428", "#221816", "#34221c"),
    "chestnut": ("#ac5c2e", "#8c4622", "#965438"),
    "black": ("#322e32", "#161418", "#1e1c20"),
    "white": ("#eae6de", "#d4ccc0", "#9c8e8a"),
    "grey": ("#92949a", "#54565e", "#46464c"),
    "dun": ("#cea86e", "#423024", "#5c4636"),
}
# name: colours between and in the stripes, stripes per unit of u
ZEBRA_COATS = {
    "plains": ("#f2f0ea", "#18161a", 0.65),
    "brownish": ("#eedab8", "#5c341c", 0.65),
    "fine": ("#f2f0ea", "#18161a", 1.0),
}
# name: colours of the sky above and at the horizon, hills, ground far and near, leaves
LANDSCAPES = {
    "meadow": ("#68a8e2", "#c4deee", "#7caa96", "#92be62", "#5c963e", "#38703e"),
    "savanna": ("#86bad6", "#f0e6c4", "#b0a880", "#dec478", "#c4a254", "#7a843e"),
    "dusk": ("#5c5494", "#f6a878", "#846084", "#ce8e6c", "#a46656", "#60545c"),
}
# name: discs (x, y of the centre, radius), in units of the height
CLUTTER = {
    "bush": ((-0.5, 0.35, 0.35), (0.5, 0.3, 0.3), (0, 0.5, 0.5)),
    "rock": ((-0.25, 0.2, 0.3), (0.2, 0.25, 0.35)),
    "tree": ((-0.35, 1.35, 0.4), (0.35, 1.3, 0.4), (0, 1.7, 0.45)),
}


@dataclass(frozen=True)
class World:
    """The distributions that scenes are drawn from; change one, and the rest of a scene stays.

    length: the animal's length as a share of the picture's width, uniform; within 0.1 to 0.85.
    horse_coats, zebra_coats: (name, weight) pairs; names of HORSE_COATS and ZEBRA_COATS.
    horse_landscapes, zebra_landscapes: where horses and where zebras stand, pairs as well; names of
    LANDSCAPES. clutter: fewest and most bushes, rocks and trees.

    By default most horses stand on the meadow and most zebras in the savanna: only the identity
    loss asks a network to leave the landscape as it is. Nothing in the picture of a horse tells
    where the stripes of its zebra lie, so a network must invent them.
    """

    length: tuple[float, float] = (0.68, 0.82)
    horse_coats: tuple[tuple[str, float], ...] = (("bay", 1.0),)
    zebra_coats: tuple[tuple[str, float], ...] = (("plains", 1.0),)
    horse_landscapes: tuple[tuple[str, float], ...] = (("meadow", 3.0), ("savanna", 1.0))
    zebra_landscapes: tuple[tuple[str, float], ...] = (("savanna", 3.0), ("meadow", 1.0))
    clutter: tuple[int, int] = (0, 2)


@dataclass(frozen=True)
class Scene:
    """Every number of a drawing. Lengths are shares of the picture's width, angles in radians."""

    length: float
    left: float  # x of the buttock
    ground: float  # y of the hooves, from the top
    horizon: float
    facing: int  # 1: to the right; -1: the whole picture is mirrored
    gait: float  # phase of the walk, 0..1
    stride: float  # half a step, in animal lengths
    neck: float  # turns of the neck and the head; positive raises them
    head: float
    light: float  # factor of every colour
    hills: float  # phase of the hills, 0..1
    landscape: str
    horse_coat: str
    zebra_coat: str
    clutter: tuple[tuple[str, float, float, float], ...]  # kind, x, y of its foot, height


def _check(animal):
    if animal not in ("horse", "zebra"):
        raise UserError(f"There is no toy {animal!r}, choose from: horse, zebra.")


def _pick(pairs, known, share):
    """The name at `share` (0..1) of the summed weights of (name, weight) pairs."""
    for name, _ in pairs:
        if name not in known:
            raise UserError(f"The toy world has no {name!r}, choose from: {', '.join(known)}.")
    total = np.cumsum([weight for _, weight in pairs])
    return pairs[np.searchsorted(total, share * total[-1], side="right")][0]


def sample_scene(rng: np.random.Generator, world: World = World(), animal: str = "horse") -> Scene:
    """Draw one scene, where `animal` stands; its true counterpart has the same landscape.

    Raises UserError for an unknown animal, coat or landscape, or an unfit length.
    """
    _check(animal)
    if not 0.1 <= world.length[0] <= world.length[1] <= 0.85:
        raise UserError(f"World.length is {world.length}, expected (low, high) in 0.1 to 0.85.")
    share = iter(rng.random(14).tolist())

    def between(low, high):
        return low + (high - low) * next(share)

    length, horizon = between(*world.length), between(0.42, 0.52)
    clutter = [
        (str(rng.choice(list(CLUTTER))), *(rng.random(3) * (1, 0.2, 0.1)).tolist())
        for _ in range(rng.integers(world.clutter[0], world.clutter[1], endpoint=True))
    ]
    return Scene(
        length=length,
        horizon=horizon,
        left=between(0.02 + 0.1 * length, 0.98 - 1.03 * length),
        ground=between(max(1.06 * length + 0.02, horizon + 0.12), 0.94),
        facing=1 if next(share) < 0.5 else -1,
        gait=next(share),
        stride=between(0.02, 0.09),
        neck=between(-0.22, 0.08),
        head=between(-0.12, 0.12),
        light=between(0.98, 1.02),
        hills=next(share),
        landscape=_pick(getattr(world, f"{animal}_landscapes"), LANDSCAPES, next(share)),
        horse_coat=_pick(world.horse_coats, HORSE_COATS, next(share)),
        zebra_coat=_pick(world.zebra_coats, ZEBRA_COATS, next(share)),
        clutter=tuple((kind, x, horizon + 0.02 + y, 0.1 + tall) for kind, x, y, tall in clutter),
    )


def _colours(*codes):
    """Float arrays (3,) in 0..255 of "#rrggbb" codes."""
    return [np.array([*bytes.fromhex(code[1:])], float) for code in codes]


def _mix(first, second, share):
    return first + (second - first) * share[..., None]


def _chain(*nodes):
    """Tubes from each node (point, radius, u) to the next."""
    return [(*a, *b) for a, b in zip(nodes, nodes[1:])]


def _join(at, tubes, softness=0.012):
    """Signed distance and stripe coordinate u, at the points `at`, of the smooth union of tubes."""
    a, r, u, b, s, v = np.array(tubes, complex).T[..., None, None]
    place = (at - a) * (1 / (b - a))  # real part: along the tube, from 0 to 1
    along, (r, u, s, v) = place.real, np.real((r, u, s, v))
    inside = along.clip(0, 1)
    distance = np.sqrt((along - inside) ** 2 + place.imag**2) * abs(b - a) - r - inside * (s - r)
    nearest = distance.min(0)
    weight = np.exp((nearest - distance) / softness)
    total = weight.sum(0)
    return nearest - softness * np.log(total), (weight * (u + along * (v - u))).sum(0) / total


def _leg(scene, number):
    """The tubes of one leg of a walking animal, hoof last; legs 0 and 2 are the hind legs."""
    hind, swing = number % 2 == 0, 2 * np.pi * (scene.gait + number / 4)
    top, upper, lower = (0.175 + 0.43j, 0.218, 0.17) if hind else (0.555 + 0.43j, 0.192, 0.164)
    lift = 0.6 * scene.stride * max(0.0, np.cos(swing))
    way = (0.07 if hind else 0.555) + scene.stride * np.sin(swing) + (0.075 + lift) * 1j - top
    reach, way = min(abs(way), upper + lower), way / abs(way)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)  # law of cosines
    bend = max(0.0, upper**2 - along**2) ** 0.5 * (-1 if hind else 1)  # hock back, knee forward
    joint, fetlock = top + way * (along + 1j * bend), top + way * reach
    hoof = fetlock + 0.03 - 1.2 * lift - 0.055j
    if hind:
        thigh = (0.19 + 0.575j, 0.12, 1.7), (0.13 + 0.52j, 0.118, 0.8), (top, 0.07, -0.3)
    else:
        thigh = (0.55 + 0.52j, 0.1, 5.0), (top, 0.058, 3.9)
    u = thigh[-1][-1]
    shank = (joint, 0.029, u - 2.3), (fetlock, 0.022, u - 4.1), (hoof, 0.029, u - 4.6)
    return _chain(*thigh, *shank)


def _animal(scene, animal, size):
    """The animal's layers, far to near: coverage (size, size), colour (size, size, 3) or (3,)."""
    pixel, middles = 1 / (size * scene.length), (np.arange(size) + 0.5) / (size * scene.length)
    x, y = middles - scene.left / scene.length, scene.ground / scene.length - middles[:, None]
    at, horse = x + 1j * y, animal == "horse"
    *codes, rate = ZEBRA_COATS[scene.zebra_coat]
    if horse:
        codes = HORSE_COATS[scene.horse_coat]
    light, dark, soft = _colours(*codes, *codes[1:])[:3]

    neck, head = np.exp(1j * scene.neck), np.exp(1j * scene.head)
    withers, shoulder = 0.47 + 0.6j, 0.57 + 0.58j
    crest, poll = shoulder + (0.095 + 0.175j) * neck**0.7, shoulder + (0.2 + 0.31j) * neck
    cheek, nose, chin, eye, nostril = poll + head * np.array(
        [0.035 - 0.045j, 0.165 - 0.2j, 0.18 - 0.225j, 0.06 - 0.03j, 0.2 - 0.208j]
    )
    trunk = [
        *_chain((0.22 + 0.55j, 0.13, 1.9), (0.36 + 0.532j, 0.14, 3.2), (0.53 + 0.525j, 0.15, 4.8)),
        *_chain(
            (withers, 0.08, 4.2), (shoulder, 0.12, 5.2), (crest, 0.084, 7.4), (poll, 0.056, 9.6)
        ),
        *_chain((cheek, 0.068, 10.2), (nose, 0.04, 13.6), (chin, 0.036, 14.2)),
    ]
    near_ear, far_ear = (
        (poll + step + 0.03j, 0.022, 9.6, poll + step + 0.014 + 0.1j, 0.006, 10.6)
        for step in (-0.005, 0.03)
    )
    legs = [_leg(scene, number) for number in range(4)]

    def cover(distance):
        return (0.5 - distance / pixel).clip(0, 1)

    def stripes(u, thin):
        """1 in the dark stripes, 0 between, with edges one pixel wide; `thin` narrows them."""
        turns = 2 * np.pi * rate * u
        steep = np.hypot(*np.gradient(turns)) + 1e-9
        return (0.5 + (np.sin(turns) - thin) / steep).clip(0, 1)

    def skin(legs, others, dim):
        distance, u = _join(at, [*legs[0], *legs[1], *others])
        distance = np.maximum(distance, -y)  # hooves stand flat
        down, right = np.gradient(distance, pixel)
        relief = 1 - 0.2 * (down - 0.3 * right) * np.exp(distance.clip(-1, 0) / 0.05)
        belly = ((0.46 - y) / 0.05).clip(0, 1) * ((0.14 - abs(x - 0.36)) / 0.04).clip(0, 1)
        pattern, stockings = stripes(u, 0.1 + 1.2 * belly), ((0.25 - y) / 0.08).clip(0, 1)
        pattern = stockings if horse else np.maximum(pattern, stockings)
        colour = _mix(light, dark, pattern)
        colour = _mix(colour, soft, ((0.1 - abs(at - chin)) / 0.04).clip(0, 1))
        horn = cover(np.minimum(*(abs(at - leg[-1][3]) for leg in legs)) - 0.04)
        colour = _mix(colour * (dim * relief)[..., None], np.array((58, 50, 46)), horn)
        return (cover(distance), colour), u

    def hair(*tubes):
        return cover(_join(at, tubes, 0.006)[0])

    far, _ = skin(legs[:2], [far_ear], 0.72)
    near, u = skin(legs[2:], [near_ear, *trunk], 1.0)
    black, white = _colours("#100c0c", "#ffffff")
    dots = (eye, 0.015, black), (eye + 0.004j, 0.004, white), (nostril, 0.008, black)
    dots = [(cover(abs(at - place) - radius), colour) for place, radius, colour in dots]
    roots = np.interp(np.linspace(0.3, 1, 10), [0, 0.5, 1], [withers, crest, poll])
    up, dock = (-0.08 + 0.06j) * neck, (0.02 + 0.6j, 0.014, 0)
    if horse:
        tips = roots - 0.01 - 0.03j - 0.015j * (np.arange(10) % 2)
        locks = [(root + 0.45 * up, 0.028, 0, tip, 0.008, 0) for root, tip in zip(roots, tips)]
        forelock = (poll + 0.02 + 0.05j, 0.024, 0, poll + 0.075 - 0.01j, 0.006, 0)
        bend = (-0.035 + 0.55j, 0.032, 0), (-0.06 + 0.4j, 0.042, 0), (-0.045 + 0.2j, 0.008, 0)
        return [
            far,
            (hair(*_chain(dock, *bend)), dark),
            near,
            (hair(*locks, forelock), dark),
            *dots,
        ]
    mane = hair(*((root, 0.02, 0, root + up, 0.014, 0) for root in roots))
    tail = hair(*_chain(dock, (-0.03 + 0.54j, 0.012, 0), (-0.046 + 0.38j, 0.012, 0)))
    tuft = (-0.046 + 0.39j, 0.014, 0), (-0.05 + 0.32j, 0.026, 0), (-0.044 + 0.23j, 0.008, 0)
    mane = mane, _mix(light, dark, stripes(u, 0.1))
    return [far, (tail, light), (hair(*_chain(*tuft)), dark), mane, near, *dots]


def _ground(scene, size):
    """The landscape with the animal's shadow, (size, size, 3) in 0..255."""
    sky, haze, hills, far, close, leaves = _colours(*LANDSCAPES[scene.landscape])
    [stone] = _colours("#96989c")
    x = (np.arange(size) + 0.5) / size
    y = x[:, None]

    def over(picture, colour, distance):
        return _mix(picture, colour, (0.5 - distance * size).clip(0, 1))

    picture = _mix(sky, haze, (y / scene.horizon).clip(0, 1))
    turns = 2 * np.pi * (x + scene.hills)
    wave = 0.05 + 0.025 * np.sin(turns) + 0.0125 * np.sin(2 * turns + 1)
    picture = over(picture, hills, scene.horizon - wave - y)
    grass = _mix(far, close, ((y - scene.horizon) / (1 - scene.horizon)).clip(0, 1))
    picture = over(picture, grass, scene.horizon - y)
    for kind, left, foot, tall in sorted(scene.clutter, key=lambda thing: thing[2]):
        across, up = (x - left) / tall, (foot - y) / tall
        if kind == "tree":
            trunk = np.maximum(abs(across) - 0.08, abs(up - 0.6) - 0.6)
            picture = over(picture, 0.7 * leaves, tall * trunk)
        for dx, dy, r in CLUTTER[kind]:
            shine = 0.85 + 0.25 * ((up - dy + r) / (2 * r)).clip(0, 1)[..., None]
            disc = np.maximum(np.hypot(across - dx, up - dy) - r, -up)
            picture = over(picture, (stone if kind == "rock" else leaves) * shine, tall * disc)
    across = (x - scene.left) / scene.length - 0.33
    down = (y - scene.ground) / scene.length + 0.012
    shadow = 0.5 * (1.3 - np.hypot(across / 0.4, down / 0.04)).clip(0, 0.6)
    return picture * (1 - shadow[..., None])


def draw(scene: Scene, animal: str, size: int = 64) -> np.ndarray:
    """The scene as uint8 (size, size, 3). Raises UserError unless animal is "horse" or "zebra"."""
    _check(animal)
    return _painted(scene, size, _animal(scene, animal, size))


def draw_landscape(scene: Scene, size: int = 64) -> np.ndarray:
    """The scene without the animal, its shadow kept: uint8 (size, size, 3)."""
    return _painted(scene, size, [])


def _painted(scene, size, layers):
    picture = _ground(scene, size)
    for coverage, colour in layers:
        picture = _mix(picture, colour, coverage)
    picture = (scene.light * picture).round().clip(0, 255).astype(np.uint8)
    return picture[:, :: scene.facing].copy()


def animal_mask(scene: Scene, size: int = 64) -> np.ndarray:
    """How far the horse or the zebra covers each pixel: float32 (size, size) in [0, 1].

    Where it is 0, `draw` gives the same bytes for both animals.
    """
    layers = _animal(scene, "horse", size) + _animal(scene, "zebra", size)
    mask = 1 - np.prod([1 - coverage for coverage, _ in layers], axis=0)
    return mask.astype(np.float32)[:, :: scene.facing].copy()


def drawings(
    animal: str, count: int, size: int, seed: int, world: World = World()
) -> tuple[np.ndarray, list[Scene]]:
    """Pictures, uint8 (count, 3, size, size), and their scenes; scene i depends on seed and i only.

    Raises UserError for an unknown animal, coat or landscape, or an unfit length.
    """
    rngs = [np.random.default_rng([seed, i]) for i in range(count)]
    scenes = [sample_scene(rng, world, animal) for rng in rngs]
    pictures = [draw(scene, animal, size).transpose(2, 0, 1) for scene in scenes]
    return np.array(pictures, np.uint8).reshape(count, 3, size, size), scenes
