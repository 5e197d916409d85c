"""What guards a run: memory that runs out."""

import contextlib
import re
from collections.abc import Iterator

from helpers.settings import Preset, UserError


def is_out_of_memory(error: Exception) -> bool:
    """Whether Python, NumPy, PyTorch or a GPU's libraries say that there is no memory left."""
    by_torch = re.search("allocate memory|out of memory|ALLOC_FAILED", str(error), re.IGNORECASE)
    return isinstance(error, MemoryError) or isinstance(error, RuntimeError) and bool(by_torch)


@contextlib.contextmanager
def memory_errors_explained(doing: str, advice: str) -> Iterator[None]:
    """Turns every out-of-memory error into "Out of memory DOING: ADVICE.", one sentence."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"Out of memory {doing}: {advice}.") from error


def enough_memory_to_train(preset: Preset) -> contextlib.AbstractContextManager:
    """`memory_errors_explained` for a run: loading its pictures, building it, training it."""
    return memory_errors_explained(
        f"at size {preset.size}, batch {preset.batch}, width {preset.width}",
        "try --batch 1, --size 128, or --preset lecture",
    )
