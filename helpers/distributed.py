"""Several processes that train one model: `torchrun --nproc-per-node N -m helpers train ...`.

Every process holds the same networks and sees its own shard of each batch; averaging the gradients
makes the step that of the whole batch. Started without torchrun, a process is alone, of rank 0 in
a world of 1, and every function here gives back what it was given. On one machine, torchrun's
`--local-addr 127.0.0.1` helps where the host's name does not resolve: it would wait for ever.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import torch
import torch.distributed as dist
from torch import Tensor

from helpers.devices import choose_device
from helpers.settings import UserError


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0. Rank 0 alone writes files and prints."""
    return dist.get_rank() if dist.is_initialized() else 0


@contextlib.contextmanager
def process_group() -> Iterator[Callable[[str], None]]:
    """Joins the processes that torchrun started, and silences all but rank 0.

    Yields a function that prints to stderr in the first process that calls it and in no other: a
    mistake that all of them meet is reported once.
    """
    if not dist.is_torchelastic_launched():
        yield lambda text: print(text, file=sys.stderr)
        return
    store, number, count = next(dist.rendezvous("env://"))  # kept by torchrun itself
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=count)
    stderr = sys.stderr

    def report_once(text: str) -> None:
        if store.add("reports", 1) == 1:
            print(text, file=stderr, flush=True)

    with contextlib.ExitStack() as stack:
        stack.callback(dist.destroy_process_group)
        if number > 0:
            nowhere = stack.enter_context(open(os.devnull, "w", errors="replace"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
        yield report_once


def local_device(name: str | None = None) -> torch.device:
    """`choose_device`; of several processes on GPUs, each gets the GPU of its local rank.

    Raises UserError where there are more processes than GPUs.
    """
    if world_size() > 1 and name != "cpu" and torch.cuda.is_available():
        gpus, here = torch.cuda.device_count(), int(os.environ["LOCAL_WORLD_SIZE"])
        if here > gpus:
            raise UserError(
                f"{here} processes need {here} GPUs and this machine has {gpus}: "
                f"start torchrun with --nproc-per-node {gpus}, or train with --device cpu."
            )
        name = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(name)
    return choose_device(name)


def shard(batch: Tensor) -> Tensor:
    """This rank's shard of a joint batch: (world size * n, ...) to (n, ...)."""
    return batch.chunk(world_size())[rank()]


def average_gradients(optimiser: torch.optim.Optimizer) -> None:
    """Replaces the gradients of what an optimiser teaches by their means over the processes.

    DistributedDataParallel would do so within `backward`, but it wraps one module that is called
    once a step, and here each of two learners is called several times.
    """
    if world_size() == 1:
        return
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    gradients = [p.grad for p in parameters]
    means = all_reduce_mean(torch.cat([g.flatten() for g in gradients]))
    for gradient, mean in zip(gradients, means.split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


def all_reduce_mean(values: Tensor) -> Tensor:
    """The mean over the processes, element by element."""
    if world_size() > 1:
        dist.all_reduce(values)
        values /= world_size()
    return values


def all_reduce_max(number: int) -> int:
    """The largest of the processes' numbers. It waits for all: none is a step ahead of another."""
    if world_size() == 1:
        return number
    numbers = torch.tensor(int(number))  # on the CPU, so that no GPU has to finish its work first
    dist.all_reduce(numbers, dist.ReduceOp.MAX)
    return int(numbers)


def gather_objects(thing: object) -> list:
    """In rank 0, everyone's `thing` in order of rank; elsewhere, only its own. CPU tensors."""
    if world_size() == 1:
        return [thing]
    things = [None] * world_size() if rank() == 0 else None
    dist.gather_object(thing, things)
    return things or [thing]


def from_rank_zero(thing: object) -> object:
    """Rank 0's `thing`, everywhere: for what each rank could decide differently."""
    things = [thing]
    if world_size() > 1:
        dist.broadcast_object_list(things, device=torch.device("cpu"))
    return things[0]


@contextlib.contextmanager
def rank_zero_first() -> Iterator[None]:
    """Rank 0 goes through the block first, the others after it: for a download."""
    if rank() > 0:
        all_reduce_max(0)
    yield
    if rank() == 0:
        all_reduce_max(0)


def is_loss_of_a_process(error: RuntimeError) -> bool:
    """Whether an error says that another process no longer answers (Gloo has no class for it)."""
    return isinstance(error, dist.DistError) or "gloo" in str(error)
