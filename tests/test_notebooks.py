"""The form of the notebooks: what the conventions promise a reader, checked."""

import builtins
import re
import symtable
from pathlib import Path

import nbformat
import pytest

from helpers.exercises import defined, section_of
from tools import publish

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


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
    """Badges and set-up cell themselves are compared in tests/test_publish.py."""
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith(f"# {path.name[:2]} ")
    address = f"https://colab.research.google.com/github/{publish.recorded()[0]}/blob/"
    assert first.source.count(address) == 1 and f"/notebooks/{path.name})" in first.source
    for promise in ("After this notebook you can", "Time: ", " minutes", "CPU"):
        assert promise in first.source, promise


def test_set_up_cell_is_the_same_everywhere(notebook):
    reference = nbformat.read(PATHS[0], as_version=4).cells[1]
    cell = notebook.cells[1]
    assert cell.cell_type == "code" and cell.source.startswith(("# Set-up", "# @title Set-up"))
    assert cell.source == reference.source and cell.metadata == reference.metadata
    assert publish.recorded()[0] in cell.source and "pip" not in cell.source
    if cell.source.startswith("# @title"):
        assert ["".join(output.text).count("\n") for output in cell.outputs] == [1]


def test_prose_stands_before_code(notebook):
    """One cell, of imports or a first figure, may follow the set-up cell at once."""
    kinds = [cell.cell_type for cell in notebook.cells]
    pairs = [i for i in range(3, len(kinds)) if kinds[i - 1] == kinds[i] == "code"]
    assert not pairs, f"two code cells in a row at {pairs}"


def test_cells_are_short(notebook):
    for cell in code_cells(notebook)[1:]:  # the set-up cell has limits of its own
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


# What the set-up cell leaves behind for the cells after it.
SET_UP = {"preset", "root", "device", "exercises", "plt", "np", "torch", "F", "nn"}


def needed(source):
    """Names that a cell takes from elsewhere: those it asks for at once, and all of them."""
    table, asked = symtable.symtable(source, "cell", "exec"), set()
    known = defined(source) | set(dir(builtins)) | {"display", "get_ipython"}
    at_once = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    tables = [table]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        asked |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and s.is_global()}
    return at_once - known, (asked | at_once) - known


def test_after_a_restart_an_exercise_runs_or_says_which_section_to_run(notebook):
    for source in [cell.source for cell in code_cells(notebook)]:
        if found := re.search(r'exercises\.check\("(\d+\.\d+)", ', source):
            at_once, names = (names - SET_UP for names in needed(source))
            assert not at_once, f"exercise {found[1]} asks for {at_once} of an earlier cell"
            for name in names:
                assert section_of(name, found[1]), f"exercise {found[1]}: {name}"


def test_the_button_for_a_photograph_of_ones_own_needs_the_set_up_cell_alone():
    notebook = nbformat.read(ROOT / "notebooks/07_going_further.ipynb", as_version=4)
    [source] = [c.source for c in code_cells(notebook) if "upload.translator(" in c.source]
    assert needed(source)[0] <= SET_UP
