"""Executes every notebook in order and writes HTML with an index.

python -m tools.run_notebooks build/html

Stops at the first cell that fails, after writing what there is, with exit code 1.
"""

import copy
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor

ROOT = Path(__file__).parent.parent


def with_formulas(notebook):
    """A copy whose formulas are MathML, which a browser shows without fetching anything."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for marks, display in ((r"\$\$(.+?)\$\$", "block"), (r"\$([^$\n]+?)\$", "inline")):
                pieces = re.split(r"(```.*?```|`[^`\n]*`)", cell.source, flags=re.DOTALL)
                pieces[::2] = [
                    re.sub(marks, lambda m, d=display: convert(m[1].strip(), display=d), piece,
                           flags=re.DOTALL) for piece in pieces[::2]
                ]  # fmt: skip
                cell.source = "".join(pieces)
    return notebook


def title(notebook) -> str:
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def main(folder: Path) -> int:
    os.environ.setdefault("CYCLEGAN_PRESET", "lecture")  # minutes, and it learns
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    execute = ExecutePreprocessor(timeout=None, extra_arguments=["--log-level=ERROR"])
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        begun, failure = time.monotonic(), None
        try:
            resources = {"metadata": {"path": str(path.parent)}}
            execute.preprocess(notebook, resources)
        except CellExecutionError as error:
            failure = str(error)
        html, _ = HTMLExporter().from_notebook_node(with_formulas(notebook))
        (folder / f"{path.stem}.html").write_text(html, encoding="utf-8")
        seconds = time.monotonic() - begun
        print(f"{path.stem}: {'FAILED' if failure else 'ok'} in {seconds:.0f} s", flush=True)
        rows.append(f'<li><a href="{path.stem}.html">{title(notebook)}</a> ({seconds:.0f} s)</li>')
        if failure:
            print(failure, file=sys.stderr)
            break
    page = "<!doctype html><meta charset='utf-8'><title>CycleGAN course</title>"
    page += "<body style='font:18px/1.6 sans-serif;max-width:40em;margin:3em auto'>"
    page += f"<h1>CycleGAN, from horses to zebras</h1><ol start='0'>{''.join(rows)}</ol>"
    (folder / "index.html").write_text(page, encoding="utf-8")
    print(f"Open {folder / 'index.html'}")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
