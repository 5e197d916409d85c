"""The command line: python -m helpers download | train | translate | evaluate."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from PIL import Image
from tqdm.auto import tqdm

from helpers import checkpoints, distributed, evaluation, guards, images, resume, training
from helpers.download import COUNTS, horse2zebra
from helpers.objectives import LOSSES
from helpers.settings import PRECISIONS, PRESETS, Preset, UserError, choose_device, choose_preset

# What `train` can change of a preset, beside its name.
OVERRIDES = [f for f in dataclasses.fields(Preset) if f.name not in ("name", "data", "runs_on")]


def parser() -> argparse.ArgumentParser:
    """The four commands and their options."""
    main = argparse.ArgumentParser(
        prog="python -m helpers",
        description="CycleGAN: fetch the data, train, translate pictures, measure the result.",
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")

    p = commands.add_parser("download", help="fetch horse2zebra (122 MB), resuming where it broke")
    p.set_defaults(run=download)
    p.add_argument("--root", default="data", help="folder to put it in (default: data)")

    p = commands.add_parser(
        "train",
        help="train on toy drawings, horse2zebra or two folders of your own",
        description="Train a CycleGAN. The same command again resumes a run that was stopped.",
        epilog="presets: " + "; ".join(f"{q.name}: {q.runs_on}" for q in PRESETS.values()),
    )
    p.set_defaults(run=train)
    p.add_argument("--preset", help=f"one of {', '.join(PRESETS)} (default: by this hardware)")
    p.add_argument(
        "--data", nargs="+", metavar="PATH",
        help='"toy", a folder with trainA and trainB, or two folders of pictures',
    )  # fmt: skip
    p.add_argument("--out", default="runs/latest", help="the run's folder (default: runs/latest)")
    p.add_argument("--seed", type=int, default=0, help="default: 0")
    p.add_argument("--device", help="cpu, cuda, cuda:1 ... (default: a GPU where there is one)")
    p.add_argument("--start-from", metavar="RUN", help="begin with the networks of this run")
    p.add_argument("--save-seconds", type=float, default=300, help="between checkpoints (300)")
    p.add_argument("--backup", metavar="FOLDER", help="copy the run there every half hour")
    p.add_argument("--preview-every", type=int, default=500, help="steps between previews (500)")
    changes = p.add_argument_group("changes to the preset")
    for field in OVERRIDES:
        option = "--" + field.name.replace("_", "-")
        changes.add_argument(option, type=field.type, help=PRESET_HELP.get(field.name, ""))

    p = commands.add_parser("translate", help="turn horses into zebras, or back: a file or folder")
    p.set_defaults(run=translate)
    p.add_argument("input", type=Path, help="a picture or a folder of pictures")
    p.add_argument("--out", type=Path, required=True, help="where the translations go: a folder")
    p.add_argument("--weights", required=True, help="a run's folder or a .safetensors file")
    p.add_argument("--direction", help="horse2zebra, zebra2horse, or what your run calls them")
    p.add_argument("--size", type=int, help="short side the generator sees (default: as trained)")
    p.add_argument("--device", help="default: a GPU where there is one")

    p = commands.add_parser("evaluate", help="measure a trained run, as JSON")
    p.set_defaults(run=evaluate)
    p.add_argument("--weights", required=True, help="a run's folder")
    p.add_argument(
        "--data", nargs="+", default=["toy"], metavar="PATH",
        help='"toy" (default), a folder with testA and testB, or two folders of pictures',
    )  # fmt: skip
    p.add_argument("--size", type=int, help="side in pixels (default: as trained)")
    p.add_argument("--out", type=Path, help="write the JSON here (default: print it)")
    p.add_argument("--device", help="default: a GPU where there is one")
    return main


PRESET_HELP = {
    "size": "side of the crops in pixels, 32 or more",
    "width": "channels after the generator's first convolution",
    "blocks": "residual blocks",
    "d_width": "channels after the discriminator's first convolution",
    "steps": "updates in all",
    "decay_steps": "the last of them, with a falling learning rate (default: half)",
    "pictures": "drawings per domain, for toy data",
    "batch": "pairs a step; 1 in the paper",
    "learning_rate": "of Adam, before it falls",
    "lambda_cycle": "weight of the cycle losses",
    "lambda_identity": "weight of the identity losses, 0 leaves them out",
    "zoom": "2 trains on crops of pictures twice as large: finer detail for the same work (1)",
    "history": "fakes remembered per discriminator",
    "upsample": "transposed or resize",
    "precision": f"{', '.join(PRECISIONS)} (auto: float32 on a CPU, float16 on a GPU)",
    "without": f"leave out one loss: {', '.join(LOSSES)}",
}


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
        print(preset.table())
        if (count := distributed.world_size()) > 1:
            print(f"{count} processes, {count * preset.batch} pairs a step")
        train_with_progress(run, domains, args)
    a, b = domains.names
    print(f"{args.out}: {a}2{b}.safetensors and {b}2{a}.safetensors after {run.step} steps")


def train_with_progress(run: training.Run, domains: images.Domains, args) -> None:
    """`training.train` with a progress bar; says so when it was stopped."""
    preset = run.preset
    with tqdm(total=preset.steps, unit="step", smoothing=0.05) as bar:

        def show(run: training.Run) -> None:
            bar.initial = bar.initial or run.step
            if run.step == 0:
                return
            bar.update(run.step - bar.n)
            recent = run.losses[max(0, run.step - 100) : run.step].mean(0).tolist()
            d, adv, cycle, identity = (sum(recent[i : i + 2]) / 2 for i in (0, 2, 4, 6))
            bar.set_postfix_str(f"D {d:.3f} adv {adv:.3f} cycle {cycle:.3f} id {identity:.3f}")

        try:
            training.train(
                run, domains, args.out, show,
                preview_every=args.preview_every, save_seconds=args.save_seconds,
                start_from=args.start_from, backup=args.backup,
            )  # fmt: skip
        except (KeyboardInterrupt, SystemExit):
            bar.close()
            print(f"Stopped at step {run.step} and saved; the same command resumes.")
            raise


def preset_from(args: argparse.Namespace) -> Preset:
    """The chosen preset with the command line's changes, checked."""
    preset = choose_preset(args.preset)
    names = [field.name for field in OVERRIDES]
    changes = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if "steps" in changes:
        changes.setdefault("decay_steps", changes["steps"] // 2)
    preset = dataclasses.replace(preset, **changes)
    for name, least in {"size": 32, "width": 1, "blocks": 0, "d_width": 1, "steps": 1,
                        "batch": 1, "history": 0, "decay_steps": 0}.items():  # fmt: skip
        if getattr(preset, name) < least:
            raise UserError(f"--{name.replace('_', '-')} must be {least} or more.")
    if not 1 <= preset.zoom <= 16:
        raise UserError("--zoom must be between 1 and 16.")
    if preset.upsample not in ("transposed", "resize"):
        raise UserError('--upsample must be "transposed" or "resize".')
    if preset.precision not in PRECISIONS:
        raise UserError(f"--precision must be one of {', '.join(PRECISIONS)}.")
    if preset.without and preset.without not in LOSSES:
        raise UserError(f"--without must be one of {', '.join(LOSSES)}.")
    return preset


def load_domains(data: list[str] | None, preset: Preset, seed: int) -> images.Domains:
    """Toy drawings, horse2zebra (fetched if need be), or the reader's folders."""
    data = data or [preset.data]
    if data == ["toy"]:
        return images.toy_domains(preset.pictures or 300, preset.load_size, seed)
    if data == ["horse2zebra"]:
        with distributed.rank_zero_first():
            data = [str(horse2zebra())]
    if len(data) > 2:
        raise UserError(f"--data takes one folder or two, not {len(data)}.")
    return images.folder_domains(data, preset.load_size)


KEPT = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}  # formats that translations are written in


def translate(args: argparse.Namespace) -> None:
    """Translates a picture, or every picture of a folder, each at its own size."""
    device = choose_device(args.device)
    path = checkpoints.find_weights(args.weights, args.direction)
    net, config = checkpoints.load_generator(path, device)
    if args.direction not in (None, config["direction"]):
        raise UserError(f"{path} translates {config['direction']}, not {args.direction}.")
    if args.size is not None and args.size < 8:
        raise UserError("--size must be 8 or more.")
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


def evaluate(args: argparse.Namespace) -> None:
    """Measures both directions and prints the JSON."""
    device = choose_device(args.device)
    names = ("horse", "zebra") if args.data == ["toy"] else images.domain_names(args.data)
    (G_AB, config), (G_BA, _) = (
        checkpoints.load_generator(checkpoints.find_weights(args.weights, f"{p}2{q}"), device)
        for p, q in (names, names[::-1])
    )
    size = args.size or config["size"]
    if args.data == ["toy"]:
        report = evaluation.evaluate_toy(G_AB.cpu(), G_BA.cpu(), size)
    else:
        a, b = images.domain_folders(args.data, "test")
        test = images.folder_domains([str(a), str(b)], size)
        test.names = names
        report = evaluation.evaluate_photographs(G_AB, G_BA, test, f"{a} against {b}")
    text = json.dumps(report, indent=2)
    if args.out:
        checkpoints.write_safely(args.out, (text + "\n").encode())
    print(text)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0, or 2 after one sentence about what the user can mend."""
    with distributed.process_group() as report_once:
        args = parser().parse_args(arguments)
        try:
            args.run(args)
        except UserError as error:
            report_once(f"Error: {error}")
            return 2
        except KeyboardInterrupt:
            return 130
        return 0


if __name__ == "__main__":
    sys.exit(main())
