"""The course as a book of web pages that open from disk, without a server or a network.

python -m tools.book build/html          from the outputs that the notebooks store
python -m tools.book build/html --run    executes every notebook first (preset lecture)

Executing stops at the first cell that fails. The book is written all the same, and the exit code
is 1.
"""

import argparse
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

from tools import browser, explorer, student

ROOT = Path(__file__).parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_PICTURE = "*Interactive: open the notebook.*"
# Pages beside the notebooks.
PAGES = ("docs/*.md", "data/pretrained/*/README.md", "benchmarks/README.md", "*.md")
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
    """The notebook as a page can show it: a widget is the picture beside it, or one sentence."""
    notebook.metadata.setdefault("language_info", {})["pygments_lexer"] = "ipython3"  # knows !git
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = without_badges(cell.source)
            continue
        pictured = any(has_picture(output) for output in cell.get("outputs", ()))
        for output in cell.get("outputs", ()):
            if output.get("data", {}).pop(WIDGET, None) is not None and not has_picture(output):
                output.data = {} if pictured else {"text/markdown": NO_PICTURE}
    return notebook


def source_read(app, name, content) -> None:
    """Sphinx's event of that name: a page's text on its way from file to parser."""
    if app.env.doc2path(name).suffix == ".ipynb":
        content[0] = nbformat.writes(for_the_page(nbformat.reads(content[0], as_version=4)))
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
    hold; README becomes the first page. Returns the notebooks' copies."""
    shutil.rmtree(folder, ignore_errors=True)
    notebooks = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    pages = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    linked = {
        (page.parent / target).resolve()
        for page in [*pages, *notebooks]
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    }
    for path in {*notebooks, *pages, *filter(Path.is_file, linked)}:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    readme = folder / "README.md"
    pages.remove(ROOT / "README.md")
    pages.append(ROOT / "docs/answers.md")
    student.write(folder.parent / "student", folder / "docs/answers.md", ROOT)
    names = [
        "\n".join(path.relative_to(ROOT).with_suffix("").as_posix() for path in paths)
        for paths in (notebooks, pages)
    ]
    contents = CONTENTS.format(notebooks=names[0], more=names[1])
    (folder / "index.md").write_text(readme.read_text("utf-8") + contents, encoding="utf-8")
    return [folder / path.relative_to(ROOT) for path in notebooks]


def execute(path: Path) -> str:
    """Runs a notebook's copy with notebooks/ as its folder and stores the outputs. Returns what a
    failing cell said, or nothing."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(ROOT / "notebooks")}}
    client = NotebookClient(notebook, timeout=None, resources=resources)
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
    code = sphinx(["-q", "-W", "--keep-going", "-E", "-b", "html", "-c", str(ROOT / "docs"),
                   "-d", str(source.parent / "doctrees"), str(source), str(folder)])  # fmt: skip
    for path in beside:
        shutil.copyfile(path, folder / "docs" / path.name)
    shutil.copytree(ROOT / "docs/lab", folder / "docs/lab")
    explorer.build(folder)
    return code


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.book", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", action="store_true", help="execute every notebook first")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    source = folder.parent / "book"
    notebooks, failure = stage(source), ""
    os.environ.setdefault("CYCLEGAN_PRESET", "lecture")  # minutes, and it learns
    for path in notebooks if options.run else ():
        begun = time.monotonic()
        failure = execute(path)
        verdict = "FAILED" if failure else "ok"
        print(f"{path.stem}: {verdict} in {time.monotonic() - begun:.0f} s", flush=True)
        if failure:
            print(failure, file=sys.stderr)
            break
    code = build(source, folder)
    print(f"Open {folder / 'index.html'}")
    return 1 if failure else code


if __name__ == "__main__":
    sys.exit(main())
