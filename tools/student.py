"""The notebooks for a class: without solutions, answers and outputs.

python -m tools.student student                       the notebooks
python -m tools.student student --answers ANSWERS.md  and all that was left out, for teachers

Left out is every fold whose title begins with Solution or Answer; hints stay. The book has the page
of answers, too.
"""

import argparse
import ast
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

ROOT = Path(__file__).parent.parent
FOLD = re.compile(
    r"<details>\s*<summary>((?:Solution|Answer).*?)</summary>(.*?)</details>\s*", re.DOTALL
)
CHECK = re.compile(r'check\("([\d.]+)"')
HEAD = """# Answers, for teachers

Below each solution stands what its check says to mistakes; "..." is a value of the reader's."""


def said(node: ast.AST) -> list[str]:
    """The sentences in a check's code that a reader may see when an answer is wrong."""
    if isinstance(node, (ast.Return, ast.Assert)):
        return []
    if isinstance(node, (ast.JoinedStr, ast.Constant)):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(p.value) if isinstance(p, ast.Constant) else "..." for p in parts)
        return [text] if len(re.findall("[a-z]{2,}", text)) >= 4 else []
    return [text for child in ast.iter_child_nodes(node) for text in said(child)]


def mistakes(exercises: Path) -> dict[str, list[str]]:
    """Number of a turn -> what its check says, for the file of a notebook."""
    functions = [f for f in ast.parse(exercises.read_text("utf-8")).body
                 if isinstance(f, ast.FunctionDef) and f.decorator_list]  # fmt: skip
    found = {}
    for function in functions:
        call = function.decorator_list[0]
        if ast.unparse(call).startswith("turn("):
            body = function.body[1:] if ast.get_docstring(function) else function.body
            found[call.args[0].value] = [text for part in body for text in said(part)]
    return found


def student_edition(notebook, known: dict[str, list[str]]) -> list[str]:
    """Strips a notebook in place; returns what was left out, as Markdown."""
    ClearOutputPreprocessor().preprocess(notebook, {})
    left_out, number = [f"## {notebook.cells[0].source.splitlines()[0].lstrip('# ')}"], ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            number = (CHECK.findall(cell.source) or [number])[-1]
            continue
        for title, text in FOLD.findall(cell.source):
            sentences = [f"- {sentence}" for sentence in known.get(number, ())]
            left_out.append("\n".join([f"### {title} {number}\n\n{text.strip()}\n", *sentences]))
        cell.source = FOLD.sub("", cell.source).rstrip()
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    return left_out


def write(folder: Path, answers: Path | None = None, root: Path = ROOT) -> None:
    """The notebooks into `folder`, and what was left out into the file `answers`."""
    ignored = shutil.ignore_patterns("*.ipynb", "runs", ".*")
    shutil.copytree(root / "notebooks", folder, dirs_exist_ok=True, ignore=ignored)
    pages = [HEAD]
    for path in sorted((root / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        exercises = root / f"exercises/nb{path.name[:2]}.py"
        pages += student_edition(notebook, mistakes(exercises) if exercises.exists() else {})
        nbformat.write(notebook, folder / path.name)
    if answers:
        answers.parent.mkdir(parents=True, exist_ok=True)
        answers.write_text("\n\n".join(pages) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tools.student", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", type=Path)
    write(**vars(parser.parse_args()))
