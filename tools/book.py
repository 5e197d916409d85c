"""The course as a book of web pages that open from disk, without a server or a network.

python -m tools.book build/html          from the outputs that the notebooks store
python -m tools.book build/html --run    executes every notebook first (preset lecture)

Executing stops at the first cell that fails. The book is written all the same, that notebook with
what it got to and those after it as they are stored, and the exit code is 1.
"""

import os
import re
import shutil
import sys
import time
from pathlib import Path

import nbformat
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import Parser, browser

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "docs"
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_PICTURE = "*Interactive: open the notebook.*"
# Pages of the book beside the notebooks. What does not exist is left out.
PAGES = ("docs/*.md", "data/pretrained/*/README.md", "benchmarks/README.md", "CONTRIBUTING.md")
CONTENTS = """
```{{toctree}}
:hidden:
:caption: The notebooks
{notebooks}
```

```{{toctree}}
:hidden:
:caption: More
{more}
```
"""


def without_badges(text: str) -> str:
    """Markdown whose pictures from other hosts are their alternative text: no page fetches any."""
    return re.sub(r"!\[([^\]]*)\]\(https?://[^)]*\)", r"\1", text)


def has_picture(output) -> bool:
    return any(mime.startswith("image/") for mime in output.get("data", {}))


def for_the_page(notebook):
    """The notebook as a page can show it: no badge is fetched, and a widget is the picture beside
    it, or where there is none one sentence. Changes the notebook and returns it."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.source = without_badges(cell.source)
            continue
        widgets = [output for output in cell.outputs if WIDGET in output.get("data", {})]
        for output in widgets:
            del output.data[WIDGET]
            if not has_picture(output):
                output.data = {"text/markdown": NO_PICTURE}
        if any(has_picture(output) for output in cell.outputs):
            cell.outputs = [o for o in cell.outputs if o not in widgets or has_picture(o)]
    return notebook


def source_read(app, name, content) -> None:
    """Sphinx's event of that name: a page's text on its way from file to parser."""
    if app.env.doc2path(name).suffix == ".ipynb":
        notebook = for_the_page(nbformat.reads(content[0], as_version=4))
        content[0] = nbformat.writes(notebook)
    else:
        content[0] = without_badges(content[0])


def mathml(visitor, node) -> None:
    """Writes a formula, in a line or between lines, as MathML, which a browser shows by itself."""
    from docutils.nodes import SkipNode, math

    inline = isinstance(node, math)
    formula = convert(node.astext(), display="inline" if inline else "block")
    # A minus after a bracket, a comma or a sign of relation belongs to the number behind it.
    formula = re.sub(r"(<mo[^>]*>(?:[(=,\[]|&#x0*(?:28|2C|3D|2208|2190);)</mo>)<mo>(?=&#x02212;)",
                     r'\1<mo form="prefix">', formula)  # fmt: skip
    # What is wider than a phone is scrolled, also by the keyboard.
    box = "{}" if inline else '<div class="math" tabindex="0" role="group">{}</div>\n'
    visitor.body.append(box.format(formula))
    raise SkipNode


def stage(folder: Path) -> list[Path]:
    """Copies what the book is made of, each file under its own path, so that links between them
    hold. Returns the notebooks' copies."""
    shutil.rmtree(folder, ignore_errors=True)
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    pages = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    linked = []
    for page in [ROOT / "README.md", *pages]:
        for target in re.findall(r"\]\((?!\w+:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            linked.append((page.parent / target).resolve())
    for path in {*notebooks, *pages, *filter(Path.is_file, linked)}:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    names = [[p.relative_to(ROOT).with_suffix("").as_posix() for p in ps]
             for ps in (notebooks, pages)]  # fmt: skip
    contents = CONTENTS.format(notebooks="\n".join(names[0]), more="\n".join(names[1]))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (folder / "index.md").write_text(readme + contents, encoding="utf-8")
    return [folder / path.relative_to(ROOT) for path in notebooks]


def execute(path: Path) -> str:
    """Runs a notebook's copy with notebooks/ as its folder and stores the outputs. Returns what a
    failing cell said, or nothing."""
    notebook = nbformat.read(path, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)

    def began(cell, cell_index):
        if sys.stdout.isatty() and cell.cell_type == "code":
            done = sum(c.cell_type == "code" for c in notebook.cells[: cell_index + 1])
            print(f"\r{path.stem}: cell {done} of {cells} ", end="", flush=True)

    client = NotebookClient(
        notebook, timeout=None, extra_arguments=["--log-level=ERROR"], on_cell_start=began,
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    )  # fmt: skip
    try:
        client.execute()
    except CellExecutionError as error:
        return str(error)
    finally:
        nbformat.write(notebook, path)
    return ""


def build(source: Path, folder: Path) -> int:
    """Writes the pages of the staged `source` to `folder`. Returns Sphinx's exit code: 1 where it
    warned, of a link to nothing for example."""
    from sphinx.cmd.build import main as sphinx

    beside = browser.prepare(source)
    shutil.rmtree(folder, ignore_errors=True)
    doctrees = source.parent / "doctrees"
    shutil.rmtree(doctrees, ignore_errors=True)
    code = sphinx(["-q", "-W", "--keep-going", "-b", "html", "-c", str(SETTINGS),
                   "-d", str(doctrees), str(source), str(folder)])  # fmt: skip
    for path in beside:
        shutil.copyfile(path, folder / Path(browser.PAGE).with_name(path.name))
    return code


def main(arguments=None) -> int:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", action="store_true", help="execute every notebook first")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    notebooks, failure = stage(folder.parent / "book"), ""
    if options.run:
        os.environ.setdefault("CYCLEGAN_PRESET", "lecture")  # minutes, and it learns
        for path in notebooks:
            begun = time.monotonic()
            failure = execute(path)
            seconds = time.monotonic() - begun
            said = "FAILED" if failure else "ok"
            print(f"\r{path.stem}: {said} in {seconds:.0f} s".ljust(60), flush=True)
            if failure:
                print(failure, file=sys.stderr)
                break
    code = build(folder.parent / "book", folder)
    print(f"Open {folder / 'index.html'}")
    return 1 if failure else code


if __name__ == "__main__":
    sys.exit(main())
