"""`make lab` works on copies: nothing of a reader's is lost, and git sees no change."""

import subprocess
from pathlib import Path

import nbformat
import pytest

from tools.lab import lay_out

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks/00.ipynb", "print(1)")
    write(tmp_path / "notebooks/01.ipynb", "print(2)")
    return tmp_path / "notebooks", tmp_path / "my-notebooks"


def write(path, source, output=None):
    outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    cell = nbformat.v4.new_code_cell(source, outputs=outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def source_of(path):
    return nbformat.read(path, as_version=4).cells[0].source


def test_copies_are_made_once_and_kept(folders):
    originals, copies = folders
    assert lay_out(*folders) == []
    assert (copies / "00.ipynb").read_text() == (originals / "00.ipynb").read_text()
    write(copies / "00.ipynb", "my answer", "and its output")
    assert lay_out(*folders) == [] and source_of(copies / "00.ipynb") == "my answer"
    (copies / "01.ipynb").unlink()
    assert lay_out(*folders) == [] and source_of(copies / "01.ipynb") == "print(2)"


def test_a_new_original_replaces_a_copy_that_was_only_run(folders):
    originals, copies = folders
    lay_out(*folders)
    write(copies / "00.ipynb", "print(1)", "1")
    write(originals / "00.ipynb", "print(10)")
    assert lay_out(*folders) == [] and source_of(copies / "00.ipynb") == "print(10)"


def test_a_readers_work_stays_whatever_becomes_of_the_original(folders):
    originals, copies = folders
    lay_out(*folders)
    write(copies / "00.ipynb", "my answer")
    write(originals / "00.ipynb", "print(10)")
    for _ in range(2):
        [sentence] = lay_out(*folders)
        assert sentence.startswith("00.ipynb has changed since") and sentence.endswith(".")
        assert source_of(copies / "00.ipynb") == "my answer"
    (copies / "00.ipynb").rename(copies / "00-mine.ipynb")
    assert lay_out(*folders) == [] and source_of(copies / "00.ipynb") == "print(10)"
    assert source_of(copies / "00-mine.ipynb") == "my answer"


@pytest.mark.parametrize("text", ["", "no notebook", "[]", '{"cells": 3}'])
def test_a_copy_that_cannot_be_read_is_kept(folders, text):
    originals, copies = folders
    copies.mkdir()
    (copies / "00.ipynb").write_text(text)
    assert len(lay_out(*folders)) == 1 and (copies / "00.ipynb").read_text() == text


def test_a_copy_finds_the_course_and_git_ignores_it():
    """It lies as deep as the original, so that what the notebooks link to is found from there."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    asked = ["git", "check-ignore", "--quiet", "my-notebooks/00_start_here.ipynb"]
    assert subprocess.run(asked, cwd=ROOT, timeout=60).returncode == 0
