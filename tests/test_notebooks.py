"""The notebooks' form, and that each runs to its end whatever the reader has written.

A turn is a code cell with `...  # your turn` and `name = check("4.2", ...)`; below it stands a
folded solution. tests/wrong/nb04.py holds wrong answers: WRONG = {"4.2": [(words, source), ...]},
where `words` must stand in what `check` says to `source`.
"""

import importlib
import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*.ipynb"))
WORDS = {"04": 3200}
CELLS = {"04": 70}
CHECK = re.compile(r'check\("([\d.]+)"')
STAMPED = re.compile(r"-b \S+ https://\S+")  # what `make publish` writes
SOLUTION = re.compile(r"<details>.*?```python\n(.*?)```", re.DOTALL)


def cells_of(path: Path) -> list[dict]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in cells]


def turns_of(cells: list[dict]) -> dict[str, tuple[int, str]]:
    """Number of a turn -> index of its cell, and the solution in the next cells."""
    turns = {}
    for i, cell in enumerate(cells):
        if cell["cell_type"] == "code" and "your turn" in cell["source"]:
            number = CHECK.search(cell["source"])[1]
            below = "".join(c["source"] for c in cells[i + 1 : i + 3] if c["cell_type"] != "code")
            turns[number] = i, SOLUTION.search(below)[1]
    return turns


def answered(source: str, answer: str) -> str:
    """A turn's cell with an answer in place of what the reader finds there."""
    lines = source.splitlines()
    first = next(i for i, line in enumerate(lines) if CHECK.search(line))
    return answer.rstrip() + "\n\n" + "\n".join(lines[first:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_form(path):
    cells, name = cells_of(path), path.stem[:2]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    lengths = [len(cell["source"].splitlines()) for cell in code[2:]]
    words = sum(len(cell["source"].split()) for cell in cells if cell["cell_type"] == "markdown")
    assert len(cells) <= CELLS.get(name, 60)
    assert len(code) <= 25
    assert words <= WORDS.get(name, 2600)
    assert statistics.median(lengths) <= 7
    assert max(lengths) <= 15
    assert 4 <= len(turns_of(cells)) <= 7
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    assert "#" in cells[0]["source"] and STAMPED.sub("-b TAG ADDRESS", code[0]["source"]) == SETUP


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs(path):
    """No stored error, an alt text for every image, and most outputs are compared by nbval."""
    compared = []
    for cell in cells_of(path):
        if cell["cell_type"] != "code" or not cell["outputs"]:
            continue
        kinds = [output["output_type"] for output in cell["outputs"]]
        data = [output.get("data", {}) for output in cell["outputs"]]
        assert "error" not in kinds, cell["source"]
        if any("image/png" in part or "image/jpeg" in part for part in data):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 20, f"no alt text: {cell['source']}"
        ignored = "nbval-ignore-output" in cell["metadata"].get("tags", [])
        assert not ignored or cell["metadata"].get("reason"), f"no reason: {cell['source']}"
        compared.append(not ignored)
    assert sum(compared) >= 0.8 * len(compared)


@pytest.mark.parametrize("state", ["solved", "wrong"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_run_all(path, state, capsys, monkeypatch):
    """Run all with every turn solved; and with every wrong answer to each turn, one by one."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("CYCLEGAN_PRESET", "smoke")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(path.parent)
    cells, name = cells_of(path), f"nb{path.stem[:2]}"
    wrong = importlib.import_module(f"tests.wrong.{name}").WRONG
    turns = {i: (number, solution) for number, (i, solution) in turns_of(cells).items()}
    assert {number for number, _ in turns.values()} == set(wrong), "a turn without wrong answers"
    shell = InteractiveShell.instance()
    shell.reset()

    def run(source, says=""):
        result = shell.run_cell(source)
        told = capsys.readouterr().out
        assert result.success, f"{told}\n{source}"
        assert says in told, f"{says}: {told}\n{source}"

    for i, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        if i not in turns:
            run(cell["source"])
        elif state == "solved":
            number, solution = turns[i]
            run(answered(cell["source"], solution), f"{number} right.")
        else:
            for says, answer in wrong[turns[i][0]]:
                run(answered(cell["source"], answer), says)
    import matplotlib.pyplot as plt

    plt.close("all")


SETUP = """# @title Set-up
import sys
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents, Path("course").resolve()]
root = next((f for f in folders if (f / "helpers/notebook.py").exists()), folders[-1])
if not root.exists():  # on Colab or Kaggle: this release of the course, fetched once
    !git clone -q -c advice.detachedHead=false --depth 1 -b TAG ADDRESS {root}
sys.path.insert(0, str(root))"""
