"""The hundred lines: the notebook's cells as one file that runs alone."""

import json
import subprocess
import sys
from pathlib import Path

from exercises.nb05 import FILE
from tests.test_notebooks import SOLUTION

NOTEBOOK = Path(__file__).parents[1] / "notebooks/05_training.ipynb"


def solved_cells() -> list[str]:
    """The cells that make up the file, turns by their solutions."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    tagged = [i for i, c in enumerate(cells) if "hundred" in c["metadata"].get("tags", [])]
    return [
        SOLUTION.search(texts[i + 1])[1] if "your turn" in texts[i] else texts[i] for i in tagged
    ]


def filled(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_the_file_is_the_solved_cells_in_at_most_a_hundred_lines():
    text = FILE.read_text("utf-8")
    between = text[text.index("def pairs") : text.index("if __name__")]
    assert filled("\n".join(solved_cells())) == filled(between)
    assert len(filled(text)) <= 100


def test_the_file_runs_alone_from_another_folder(tmp_path):
    text = FILE.read_text("utf-8")
    short = text.replace("pairs, 600", "pairs, 2").replace("(300, 72)", "(4, 72)")
    assert short.count("pairs, 2") == short.count("(4, 72)") == 1
    copy = FILE.with_name("cyclegan_test.py")  # the course is found from where the file lies
    copy.write_text(short, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, copy], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
    finally:
        copy.unlink()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hundred.png").stat().st_size > 10_000
