"""The form of the notebooks: what the conventions promise a reader, checked."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
REPOSITORY = "cyclegan-course/cyclegan-course"


@pytest.fixture(params=PATHS, ids=lambda p: p.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert PATHS


def test_first_screen(path, notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    badge = f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/notebooks/{path.name}"
    assert badge in first.source
    for promise in ("After this notebook you can", "minutes", "GPU"):
        assert promise in first.source, promise


def test_set_up_cell_is_the_same_everywhere(notebook):
    reference = code_cells(nbformat.read(PATHS[0], as_version=4))[0]
    assert notebook.cells[1].cell_type == "code"
    assert notebook.cells[1].source == reference.source
    assert REPOSITORY in reference.source
    assert "pip" not in reference.source


def test_prose_stands_before_code(notebook):
    kinds = [cell.cell_type for cell in notebook.cells]
    pairs = [i for i in range(1, len(kinds)) if kinds[i - 1] == kinds[i] == "code"]
    assert not pairs, f"two code cells in a row at {pairs}"


def test_cells_are_short(notebook):
    for cell in code_cells(notebook)[1:]:
        lines = cell.source.splitlines()
        assert len(lines) <= 15, cell.source
        assert max(map(len, lines)) <= 88, max(lines, key=len)


def test_outputs_are_those_of_one_run_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", cell.source


def test_what_nbval_skips_is_little_and_has_a_reason(notebook):
    with_output = [cell for cell in code_cells(notebook) if cell.outputs]
    skipped = [c for c in with_output if "nbval-ignore-output" in c.metadata.get("tags", [])]
    assert len(skipped) <= 0.2 * len(with_output)
    for cell in skipped:
        assert cell.metadata.get("nbval-reason"), cell.source


def test_nothing_of_the_machine_or_too_large_is_stored(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < 1_500_000
    assert not re.search(r"/home/|/tmp/|/work/|/root/|/Users/|C:\\\\", text)
    assert "image/svg+xml" not in text


def test_links_between_notebooks_work(notebook):
    for cell in [c for c in notebook.cells if c.cell_type == "markdown"]:
        for target in re.findall(r"\]\((?!http|#)([^)]+)\)", cell.source):
            assert (ROOT / "notebooks" / target.split("#")[0]).exists(), target
