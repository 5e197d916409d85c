"""What `exercises.check` promises: one line, no exception, and something to go on with."""

import pytest
import torch

import exercises
from exercises import Wrong, check, close, turn, value


@pytest.fixture(autouse=True)
def doubling(monkeypatch):
    monkeypatch.setattr(exercises, "import_module", lambda name: None)
    monkeypatch.setattr(exercises, "CHECKS", {})

    @turn("9.1", solution=course)
    def doubled(answer):
        close(answer(torch.ones(2)), torch.tensor([2.0, 2.0]), "twice one is two.")
        return "It doubles."


def course(x):
    return x + x


def open_turn(x):
    """Twice x."""
    ...  # your turn


class OpenClass:
    def forward(self, x): ...  # your turn


def right(x):
    return 2 * x


def wrong(x):
    return 3 * x


def raising(x):
    return x.double_it()


def returns_none(x):
    x * 2


def wrong_shape(x):
    return (2 * x)[:1]


@pytest.mark.parametrize(
    ("answer", "goes_on_with", "says"),
    [
        (open_turn, course, "yours to write"),
        (OpenClass, course, "yours to write"),
        (..., course, "yours to write"),
        (right, right, "9.1 right. It doubles."),
        (wrong, course, "not yet: twice one is two."),
        (raising, course, "stopped with AttributeError"),
        (returns_none, course, "returns nothing"),
        (wrong_shape, course, "the shape is (1,), expected (2,)"),
    ],
)
def test_check(answer, goes_on_with, says, capsys):
    assert check("9.1", answer) is goes_on_with
    told = capsys.readouterr().out
    assert says in told and told.count("\n") == 1


def test_an_exercise_on_which_nothing_rests(capsys):
    @turn("9.2")
    def three(answer):
        if value(answer()) != 3:
            raise Wrong("expected 3.")

    assert check("9.2", lambda: 4) is None
    assert "course's" not in capsys.readouterr().out
    assert check("9.2", lambda: 3)() == 3
