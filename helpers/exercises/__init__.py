"""Checks of a reader's own solutions: kind, specific, and never an exception in the notebook.

Each notebook's checks lie in a module of their own. A check is a function that takes the reader's
answer, raises `Wrong` with what to look at, or returns a sentence about what was right.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

CHECKS: dict[str, Callable[[Any], str]] = {}
NOTHING = "Your function returned nothing: is there a `return`?"


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


def exercise(number: str, returns: bool = True) -> Callable:
    """Registers a check: @exercise("4.1"). `returns`: a function that returns None is not right."""

    def register(function: Callable[[Any], str]) -> Callable[[Any], str]:
        CHECKS[number] = lambda answer: function(returning(answer) if returns else answer)
        return function

    return register


def returning(answer: Any) -> Any:
    """The answer; where it is a function, it raises Wrong when it returns None."""
    if not inspect.isfunction(answer):
        return answer

    @functools.wraps(answer)
    def watched(*args, **kwargs):
        result = answer(*args, **kwargs)
        if result is None:
            raise Wrong(NOTHING)
        return result

    return watched


def grade(number: str, answer: Any) -> tuple[bool, str]:
    """Whether the answer is right, and what to tell the reader."""
    try:
        return True, f"Exercise {number}: right. {CHECKS[number](answer)}"
    except NotImplementedError:
        return False, f"Exercise {number} is yours: replace the line that raises. Hints follow."
    except Wrong as wrong:
        return False, f"Exercise {number}: not yet. {wrong}"
    except Exception as error:  # whatever the reader's code may do
        problem = f"your code stopped with {type(error).__name__}: {error}"
        if "NoneType" in str(error):  # a method returned nothing, or there is no answer at all
            problem = f"not yet. {NOTHING}"
        elif type(error) is NameError:
            problem = (
                f"the name `{error.name}` is not known yet. If a cell above defines it, run the "
                "cells above (menu Run, Run All Above Selected Cell); else look at its spelling."
            )
        return False, f"Exercise {number}: {problem}"


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
