"""The commands of `python -m helpers` and their options, each checked as it is read."""

import argparse
import contextlib
import dataclasses
import re
import typing
from collections.abc import Callable
from pathlib import Path

from helpers.settings import PRESETS, Preset, UserError, choose_preset, within

# What `train` can change of a preset: the fields that say what they are for.
CHANGES = [field for field in dataclasses.fields(Preset) if field.metadata.get("help")]


class Parser(argparse.ArgumentParser):
    """argparse whose complaints are a UserError each, so that all mistakes are told alike."""

    def error(self, message: str):
        message = re.sub(r"^argument (\S+): must", r"\1 must", message).rstrip(".")
        raise UserError(f"{message}; `{self.prog} --help` lists what there is.")


def read(kind: type, **bounds) -> Callable[[str], object]:
    """What argparse turns a word into a value with: one that `settings.within` allows."""

    def value(text: str) -> object:
        try:
            with contextlib.suppress(ValueError):
                text = kind(text)
            return within(text, kind, **bounds)
        except UserError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return value


def parser() -> Parser:
    """The five commands; the options that change a preset come from its fields."""
    main = Parser(
        prog="python -m helpers",
        description="CycleGAN: fetch the data, train, translate pictures, measure the result.",
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    device = {"help": "cpu, cuda, cuda:1 ... (default: a GPU where there is one)"}

    p = commands.add_parser("download", help="fetch horse2zebra (122 MB), resuming where it broke")
    p.add_argument("--root", default="data", help="folder to put it in (default: data)")

    p = commands.add_parser(
        "train",
        help="train on toy drawings, horse2zebra or two folders of your own",
        description="Train a CycleGAN. The same command again resumes a run that was stopped.",
        epilog="presets: " + "; ".join(f"{q.name}: {q.runs_on}" for q in PRESETS.values()),
    )
    p.add_argument("--preset", help=f"one of {', '.join(PRESETS)} (default: lecture)")
    p.add_argument(
        "--data", nargs="+", metavar="PATH",
        help='"toy", a folder with trainA and trainB, or two folders of pictures',
    )  # fmt: skip
    p.add_argument("--out", default="runs/latest", help="the run's folder (default: runs/latest)")
    # A run's drawings come from twice its seed; those that it is measured on, from 1,000,003 on.
    p.add_argument("--seed", type=read(int, most=99_999), default=0, help="default: 0")
    p.add_argument("--device", **device)
    p.add_argument("--start-from", metavar="RUN", help="begin with the networks of this run")
    p.add_argument("--save-seconds", type=read(float), default=300, help="between saves (300)")
    p.add_argument("--backup", metavar="FOLDER", help="copy the run there every half hour")
    p.add_argument(
        "--preview-every", type=read(int, most=10**7), default=500,
        help="steps between previews (500); 0: none",
    )  # fmt: skip
    changes = p.add_argument_group("changes to the preset")
    for field in CHANGES:
        add_setting(changes, field)

    p = commands.add_parser("translate", help="turn horses into zebras, or back: a file or folder")
    p.add_argument("input", type=Path, help="a picture or a folder of pictures")
    p.add_argument("--out", type=Path, required=True, help="where the translations go: a folder")
    p.add_argument("--weights", required=True, help="a run's folder or a .safetensors file")
    p.add_argument("--direction", help="horse2zebra, zebra2horse, or what your run calls them")
    size = {"type": read(int, least=8, most=8192)}
    p.add_argument("--size", **size, help="short side the generator sees (default: as trained)")
    p.add_argument("--device", **device)

    p = commands.add_parser("evaluate", help="measure a trained run, as JSON")
    p.add_argument("--weights", type=Path, required=True, metavar="RUN", help="a run's folder")
    p.add_argument(
        "--data", nargs="+", default=["toy"], metavar="PATH",
        help='"toy" (default), a folder with testA and testB, or two folders of pictures',
    )  # fmt: skip
    p.add_argument("--size", **size, help="side in pixels (default: as trained)")
    p.add_argument("--out", type=Path, help="write the JSON here (default: print it)")
    p.add_argument("--device", **device)

    p = commands.add_parser("plot", help="draw the losses that a run has recorded")
    p.add_argument("folder", type=Path, metavar="RUN", help="a run's folder")
    p.add_argument("--out", type=Path, help="the picture, a PNG (default: RUN/losses.png)")
    return main


def add_setting(group, field: dataclasses.Field) -> None:
    """An option for a field of Preset, with its help and its bounds."""
    text, bounds = field.metadata["help"], field.metadata["bounds"]
    kind, several = field.type, {}
    if typing.get_origin(kind) is tuple:
        kind, several = str, {"nargs": "+", "metavar": "NAME"}
    if "choices" in bounds:
        text += f" ({', '.join(bounds['choices'])})"
    group.add_argument(option(field.name), type=read(kind, **bounds), help=text, **several)


def option(name: str) -> str:
    """The option of a setting: --d-width for d_width."""
    return "--" + name.replace("_", "-")


def preset_from(args: argparse.Namespace) -> Preset:
    """The chosen preset with the command line's changes.

    Raises UserError that names the option where settings do not fit together.
    """
    changes = {field.name: getattr(args, field.name) for field in CHANGES}
    changes = {name: value for name, value in changes.items() if value is not None}
    if "steps" in changes:
        changes.setdefault("decay_steps", changes["steps"] // 2)
    preset = choose_preset(args.preset)
    try:
        return dataclasses.replace(preset, **changes)
    except UserError as error:
        name, rest = str(error).split(" ", 1)
        raise UserError(f"{option(name)} {rest}") from None
