"""The command line: python -m helpers download | train | translate | evaluate | plot."""

import argparse
import json
import logging
import sys

import torch
from PIL import Image
from tqdm.auto import tqdm

from helpers import checkpoints, distributed, evaluation, guards, images, resume, runs, training
from helpers.devices import choose_device
from helpers.download import COUNTS, horse2zebra
from helpers.measures import evaluate_toy
from helpers.options import parser, preset_from
from helpers.settings import LOSSES, Preset, UserError


def download(args: argparse.Namespace) -> None:
    """Fetches horse2zebra and says how many pictures of each folder there are."""
    folder = horse2zebra(args.root)
    counts = ", ".join(f"{len(images.picture_paths(folder / s))} {s}" for s in COUNTS)
    print(f"{folder}: {counts}")


def train(args: argparse.Namespace) -> None:
    """Trains, or goes on training; under torchrun, together with the other processes."""
    preset = preset_from(args)
    device = distributed.local_device(args.device)
    with resume.lost_process_explained(args.out), guards.enough_memory_to_train(preset):
        domains = load_domains(args.data, preset, args.seed)
        run = training.Run(preset, args.seed, device)
        print(preset)
        if (count := distributed.world_size()) > 1:
            print(f"{count} processes, {count * preset.batch} pairs a step")
        train_with_progress(run, domains, args)
    a, b = domains.names
    print(f"{args.out}: {a}2{b}.safetensors and {b}2{a}.safetensors after {run.step} steps")


def train_with_progress(run: training.Run, domains: images.Domains, args) -> None:
    """`training.train` with a progress bar; says so when it was stopped."""
    with tqdm(total=run.preset.steps, unit="step", smoothing=0.05) as bar:

        def show(run: training.Run) -> None:
            bar.initial = bar.initial or run.step
            if run.step == 0:
                return
            bar.update(run.step - bar.n)
            recent = run.losses[max(0, run.step - 100) : run.step].mean(0).tolist()
            groups = dict.fromkeys(LOSSES.values(), 0.0)
            for group, loss in zip(LOSSES.values(), recent):
                groups[group] += loss / 2
            bar.set_postfix_str(" ".join(f"{name[:3]} {x:.3f}" for name, x in groups.items()))

        try:
            training.train(
                run, domains, args.out, show,
                preview_every=args.preview_every, save_seconds=args.save_seconds,
                start_from=args.start_from, backup=args.backup, tune_threads=True,
            )  # fmt: skip
        except (KeyboardInterrupt, SystemExit):
            bar.close()
            print(f"Stopped at step {run.step} and saved; the same command resumes.")
            raise


def load_domains(data: list[str] | None, preset: Preset, seed: int) -> images.Domains:
    """Toy drawings, horse2zebra (fetched if need be), or the reader's folders."""
    data = data or [preset.data]
    if data == ["toy"]:
        return images.toy_domains(preset.pictures or 300, preset.load_size, seed)
    if data == ["horse2zebra"]:
        with distributed.rank_zero_first():
            data = [str(horse2zebra())]
    check_data(data)
    return images.folder_domains(data, preset.load_size)


def check_data(data: list[str]) -> None:
    """Raises UserError for more folders than two."""
    if len(data) > 2:
        raise UserError(f"--data takes one folder or two, not {len(data)}.")


SMALLER = "try a smaller --size, or --device cpu"
KEPT = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}  # formats that translations are written in


@guards.memory_errors_explained("translating", SMALLER)
def translate(args: argparse.Namespace) -> None:
    """Translates a picture, or every picture of a folder, each at its own size."""
    device = choose_device(args.device)
    path = checkpoints.find_weights(args.weights, args.direction)
    net, config = checkpoints.load_generator(path, device)
    if args.direction not in (None, path.stem, config["direction"]):
        raise UserError(f"{path} translates {config['direction']}, not {args.direction}.")
    paths = images.picture_paths(args.input) if args.input.is_dir() else [args.input]
    if args.out.resolve() in {p.resolve().parent for p in paths}:
        raise UserError(f"--out {args.out} holds the input itself: name another folder.")
    for path in tqdm(paths, unit="picture"):
        picture = images.translate(net, images.open_picture(path), args.size or config["size"])
        suffix = path.suffix.lower()
        kind = Image.registered_extensions()[suffix] if suffix in KEPT else "PNG"
        name = path.name if suffix in KEPT else path.name + ".png"
        data = images.encode(picture, kind)
        checkpoints.write_safely(args.out / name, data)
    print(f"{len(paths)} translated to {args.out}")


@guards.memory_errors_explained("measuring", SMALLER)
def evaluate(args: argparse.Namespace) -> None:
    """Measures both directions and prints the JSON; what to mind about it goes to stderr."""
    device = choose_device(args.device)
    if args.data == ["toy"]:
        G_AB, G_BA, size = runs.open_generators(args.weights, ("horse", "zebra"), device)
        report = evaluate_toy(G_AB.cpu(), G_BA.cpu(), args.size or size)
    else:
        report = evaluate_folders(args, device)
    text = json.dumps(report, indent=2)
    if args.out:
        checkpoints.write_safely(args.out, (text + "\n").encode())
    print(text)


def evaluate_folders(args: argparse.Namespace, device: torch.device) -> dict:
    """The report on folders of pictures, with those that the run was trained on."""
    check_data(args.data)
    wanted, checkpoint = images.domain_names(args.data), runs.open_checkpoint(args.weights)
    names = runs.names_in(args.weights, wanted, checkpoint)
    G_AB, G_BA, size = runs.open_generators(args.weights, names, device)
    folders = [str(folder) for folder in images.domain_folders(args.data, "test")]
    if names != wanted:
        (folder_a, folder_b), (a, b) = folders, names
        note(f"{folder_a} is taken for {a}, {folder_b} for {b}.")
    if seen := runs.trained_on(folders, checkpoint):
        note(f"The run was trained on {' and '.join(seen)}, so this says nothing about new ones.")
    test = images.folder_domains(folders, args.size or size, least=evaluation.LEAST)
    test.names = names
    report = evaluation.evaluate_photographs(G_AB, G_BA, test, " against ".join(folders))
    return report | {"trained_on": seen}


def note(text: str) -> None:
    """Tells on stderr, so that stdout stays JSON."""
    print(f"Note: {text}", file=sys.stderr)


def plot(args: argparse.Namespace) -> None:
    """Draws the losses that a run has recorded."""
    from helpers import plots  # matplotlib is slow to import, and needed here alone

    losses = runs.read_losses(args.folder)
    out = args.out or args.folder / "losses.png"
    checkpoints.write_safely(out, plots.png(plots.plot_losses(losses)))
    print(f"{out}: {len(losses)} steps")


COMMANDS = {f.__name__: f for f in (download, train, translate, evaluate, plot)}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0, or 2 after one sentence about what the user can mend."""
    with distributed.process_group() as report_once:
        logging.basicConfig(format="%(message)s")  # to stderr, so that stdout stays JSON
        logging.getLogger("helpers").setLevel(logging.INFO)
        try:
            args = parser().parse_args(arguments)
            COMMANDS[args.command](args)
        except UserError as error:
            report_once(f"Error: {error}")
            return 2
        except KeyboardInterrupt:
            return 130
        return 0


if __name__ == "__main__":
    # A console may lack letters that a name has; stderr shows these as escapes by itself.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
