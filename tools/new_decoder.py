"""Gives trained generators a `resize` decoder, so that a run can start from them without the weave.

    python -m tools.new_decoder WEIGHTS DATA --discriminators RUN --out runs/start

WEIGHTS is a folder with horse2zebra.safetensors and zebra2horse.safetensors. Encoder and residual
blocks are kept; the new decoder learns to draw what the old one draws, on crops of DATA. RUN lends
its discriminators, which have to be of the shape of the run that is to follow.
"""

from pathlib import Path

import torch

from helpers import checkpoints, images, measures
from helpers.networks import Generator
from tools import Parser, start
from tools.store import open_state

CROP, PAIRS = 128, 2


def with_new_decoder(old: Generator, domains: images.Domains, steps: int) -> Generator:
    """A generator with resize-convolutions that imitates `old` on crops of both domains."""
    new = Generator(**old.config | {"upsample": "resize"})
    new.encoder.load_state_dict(old.encoder.state_dict())
    new.transformation.load_state_dict(old.transformation.state_dict())
    optimiser = torch.optim.Adam(new.decoder.parameters(), 1e-3, (0.5, 0.999))
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1, 0.05, steps)
    for step in range(steps):
        pictures = torch.cat(domains.batch(step, PAIRS, CROP, 0))
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                features = new.transformation(new.encoder(pictures))
                wanted = old.decoder(features)
            loss = (new.decoder(features).float() - wanted.float()).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return new


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("weights", type=Path, help="folder of the two generators")
    parser.add_argument("data", help="folder with trainA and trainB")
    parser.add_argument("--discriminators", type=Path, required=True, help="folder of a run")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--out", type=Path, required=True, help="folder for --start-from")
    args = parser.parse_args(arguments)
    state = open_state(args.discriminators)
    domains = images.folder_domains(args.data, 2 * CROP)
    torch.manual_seed(0)
    for name, direction in zip(("G_AB", "G_BA"), measures.DIRECTIONS):
        old, _ = checkpoints.load_generator(args.weights / f"{direction}.safetensors")
        state[name] = with_new_decoder(old, domains, args.steps).state_dict()
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoints.save_checkpoint(args.out, state)


if __name__ == "__main__":
    start(main)
