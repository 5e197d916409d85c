"""The notebooks for a class: without solutions, answers and outputs.

python -m tools.student build/student                       the notebooks
python -m tools.student build/student --answers ANSWERS.md  and all that was left out, for teachers

Left out is every fold whose title begins with Solution or Answer; hints stay.
"""

import argparse
import re
import shutil
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

ROOT = Path(__file__).parent.parent
FOLD = re.compile(
    r"<details>\s*<summary>((?:Solution|Answer).*?)</summary>(.*?)</details>\s*", re.DOTALL
)


def student_edition(notebook) -> list[str]:
    """Strips a notebook in place; returns what was left out, as Markdown."""
    ClearOutputPreprocessor().preprocess(notebook, {})
    left_out = [f"## {notebook.cells[0].source.splitlines()[0].lstrip('# ')}"]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            folds = FOLD.findall(cell.source)
            left_out += [f"### {title}\n\n{text.strip()}" for title, text in folds]
            cell.source = FOLD.sub("", cell.source).rstrip()
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    return left_out


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("python -m tools.student", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", type=Path)
    args = parser.parse_args(arguments)
    shutil.copytree(ROOT / "notebooks", args.folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.ipynb", "runs", ".*"))  # fmt: skip
    pages = ["# Answers, for teachers"]
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        pages += student_edition(notebook)
        nbformat.write(notebook, args.folder / path.name)
    if args.answers:
        args.answers.write_text("\n\n".join(pages) + "\n", encoding="utf-8")
    print(f"{args.folder}: {len(list(args.folder.glob('*.ipynb')))} notebooks without solutions")


if __name__ == "__main__":
    main()
