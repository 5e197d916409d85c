"""The course's address: the same wherever it stands, and changed by one command."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml

from helpers.settings import UserError
from tools import publish

ROOT = Path(__file__).parent.parent
NEW = ("some-one/my.course", "v98.76")


@pytest.fixture
def fork(tmp_path):
    """A copy of all that is stamped."""
    listed = [p for pattern in publish.settings(ROOT)["files"] for p in ROOT.glob(pattern)]
    for path in [*listed, *ROOT.glob("notebooks/*.ipynb")]:
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    publish.publish(tmp_path, *publish.recorded(tmp_path))
    return tmp_path


def texts(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_text("utf-8") for path in paths}


def test_everything_names_the_recorded_address(fork):
    """`python -m tools.publish` brings what fails here into line."""
    stamped = texts(fork)
    unlike = [path for path, text in stamped.items() if text != (ROOT / path).read_text("utf-8")]
    assert not unlike


def test_stamping_again_changes_nothing(fork):
    assert publish.publish(fork, *publish.recorded(fork)) == []


def test_another_address_leaves_nothing_of_the_old_one(fork):
    before, (repository, tag) = texts(fork), publish.recorded(fork)
    changed = publish.publish(fork, *NEW)
    assert {"README.md", "CITATION.cff", "pyproject.toml"} < set(changed)
    for path, text in texts(fork).items():
        assert repository not in text and tag not in text, path
    assert publish.recorded(fork) == NEW
    readme = (fork / "README.md").read_text("utf-8")
    assert readme.count("colab.research.google.com/github/some-one/my.course/blob/v98.76/") == 8
    assert 'version = "98.76"' in (fork / "pyproject.toml").read_text("utf-8")
    assert "version: 98.76\n" in (fork / "CITATION.cff").read_text("utf-8")
    publish.publish(fork, repository, tag)  # and back
    assert texts(fork) == before


def test_the_readme_says_so_while_the_address_is_a_placeholder(fork):
    assert publish.recorded(ROOT)[0] != publish.PLACEHOLDER or publish.NOTE in (
        ROOT / "README.md"
    ).read_text("utf-8")
    publish.publish(fork, publish.PLACEHOLDER, "v0.2")
    assert (fork / "README.md").read_text("utf-8").count("is a placeholder") == 1
    publish.publish(fork, *NEW)
    assert "placeholder" not in (fork / "README.md").read_text("utf-8")
    assert len(publish.NOTE.strip().splitlines()) == 1


def test_of_a_notebook_only_title_and_set_up_cell_change(fork):
    path = sorted(fork.glob("notebooks/*.ipynb"))[3]
    before = nbformat.read(path, as_version=4)
    publish.publish(fork, *NEW)
    after = nbformat.read(path, as_version=4)
    assert before.cells[2:] == after.cells[2:] and before.metadata == after.metadata
    title, cell = after.cells[:2]
    [line] = [line for line in title.source.splitlines() if "Open in" in line]
    page = f"some-one/my.course/blob/v98.76/notebooks/{path.name}"
    assert f"(https://colab.research.google.com/github/{page})" in line
    assert f"(https://kaggle.com/kernels/welcome?src=https://github.com/{page})" in line
    assert cell.source == publish.set_up_cell(*NEW) and cell.metadata["cellView"] == "form"
    [output] = cell.outputs
    assert re.match(r"CycleGAN course 98\.76, device cpu, preset \w+; ", output.text)
    assert output.text.count("\n") == 1 and cell.execution_count == before.cells[1].execution_count


def test_a_new_notebook_gets_its_badges_under_the_title_and_needs_a_set_up_cell(fork):
    def notebook(code):
        cells = [
            nbformat.v4.new_markdown_cell("# 08 New\n\nText."),
            nbformat.v4.new_code_cell(code),
        ]
        return nbformat.v4.new_notebook(cells=cells)

    new = notebook("# Set-up, as before")
    publish.stamp(new, "notebooks/08_new.ipynb", NEW, NEW)
    heading, _, line, _, text = new.cells[0].source.split("\n")
    assert (heading, text) == ("# 08 New", "Text.") and line.endswith("notebooks/08_new.ipynb)")
    with pytest.raises(UserError, match="first code cell of 08 is not the set-up cell"):
        publish.stamp(notebook("print(1)"), "08", NEW, NEW)


@pytest.mark.parametrize("repository, tag", [
    ("name", "v1.0"), ("https://github.com/a/b", "v1.0"), ("a/b/c", "v1.0"), ("a/b", "1.0"),
    ("a/b", "main"), ("a/b", "v1.0-final"), ("", ""),
])  # fmt: skip
def test_what_is_no_address_or_release_changes_nothing(fork, repository, tag):
    before = texts(fork)
    with pytest.raises(UserError, match="must be"):
        publish.publish(fork, repository, tag)
    assert texts(fork) == before


def test_only_whole_names_are_replaced():
    old, new = ("a/b", "v0.1"), ("c/d", "v0.2")
    text = "data/b a/b-plus a/b.js a/b.git a/b. (v0.1) v0.1.2 v0.10 a/b/v0.1/x"
    assert publish.replaced(text, old, new) == (
        "data/b a/b-plus a/b.js c/d.git c/d. (v0.2) v0.1.2 v0.10 c/d/v0.2/x"
    )
    assert publish.replaced('version = "0.1"\nx = 0.1', old, new) == 'version = "0.2"\nx = 0.1'


def test_the_set_up_cell_is_short():
    lines = publish.set_up_cell(*NEW).splitlines()
    assert lines[0] == "# @title Set-up" and len(lines) <= 12 and max(map(len, lines)) <= 100


def test_the_citation_is_valid():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors", "version"} <= citation.keys()
    repository, tag = publish.recorded()
    assert citation["repository-code"] == f"https://github.com/{repository}"
    assert f"v{citation['version']}" == tag
