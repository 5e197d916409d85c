"""Where a run begins and what it leaves behind: resuming, starting from others' weights, saving."""

import contextlib
import dataclasses
import io
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from helpers import distributed
from helpers.checkpoints import (
    CHECKPOINT,
    load_checkpoint,
    load_generator,
    load_weights,
    save_checkpoint,
    save_generator,
    write_safely,
)
from helpers.images import Domains
from helpers.settings import LOSSES, PRECISIONS, Preset, UserError


def begin(
    run, domains: Domains, folder: Path | None, backup: Path | None, start: str | Path | None
) -> dict:
    """Brings a new training.Run to where it begins, and returns its fingerprint.

    That is the checkpoint in `folder`, else the one in `backup`, else the networks of `start`, else
    what it is. Raises UserError where the checkpoint belongs to another run.
    """
    run.started_from = str(Path(start)) if start else run.started_from
    wanted = fingerprint(run, domains)
    for place in filter(None, (folder, backup)):
        if state := load_checkpoint(place):
            check_same_run(state, wanted, place)
            before = state.get("arithmetic")
            if before and before.endswith(f" on {device_name(run)}"):
                run.dtype = PRECISIONS[before.split(" on ")[0]]  # whatever a new trial says
            run.load_state_dict(state)
            now = arithmetic(run)
            if before not in (now, None):  # None: from before it was recorded
                print(
                    f"This run was in {before} and goes on in {now}: from here on it is no longer, "
                    "bit for bit, the run that it would have been."
                )
            return wanted
    if start:
        start_from(run, start, domains.names)
    return wanted


def start_from(run, folder: str | Path, names: tuple[str, str]) -> None:
    """Gives a new run the networks of a run's folder; the rest starts afresh.

    A finished run can so be trained further, at other settings, or on other pictures. A folder
    without a checkpoint gives its generators alone, which `names`, of domains A and B, tell apart.
    Raises UserError where `folder` holds neither, or networks of another shape.
    """
    folder, (a, b) = Path(folder), names
    paths = {"G_AB": folder / f"{a}2{b}.safetensors", "G_BA": folder / f"{b}2{a}.safetensors"}
    if state := load_checkpoint(folder):
        found = {name: (state[name], folder / CHECKPOINT) for name in run.nets._fields}
    elif all(path.exists() for path in paths.values()):
        found = {name: (load_generator(p)[0].state_dict(), p) for name, p in paths.items()}
        print(f"{folder} holds generators alone: the discriminators start anew.")
    else:
        raise UserError(
            f"{folder} holds no {CHECKPOINT}, nor {a}2{b}.safetensors and {b}2{a}.safetensors: "
            "name the folder of a run of yours."
        )
    for name, (tensors, source) in found.items():
        load_weights(getattr(run.nets, name), tensors, source)
    run.started_from = str(folder)


def shard_history(state: dict, run, name: str) -> dict:
    """This rank's state of history_a or history_b, from those of all ranks in a checkpoint.

    If their number has changed, the fakes are dealt out anew, and what finds no room is forgotten.
    """
    rank, world_size, new = distributed.rank(), distributed.world_size(), getattr(run, name)
    saved = [state[name]] + [other[name] for other in state.get("other_histories", [])]
    own = saved[rank] if rank < len(saved) else new.state_dict()
    fakes = own["fakes"]
    if len(saved) != world_size:
        fakes = [fake for history in saved for fake in history["fakes"]]
        fakes = fakes[rank::world_size][: new.capacity]
    return own | {"fakes": [fake.to(run.device) for fake in fakes]}


def arithmetic(run) -> str:
    """What must stay for steps to be bit-identical: "float16 on Tesla T4", "float32 on cpu"."""
    return f"{str(run.dtype).removeprefix('torch.')} on {device_name(run)}"


def device_name(run) -> str:
    """ "Tesla T4", "cpu", ..."""
    gpu = run.device.type == "cuda"
    return torch.cuda.get_device_name(run.device) if gpu else run.device.type


def fingerprint(run, domains: Domains) -> dict:
    """What must be the same for a run to be resumed: settings, seed, pictures, origin."""
    settings = dataclasses.asdict(run.preset)
    del settings["runs_on"]
    pictures = f"{len(domains.a)} + {len(domains.b)} with checksums {domains.checksums()}"
    origin = {"seed": run.seed, "pictures loaded": pictures, "started from": run.started_from}
    return settings | origin


def check_same_run(state: dict, wanted: dict, folder: Path) -> None:
    """Raises UserError that says what differs between a checkpoint's run and this one."""
    defaults = {field.name: field.default for field in dataclasses.fields(Preset)}
    # A setting that did not exist yet was what is now its default.
    saved = defaults | {"started from": ""} | state["belongs_to"]
    saved["started from"] = saved["started from"].rstrip("/")
    if isinstance(saved["without"], str):  # when it was one loss or none
        saved["without"] = tuple(saved["without"].split())
    differ = [name for name in wanted if saved.get(name) != wanted[name]]
    if not differ:
        return
    if state["step"] == saved["steps"] and set(differ) <= {"steps", "decay_steps"}:
        raise UserError(
            f"{folder} holds a run that finished its {saved['steps']} steps: to train it further, "
            f"name another --out and --start-from {folder}."
        )

    def shown(value) -> str:
        return "nothing" if value in ("", ()) else str(value)

    changes = [f"{n} was {shown(saved.get(n))} and is now {shown(wanted[n])}" for n in differ]
    raise UserError(
        f"{folder} holds another run ({'; '.join(changes)}): "
        "use the same settings to resume it, or another folder to start afresh."
    )


def save_run(run, state: dict, names: tuple[str, str], folder: Path) -> None:
    """Writes all that a run leaves behind, as of one step: checkpoint, generators, losses.csv.

    names: of the domains. The generators are horse2zebra.safetensors and zebra2horse.safetensors.
    """
    save_checkpoint(folder, state | {"arithmetic": arithmetic(run)})
    (a, b), size = names, run.preset.whole_size
    save_generator(folder / f"{a}2{b}.safetensors", run.nets.G_AB, f"{a}2{b}", size)
    save_generator(folder / f"{b}2{a}.safetensors", run.nets.G_BA, f"{b}2{a}", size)
    write_safely(folder / "losses.csv", csv(state["losses"]))


def back_up(run, state: dict, names: tuple[str, str], backup: Path) -> None:
    """`save_run` to a second place. Failing there is no reason to stop: it prints a sentence."""
    try:
        save_run(run, state, names, backup)
    except UserError as error:
        print(f"{error} Training goes on.")


def csv(losses: Tensor) -> bytes:
    """(steps, 8) as a table: step, counted from 1, and the eight losses, unweighted.

    The 266,800 steps of the paper take 0.7 s and 21 MB, beside a checkpoint of 340 MB.
    """
    table = np.column_stack([np.arange(1, len(losses) + 1), losses.numpy()])
    file, header = io.BytesIO(), ",".join(["step", *LOSSES])
    np.savetxt(file, table, ["%d"] + ["%.6g"] * len(LOSSES), ",", header=header, comments="")
    return file.getvalue()


@contextlib.contextmanager
def lost_process_explained(folder: str | Path) -> Iterator[None]:
    """Turns the errors that follow another process's death (torchrun) into one sentence."""
    try:
        yield
    except RuntimeError as error:
        if not distributed.is_loss_of_a_process(error):
            raise
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent by torchrun to those who are left
        state = load_checkpoint(Path(folder))
        kept = f"the checkpoint of step {state['step']} is kept" if state else "nothing was saved"
        raise UserError(
            f"A process of this run died and {kept} in {folder}: the same command "
            + ("resumes." if state else "starts afresh.")
        ) from error
