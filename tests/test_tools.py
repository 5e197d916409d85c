"""Every tool says what it is for when asked, and does nothing with arguments that it has not."""

import importlib
from pathlib import Path

import pytest

import tools

PATHS = sorted(Path(tools.__file__).parent.glob("[!_]*.py"))
NAMES = [path.stem for path in PATHS if "def main(" in path.read_text(encoding="utf-8")]


def test_every_tool_that_can_be_called_has_a_main():
    called = [path.stem for path in PATHS if "__main__" in path.read_text(encoding="utf-8")]
    assert called == NAMES and len(NAMES) >= 10


def load(name: str):
    if name == "book":
        pytest.importorskip("latex2mathml", reason="Colab's versions are tested without the book")
    return importlib.import_module(f"tools.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_help_is_the_docstring(name, capsys):
    tool = load(name)
    with pytest.raises(SystemExit) as ended:
        tool.main(["--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and f"python -m tools.{name}" in said
    assert tool.__doc__.strip() in said


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_argument_is_told_in_one_sentence(name, capsys):
    tool = load(name)
    with pytest.raises(SystemExit) as ended:
        tool.main(["one", "two", "--colour"])
    said = capsys.readouterr()
    assert ended.value.code == 2 and not said.out
    assert said.err.startswith("Error: ") and said.err.count("\n") == 1
    assert said.err.endswith(f"`python -m tools.{name} --help` says what there is.\n")


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("store", ["nowhere"]), ("fingerprints", ["nowhere"]),
        ("photographs", ["nowhere", "data", "--out", "out"]),
        ("new_decoder", ["weights", "data", "--discriminators", "nowhere", "--out", "out"]),
    ],
)  # fmt: skip
def test_a_folder_that_is_not_there_is_told_in_one_sentence(name, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tool = load(name)
    with pytest.raises(SystemExit) as ended:
        tools.start(lambda: tool.main(arguments))
    assert str(ended.value).startswith("Error: ") and "nowhere" in str(ended.value)
    assert not list(tmp_path.iterdir())
