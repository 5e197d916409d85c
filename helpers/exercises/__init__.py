"""Checks of a reader's own solutions: kind, specific, and never an exception in the notebook.

Each notebook's checks lie in a module of their own. A check is a function that takes the reader's
answer, raises `Wrong` with what to look at, or returns a sentence about what was right.
"""

from collections.abc import Callable
from typing import Any

CHECKS: dict[str, Callable[[Any], str]] = {}


class Wrong(Exception):
    """The answer runs but is not right yet; the text says where to look."""


def numbers(answer: Any, *keys: str) -> list[float]:
    """The answer's numbers, in the order of the keys; raises Wrong where it is something else."""
    if not isinstance(answer, dict) or set(answer) != set(keys):
        *others, last = (f'"{key}"' for key in keys)
        raise Wrong(f"The answer is a dictionary with the keys {', '.join(others)} and {last}.")
    if not all(isinstance(value, int | float) for value in answer.values()):
        raise Wrong("Replace each ... by a number.")
    return [answer[key] for key in keys]


def exercise(number: str) -> Callable:
    """Registers a check: @exercise("4.1")."""

    def register(function: Callable[[Any], str]) -> Callable[[Any], str]:
        CHECKS[number] = function
        return function

    return register


def grade(number: str, answer: Any) -> tuple[bool, str]:
    """Whether the answer is right, and what to tell the reader."""
    try:
        return True, f"Exercise {number}: right. {CHECKS[number](answer)}"
    except NotImplementedError:
        return False, f"Exercise {number} is yours: replace the line that raises. Hints follow."
    except Wrong as wrong:
        return False, f"Exercise {number}: not yet. {wrong}"
    except Exception as error:  # whatever the reader's code may do
        problem = f"{type(error).__name__}: {error}"
        return False, f"Exercise {number}: your code stopped with {problem}"


def check(number: str, answer: Any) -> None:
    """Prints what `grade` says. For the reader's cell."""
    print(grade(number, answer)[1])


from helpers.exercises import (  # noqa: E402, F401 (they register themselves)
    nb00,
    nb01,
    nb02,
    nb03,
    nb04,
    nb05,
    nb06,
    nb07,
)
