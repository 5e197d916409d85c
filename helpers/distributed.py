"""Several processes that train one model: `torchrun --nproc-per-node 2 -m helpers train ...`.

Every process holds the same networks and takes its share of each batch. Averaging the gradients
makes the step that of the whole batch. A process that torchrun did not start is alone.
"""

import os

import torch
import torch.distributed as dist
from torch import Tensor


def start(device: str) -> torch.device:
    """Joins the processes that torchrun started, if it did; each gets a GPU of its own."""
    if not dist.is_torchelastic_launched():
        return torch.device(device)
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    if device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    return torch.device(device)


def rank() -> int:
    """This process's number, from 0. Only rank 0 writes files."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def wait() -> None:
    """Until all processes have come here."""
    if world_size() > 1:
        dist.barrier()


def shard(batch: Tensor) -> Tensor:
    """This process's share of a joint batch: (world size * n, ...) to (n, ...)."""
    return batch.chunk(world_size())[rank()]


def gather(share: Tensor) -> Tensor:
    """The joint batch of everyone's shares, without gradient: `shard` undone."""
    if world_size() == 1:
        return share
    shares = [torch.empty_like(share) for _ in range(world_size())]
    dist.all_gather(shares, share.detach().contiguous())
    return torch.cat(shares)


def average(tensors: list[Tensor]) -> None:
    """Replaces each tensor by its mean over the processes: gradients, or losses to record."""
    if world_size() > 1:
        for tensor in tensors:
            dist.all_reduce(tensor)
            tensor /= world_size()
