"""Several processes that train one model: `torchrun --nproc-per-node N -m helpers train ...`.

Every process holds the same networks and sees its own part of each batch; averaging the gradients
makes the step that of the whole batch. Started without torchrun, a process is alone, is process 0
of 1, and every function here gives back what it was given.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from helpers.settings import UserError, choose_device


def processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """This process's number, from 0. Process 0 alone writes files and prints."""
    return dist.get_rank() if dist.is_initialized() else 0


@contextlib.contextmanager
def process_group() -> Iterator[Callable[[str], None]]:
    """Joins the processes that torchrun started, and silences all but process 0.

    Yields `tell`, which prints to stderr in the first process that calls it and in no other: a
    mistake that all of them meet is told once.
    """
    if not dist.is_torchelastic_launched():
        yield lambda text: print(text, file=sys.stderr)
        return
    store, number, count = next(dist.rendezvous("env://"))  # kept by torchrun itself
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=count)
    stderr = sys.stderr

    def tell(text: str) -> None:
        if store.add("told", 1) == 1:
            print(text, file=stderr, flush=True)

    with contextlib.ExitStack() as stack:
        stack.callback(dist.destroy_process_group)
        if number > 0:
            nowhere = stack.enter_context(open(os.devnull, "w", errors="replace"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
        yield tell


def own_device(name: str | None = None) -> torch.device:
    """`settings.choose_device`; of several processes on GPUs, each gets a GPU of its own.

    Raises UserError where there are more processes than GPUs.
    """
    if processes() > 1 and name != "cpu" and torch.cuda.is_available():
        gpus, here = torch.cuda.device_count(), int(os.environ["LOCAL_WORLD_SIZE"])
        if here > gpus:
            raise UserError(
                f"{here} processes need {here} GPUs and this machine has {gpus}: "
                f"start torchrun with --nproc-per-node {gpus}, or train with --device cpu."
            )
        name = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(name)
    return choose_device(name)


def own_part(batch: Tensor) -> Tensor:
    """This process's share of a joint batch: (processes * n, ...) to (n, ...), in order of rank."""
    return batch.chunk(processes())[rank()]


class Total(nn.Module):
    """Holds networks that a total loss teaches, and gives the total back unchanged.

    DistributedDataParallel averages the gradients of a module's parameters in the backward pass
    that follows the module's forward pass. A step calls each network several times, so what is
    wrapped is neither network but the one number that is derived.
    """

    def __init__(self, *learners: nn.Module):
        super().__init__()
        self.learners = nn.ModuleList(learners)
        self.unused = nn.Parameter(next(learners[0].parameters()).new_zeros(()))  # see `averaged`

    def forward(self, total: Tensor) -> Tensor:
        return total


def averaged(*learners: nn.Module) -> nn.Module:
    """A module to pass a total loss through, just before `backward`.

    The gradients of `learners` then become their mean over the processes. The learners start as
    they are in process 0. A total may leave a learner out, as a preset with a loss less does.
    """
    if processes() == 1:
        return nn.Identity()
    # Looking for unused parameters also keeps DDP from regrouping its sums after the first step: a
    # resumed run of three processes repeats them bit for bit. It warns where there is none to find.
    return DistributedDataParallel(Total(*learners), find_unused_parameters=True)


def mean(values: Tensor) -> Tensor:
    """The mean over the processes, element by element."""
    if processes() > 1:
        dist.all_reduce(values)
        values /= processes()
    return values


def largest(number: int) -> int:
    """The largest of the processes' numbers. It waits for all: none is a step ahead of another."""
    if processes() == 1:
        return number
    numbers = torch.tensor(int(number))  # on the CPU, so that no GPU has to finish its work first
    dist.all_reduce(numbers, dist.ReduceOp.MAX)
    return int(numbers)


def gathered(thing: object) -> list:
    """In process 0, everyone's `thing` in order of rank; elsewhere, only its own. CPU tensors."""
    if processes() == 1:
        return [thing]
    things = [None] * processes() if rank() == 0 else None
    dist.gather_object(thing, things)
    return things or [thing]


@contextlib.contextmanager
def first_alone() -> Iterator[None]:
    """Process 0 goes through the block first, the others after it: for a download."""
    if rank() > 0:
        largest(0)
    yield
    if rank() == 0:
        largest(0)


def is_loss_of_a_process(error: RuntimeError) -> bool:
    """Whether an error says that another process no longer answers (Gloo has no class for it)."""
    return isinstance(error, dist.DistError) or "gloo" in str(error)
