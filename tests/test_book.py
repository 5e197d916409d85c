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

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
# Themes that call what the next Sphinx will not have.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning",
                                        "ignore::PendingDeprecationWarning")  # fmt: skip
BADGE = "[![Open in Colab](https://colab.org/badge.svg)](https://colab.org/00.ipynb)"


def shown(*data):
    """The outputs of a code cell on its page, given the data of each of its outputs."""
    outputs = [new_output("display_data", data=dict(each)) for each in data]
    notebook = new_notebook(cells=[new_code_cell("1", outputs=outputs)])
    return [dict(o.data) for o in book.for_the_page(notebook).cells[0].outputs]


WIDGET = {book.WIDGET: {"model_id": "1"}, "text/plain": "VBox(children=())"}
STRIP = {"image/png": "", "text/plain": "<Figure>"}


def test_a_widget_is_the_picture_beside_it():
    assert shown(STRIP, WIDGET) == [STRIP]
    assert shown(WIDGET, STRIP) == [STRIP]
    assert shown(WIDGET | STRIP) == [STRIP]


def test_a_widget_without_a_picture_is_a_sentence():
    assert shown(WIDGET) == [{"text/markdown": book.NO_PICTURE}]
    assert shown({"text/plain": "7"}, WIDGET)[0] == {"text/plain": "7"}


def test_a_badge_is_its_text():
    [cell] = book.for_the_page(new_notebook(cells=[new_markdown_cell(BADGE)])).cells
    assert cell.source == "[Open in Colab](https://colab.org/00.ipynb)"
    assert book.without_badges("![here](picture.png)") == "![here](picture.png)"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_figure_has_an_alternative_text(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if any(book.has_picture(output) for output in cell.get("outputs", [])):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 4, f"no image alt in the metadata of the cell\n{cell.source}"


class Page(HTMLParser):
    """What a page links to, what it loads, its identifiers, its formulas and its pictures."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.names, self.alts, self.formulas = [], [], set(), [], 0
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.names.add(attributes.get("id"))
        self.formulas += tag == "math"
        if tag == "img":
            self.alts.append(attributes.get("alt", ""))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag in ("img", "script", "link", "iframe", "source"):
            self.loads += [attributes[key] for key in ("src", "href") if attributes.get(key)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Without npm or a network; with them, tests/browser looks at the page with the generators."""
    folder = tmp_path_factory.mktemp("build") / "html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "KEPT", tmp_path_factory.mktemp("nothing"))
        patch.setenv("PATH", "")
        assert book.main([str(folder)]) == 0, "Sphinx warned; see above"
    found = [p for p in folder.rglob("*.html") if "_static" not in p.parts]
    return {path: Page(path) for path in found}


def test_the_book_has_every_page(pages):
    names = {path.stem for path in pages}
    assert {"index", "search", *(path.stem for path in NOTEBOOKS)} <= names
    for path in ROOT.glob("docs/*.md"):
        assert path.stem in names


def test_without_npm_the_page_of_the_generators_says_so(pages):
    [page] = [page for path, page in pages.items() if path.stem == "browser"]
    assert "it was built without npm" in page.text and 'id="translator"' not in page.text


def test_every_link_within_the_book_leads_somewhere(pages):
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.name}: {link}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].names, f"{path.name}: {link}"


def test_no_page_loads_anything_from_another_host(pages):
    for path, page in pages.items():
        for load in page.loads:
            assert not urlsplit(load).netloc, f"{path.name}: {load}"


def test_a_page_says_its_language_title_and_width(pages):
    for page in pages.values():
        assert 'lang="en"' in page.text and 'name="viewport"' in page.text
    titles = {path.stem: re.search("<title>(.*?)</title>", p.text, re.S)[1]
              for path, p in pages.items()}  # fmt: skip
    for path in NOTEBOOKS:
        heading = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        assert titles[path.stem].strip().startswith(heading)


def test_no_machine_text_and_no_raw_formula_is_shown(pages):
    for path, page in pages.items():
        assert "VBox(" not in page.text and "$$" not in page.text, path.name
    formulas = {path.stem[:2]: page.formulas for path, page in pages.items()}
    for number, least in {"02": 30, "03": 10, "04": 20}.items():
        assert formulas[number] >= least


def test_a_page_offers_colab_and_its_notebook(pages):
    repository, tag = publish.recorded()
    for path, page in pages.items():
        if path.parent.name == "notebooks":
            name = f"notebooks/{path.stem}.ipynb"
            colab = f"https://colab.research.google.com/github/{repository}/blob/{tag}/{name}"
            assert colab in page.links and f"../_sources/{name}" in page.links


@pytest.mark.parametrize(
    "tex, marked", [("[-1, 1]", 1), ("x = -1", 1), ("1 - x", 0), ("x \\in [0, -1]", 1)]
)
def test_a_sign_stands_close_to_its_number(tex, marked):
    from docutils.nodes import SkipNode, math

    class Visitor:
        body = []

    with pytest.raises(SkipNode):
        book.mathml(Visitor, math("", tex))
    assert Visitor.body.pop().count('<mo form="prefix">&#x02212;') == marked


def test_another_file_under_the_name_of_the_runtime_is_refused(tmp_path, monkeypatch):
    def pack(command, cwd, **options):
        (Path(cwd) / "onnxruntime-web.tgz").write_bytes(b"something else")

    monkeypatch.setattr(browser.shutil, "which", lambda name: name)
    monkeypatch.setattr(browser.subprocess, "run", pack)
    with pytest.raises(OSError, match="not the file"):
        browser.runtime(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """Three notebooks of one cell each; the second fails."""
    (tmp_path / "README.md").write_text("# A course\n\n[first](notebooks/00_a.ipynb)\n")
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for name, code in {"00_a": "print(6 * 7)", "01_b": "1 / 0", "02_c": "print(5 * 5)"}.items():
        stored = [new_output("stream", text=f"stored {name}\n")]
        cells = [new_markdown_cell(f"# {name}"), new_code_cell(code, outputs=stored)]
        notebook = new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, tmp_path / f"notebooks/{name}.ipynb")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    return tmp_path


def test_a_run_stops_at_what_fails_and_still_writes_the_book(small_course, capsys):
    assert book.main([str(small_course / "build/html"), "--run"]) == 1
    said = capsys.readouterr()
    assert re.search(r"00_a: ok in \d+ s", said.out) and "01_b: FAILED" in said.out
    assert "02_c" not in said.out and "ZeroDivisionError" in said.err
    pages = (small_course / "build/html/notebooks").glob("*.html")
    html = {path.stem: path.read_text(encoding="utf-8") for path in pages}
    assert "42" in html["00_a"] and "stored 00_a" not in html["00_a"]
    assert "ZeroDivisionError" in html["01_b"] and "stored 02_c" in html["02_c"]
    stored = (small_course / "notebooks/00_a.ipynb").read_text(encoding="utf-8")
    assert "stored 00_a" in stored, "the notebook itself keeps its outputs"


def test_a_link_to_nothing_fails_the_build(small_course):
    (small_course / "README.md").write_text("# A course\n\n[gone](notebooks/09_gone.ipynb)\n")
    assert book.main([str(small_course / "build/html")]) == 1
