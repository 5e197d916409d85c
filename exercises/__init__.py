"""Checks of what readers write. `check` always returns something that the notebook can go on with.

Each notebook has a module here, nb00 to nb07. A check is a function that takes the reader's answer,
raises `Wrong` with what to look at, or returns a sentence (or nothing) about what was right:

    @turn("4.2", solution=losses.discriminator_loss)
    def discriminator(answer): ...
"""

import copy
import inspect
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

CHECKS: dict[str, tuple[Callable, Any]] = {}  # number -> check, the course's own answer


class Wrong(Exception):
    """The answer runs but is not right yet; the text says where to look."""


def turn(number: str, solution: Any = None) -> Callable:
    """Registers a check. `solution` is what the notebook goes on with until the reader's is right.

    For an exercise on which nothing else rests, leave it out.
    """

    def register(function: Callable) -> Callable:
        CHECKS[number] = function, solution
        return function

    return register


def check(number: str, answer: Any) -> Any:
    """Prints one line on the reader's answer and returns what the notebook goes on with.

    That is the reader's own when it is right, and the course's when it is open or wrong. Nothing
    that the reader's code may do raises here. Raises KeyError for a number that does not exist.
    """
    import_module(f"exercises.nb{int(number.split('.')[0]):02}")
    function, solution = CHECKS[number]
    used = "" if solution is None else " The course's is used until then."
    if is_open(answer):
        print(f"{number} is yours to write.{used}")
        return solution
    try:
        praise = function(copy.copy(answer))
    except Wrong as wrong:
        print(f"{number} not yet: {wrong}{used}")
    except Exception as error:  # whatever the reader's code may do
        text = " ".join(str(error).split())
        if "NoneType" in text:
            text += " (is a `return` missing?)"
        print(f"{number} not yet: your code stopped with {type(error).__name__}: {text}{used}")
    else:
        print(f"{number} right. {praise or ''}".rstrip())
        return answer
    return solution


def is_open(answer: Any) -> bool:
    """Whether the reader has not written it yet: a line `...  # your turn` still stands there."""
    if answer is None or answer is ...:
        return True
    parts = [answer]
    if inspect.isclass(answer):  # of a class typed into a cell, Python finds only the methods
        parts = [part for part in vars(answer).values() if inspect.isfunction(part)]
    for part in parts:
        try:
            lines = inspect.getsource(part).splitlines()
        except (TypeError, OSError):  # not a function, or typed where no source is kept
            continue
        if any(re.search(r"\.\.\.\s*#.*your turn", line) for line in lines):
            return True
    return False


def value(found: Any) -> Any:
    """What the reader's function returned; raises Wrong where that is nothing."""
    if found is None or found is ...:
        raise Wrong("your function returns nothing: is there a `return`?")
    return found


def close(found: Any, expected: Any, hint: str, tolerance: float = 1e-5) -> None:
    """Raises Wrong unless `found` is a tensor (or number) of the expected shape and values."""
    import torch

    found, expected = value(found), torch.as_tensor(expected)
    if not isinstance(found, torch.Tensor | int | float):
        raise Wrong(f"return a tensor, not {type(found).__name__}.")
    found = torch.as_tensor(found).detach()
    if found.shape != expected.shape:
        raise Wrong(f"the shape is {tuple(found.shape)}, expected {tuple(expected.shape)}. {hint}")
    if not torch.allclose(found.double(), expected.double(), atol=tolerance, rtol=tolerance):
        raise Wrong(hint)
