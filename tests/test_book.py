"""The book: what a page makes of a notebook, and that it opens from disk with nothing missing."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import book, browser, publish

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
# Themes that call what the next Sphinx will not have.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
    pytest.mark.xdist_group("book"),  # one process, so that it is built once
]


@pytest.mark.parametrize("outputs, shown", [
    ([{book.WIDGET: {}, "text/plain": "VBox()"}], [{"text/markdown": book.NO_PICTURE}]),
    ([{book.WIDGET: {}, "image/png": ""}], [{"image/png": ""}]),
])  # fmt: skip
def test_a_widget_is_the_picture_beside_it_or_a_sentence(outputs, shown):
    outputs = [new_output("display_data", data=data) for data in outputs]
    cell = new_code_cell("1", outputs=outputs)
    [cell] = book.for_the_page(new_notebook(cells=[cell])).cells
    assert [dict(output.get("data", {})) for output in cell.outputs] == shown


class Page(HTMLParser):
    """What a page links to, what it loads, and its identifiers."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.names = [], [], set()
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.names.add(attributes.get("id"))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag in ("img", "script", "link", "iframe", "source"):
            self.loads += [attributes[key] for key in ("src", "href") if attributes.get(key)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages, built without npm; tests/browser looks at the page with the generators."""
    folder = tmp_path_factory.mktemp("build")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "KEPT", folder / "nothing")
        patch.setenv("PATH", "")
        assert book.main([str(folder / "html")]) == 0, "Sphinx warned; see above"
    paths = [path for path in (folder / "html").rglob("*.html") if "_static" not in path.parts]
    return {path: Page(path) for path in paths}


def test_the_book_has_every_page(pages):
    names = {path.stem for path in pages}
    assert {"index", "search", "answers", *(path.stem for path in NOTEBOOKS)} <= names
    assert {path.stem for path in ROOT.glob("docs/*.md")} <= names
    [page] = [page for path, page in pages.items() if path.stem == "browser"]
    assert "it was built without npm" in page.text and 'id="translator"' not in page.text


def test_every_link_within_the_book_leads_somewhere_and_nothing_is_loaded_from_elsewhere(pages):
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                assert link in page.links or parts.scheme == "data", f"{path.name} loads {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.name}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].names, f"{path.name}: {link}"


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """Three notebooks of one cell each; the second fails."""
    (tmp_path / "README.md").write_text("# A course\n\n[first](notebooks/00_a.ipynb)\n")
    for name in ("notebooks", "docs/lab"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("pyproject.toml", "docs/conf.py", "docs/static"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name, code in {"00_a": "print(6 * 7)", "01_b": "1 / 0", "02_c": "print(5 * 5)"}.items():
        stored = [new_output("stream", text=f"stored {name}\n")]
        cells = [new_markdown_cell(f"# {name}"), new_code_cell(code, outputs=stored)]
        notebook = new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, tmp_path / f"notebooks/{name}.ipynb")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    return tmp_path


def test_a_run_stops_at_what_fails_and_still_writes_the_book(small_course, capsys, monkeypatch):
    publish.publish(small_course, "some/one", "v1.0")
    monkeypatch.setattr(publish.recorded, "__defaults__", (small_course,))
    assert book.main([str(small_course / "build/html"), "--run"]) == 1
    told = capsys.readouterr()
    assert re.search(r"00_a: ok in \d+ s", told.out) and "01_b: FAILED" in told.out
    assert "02_c" not in told.out and "ZeroDivisionError" in told.err
    html = small_course / "build/html/notebooks"
    first = (html / "00_a.html").read_text("utf-8")
    assert "42" in first
    assert "colab.research.google.com/github/some/one/blob/v1.0/notebooks/00_a.ipynb" in first
    assert "ZeroDivisionError" in (html / "01_b.html").read_text("utf-8")
    assert "stored 02_c" in (html / "02_c.html").read_text("utf-8")
    stored = (small_course / "notebooks/00_a.ipynb").read_text("utf-8")
    assert "stored 00_a" in stored, "the notebook itself keeps its outputs"
