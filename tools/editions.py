"""What is made from the notebooks for a class.

python -m tools.editions           # student/: no solutions or answers, no outputs
                                   # docs/answers.md: all of them, with what the checks recognise
python -m tools.editions slides    # build/slides/: each section's opening and its figures
"""

import ast
import copy
import html
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbconvert import SlidesExporter

from tools import Parser
from tools.publish import BADGES

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
STUDENT, ANSWERS, SLIDES = ROOT / "student", ROOT / "docs/answers.md", ROOT / "build/slides"
FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>\s*", re.DOTALL)
PICTURES = {"image/png", "image/jpeg"}
GIVES_AWAY = ("Solution", "Answer")
# A figure is as large as a slide has room for, small or large, and its caption stands below.
STYLE = """<style>
.reveal .jp-OutputArea-output img { width: 100%; height: 520px; object-fit: contain; margin: 0; }
.reveal .jp-OutputArea-output p { text-align: center; font-size: 20px; }
</style></head>"""
HEAD = """# Answers, for teachers

Made from the notebooks by `python -m tools.editions`. Below each solution stands what the check of
the exercise says to the mistakes that it knows; "..." is a value of the reader's.
"""


def for_students(notebook):
    """A copy without solutions, answers and outputs, whose badges open the student edition."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = FOLDED.sub(
                lambda fold: "" if fold[1].startswith(GIVES_AWAY) else fold[0], cell.source
            ).rstrip()
            badge = r"(colab\.research\.google\.com/github|kaggle\.com/kernels)(\S*)/notebooks/"
            cell.source = re.sub(badge, r"\1\2/student/", cell.source)
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    return notebook


def recognised() -> dict[str, list[str]]:
    """What each exercise's check says to wrong answers that it knows, by the exercise's number."""
    found = {}
    for path in sorted((ROOT / "helpers/exercises").glob("nb*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            number = [d.args[0].value for d in getattr(node, "decorator_list", ()) if called(d)]
            if number:
                calls = [n for n in ast.walk(node) if getattr(called(n), "id", "") == "Wrong"]
                texts = dict.fromkeys(map(words, calls))
                found[number[0]] = [text for text in texts if text.strip(" .")]
    return found


def called(node):
    """What a call calls, None for any other node."""
    return getattr(node, "func", None) if isinstance(node, ast.Call) else None


def words(call: ast.Call) -> str:
    """The text of Wrong("..."), with ... where a value would stand."""
    [text] = call.args
    parts = getattr(text, "values", [text])
    return "".join(p.value if isinstance(p, ast.Constant) else "..." for p in parts)


def answers(notebooks: dict[str, nbformat.NotebookNode]) -> str:
    """Everything that the student edition leaves out, as Markdown, in the order of the course."""
    replies = recognised()
    lines = [HEAD]
    for notebook in notebooks.values():
        lines += [f"## {title(notebook)}", ""]
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                for name, text in FOLDED.findall(cell.source):
                    if name.startswith(GIVES_AWAY):
                        lines += [f"### {name}", "", text.strip(), ""]
                        lines += [f"- {reply}" for reply in replies.get(name.split()[-1], ())]
                        lines += [""]
    return "\n".join(lines)


def title(notebook) -> str:
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def slides_of(notebook):
    """A copy with slideshow metadata: a slide for a section's opening, one below for each figure.

    A figure has its alternative text as its caption. Code, exercises and whatever else is to be
    read at a desk are skipped.
    """
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        kind = "skip"
        if cell.cell_type == "markdown" and cell.source.startswith(("# ", "## ")):
            kind = "slide"
            text = FOLDED.sub("", BADGES.sub("", re.split(r"\n(?=##+ )", cell.source)[0].strip()))
            parts = [part for part in text.split("\n\n") if part.strip()]
            cell.source = "\n\n".join(parts[:3])
        elif cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if PICTURES & {*o.get("data", {})}]
            kind = "subslide" if cell.outputs else "skip"
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            if cell.outputs and alt:
                text = {"text/html": f"<p>{html.escape(alt)}</p>"}
                cell.outputs.append(nbformat.v4.new_output("display_data", text))
        cell.metadata["slideshow"] = {"slide_type": kind}
    return notebook


def slides(notebook) -> str:
    """The page of `slides_of`."""
    exporter = SlidesExporter(
        exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True
    )
    return exporter.from_notebook_node(slides_of(notebook))[0].replace("</head>", STYLE, 1)


def read() -> dict[str, nbformat.NotebookNode]:
    return {path.name: nbformat.read(path, as_version=4) for path in PATHS}


def made() -> Iterator[tuple[Path, str]]:
    """The files of both editions and what they hold."""
    notebooks = read()
    for name, notebook in notebooks.items():
        yield STUDENT / name, nbformat.writes(for_students(notebook)) + "\n"
    yield ANSWERS, answers(notebooks).rstrip() + "\n"


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("what", nargs="?", choices=("editions", "slides"), default="editions")
    if parser.parse_args(arguments).what == "slides":
        files = (
            (SLIDES / f"{Path(name).stem}.html", slides(book)) for name, book in read().items()
        )
    else:
        files = made()
    for path, text in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
