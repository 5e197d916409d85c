"""The student edition and the teacher's answers follow from the notebooks, and are up to date."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import editions
from tools.editions import GIVES_AWAY, PATHS, ROOT, STUDENT, for_students, read


def test_the_stored_editions_are_those_of_the_notebooks():
    for path, text in editions.made():
        stored = path.read_text(encoding="utf-8") if path.exists() else ""
        assert stored == text, f"{path.name} is old: run python -m tools.editions"
    assert {p.name for p in STUDENT.iterdir()} == {p.name for p in PATHS}


@pytest.mark.parametrize("name", [path.name for path in PATHS])
def test_students_get_all_code_and_no_solution(name):
    whole = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    theirs = for_students(whole)
    code = [[c.source for c in book.cells if c.cell_type == "code"] for book in (whole, theirs)]
    assert code[0] == code[1]  # what runs there is what nbval runs here
    text = "\n".join(cell.source for cell in theirs.cells)
    assert not any(f"<summary>{word}" in text for word in GIVES_AWAY)
    assert "<summary>Hint 1</summary>" in text or "exercises.check" not in text
    assert not any(cell.get("outputs") for cell in theirs.cells)
    assert f"/student/{name}" in text and f"/notebooks/{name}" not in text
    nbformat.validate(theirs)


def test_every_solution_and_what_its_check_knows_are_among_the_answers():
    answers = editions.ANSWERS.read_text(encoding="utf-8")
    for number, replies in editions.recognised().items():
        assert f"### Solution {number}" in answers
        assert all(f"- {reply}" in answers for reply in replies)
    assert sum(map(len, editions.recognised().values())) > 100


def test_slides_have_every_figure_and_no_code():
    for name, notebook in read().items():
        shown = [c for c in editions.slides_of(notebook).cells
                 if c.metadata["slideshow"]["slide_type"] != "skip"]  # fmt: skip
        figures = [c for c in shown if c.cell_type == "code"]
        assert len(figures) >= 2 and all(c.outputs for c in figures), name
        assert shown[0].source.startswith("# ")
    assert ROOT in editions.SLIDES.parents


def test_a_slide_is_an_opening_without_badges_or_a_figure_with_its_caption():
    opening = new_markdown_cell(
        "# 01 Title\n\n[![Open in Colab](x)](y)\n\nYou can\n\n- read\n\n## Before\n\nMuch."
    )
    picture = new_output("display_data", {"image/png": "iVBORw0KGgo="})
    figure = new_code_cell("plot()", outputs=[picture, new_output("stream", text="9")])
    figure.metadata["mystnb"] = {"image": {"alt": "a < b"}}
    made = editions.slides_of(new_notebook(cells=[opening, figure, new_code_cell("1 + 1")]))
    assert made.cells[0].source == "# 01 Title\n\nYou can\n\n- read"
    assert made.cells[1].outputs[1].data == {"text/html": "<p>a &lt; b</p>"}
    assert [cell.metadata["slideshow"]["slide_type"] for cell in made.cells] == [
        "slide", "subslide", "skip",
    ]  # fmt: skip
    page = editions.slides(new_notebook(cells=[opening, figure]))
    assert "object-fit: contain" in page and "<p>a &lt; b</p>" in page
