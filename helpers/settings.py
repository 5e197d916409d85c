"""Presets, device and seed: what a run needs to know before it touches a picture."""

import dataclasses
import numbers
import os
import sys
import typing

import torch

# The eight losses in the order in which they are recorded, and the group that each belongs to.
LOSSES = {
    "d_a": "discriminator", "d_b": "discriminator",
    "adv_ab": "adversarial", "adv_ba": "adversarial",
    "cycle_a": "cycle", "cycle_b": "cycle",
    "identity_a": "identity", "identity_b": "identity",
}  # fmt: skip

# What "auto" becomes, devices.choose_precision says; weights are kept in float32 whatever it is.
PRECISIONS = {
    "auto": None,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


class UserError(ValueError):
    """Something the user can mend. Its text is one sentence: what, expected, what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence, without the lines that led to it."""
        return [str(self)]


ENDLESS = sys.float_info.max  # an upper bound that shuts out infinity alone


def within(value, kind: type, least: float = 0, most: float = ENDLESS, choices=()):
    """The value as `kind`: a number from least to most, one of the choices, a tuple of some.

    A tuple of names comes back without doubles, in the order of `choices`; "d_a d_b" will do for
    it. Raises UserError, beginning with "must be", for anything else, NaN and infinity included.
    """
    if kind is tuple:
        expected = f"names out of {', '.join(choices)}"
        names = value.split() if isinstance(value, str) else value
        if isinstance(names, list | tuple | set) and all(name in tuple(choices) for name in names):
            return tuple(name for name in choices if name in names)
    elif kind is str:
        expected = f"one of {', '.join(choices)}" if choices else "a text"
        if isinstance(value, str) and (value in choices or not choices):
            return value
    else:
        numeric = numbers.Integral if kind is int else numbers.Real
        expected = "a whole number" if kind is int else "a number"
        expected += f" from {least} to {most}" if most < ENDLESS else f" of at least {least}"
        if isinstance(value, numeric) and not isinstance(value, bool) and least <= value <= most:
            return kind(value)
    raise UserError(f"must be {expected}, not {value!r}.")


def setting(default=dataclasses.MISSING, help: str = "", **bounds):
    """A field of Preset. `help` makes it an option of `train`; `bounds` are those of `within`."""
    return dataclasses.field(default=default, metadata={"help": help, "bounds": bounds})


CHANNELS = {"least": 1, "most": 1024}


@dataclasses.dataclass(frozen=True)
class Preset:
    """Everything that makes one run different from another.

    Sizes are in pixels, lambdas are factors of the loss sum, a step is one update of all four
    networks on `batch` pairs. The learning rate is constant for `steps - decay_steps` steps, then
    falls linearly to 0 (Zhu et al. 2017, section 4 and appendix 7.1).
    Raises UserError that begins with the name of the field that does not fit.
    """

    name: str
    data: str = setting(choices=("toy", "horse2zebra"))
    size: int = setting(help="side of the crops that networks see, in pixels", least=32, most=4096)
    width: int = setting(help="channels after the generator's first layer", **CHANNELS)
    blocks: int = setting(help="residual blocks; 9 in the paper, 6 below 256 px", most=100)
    d_width: int = setting(help="the same of the discriminator; both 64 in the paper", **CHANNELS)
    steps: int = setting(help="updates in all", least=1, most=10**7)
    decay_steps: int = setting(
        help="the last of them, with a falling learning rate (default: half)", most=10**7
    )
    pictures: int = setting(0, help="drawings per domain, for toy data", most=10**6)
    batch: int = setting(1, help="pairs a step; 1 in the paper", least=1, most=1024)
    # At a smaller rate, weights of the usual 0.02 do not move in float32.
    learning_rate: float = setting(2e-4, help="of Adam, before it falls", least=1e-9)
    lambda_cycle: float = setting(10.0, help="weight of the cycle losses")
    lambda_identity: float = setting(
        5.0, help="weight of the identity losses, half that of the cycle; 0 leaves them out"
    )
    zoom: float = setting(
        1.0, help="2 trains on crops of pictures twice as large: finer detail", least=1, most=16
    )
    history: int = setting(50, help="fakes remembered per discriminator", most=10**5)
    upsample: str = setting(
        "transposed", help="resize: nearest neighbour, then a convolution",
        choices=("transposed", "resize"),
    )  # fmt: skip
    precision: str = setting(
        "auto", help="auto: what this device is fastest in, by a trial on a CPU", choices=PRECISIONS
    )
    without: tuple[str, ...] = setting((), help="losses to leave out", choices=LOSSES)
    runs_on: str = ""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            kind = typing.get_origin(field.type) or field.type
            try:
                value = within(getattr(self, field.name), kind, **field.metadata.get("bounds", {}))
            except UserError as error:
                raise UserError(f"{field.name} {error}") from None
            object.__setattr__(self, field.name, value)
        if self.decay_steps > self.steps:
            raise UserError(
                f"decay_steps must be at most steps, which is {self.steps}, not "
                f"{self.decay_steps}: set both, half of the steps is usual."
            )
        if self.data == "toy" and self.pictures < 2:
            raise UserError(f"pictures must be 2 or more for toy data, not {self.pictures}.")

    @property
    def whole_size(self) -> int:
        """Side of whole pictures, as they are translated: that of the crops, or `zoom` times it."""
        return round(self.zoom * self.size)

    @property
    def load_size(self) -> int:
        """Pictures are loaded a little larger than that: 286 for 256 (the reference code)."""
        return round(self.whole_size * 286 / 256)

    def __str__(self) -> str:
        """One line: the name, and every setting that is not at its default."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)[1:-1]}
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        shown = (f"{name}={value}" for name, value in values.items() if value != defaults[name])
        return f"{self.name}: {', '.join(shown)}"


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="smoke",
            runs_on="any CPU, seconds: shows that the machinery works, not that it learned",
            data="toy", pictures=16, size=32, width=8, blocks=2, d_width=8,
            steps=40, decay_steps=20, history=10, precision="float32",  # the same everywhere
        ),
        Preset(
            name="lecture",
            runs_on="two CPU cores, about five minutes",
            # Narrow generators, a wide discriminator and a high rate: what learns in five minutes.
            # "resize" leaves fewer dots in the sky.
            data="toy", pictures=300, size=64, width=16, blocks=4, d_width=32, upsample="resize",
            steps=3000, decay_steps=1500, learning_rate=4e-4, lambda_identity=10.0,
        ),
        Preset(
            name="colab",
            # 1,879 GFLOP a step: 0.19 s at 15 % of a T4's 65 TFLOP/s (benchmarks/README.md).
            runs_on="a GPU such as Colab's T4, three hours by calculation, not yet timed",
            data="horse2zebra", size=256, width=64, blocks=9, d_width=64,
            steps=40 * 1334, decay_steps=20 * 1334,
        ),
        Preset(
            name="paper",
            runs_on="a GPU: the schedule of the paper, 200 epochs of 1334 steps",
            data="horse2zebra", size=256, width=64, blocks=9, d_width=64,
            steps=200 * 1334, decay_steps=100 * 1334,
        ),
    )
}  # fmt: skip


def choose_preset(name: str | None = None) -> Preset:
    """The preset called `name`, else that of CYCLEGAN_PRESET, else `lecture`, on a GPU as well.

    Photographs take hours, so they are chosen on purpose. Raises UserError for an unknown name.
    """
    name = name or os.environ.get("CYCLEGAN_PRESET") or "lecture"
    if name not in PRESETS:
        raise UserError(f"There is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]
