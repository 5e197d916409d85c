"""Presets, device and seed: what a run needs to know before it touches a picture."""

import dataclasses
import os

import torch


class UserError(ValueError):
    """Something the user can mend. Its text is one sentence: what, expected, what to do."""


@dataclasses.dataclass(frozen=True)
class Preset:
    """Everything that makes one run different from another.

    Sizes are in pixels, lambdas are factors of the loss sum, a step is one update of all four
    networks on `batch` pairs. The learning rate is constant for `steps - decay_steps` steps, then
    falls linearly to 0 (Zhu et al. 2017, section 4 and appendix 7.1).
    """

    name: str
    data: str  # "toy" or "horse2zebra"
    size: int  # the networks see size x size crops
    width: int  # channels after the generator's first convolution (64 in the paper)
    blocks: int  # residual blocks (9 in the paper, 6 below 256 px)
    d_width: int  # channels after the discriminator's first convolution (64 in the paper)
    steps: int
    decay_steps: int
    pictures: int = 0  # drawings per domain, for toy data only
    batch: int = 1
    learning_rate: float = 2e-4
    lambda_cycle: float = 10.0
    lambda_identity: float = 5.0  # 0.5 x lambda_cycle
    zoom: float = 1.0  # whole pictures are so many times as large as the crops
    history: int = 50  # fakes remembered per discriminator
    upsample: str = "transposed"  # or "resize": nearest neighbour, then a convolution
    precision: str = "auto"  # what convolutions compute in: a key of PRECISIONS
    without: tuple[str, ...] = ()  # keys of LOSSES to leave out, to see what they were for
    runs_on: str = ""

    @property
    def whole_size(self) -> int:
        """Side of whole pictures, as they are translated: that of the crops, or `zoom` times it."""
        return round(self.zoom * self.size)

    @property
    def load_size(self) -> int:
        """Pictures are loaded a little larger than that: 286 for 256 (paper, appendix 7.1)."""
        return round(self.whole_size * 286 / 256)

    def table(self) -> str:
        """The settings as text, one a line, for a notebook's first cell."""
        rows = dataclasses.asdict(self) | {"load_size": self.load_size}
        given = {name: value for name, value in rows.items() if value not in ("", ())}
        return "\n".join(f"{name:16} {value}" for name, value in given.items())


# The eight losses, each with its group, in the order in which they are recorded.
LOSSES = {
    "d_a": "discriminator", "d_b": "discriminator",
    "adv_ab": "adversarial", "adv_ba": "adversarial",
    "cycle_a": "cycle", "cycle_b": "cycle",
    "identity_a": "identity", "identity_b": "identity",
}  # fmt: skip

# "auto" is float32 on a CPU and float16 on a GPU; weights are kept in float32 whatever it is.
PRECISIONS = {
    "auto": None,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="smoke",
            runs_on="any CPU, seconds: shows that the machinery works, not that it learned",
            data="toy", pictures=16, size=32, width=8, blocks=2, d_width=8,
            steps=40, decay_steps=20, history=10,
        ),
        Preset(
            name="lecture",
            runs_on="two CPU cores, about five minutes",
            # Narrow generators, a wide discriminator and a high rate: what learns in five minutes.
            data="toy", pictures=300, size=64, width=16, blocks=4, d_width=48,
            steps=2000, decay_steps=1000, learning_rate=4e-4, lambda_identity=10.0,
        ),
        Preset(
            name="colab",
            runs_on="a GPU such as Colab's T4: made for one session, not yet timed",
            data="horse2zebra", size=256, width=64, blocks=9, d_width=64,
            steps=60 * 1334, decay_steps=30 * 1334,
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
    """The preset called `name`, else that of CYCLEGAN_PRESET, else the one for this hardware.

    Raises UserError for a name that does not exist.
    """
    on_this_machine = "colab" if torch.cuda.is_available() else "lecture"
    name = name or os.environ.get("CYCLEGAN_PRESET") or on_this_machine
    if name not in PRESETS:
        raise UserError(f"There is no preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def choose_device(name: str | None = None) -> torch.device:
    """The device called `name` ("cpu", "cuda", "cuda:1"), else a GPU where there is one.

    Raises UserError for a device that this machine does not have.
    """
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"Device {name!r} is not available here: try --device cpu.") from error
    return device
