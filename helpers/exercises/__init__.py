"""Checks of a reader's own solutions: kind, specific, and never an exception in the notebook.

Each notebook's checks lie in a module of their own. A check is a function that takes the reader's
answer, raises `Wrong` with what to look at, or returns a sentence about what was right.
"""

import functools
import inspect
import json
import re
import symtable
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHECKS: dict[str, Callable[[Any], str]] = {}
NOTHING = "Your function returned nothing: is there a `return`?"
NO_ANSWER = "The answer is None: give it a value, or is a `return` missing where it comes from?"


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


def one_number(found: Any) -> float:
    """What the reader's function returned, as a float; raises Wrong where it is something else."""
    try:
        return float(found)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"Return one number, not {type(found).__name__}.") from None


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


def section_of(name: str, number: str) -> str:
    """Title of the section that defines `name` in the notebook of an exercise; "" if none does.

    After a restart of the kernel that section has to be run before the exercise.
    """
    for path in NOTEBOOKS.glob(f"{int(number.split('.')[0]):02}_*.ipynb"):
        title = ""
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                title = ([title] + re.findall("^## (.+)", source, re.MULTILINE))[-1]
            elif name in defined(source):
                return title
    return ""


def defined(source: str) -> set[str]:
    """The names that a cell leaves behind; none for one that is not plain Python."""
    try:
        symbols = symtable.symtable(source, "cell", "exec").get_symbols()
    except SyntaxError:  # %magic
        return set()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def not_known(name: str, number: str) -> str:
    """What to say when the reader's code asks for a name that there is not."""
    if title := section_of(name, number):
        return f"`{name}` is not there yet: run section “{title}” above, then this cell again."
    return f"`{name}` is a name that no cell of this notebook defines: look at its spelling."


def grade(number: str, answer: Any) -> tuple[bool, str]:
    """Whether the answer is right, and what to tell the reader."""
    if answer is None:
        return False, f"Exercise {number}: not yet. {NO_ANSWER}"
    try:
        return True, f"Exercise {number}: right. {CHECKS[number](answer)}"
    except NotImplementedError:
        return False, f"Exercise {number} is yours: replace the line that raises. Hints follow."
    except Wrong as wrong:
        return False, f"Exercise {number}: not yet. {wrong}"
    except Exception as error:  # whatever the reader's code may do
        problem = f"your code stopped with {type(error).__name__}: {error}"
        if "NoneType" in str(error):  # a method returned nothing
            problem = f"not yet. {NOTHING}"
        elif type(error) is NameError:
            problem = not_known(error.name, number)
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
